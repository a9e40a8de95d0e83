/*
 * void *memset(void *p, int c, usize n)
 * Integer registers only, so that note handlers may use it; no DC ZVA, which
 * the kernel traps.
 * Up to 32 bytes from both ends; above, the last 32 first, then blocks up to
 * them.
 */
	.text
	.globl	memset
	.type	memset, %function
memset:
	.cfi_startproc
	and	x1, x1, #0xff
	mov	x3, #0x0101010101010101
	mul	x1, x1, x3
	add	x4, x0, x2		/* end */
	cmp	x2, #16
	b.lo	small
	stp	x1, x1, [x4, #-16]
	cmp	x2, #32
	b.hi	large
	stp	x1, x1, [x0]
	ret

large:
	stp	x1, x1, [x4, #-32]
	mov	x3, x0
	sub	x4, x4, #32
	sub	x5, x4, #96
	cmp	x3, x5
	b.hs	2f
1:	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	stp	x1, x1, [x3, #64]
	stp	x1, x1, [x3, #80]
	stp	x1, x1, [x3, #96]
	stp	x1, x1, [x3, #112]
	add	x3, x3, #128
	cmp	x3, x5
	b.lo	1b
	cmp	x3, x4
	b.hs	3f
2:	stp	x1, x1, [x3], #16
	stp	x1, x1, [x3], #16
	cmp	x3, x4
	b.lo	2b
3:	ret

small:
	cmp	x2, #8
	b.lo	1f
	str	x1, [x0]
	str	x1, [x4, #-8]
	ret
1:	cmp	x2, #4
	b.lo	2f
	str	w1, [x0]
	str	w1, [x4, #-4]
	ret
2:	cbz	x2, 3b
	/* 1 to 3 bytes: first, middle, last */
	lsr	x3, x2, #1
	strb	w1, [x0]
	strb	w1, [x0, x3]
	strb	w1, [x4, #-1]
	ret
	.cfi_endproc
	.size	memset, . - memset

	.section .note.GNU-stack, "", %progbits
