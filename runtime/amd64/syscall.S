/*
 * vlong syscall(vlong number, ...)	number and up to five arguments
 * _syscall				the same for the stubs: number in AX,
 *					arguments in DI SI DX CX R8
 *
 * The kernel takes the number in BP and the arguments from 8(SP)..40(SP).
 * Of the registers that C expects to find again it keeps SP, R14 and R15;
 * BX, BP, R12 and R13 come back as kernel garbage.
 */
	.text
	.globl	syscall
	.type	syscall, @function
syscall:
	.cfi_startproc
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %rcx
	mov	%r9, %r8
	.globl	_syscall
_syscall:
	sub	$0x58, %rsp
	.cfi_def_cfa_offset 0x60
	mov	%rbx, 0x30(%rsp)
	.cfi_offset rbx, -0x30
	mov	%rbp, 0x38(%rsp)
	.cfi_offset rbp, -0x28
	mov	%r12, 0x40(%rsp)
	.cfi_offset r12, -0x20
	mov	%r13, 0x48(%rsp)
	.cfi_offset r13, -0x18
	mov	%rdi, 0x08(%rsp)
	mov	%rsi, 0x10(%rsp)
	mov	%rdx, 0x18(%rsp)
	mov	%rcx, 0x20(%rsp)
	mov	%r8, 0x28(%rsp)
	mov	%eax, %ebp
	syscall
	mov	0x48(%rsp), %r13
	.cfi_restore r13
	mov	0x40(%rsp), %r12
	.cfi_restore r12
	mov	0x38(%rsp), %rbp
	.cfi_restore rbp
	mov	0x30(%rsp), %rbx
	.cfi_restore rbx
	add	$0x58, %rsp
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size	syscall, . - syscall

	.section .note.GNU-stack, "", @progbits
