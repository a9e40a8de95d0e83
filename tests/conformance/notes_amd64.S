/*
 * What C cannot do with registers before, in and after a note.
 *
 * void trapregs(uvlong flags)		reads address 0, at trappc
 * void spinregs(uvlong flags)		loops, at spinpc
 *
 * with a known value in every register (ax bx cx dx si di bp, r8..r15:
 * 0xc0de<<48 | number) and flags; notesp is SP.  A handler goes on at trapnext
 * or spinnext, which stores the registers in gotregs (ax bx cx dx si di bp sp
 * r8..r15 flags), and the vector registers and FP state in gotsse and gotfp.
 */
	.macro	pattern reg, n
	movabs	$0xc0de000000000000+\n, %\reg
	.endm

	.macro	patterned name, what:vararg
	.globl	\name\()regs, \name\()pc, \name\()next
	.type	\name\()regs, @function
\name\()regs:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, savedsp(%rip)
	mov	%rsp, notesp(%rip)
	fninit
	fldpi
	fldcw	notefcw(%rip)
	ldmxcsr	notemxcsr(%rip)
	movdqa	notesse(%rip), %xmm0
	movdqa	%xmm0, %xmm7
	movdqa	%xmm0, %xmm15
	movq	$0x5a5a, -600(%rsp)	/* where the handler's 0(sp) will be */
	push	%rdi
	popfq
	pattern	rax, 0
	pattern	rbx, 1
	pattern	rcx, 2
	pattern	rdx, 3
	pattern	rsi, 4
	pattern	rdi, 5
	pattern	rbp, 6
	pattern	r8, 8
	pattern	r9, 9
	pattern	r10, 10
	pattern	r11, 11
	pattern	r12, 12
	pattern	r13, 13
	pattern	r14, 14
	pattern	r15, 15
\name\()pc:
	\what
\name\()next:
	jmp	store
	.size	\name\()regs, . - \name\()regs
	.endm

	.text
	patterned trap, movabs 0, %rax
	patterned spin, jmp spinpc

store:
	mov	%rax, gotregs+0x00(%rip)
	mov	%rbx, gotregs+0x08(%rip)
	mov	%rcx, gotregs+0x10(%rip)
	mov	%rdx, gotregs+0x18(%rip)
	mov	%rsi, gotregs+0x20(%rip)
	mov	%rdi, gotregs+0x28(%rip)
	mov	%rbp, gotregs+0x30(%rip)
	mov	%rsp, gotregs+0x38(%rip)
	mov	%r8, gotregs+0x40(%rip)
	mov	%r9, gotregs+0x48(%rip)
	mov	%r10, gotregs+0x50(%rip)
	mov	%r11, gotregs+0x58(%rip)
	mov	%r12, gotregs+0x60(%rip)
	mov	%r13, gotregs+0x68(%rip)
	mov	%r14, gotregs+0x70(%rip)
	mov	%r15, gotregs+0x78(%rip)
	mov	savedsp(%rip), %rsp
	pushfq
	popq	gotregs+0x80(%rip)
	push	$0x202
	popfq
	movdqu	%xmm0, gotsse+0x00(%rip)
	movdqu	%xmm7, gotsse+0x10(%rip)
	movdqu	%xmm15, gotsse+0x20(%rip)
	stmxcsr	gotfp+0(%rip)
	fnstcw	gotfp+4(%rip)
	fstpt	gotx87(%rip)
	fninit
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* void faultat(uvlong sp): reads address 0 on another stack; comes back when the handler goes on at faultnext */
	.globl	faultat, faultpc, faultnext
	.type	faultat, @function
faultat:
	push	%rbp
	mov	%rsp, %rbp
	mov	%rdi, %rsp
faultpc:
	movabs	0, %rax
faultnext:
	mov	%rbp, %rsp
	pop	%rbp
	ret
	.size	faultat, . - faultat

/* uvlong load(uvlong *p): the load is at loadpc, and p is in DI */
	.globl	load, loadpc
	.type	load, @function
load:
loadpc:
	mov	(%rdi), %rax
	ret
	.size	load, . - load

/* void breakpoint(void) */
	.globl	breakpoint, breakpc
	.type	breakpoint, @function
breakpoint:
breakpc:
	int3
	ret
	.size	breakpoint, . - breakpoint

/* Instructions of floating point, each at its own pc. */
	.globl	fpsse, fpssepc, fpx87, fpx87pc, fpcsr, fpcsrpc
	.type	fpsse, @function
fpsse:
fpssepc:
	xorps	%xmm0, %xmm0
	ret
	.type	fpx87, @function
fpx87:
fpx87pc:
	fldz
	fstp	%st(0)
	ret
	.type	fpcsr, @function
fpcsr:
fpcsrpc:
	stmxcsr	-8(%rsp)
	ret

/* void fpdivide(void): divides 1 by 0 with that exception unmasked, at fpdividepc */
	.globl	fpdivide, fpdividepc, fpdividenext
	.type	fpdivide, @function
fpdivide:
	ldmxcsr	unmasked(%rip)
	mov	$0x3f800000, %eax
	movd	%eax, %xmm3
	xorps	%xmm4, %xmm4
fpdividepc:
	divss	%xmm4, %xmm3
fpdividenext:
	movd	%xmm3, %eax
	ret
	.size	fpdivide, . - fpdivide

/* a handler that returns */
	.globl	justreturn
	.type	justreturn, @function
justreturn:
	ret

/* int divide(int a, int b): IDIV is at dividepc, and what follows at dividenext */
	.globl	divide, dividepc, dividenext
	.type	divide, @function
divide:
	mov	%edi, %eax
	cltd
dividepc:
	idiv	%esi
dividenext:
	ret
	.size	divide, . - divide

/* int setjump(uvlong jb[8]); void jump(uvlong jb[8]) */
	.globl	setjump, jump
	.type	setjump, @function
setjump:
	mov	%rbx, 0x00(%rdi)
	mov	%rbp, 0x08(%rdi)
	mov	%r12, 0x10(%rdi)
	mov	%r13, 0x18(%rdi)
	mov	%r14, 0x20(%rdi)
	mov	%r15, 0x28(%rdi)
	lea	8(%rsp), %rax
	mov	%rax, 0x30(%rdi)
	mov	(%rsp), %rax
	mov	%rax, 0x38(%rdi)
	xor	%eax, %eax
	ret
	.type	jump, @function
jump:
	mov	0x00(%rdi), %rbx
	mov	0x08(%rdi), %rbp
	mov	0x10(%rdi), %r12
	mov	0x18(%rdi), %r13
	mov	0x20(%rdi), %r14
	mov	0x28(%rdi), %r15
	mov	0x30(%rdi), %rsp
	mov	$1, %eax
	jmp	*0x38(%rdi)

	.section .rodata
	.balign	16
	.globl	notesse
notesse:
	.quad	0x0123456789abcdef, 0xfedcba9876543210
notefcw:
	.word	0x0f7f
	.word	0
notemxcsr:
	.long	0x7fbf
unmasked:
	.long	0x1900

	.data
	.globl	datacode
datacode:
	ret
	.byte	0, 0, 0, 0, 0, 0, 0

	.bss
	.balign	16
	.globl	gotregs, gotsse, gotfp, gotx87, notesp
gotregs:
	.skip	17*8
	.balign	16
gotsse:
	.skip	48
gotfp:
	.skip	8
gotx87:
	.skip	16
notesp:
	.skip	8
savedsp:
	.skip	8

	.section .note.GNU-stack, "", @progbits
