#include <u.h>
#include <libc.h>
#include <bio.h>

/* Within what was read it is only a matter of where to go on. */
vlong
Bseek(Biobufhdr *b, vlong n, int base)
{
	vlong i;

	switch(b->state){
	default:
		return Beof;
	case Bwactive:
		Bflush(b);
		break;
	case Bracteof:
		b->state = Bractive;
		b->icount = 0;
		b->gbuf = b->ebuf;
		/* fall through */
	case Bractive:
		if(base == 1){
			n += Boffset(b);
			base = 0;
		}
		if(base == 0){
			i = n - b->offset;
			if(i <= 0 && i >= b->gbuf-b->ebuf){
				b->icount = i;
				return n;
			}
		}
		b->icount = 0;
		b->gbuf = b->ebuf;
		break;
	}
	n = seek(b->fid, n, base);
	b->offset = n;
	return n;
}
