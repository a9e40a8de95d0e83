/* Stores the registers with which the kernel starts a program, then does what the runtime does. */
	.text
	.globl	_start
	.type	_start, @function
_start:
	mov	%rax, entryregs+0x00(%rip)
	mov	%rsp, entryregs+0x08(%rip)
	mov	%rcx, entryregs+0x10(%rip)
	mov	%r11, entryregs+0x18(%rip)
	mov	%r14, entryregs+0x20(%rip)
	mov	%r15, entryregs+0x28(%rip)
	pushfq
	popq	entryregs+0x30(%rip)
	lea	_start(%rip), %rbx
	mov	%rbx, entryregs+0x38(%rip)
	xor	%ebx, %ebx
	mov	%cs, %bx
	mov	%rbx, entryregs+0x40(%rip)
	mov	%ss, %bx
	mov	%rbx, entryregs+0x48(%rip)
	mov	%ds, %bx
	mov	%rbx, entryregs+0x50(%rip)
	mov	%es, %bx
	mov	%rbx, entryregs+0x58(%rip)
	mov	%fs, %bx
	mov	%rbx, entryregs+0x60(%rip)
	mov	%gs, %bx
	mov	%rbx, entryregs+0x68(%rip)
	fnstenv	entryx87(%rip)
	stmxcsr	entryregs+0x70(%rip)

	cld
	mov	%rax, _tos(%rip)
	mov	(%rsp), %edi
	lea	8(%rsp), %rsi
	and	$-16, %rsp
	call	_callmain
	ud2

	.data
	.balign	8
	.globl	entryregs, entryx87
entryregs:
	.fill	16, 8, 0
entryx87:
	.fill	7, 4, 0

	.section .note.GNU-stack, "", @progbits
