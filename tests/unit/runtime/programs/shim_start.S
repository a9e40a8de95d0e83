/* An entry for programs that are nothing but the shim under test. */
	.globl _start
_start:
#ifdef __x86_64__
	jmp _start
#else
	b _start
#endif
	.section .note.GNU-stack, "", %progbits
