#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/* Several steps without a new fid would leave the old one halfway when one fails. */
void
walkandclone(Req *r, char *(*walk1)(Fid*, char*, void*), char *(*clone)(Fid*, Fid*, void*), void *v)
{
	char *err;
	int i;

	if(r->newfid == r->fid){
		if(r->ifcall.nwname > 1){
			respond(r, "lib9p: unused documented feature not implemented");
			return;
		}
	}else{
		r->newfid->qid = r->fid->qid;
		err = clone != nil ? clone(r->fid, r->newfid, v) : nil;
		if(err != nil){
			respond(r, err);
			return;
		}
	}
	err = nil;
	for(i = 0; i < r->ifcall.nwname; i++){
		err = walk1(r->newfid, r->ifcall.wname[i], v);
		if(err != nil)
			break;
		r->ofcall.wqid[i] = r->newfid->qid;
	}
	r->ofcall.nwqid = i;
	respond(r, i == 0 ? err : nil);
}
