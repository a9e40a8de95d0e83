	.globl _start, call, ignore
_start:
	mov %rsp, %rdi
	and $-16, %rsp
	call entry
	ud2
call:
	sub $0x58, %rsp
	mov %rsi, 0x08(%rsp)
	mov %rdx, 0x10(%rsp)
	mov %rcx, 0x18(%rsp)
	mov %r8, 0x20(%rsp)
	mov %r9, 0x28(%rsp)
	mov %rbx, 0x30(%rsp)
	mov %rbp, 0x38(%rsp)
	mov %r12, 0x40(%rsp)
	mov %r13, 0x48(%rsp)
	mov %rdi, %rbp
	syscall
	mov 0x30(%rsp), %rbx
	mov 0x38(%rsp), %rbp
	mov 0x40(%rsp), %r12
	mov 0x48(%rsp), %r13
	add $0x58, %rsp
	ret
/* A note handler: noted(NCONT). */
ignore:
	sub $0x58, %rsp
	movq $0, 0x08(%rsp)
	mov $29, %rbp
	syscall
	ud2
