#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>

/*
 * A file has a reference for each pointer to it: one of its tree's, one of
 * each child's.  Who locks a file and its directory locks the file first.
 * Directories keep the order of creation.
 */
struct Filelist
{
	File	*file;	/* nil: was removed while somebody read the directory */
	Filelist	*next;
};

struct Readdir
{
	File	*dir;
	Filelist	*at;
};

static void
nothing(File *f)
{
	USED(f);
}

static void
freefile(File *f)
{
	Filelist *l, *next;

	for(l = f->filelist; l != nil; l = next){
		next = l->next;
		free(l);
	}
	free(f->name);
	free(f->uid);
	free(f->gid);
	free(f->muid);
	free(f);
}

static File*
newfile(Tree *t, char *name, char *uid, char *gid, char *muid, ulong mode)
{
	File *f;

	f = emalloc9p(sizeof *f);
	f->tree = t;
	f->name = estrdup9p(name);
	f->uid = estrdup9p(uid);
	f->gid = estrdup9p(gid);
	f->muid = estrdup9p(muid);
	f->mode = mode;
	f->qid.type = (mode>>24)&(QTDIR|QTAPPEND|QTEXCL);
	lock(&t->genlock);
	f->qid.path = t->qidgen++;
	unlock(&t->genlock);
	f->atime = f->mtime = time(nil);
	return f;
}

/* The root is its own parent; its qid's path is 0. */
Tree*
alloctree(char *uid, char *gid, ulong mode, void (*destroy)(File*))
{
	Tree *t;

	if(uid == nil)
		uid = getuser();
	if(uid == nil)
		uid = "none";
	if(gid == nil)
		gid = uid;
	t = emalloc9p(sizeof *t);
	t->destroy = destroy != nil ? destroy : nothing;
	t->root = newfile(t, "/", uid, gid, uid, DMDIR|mode);
	t->root->parent = t->root;
	incref(t->root);
	return t;
}

static void
freefiles(File *f)
{
	Filelist *l;

	for(l = f->filelist; l != nil; l = l->next)
		if(l->file != nil)
			freefiles(l->file);
	f->tree->destroy(f);
	freefile(f);
}

void
freetree(Tree *t)
{
	freefiles(t->root);
	free(t);
}

void
closefile(File *f)
{
	if(decref(f) != 0)
		return;
	f->tree->destroy(f);
	freefile(f);
}

/* Entries of removed files go when nobody reads the directory, which is locked. */
static void
sweep(File *dir)
{
	Filelist **l, *e;

	if(dir->readers.ref != 0 || dir->nxchild == 0)
		return;
	for(l = &dir->filelist; (e = *l) != nil;)
		if(e->file == nil){
			*l = e->next;
			free(e);
		}else
			l = &e->next;
	dir->nxchild = 0;
}

static File*
create1(File *dir, char *name, char *uid, ulong mode, void *aux)
{
	Filelist **l;
	File *f;

	if((dir->qid.type&QTDIR) == 0){
		werrstr("create in non-directory");
		return nil;
	}
	wlock(dir);
	if(dir->parent == nil){
		wunlock(dir);
		werrstr("create in deleted directory");
		return nil;
	}
	for(l = &dir->filelist; *l != nil; l = &(*l)->next)
		if((*l)->file != nil && strcmp((*l)->file->name, name) == 0){
			wunlock(dir);
			werrstr("file already exists");
			return nil;
		}
	f = newfile(dir->tree, name, uid != nil ? uid : dir->uid, dir->gid, uid != nil ? uid : "unknown", mode);
	f->aux = aux;
	f->parent = dir;
	incref(dir);
	f->ref = 2;	/* the tree's and the caller's */
	*l = emalloc9p(sizeof **l);
	(*l)->file = f;
	dir->nchild++;
	wunlock(dir);
	return f;
}

/* The mode is what it is, as in Plan 9's library, whatever 9pfile(2) says of the directory's. */
File*
createfile(File *dir, char *name, char *uid, ulong mode, void *aux)
{
	File *f;
	char *path, *last;

	if(strchr(name, '/') == nil)
		return create1(dir, name, uid, mode, aux);
	path = estrdup9p(name);
	last = strrchr(path, '/');
	*last++ = '\0';
	incref(dir);
	dir = walkfile(dir, path);
	if(dir != nil){
		f = create1(dir, last, uid, mode, aux);
		closefile(dir);
	}else{
		f = nil;
		werrstr("file not found");
	}
	free(path);
	return f;
}

static int
refuse(File *f, char *why)
{
	werrstr("%s", why);
	closefile(f);
	return -1;
}

int
removefile(File *f)
{
	File *dir;
	Filelist *l;
	char *why;

	dir = f->parent;
	if(dir == nil)
		return refuse(f, "no parent");
	if(dir == f)
		return refuse(f, "cannot remove root");
	wlock(f);
	wlock(dir);
	why = nil;
	if(f->nchild != 0)
		why = "has children";
	else if(f->parent != dir)
		why = "parent changed underfoot";
	if(why == nil){
		for(l = dir->filelist; l->file != f; l = l->next)
			;
		l->file = nil;
		dir->nchild--;
		dir->nxchild++;
		f->parent = nil;
		sweep(dir);
	}
	wunlock(dir);
	wunlock(f);
	if(why != nil)
		return refuse(f, why);
	closefile(dir);	/* f's reference */
	closefile(f);	/* the tree's */
	closefile(f);
	return 0;
}

static File*
walk1(File *dir, char *name)
{
	File *f;
	Filelist *l;

	f = nil;
	rlock(dir);
	if(strcmp(name, "..") == 0)
		f = dir->parent;
	else
		for(l = dir->filelist; l != nil; l = l->next)
			if(l->file != nil && strcmp(l->file->name, name) == 0){
				f = l->file;
				break;
			}
	if(f != nil)
		incref(f);
	runlock(dir);
	closefile(dir);
	return f;
}

File*
walkfile(File *f, char *path)
{
	char *copy, *s, *next;

	if(strchr(path, '/') == nil)
		return *path == '\0' ? f : walk1(f, path);
	copy = estrdup9p(path);
	for(s = copy; f != nil && s != nil; s = next){
		next = strchr(s, '/');
		if(next != nil)
			*next++ = '\0';
		if(*s != '\0')
			f = walk1(f, s);
	}
	free(copy);
	return f;
}

Readdir*
opendirfile(File *dir)
{
	Readdir *r;

	if((dir->mode&DMDIR) == 0)
		return nil;
	r = emalloc9p(sizeof *r);
	r->dir = dir;
	rlock(dir);
	r->at = dir->filelist;
	incref(&dir->readers);
	runlock(dir);
	return r;
}

/* As many entries as there is room for: from the first if the offset is 0, else from where it stopped. */
long
readdirfile(Readdir *r, uchar *buf, long n, long offset)
{
	Filelist *l;
	long m, k;

	rlock(r->dir);
	l = offset == 0 ? r->dir->filelist : r->at;
	for(m = 0; l != nil; l = l->next){
		if(l->file == nil)
			continue;
		k = convD2M(l->file, buf+m, n-m);
		if(k <= BIT16SZ)
			break;
		m += k;
	}
	r->at = l;
	runlock(r->dir);
	return m;
}

void
closedirfile(Readdir *r)
{
	wlock(r->dir);
	if(decref(&r->dir->readers) == 0)
		sweep(r->dir);
	wunlock(r->dir);
	free(r);
}
