/*
 * void *memset(void *p, int c, usize n)
 * Integer registers only, so that note handlers may use it; no DC ZVA, which
 * the kernel traps.
 */
	.text
	.globl	memset
	.type	memset, %function
memset:
	.cfi_startproc
	and	x1, x1, #0xff
	mov	x3, #0x0101010101010101
	mul	x1, x1, x3
	add	x4, x0, x2
	mov	x3, x0
	cmp	x2, #16
	b.lo	small
	/* the last 16 bytes, then whole blocks up to them */
	stp	x1, x1, [x4, #-16]
	sub	x4, x4, #16
	cmp	x2, #32
	b.lo	2f
	sub	x5, x4, #16
1:	cmp	x3, x5
	b.hs	2f
	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	add	x3, x3, #32
	b	1b
2:	cmp	x3, x4
	b.hs	3f
	stp	x1, x1, [x3], #16
	b	2b
3:	ret

small:
	cmp	x3, x4
	b.hs	3b
	strb	w1, [x3], #1
	b	small
	.cfi_endproc
	.size	memset, . - memset

	.section .note.GNU-stack, "", %progbits
