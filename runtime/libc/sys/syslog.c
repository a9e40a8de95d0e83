#include <u.h>
#include <libc.h>
#include <elf9va.h>

/*
 * Adds `SYSNAME MMM DD hh:mm:ss MESSAGE' to /sys/log/NAME, and to the console
 * with cons or where there is no such file.  The files are opened each time: a
 * descriptor that stays would be the program's next one after it closes all.
 */
GENERAL void
syslog(int cons, char *name, char *fmt, ...)
{
	char buf[1024], file[256], err[ERRMAX], *p, *end;
	va_list arg;
	int log, fd;

	if(fmt == nil)
		return;
	va_startfmt(arg, fmt);
	err[0] = '\0';
	errstr(err, sizeof err);
	snprint(file, sizeof file, "/sys/log/%s", name);
	log = open(file, OWRITE|OCEXEC);
	end = buf + sizeof buf-1;
	p = seprint(buf, end, "%s %.15s ", sysname(), ctime(time(nil))+4);
	errstr(err, sizeof err);	/* %r is the caller's */
	p = _vseprint(p, end, fmt, &arg);
	va_end(arg);
	*p++ = '\n';
	if(log >= 0){
		seek(log, 0, 2);
		write(log, buf, p-buf);
		close(log);
	}
	if((cons || log < 0) && (fd = open("#c/cons", OWRITE|OCEXEC)) >= 0){
		write(fd, buf, p-buf);
		close(fd);
	}
}
