#include <u.h>
#include <libc.h>

/* An address whole: network and service are those given where it has none.  The text stays until the next call. */
char*
netmkaddr(char *addr, char *net, char *service)
{
	static char buf[256];
	char *bang, *p, *end;

	bang = strchr(addr, '!');
	if(bang != nil && (service == nil || strchr(bang+1, '!') != nil))
		return addr;
	p = buf;
	end = buf + sizeof buf;
	if(bang == nil)
		p = seprint(p, end, "%s!", net != nil ? net : "net");
	p = seprint(p, end, "%s", addr);
	if(service != nil)
		seprint(p, end, "!%s", service);
	return buf;
}
