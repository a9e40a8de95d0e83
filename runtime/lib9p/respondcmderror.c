#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <thread.h>
#include <9p.h>
#include <elf9va.h>

GENERAL void
respondcmderror(Req *r, Cmdbuf *cb, char *fmt, ...)
{
	char err[ERRMAX], *p, *end;
	va_list arg;
	int i;

	va_startfmt(arg, fmt);
	quotefmtinstall();
	end = err+sizeof err-1;	/* the last quote has room */
	p = _vseprint(err, end, fmt, &arg);
	va_end(arg);
	p = seprint(p, end, ": \"");
	for(i = 0; i < cb->nf; i++)
		p = seprint(p, end, "%s%q", i > 0 ? " " : "", cb->f[i]);
	strcpy(p, "\"");
	respond(r, err);
}
