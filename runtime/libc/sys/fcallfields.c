#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "fcallfields.h"

Field _fcallfield[] =
{
	['a'-'a'] = {F32, offsetof(Fcall, afid)},
	['b'-'a'] = {Fqids, 0},
	['c'-'a'] = {F32, offsetof(Fcall, count)},
	['d'-'a'] = {Fdata, 0},
	['e'-'a'] = {Fstring, offsetof(Fcall, ename)},
	['f'-'a'] = {F32, offsetof(Fcall, fid)},
	['g'-'a'] = {Fqid, offsetof(Fcall, aqid)},
	['i'-'a'] = {F32, offsetof(Fcall, iounit)},
	['k'-'a'] = {F32, offsetof(Fcall, newfid)},
	['l'-'a'] = {Fstring, offsetof(Fcall, aname)},
	['m'-'a'] = {F32, offsetof(Fcall, msize)},
	['n'-'a'] = {Fstring, offsetof(Fcall, name)},
	['o'-'a'] = {F16, offsetof(Fcall, oldtag)},
	['p'-'a'] = {F32, offsetof(Fcall, perm)},
	['q'-'a'] = {Fqid, offsetof(Fcall, qid)},
	['r'-'a'] = {F8, offsetof(Fcall, mode)},
	['s'-'a'] = {Fstat, 0},
	['u'-'a'] = {Fstring, offsetof(Fcall, uname)},
	['v'-'a'] = {Fstring, offsetof(Fcall, version)},
	['w'-'a'] = {Fnames, 0},
	['x'-'a'] = {F64, offsetof(Fcall, offset)},
};

/* What follows size, type and tag; nil if there is no such message. */
char*
_fcallfields(int type)
{
	static char *fields[] =
	{
		[Tversion-Tversion] = "mv",
		[Rversion-Tversion] = "mv",
		[Tauth-Tversion] = "aul",
		[Rauth-Tversion] = "g",
		[Tattach-Tversion] = "faul",
		[Rattach-Tversion] = "q",
		[Rerror-Tversion] = "e",
		[Tflush-Tversion] = "o",
		[Rflush-Tversion] = "",
		[Twalk-Tversion] = "fkw",
		[Rwalk-Tversion] = "b",
		[Topen-Tversion] = "fr",
		[Ropen-Tversion] = "qi",
		[Tcreate-Tversion] = "fnpr",
		[Rcreate-Tversion] = "qi",
		[Tread-Tversion] = "fxc",
		[Rread-Tversion] = "d",
		[Twrite-Tversion] = "fxd",
		[Rwrite-Tversion] = "c",
		[Tclunk-Tversion] = "f",
		[Rclunk-Tversion] = "",
		[Tremove-Tversion] = "f",
		[Rremove-Tversion] = "",
		[Tstat-Tversion] = "f",
		[Rstat-Tversion] = "s",
		[Twstat-Tversion] = "fs",
		[Rwstat-Tversion] = "",
	};

	if(type < Tversion || type >= Tmax)
		return nil;
	return fields[type-Tversion];
}
