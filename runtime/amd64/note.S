/*
 * _enternote: where the kernel enters a note handler.  BP and 8(SP) are the
 * Ureg, 16(SP) the text; SP is a multiple of 8 at best and DF is as the
 * interrupted code left it.  Nothing here may touch the FPU.
 */
	.text
	.globl	_enternote
	.type	_enternote, @function
_enternote:
	.cfi_startproc
	.cfi_undefined rip
	cld
	mov	%rbp, %rdi
	mov	16(%rsp), %rsi
	mov	_privates(%rip), %rax
	xor	%ebp, %ebp
	and	$-16, %rsp
	call	*16*8(%rax)		/* _privates[Phandler] */
	xor	%eax, %eax
	jmp	*%rax			/* handlers do not return; on Plan 9 it is to address 0 */
	.cfi_endproc
	.size	_enternote, . - _enternote

	.section .note.GNU-stack, "", @progbits
