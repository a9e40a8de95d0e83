/*
 * handle, resume: what the kernel enters for a note, see note.h.  The
 * registers go to noteregs (r0..r30, sp, nzcv).  Nothing here or in what it
 * calls may use the FPU.
 */
	.macro	entry name, function
	.globl	\name
	.type	\name, %function
\name:
	stp	x16, x17, [sp, #-16]!
	adrp	x16, noteregs
	add	x16, x16, :lo12:noteregs
	stp	x0, x1, [x16, #0]
	stp	x2, x3, [x16, #16]
	stp	x4, x5, [x16, #32]
	stp	x6, x7, [x16, #48]
	stp	x8, x9, [x16, #64]
	stp	x10, x11, [x16, #80]
	stp	x12, x13, [x16, #96]
	stp	x14, x15, [x16, #112]
	stp	x18, x19, [x16, #144]
	stp	x20, x21, [x16, #160]
	stp	x22, x23, [x16, #176]
	stp	x24, x25, [x16, #192]
	stp	x26, x27, [x16, #208]
	stp	x28, x29, [x16, #224]
	str	x30, [x16, #240]
	ldp	x1, x2, [sp], #16
	stp	x1, x2, [x16, #128]
	mov	x1, sp
	mrs	x2, nzcv
	stp	x1, x2, [x16, #248]
	ldr	x1, [sp, #16]
	mov	x2, sp
	and	sp, x2, #-16
	adrp	x16, \function
	ldr	x16, [x16, :lo12:\function]
	blr	x16
	sub	sp, sp, #48
	str	x0, [sp, #8]
	mov	x0, #29		/* noted */
	svc	#0
	udf	#0
	.size	\name, . - \name
	.endm

	.text
	entry	handle, onnote
	entry	resume, onsave

	.bss
	.balign	16
	.globl	noteregs, onnote, onsave
noteregs:
	.skip	33*8
onnote:
	.skip	8
onsave:
	.skip	8

	.section .note.GNU-stack, "", %progbits
