/*
 * int setjmp(jmp_buf)		SP is where the return address lies, as on Plan 9
 * void longjmp(jmp_buf, int)
 */
	.text
	.globl	setjmp
	.type	setjmp, @function
setjmp:
	.cfi_startproc
	mov	(%rsp), %rax
	mov	%rsp, 0(%rdi)
	mov	%rax, 8(%rdi)
	mov	%rbx, 16(%rdi)
	mov	%rbp, 24(%rdi)
	mov	%r12, 32(%rdi)
	mov	%r13, 40(%rdi)
	mov	%r14, 48(%rdi)
	mov	%r15, 56(%rdi)
	xor	%eax, %eax
	ret
	.cfi_endproc
	.size	setjmp, . - setjmp

	.globl	longjmp
	.type	longjmp, @function
longjmp:
	.cfi_startproc
	mov	%esi, %eax
	cmp	$1, %eax
	adc	$0, %eax		/* 0 becomes 1 */
	mov	0(%rdi), %rsp
	mov	8(%rdi), %rdx
	mov	16(%rdi), %rbx
	mov	24(%rdi), %rbp
	mov	32(%rdi), %r12
	mov	40(%rdi), %r13
	mov	48(%rdi), %r14
	mov	56(%rdi), %r15
	add	$8, %rsp
	jmp	*%rdx
	.cfi_endproc
	.size	longjmp, . - longjmp

	.section .note.GNU-stack, "", @progbits
