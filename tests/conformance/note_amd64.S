/*
 * handle, resume: what the kernel enters for a note, see note.h.  The
 * registers go to noteregs (ax bx cx dx si di bp sp r8..r15 flags).  Nothing
 * here or in what it calls may use the FPU.
 */
	.macro	entry name, function
	.globl	\name
	.type	\name, @function
\name:
	mov	%rax, noteregs+0x00(%rip)
	mov	%rbx, noteregs+0x08(%rip)
	mov	%rcx, noteregs+0x10(%rip)
	mov	%rdx, noteregs+0x18(%rip)
	mov	%rsi, noteregs+0x20(%rip)
	mov	%rdi, noteregs+0x28(%rip)
	mov	%rbp, noteregs+0x30(%rip)
	mov	%rsp, noteregs+0x38(%rip)
	mov	%r8, noteregs+0x40(%rip)
	mov	%r9, noteregs+0x48(%rip)
	mov	%r10, noteregs+0x50(%rip)
	mov	%r11, noteregs+0x58(%rip)
	mov	%r12, noteregs+0x60(%rip)
	mov	%r13, noteregs+0x68(%rip)
	mov	%r14, noteregs+0x70(%rip)
	mov	%r15, noteregs+0x78(%rip)
	pushfq
	popq	noteregs+0x80(%rip)
	cld
	mov	%rbp, %rdi
	mov	16(%rsp), %rsi
	and	$-16, %rsp
	call	*\function(%rip)
	sub	$0x30, %rsp
	mov	%rax, 8(%rsp)
	mov	$29, %ebp	/* noted */
	syscall
	ud2
	.size	\name, . - \name
	.endm

	.text
	entry	handle, onnote
	entry	resume, onsave

	.bss
	.balign	16
	.globl	noteregs, onnote, onsave
noteregs:
	.skip	17*8
onnote:
	.skip	8
onsave:
	.skip	8

	.section .note.GNU-stack, "", @progbits
