#include <u.h>
#include <libc.h>

/*
 * Adds `SYSNAME MMM DD hh:mm:ss MESSAGE' to /sys/log/NAME, and to the console
 * with cons or where there is no such file.  The files are opened each time: a
 * descriptor that stays would be the program's next one after it closes all.
 */
void
syslog(int cons, char *name, char *fmt, ...)
{
	char buf[1024], file[256], err[ERRMAX], *p, *end;
	va_list arg;
	int log, fd;

	err[0] = '\0';
	errstr(err, sizeof err);
	if(fmt == nil)
		return;
	snprint(file, sizeof file, "/sys/log/%s", name);
	log = open(file, OWRITE|OCEXEC);
	end = buf + sizeof buf-1;
	p = seprint(buf, end, "%s %.15s ", sysname(), ctime(time(nil))+4);
	errstr(err, sizeof err);	/* %r is the caller's */
	va_start(arg, fmt);
	p = vseprint(p, end, fmt, arg);
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
