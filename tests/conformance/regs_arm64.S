/*
 * void rawcall(uvlong number, uvlong args[5], uvlong flags)
 *
 * Makes a system call with a known value in every register and stores what
 * comes back in afterregs (r0..r30, sp, nzcv), the first words of the stack in
 * afterstack, the vector registers and FP state in aftersse and afterfp.
 * flags are NZCV before the call.  wantpc is the address after the
 * instruction, wantsp SP.
 */
	.macro	pattern reg, n
	movz	\reg, #\n
	movk	\reg, #0xc0de, lsl #48
	.endm

	.text
	.globl	rawcall
	.type	rawcall, %function
rawcall:
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
	sub	sp, sp, #48
	mov	x9, sp
	adrp	x10, wantsp
	str	x9, [x10, :lo12:wantsp]
	adrp	x10, wantpc
	adr	x9, 1f
	str	x9, [x10, :lo12:wantpc]
	movz	x9, #0xfeed, lsl #48
	str	x9, [sp]
	ldp	x9, x10, [x1, #0]
	stp	x9, x10, [sp, #8]
	ldp	x9, x10, [x1, #16]
	stp	x9, x10, [sp, #24]
	ldr	x9, [x1, #32]
	str	x9, [sp, #40]
	msr	nzcv, x2
	movz	x9, #0x07c0, lsl #16
	msr	fpcr, x9
	movz	x9, #0x009f
	movk	x9, #0x0800, lsl #16
	msr	fpsr, x9
	movz	x9, #0x7d1d
	msr	tpidr_el0, x9
	adrp	x9, somesse
	add	x9, x9, :lo12:somesse
	ldr	q0, [x9]
	mov	v8.16b, v0.16b
	mov	v15.16b, v0.16b
	mov	v31.16b, v0.16b
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	pattern	x\n, \n
	.endr
	svc	#0
1:	str	x0, [sp, #-16]!
	adrp	x0, afterregs
	add	x0, x0, :lo12:afterregs
	str	x1, [x0, #8]
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
	ldr	x1, [sp], #16
	str	x1, [x0]
	mov	x1, sp
	mrs	x2, nzcv
	stp	x1, x2, [x0, #248]
	adrp	x0, aftersse
	add	x0, x0, :lo12:aftersse
	stp	q0, q8, [x0]
	stp	q15, q31, [x0, #32]
	adrp	x0, afterfp
	add	x0, x0, :lo12:afterfp
	mrs	x1, fpcr
	mrs	x2, fpsr
	stp	x1, x2, [x0]
	mrs	x1, tpidr_el0
	str	x1, [x0, #16]
	msr	fpcr, xzr
	msr	fpsr, xzr
	msr	tpidr_el0, xzr
	adrp	x0, afterstack
	add	x0, x0, :lo12:afterstack
	ldp	x1, x2, [sp]
	stp	x1, x2, [x0]
	ldr	x1, [sp, #40]
	str	x1, [x0, #16]
	add	sp, sp, #48
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
	.size	rawcall, . - rawcall

/* vlong callat(uvlong number, uvlong sp): a call without arguments, SP anywhere */
	.globl	callat
	.type	callat, %function
callat:
	stp	x19, x20, [sp, #-80]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	mov	x26, sp
	mov	sp, x1
	svc	#0
	mov	sp, x26
	ldp	x25, x26, [sp, #48]
	ldp	x23, x24, [sp, #32]
	ldp	x21, x22, [sp, #16]
	ldp	x19, x20, [sp], #80
	ret
	.size	callat, . - callat

/* int monitor(uvlong number, int *p): the status of STXR when a call lies between it and LDXR; 0 stored */
	.globl	monitor
	.type	monitor, %function
monitor:
	stp	x19, x20, [sp, #-128]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	mov	x26, x1
	sub	sp, sp, #48
	ldxr	w2, [x1]
	svc	#0
	mov	w2, #5
	stxr	w0, w2, [x26]
	add	sp, sp, #48
	ldp	x25, x26, [sp, #48]
	ldp	x23, x24, [sp, #32]
	ldp	x21, x22, [sp, #16]
	ldp	x19, x20, [sp], #128
	ret
	.size	monitor, . - monitor

	.data
	.balign	16
	.globl	somesse
somesse:
	.quad	0x0123456789abcdef, 0xfedcba9876543210

	.bss
	.balign	16
	.globl	afterregs, afterstack, aftersse, afterfp, wantpc, wantsp
afterregs:
	.skip	33*8
afterstack:
	.skip	3*8
	.balign	16
aftersse:
	.skip	64
afterfp:
	.skip	24
wantpc:
	.skip	8
wantsp:
	.skip	8

	.section .note.GNU-stack, "", %progbits
