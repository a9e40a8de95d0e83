/*
 * The shim of the loader's first hello, told again: it looks after BX and BP
 * only, and keeps them where the fifth argument belongs.
 */
	.globl	syscall
syscall:
	sub	$64, %rsp
	mov	%rbp, 40(%rsp)
	mov	%rbx, 48(%rsp)
	mov	%rsi, 8(%rsp)
	mov	%rdx, 16(%rsp)
	mov	%rcx, 24(%rsp)
	mov	%r8, 32(%rsp)
	mov	%rdi, %rbp
	syscall
	mov	48(%rsp), %rbx
	mov	40(%rsp), %rbp
	add	$64, %rsp
	ret

	.section .note.GNU-stack, "", @progbits
