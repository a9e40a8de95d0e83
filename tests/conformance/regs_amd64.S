/*
 * void rawcall(uvlong number, uvlong args[5], uvlong flags)
 *
 * Makes a system call with a known value in every register and stores what
 * comes back in afterregs (ax bx cx dx si di bp sp r8..r15 flags), the first
 * words of the stack in afterstack, afterx87 and aftersse.  flags are set
 * before the call.  wantpc is the address after the instruction, wantsp SP.
 */
	.text
	.globl	rawcall
	.type	rawcall, @function
rawcall:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$0x48, %rsp
	mov	%rsp, wantsp(%rip)
	movabs	$0xfeedface00000000, %rax
	mov	%rax, 0(%rsp)
	mov	0x00(%rsi), %rax
	mov	%rax, 0x08(%rsp)
	mov	0x08(%rsi), %rax
	mov	%rax, 0x10(%rsp)
	mov	0x10(%rsi), %rax
	mov	%rax, 0x18(%rsp)
	mov	0x18(%rsi), %rax
	mov	%rax, 0x20(%rsp)
	mov	0x20(%rsi), %rax
	mov	%rax, 0x28(%rsp)
	mov	%rdi, %rbp
	lea	1f(%rip), %rax
	mov	%rax, wantpc(%rip)
	fninit
	fldpi
	fldcw	somefcw(%rip)
	ldmxcsr	somemxcsr(%rip)
	movdqa	somesse(%rip), %xmm0
	movdqa	%xmm0, %xmm7
	movdqa	%xmm0, %xmm15
	push	%rdx
	popfq
	movabs	$0xc0de000000000001, %rbx
	movabs	$0xc0de000000000003, %rdx
	movabs	$0xc0de000000000004, %rsi
	movabs	$0xc0de000000000005, %rdi
	movabs	$0xc0de000000000008, %r8
	movabs	$0xc0de000000000009, %r9
	movabs	$0xc0de00000000000a, %r10
	movabs	$0xc0de00000000000c, %r12
	movabs	$0xc0de00000000000d, %r13
	movabs	$0xc0de00000000000e, %r14
	movabs	$0xc0de00000000000f, %r15
	syscall
1:	mov	%rax, afterregs+0x00(%rip)
	mov	%rbx, afterregs+0x08(%rip)
	mov	%rcx, afterregs+0x10(%rip)
	mov	%rdx, afterregs+0x18(%rip)
	mov	%rsi, afterregs+0x20(%rip)
	mov	%rdi, afterregs+0x28(%rip)
	mov	%rbp, afterregs+0x30(%rip)
	mov	%rsp, afterregs+0x38(%rip)
	mov	%r8, afterregs+0x40(%rip)
	mov	%r9, afterregs+0x48(%rip)
	mov	%r10, afterregs+0x50(%rip)
	mov	%r11, afterregs+0x58(%rip)
	mov	%r12, afterregs+0x60(%rip)
	mov	%r13, afterregs+0x68(%rip)
	mov	%r14, afterregs+0x70(%rip)
	mov	%r15, afterregs+0x78(%rip)
	mov	wantsp(%rip), %rsp
	pushfq
	popq	afterregs+0x80(%rip)
	push	$0x202
	popfq
	movdqu	%xmm0, aftersse+0x00(%rip)
	movdqu	%xmm7, aftersse+0x10(%rip)
	movdqu	%xmm15, aftersse+0x20(%rip)
	stmxcsr	afterfp+0(%rip)
	fnstcw	afterfp+4(%rip)
	fstpt	afterx87(%rip)
	fninit
	mov	0(%rsp), %rax
	mov	%rax, afterstack+0x00(%rip)
	mov	0x08(%rsp), %rax
	mov	%rax, afterstack+0x08(%rip)
	mov	0x28(%rsp), %rax
	mov	%rax, afterstack+0x10(%rip)
	add	$0x48, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	rawcall, . - rawcall

/* vlong callat(uvlong number, uvlong sp): a call without arguments, SP anywhere */
	.globl	callat
	.type	callat, @function
callat:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	mov	%rsp, wantsp(%rip)
	mov	%rdi, %rbp
	mov	%rsi, %rsp
	syscall
	mov	wantsp(%rip), %rsp
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	callat, . - callat

	.data
	.balign	16
	.globl	somesse
somesse:
	.quad	0x0123456789abcdef, 0xfedcba9876543210
somefcw:
	.word	0x0f7f
	.word	0
somemxcsr:
	.long	0x7fbf

	.bss
	.balign	16
	.globl	afterregs, afterstack, aftersse, afterfp, afterx87, wantpc, wantsp
afterregs:
	.skip	17*8
afterstack:
	.skip	3*8
	.balign	16
aftersse:
	.skip	48
afterfp:
	.skip	8
afterx87:
	.skip	16
wantpc:
	.skip	8
wantsp:
	.skip	8

	.section .note.GNU-stack, "", @progbits
