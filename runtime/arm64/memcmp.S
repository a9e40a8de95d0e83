/* int memcmp(void *a, void *b, usize n): -1, 0 or 1 */
	.text
	.globl	memcmp
	.type	memcmp, %function
memcmp:
	.cfi_startproc
1:	cmp	x2, #8
	b.lo	2f
	ldr	x3, [x0], #8
	ldr	x4, [x1], #8
	sub	x2, x2, #8
	cmp	x3, x4
	b.eq	1b
	rev	x3, x3
	rev	x4, x4
	cmp	x3, x4
	b	4f
2:	cbz	x2, 3f
	ldrb	w3, [x0], #1
	ldrb	w4, [x1], #1
	sub	x2, x2, #1
	cmp	x3, x4
	b.eq	2b
	b	4f
3:	mov	w0, #0
	ret
4:	mov	w0, #1
	cneg	w0, w0, lo
	ret
	.cfi_endproc
	.size	memcmp, . - memcmp

	.section .note.GNU-stack, "", %progbits
