#include <u.h>
#include <libc.h>

void
main(void)
{
}
