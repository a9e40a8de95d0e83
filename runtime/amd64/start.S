/*
 * Entry.  The kernel gives: AX the Tos structure at the top of the stack,
 * 0(SP) argc, 8(SP) argv; SP is a multiple of 8 only; the flags are those of
 * the process that called exec, DF included.
 */
	.section .text.start, "ax", @progbits
	.globl	_start
	.type	_start, @function
_start:
	.cfi_startproc
	.cfi_undefined rip
	cld
	mov	%rax, _tos(%rip)
	mov	0(%rsp), %edi
	lea	8(%rsp), %rsi
	xor	%ebp, %ebp
	and	$-16, %rsp
#ifdef ELF9_FLOAT
	/* exec leaves three exceptions unmasked and 53-bit precision; IEEE has none and 64 */
	ldmxcsr	ieeemxcsr(%rip)
	fldcw	ieeefcw(%rip)
#endif
	call	_callmain
	ud2
	.cfi_endproc
	.size	_start, . - _start

#ifdef ELF9_FLOAT
	.section .rodata.ieee, "a", @progbits
	.balign	4
ieeemxcsr:
	.long	0x1f80
ieeefcw:
	.word	0x037f
#endif

	.section .note.GNU-stack, "", @progbits
