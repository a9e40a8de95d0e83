/*
 * What C cannot do with registers before, in and after a note.
 *
 * void trapregs(uvlong nzcv)		reads address 0, at trappc
 * void spinregs(uvlong nzcv)		loops, at spinpc
 *
 * with a known value in every register (r0..r30: 0xc0de<<48 | number; r16 is
 * 0) and nzcv; notesp is SP.  A handler goes on at trapnext or spinnext, which
 * stores the registers in gotregs (r0..r30, sp, nzcv), and the vector
 * registers and FP state in gotsse and gotfp.
 */
	.macro	pattern reg, n
	movz	\reg, #\n
	movk	\reg, #0xc0de, lsl #48
	.endm

	.macro	patterned name, what:vararg
	.globl	\name\()regs, \name\()pc, \name\()next
	.type	\name\()regs, %function
\name\()regs:
	stp	x29, x30, [sp, #-176]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x9, sp
	adrp	x10, savedsp
	str	x9, [x10, :lo12:savedsp]
	adrp	x10, notesp
	str	x9, [x10, :lo12:notesp]
	mov	x10, #0x5a5a
	sub	x9, x9, #696		/* where the handler's sp will be */
	str	x10, [x9]
	msr	nzcv, x0
	movz	x9, #0x07c0, lsl #16
	msr	fpcr, x9
	movz	x9, #0x009f
	movk	x9, #0x0800, lsl #16
	msr	fpsr, x9
	adrp	x9, notesse
	add	x9, x9, :lo12:notesse
	ldr	q0, [x9]
	mov	v8.16b, v0.16b
	mov	v15.16b, v0.16b
	mov	v31.16b, v0.16b
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	pattern	x\n, \n
	.endr
	mov	x16, #0
\name\()pc:
	\what
\name\()next:
	b	store
	.size	\name\()regs, . - \name\()regs
	.endm

	.text
	patterned trap, ldr xzr, [x16]
	patterned spin, b spinpc

store:
	stp	x0, x1, [sp, #-16]!
	adrp	x0, gotregs
	add	x0, x0, :lo12:gotregs
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x0]
	mov	x2, sp
	mrs	x3, nzcv
	stp	x2, x3, [x0, #248]
	adrp	x0, savedsp
	ldr	x0, [x0, :lo12:savedsp]
	mov	sp, x0
	adrp	x0, gotsse
	add	x0, x0, :lo12:gotsse
	stp	q0, q8, [x0]
	stp	q15, q31, [x0, #32]
	adrp	x0, gotfp
	add	x0, x0, :lo12:gotfp
	mrs	x1, fpcr
	mrs	x2, fpsr
	stp	x1, x2, [x0]
	msr	fpcr, xzr
	msr	fpsr, xzr
	ldp	d14, d15, [sp, #144]
	ldp	d12, d13, [sp, #128]
	ldp	d10, d11, [sp, #112]
	ldp	d8, d9, [sp, #96]
	ldp	x27, x28, [sp, #80]
	ldp	x25, x26, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #176
	ret

/* void faultat(uvlong sp): reads address 0 on another stack; comes back when the handler goes on at faultnext */
	.globl	faultat, faultpc, faultnext
	.type	faultat, %function
faultat:
	stp	x28, x30, [sp, #-16]!
	mov	x28, sp
	mov	sp, x0
	mov	x1, #0
faultpc:
	ldr	xzr, [x1]
faultnext:
	mov	sp, x28
	ldp	x28, x30, [sp], #16
	ret
	.size	faultat, . - faultat

/* uvlong load(uvlong *p): the load is at loadpc, and p is in R0 */
	.globl	load, loadpc
	.type	load, %function
load:
loadpc:
	ldr	x0, [x0]
	ret
	.size	load, . - load

/* void breakpoint(void) */
	.globl	breakpoint, breakpc
	.type	breakpoint, %function
breakpoint:
breakpc:
	brk	#7
	ret
	.size	breakpoint, . - breakpoint

/* Instructions of floating point, each at its own pc. */
	.globl	fpsse, fpssepc, fpcsr, fpcsrpc
	.type	fpsse, %function
fpsse:
fpssepc:
	movi	v0.16b, #0
	ret
	.type	fpcsr, %function
fpcsr:
fpcsrpc:
	mrs	x0, fpcr
	ret

/* a handler that returns */
	.globl	justreturn
	.type	justreturn, %function
justreturn:
	ret

/* int setjump(uvlong jb[13]); void jump(uvlong jb[13]) */
	.globl	setjump, jump
	.type	setjump, %function
setjump:
	stp	x19, x20, [x0, #0]
	stp	x21, x22, [x0, #16]
	stp	x23, x24, [x0, #32]
	stp	x25, x26, [x0, #48]
	stp	x27, x28, [x0, #64]
	stp	x29, x30, [x0, #80]
	mov	x1, sp
	str	x1, [x0, #96]
	mov	w0, #0
	ret
	.type	jump, %function
jump:
	ldp	x19, x20, [x0, #0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x1, [x0, #96]
	mov	sp, x1
	mov	w0, #1
	ret

	.section .rodata
	.balign	16
	.globl	notesse
notesse:
	.quad	0x0123456789abcdef, 0xfedcba9876543210

	.data
	.balign	8
	.globl	datacode
datacode:
	ret
	ret

	.bss
	.balign	16
	.globl	gotregs, gotsse, gotfp, notesp
gotregs:
	.skip	33*8
	.balign	16
gotsse:
	.skip	64
gotfp:
	.skip	16
notesp:
	.skip	8
savedsp:
	.skip	8

	.section .note.GNU-stack, "", %progbits
