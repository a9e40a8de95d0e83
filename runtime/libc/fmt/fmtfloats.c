#include <u.h>
#include <libc.h>
#include "fmtdef.h"

/* May a verb of this format take a double?  Any that a program has installed may, %q may not. */
int
_fmtfloats(char *fmt)
{
	uint c;

	for(;;){
		while((c = *(uchar*)fmt) != '%'){
			if(c == '\0')
				return 0;
			fmt++;
		}
		do{
			c = *(uchar*)++fmt;
			if(c >= Runeself || _fmtdoubles[c/32] & (1u<<(c%32)))
				return 1;
			if(c == '\0')
				return 0;
		}while(strchr("+-#,. *0123456789hluz", c) != nil);
		if(strchr("eEfgG", c) != nil)
			return 1;
		fmt++;
	}
}
