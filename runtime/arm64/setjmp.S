/*
 * int setjmp(jmp_buf)
 * void longjmp(jmp_buf, int)
 *
 * Programs without float leave D8..D15 alone: a note handler may call setjmp.
 */
	.text
	.globl	setjmp
	.type	setjmp, %function
setjmp:
	.cfi_startproc
	mov	x1, sp
	stp	x1, x30, [x0]
	stp	x19, x20, [x0, #16]
	stp	x21, x22, [x0, #32]
	stp	x23, x24, [x0, #48]
	stp	x25, x26, [x0, #64]
	stp	x27, x28, [x0, #80]
	str	x29, [x0, #96]
#ifdef ELF9_FLOAT
	stp	d8, d9, [x0, #104]
	stp	d10, d11, [x0, #120]
	stp	d12, d13, [x0, #136]
	stp	d14, d15, [x0, #152]
#endif
	mov	w0, #0
	ret
	.cfi_endproc
	.size	setjmp, . - setjmp

	.globl	longjmp
	.type	longjmp, %function
longjmp:
	.cfi_startproc
	ldp	x2, x30, [x0]
	ldp	x19, x20, [x0, #16]
	ldp	x21, x22, [x0, #32]
	ldp	x23, x24, [x0, #48]
	ldp	x25, x26, [x0, #64]
	ldp	x27, x28, [x0, #80]
	ldr	x29, [x0, #96]
#ifdef ELF9_FLOAT
	ldp	d8, d9, [x0, #104]
	ldp	d10, d11, [x0, #120]
	ldp	d12, d13, [x0, #136]
	ldp	d14, d15, [x0, #152]
#endif
	mov	sp, x2
	cmp	w1, #0
	csinc	w0, w1, wzr, ne		/* 0 becomes 1 */
	ret
	.cfi_endproc
	.size	longjmp, . - longjmp

	.section .note.GNU-stack, "", %progbits
