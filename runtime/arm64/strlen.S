/* long strlen(char *s); all of X0 is set, for the calls that GCC makes up */
	.text
	.globl	strlen
	.type	strlen, %function
strlen:
	.cfi_startproc
	mov	x1, x0
1:	ldrb	w2, [x1], #1
	cbnz	w2, 1b
	sub	x0, x1, x0
	sub	x0, x0, #1
	ret
	.cfi_endproc
	.size	strlen, . - strlen

	.section .note.GNU-stack, "", %progbits
