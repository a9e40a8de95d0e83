/* Stores the registers with which the kernel starts a program, then does what the runtime does. */
	.text
	.globl	_start
	.type	_start, %function
_start:
	adrp	x4, entryregs
	add	x4, x4, :lo12:entryregs
	stp	x0, x1, [x4, #0x00]
	stp	x2, x3, [x4, #0x10]
	mov	x5, sp
	stp	x5, x30, [x4, #0x20]
	adr	x5, _start
	mrs	x6, nzcv
	stp	x5, x6, [x4, #0x30]
	mrs	x5, fpcr
	mrs	x6, fpsr
	stp	x5, x6, [x4, #0x40]
	mrs	x5, tpidr_el0
	mrs	x6, tpidrro_el0
	stp	x5, x6, [x4, #0x50]
	add	x5, x4, #0x60
	.irp	n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
	orr	v\n\().16b, v\n\().16b, v30.16b
	.endr
	.irp	n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29
	orr	v\n\().16b, v\n\().16b, v31.16b
	.endr
	stp	q0, q1, [x5], #32
	stp	q2, q3, [x5], #32
	stp	q4, q5, [x5], #32
	stp	q6, q7, [x5], #32
	stp	q8, q9, [x5], #32
	stp	q10, q11, [x5], #32
	stp	q12, q13, [x5], #32
	stp	q14, q15, [x5], #32
	stp	q16, q17, [x5], #32
	stp	q18, q19, [x5], #32
	stp	q20, q21, [x5], #32
	stp	q22, q23, [x5], #32
	stp	q24, q25, [x5], #32
	stp	q26, q27, [x5], #32
	stp	q28, q29, [x5], #32

	adrp	x1, _tos
	str	x0, [x1, :lo12:_tos]
	ldr	w0, [sp]
	add	x1, sp, #8
	mov	x2, sp
	and	sp, x2, #-16
	bl	_callmain
	udf	#0

	.data
	.balign	16
	.globl	entryregs
entryregs:
	.fill	12+64, 8, 0

	.section .note.GNU-stack, "", %progbits
