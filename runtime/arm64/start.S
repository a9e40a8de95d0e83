/*
 * Entry.  The kernel gives: R0 the Tos structure at the top of the stack,
 * 0(SP) argc, 8(SP) argv, R30 zero; SP is a multiple of 8 only.
 * FPCR is 0, which is IEEE, so floats need nothing.
 */
	.section .text.start, "ax", %progbits
	.globl	_start
	.type	_start, %function
_start:
	.cfi_startproc
	.cfi_undefined x30
	adrp	x1, _tos
	str	x0, [x1, :lo12:_tos]
	ldr	w0, [sp]
	add	x1, sp, #8
	mov	x2, sp
	and	sp, x2, #-16
	mov	x29, #0
	bl	_callmain
	udf	#0
	.cfi_endproc
	.size	_start, . - _start

	.section .note.GNU-stack, "", %progbits
