/*
 * _enternote: where the kernel enters a note handler.  R0 and 8(SP) are the
 * Ureg, 16(SP) the text, R30 is 0; SP is a multiple of 8 at best.  Nothing
 * here may touch the FPU.
 */
	.text
	.globl	_enternote
	.type	_enternote, %function
_enternote:
	.cfi_startproc
	.cfi_undefined x30
	ldr	x1, [sp, #16]
	adrp	x2, _privates
	ldr	x2, [x2, :lo12:_privates]
	ldr	x2, [x2, #16*8]		/* _privates[Phandler] */
	mov	x29, #0
	mov	x3, sp
	and	sp, x3, #-16
	blr	x2
	mov	x30, #0
	ret				/* handlers do not return; on Plan 9 it is to address 0 */
	.cfi_endproc
	.size	_enternote, . - _enternote

	.section .note.GNU-stack, "", %progbits
