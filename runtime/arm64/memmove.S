/*
 * void *memmove(void *to, void *from, usize n); memcpy is the same.
 * Integer registers only, so that note handlers may copy.
 * Up to 32 bytes: all loads before all stores, from both ends.
 * Above: blocks of 32 in the direction that overlap allows, and pairs of 64
 * while there are many; the block at the far end is loaded first and stored
 * last.
 */
	.text
	.globl	memmove, memcpy
	.type	memmove, %function
	.type	memcpy, %function
memmove:
memcpy:
	.cfi_startproc
	add	x3, x0, x2		/* end of to */
	add	x4, x1, x2		/* end of from */
	cmp	x2, #16
	b.ls	small
	cmp	x2, #32
	b.hi	large
	ldp	x5, x6, [x1]
	ldp	x7, x8, [x4, #-16]
	stp	x5, x6, [x0]
	stp	x7, x8, [x3, #-16]
	ret

large:
	sub	x9, x0, x1
	cmp	x9, x2
	b.lo	backward

	mov	x9, x0
	ldp	x5, x6, [x4, #-32]
	ldp	x7, x8, [x4, #-16]
	sub	x3, x3, #32
	sub	x4, x3, #96
	cmp	x9, x4
	b.hs	2f
1:	ldp	x10, x11, [x1]
	ldp	x12, x13, [x1, #16]
	ldp	x14, x15, [x1, #32]
	ldp	x16, x17, [x1, #48]
	stp	x10, x11, [x9]
	stp	x12, x13, [x9, #16]
	stp	x14, x15, [x9, #32]
	stp	x16, x17, [x9, #48]
	ldp	x10, x11, [x1, #64]
	ldp	x12, x13, [x1, #80]
	ldp	x14, x15, [x1, #96]
	ldp	x16, x17, [x1, #112]
	stp	x10, x11, [x9, #64]
	stp	x12, x13, [x9, #80]
	stp	x14, x15, [x9, #96]
	stp	x16, x17, [x9, #112]
	add	x1, x1, #128
	add	x9, x9, #128
	cmp	x9, x4
	b.lo	1b
	cmp	x9, x3
	b.hs	3f
2:	ldp	x10, x11, [x1], #16
	ldp	x12, x13, [x1], #16
	stp	x10, x11, [x9], #16
	stp	x12, x13, [x9], #16
	cmp	x9, x3
	b.lo	2b
3:	stp	x5, x6, [x3]
	stp	x7, x8, [x3, #16]
	ret

backward:
	ldp	x5, x6, [x1]
	ldp	x7, x8, [x1, #16]
	add	x9, x0, #32
1:	ldp	x10, x11, [x4, #-32]
	ldp	x12, x13, [x4, #-16]
	stp	x10, x11, [x3, #-32]
	stp	x12, x13, [x3, #-16]
	sub	x4, x4, #32
	sub	x3, x3, #32
	cmp	x3, x9
	b.hi	1b
	stp	x5, x6, [x0]
	stp	x7, x8, [x0, #16]
	ret

small:
	cmp	x2, #8
	b.lo	1f
	ldr	x5, [x1]
	ldr	x6, [x4, #-8]
	str	x5, [x0]
	str	x6, [x3, #-8]
	ret
1:	cmp	x2, #4
	b.lo	2f
	ldr	w5, [x1]
	ldr	w6, [x4, #-4]
	str	w5, [x0]
	str	w6, [x3, #-4]
	ret
2:	cbz	x2, 3f
	/* 1 to 3 bytes: first, middle, last */
	lsr	x9, x2, #1
	ldrb	w5, [x1]
	ldrb	w6, [x1, x9]
	ldrb	w7, [x4, #-1]
	strb	w5, [x0]
	strb	w6, [x0, x9]
	strb	w7, [x3, #-1]
3:	ret
	.cfi_endproc
	.size	memmove, . - memmove
	.size	memcpy, . - memcpy

	.section .note.GNU-stack, "", %progbits
