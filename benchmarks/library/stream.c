#include "library.h"
#undef memmove

char stream[Streamsize];
uint streamat;
uvlong streamed;

long
streamread(void *p, long n)
{
	if(n > Streamsize - streamat)
		n = Streamsize - streamat;
	memmove(p, stream+streamat, n);
	streamat = (streamat + n) % Streamsize;
	return n;
}

long
streamwrite(void *p, long n)
{
	streamed += n;
	stream[0] = *(char*)p;
	return n;
}
