/*
 * One function a case; deaths.tsv says how each ends.  `death NAME` starts one,
 * at_NAME is the instruction that the kernel reports.
 */
	.macro	death name, text
	.section .rodata
name_\name:
	.asciz	"\text"
	.section .data.deaths, "aw"
	.quad	name_\name, die_\name
	.text
	.balign	16
	.type	die_\name, %function
die_\name:
	.endm

	.macro	at name
	.globl	at_\name
at_\name:
	.endm

	/* the address of a symbol */
	.macro	addr reg, symbol
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
	.endm

	.section .data.deaths, "aw"
	.balign	8
	.globl	deaths
deaths:

death read_nil, "read-nil"
	mov	x0, #0
at read_nil
	ldr	x0, [x0]
	ret

death write_nil, "write-nil"
	mov	x0, #0
at write_nil
	str	x0, [x0]
	ret

death read_kernel, "read-kernel"
	mov	x0, #0xffffffff80000000
at read_kernel
	ldr	x0, [x0]
	ret

death read_unmapped, "read-unmapped"
	mov	x0, #0x10000000
at read_unmapped
	ldr	x0, [x0]
	ret

death read_tagged, "read-tagged"
	addr	x0, datacode
	orr	x0, x0, #0x0f00000000000000
at read_tagged
	ldr	x0, [x0]
	ret

death read_below_text, "read-below-text"
	mov	x0, #0xffff
at read_below_text
	ldrb	w0, [x0]
	ret

death read_above_stack, "read-above-stack"
	movz	x0, #0xffff, lsl #16
	movk	x0, #0x7, lsl #32
at read_above_stack
	ldrb	w0, [x0]
	ret

death read_across, "read-across-the-end"
	movz	x0, #0xfffc
	movk	x0, #0xfffe, lsl #16
	movk	x0, #0x7, lsl #32
at read_across
	ldr	x0, [x0]
	ret

death write_text, "write-text"
	addr	x0, at_read_nil
at write_text
	str	x0, [x0]
	ret

death write_rodata, "write-rodata"
	addr	x0, name_read_nil
at write_rodata
	strb	w0, [x0]
	ret

death jump_nil, "jump-nil"
	mov	x0, #0
	blr	x0
	ret

death jump_kernel, "jump-kernel"
	mov	x0, #0xffffffff80000000
	blr	x0
	ret

death jump_data, "jump-data"
	addr	x0, datacode
	blr	x0
	ret

death jump_bss, "jump-bss"
	addr	x0, bsscode
	movz	w1, #0x03c0
	movk	w1, #0xd65f, lsl #16
	str	w1, [x0]
	blr	x0
	ret

death jump_stack, "jump-stack"
	movz	x0, #0xfff0, lsl #16
	movk	x0, #0x7, lsl #32
	sub	x0, x0, #0x100000
	movz	w1, #0x03c0
	movk	w1, #0xd65f, lsl #16
	str	w1, [x0]
	blr	x0
	ret

death stack_overflow, "stack-overflow"
	movz	x0, #0x0010
	movk	x0, #0xfeff, lsl #16
	movk	x0, #0x7, lsl #32
	mov	sp, x0
	str	x0, [sp, #-16]!
at stack_overflow
	str	x0, [sp, #-16]!
	ret

death misaligned_pc, "misaligned-pc"
	adr	x0, die_read_nil
	add	x0, x0, #1
	blr	x0
	ret

death udf, "udf"
at udf
	udf	#0
	ret

death ones, "all-ones"
at ones
	.inst	0xffffffff
	ret

death hlt, "hlt"
at hlt
	hlt	#0
	ret

death hvc, "hvc"
at hvc
	hvc	#0
	ret

death smc, "smc"
at smc
	smc	#0
	ret

death eret, "eret"
at eret
	eret
	ret

death dcps1, "dcps1"
at dcps1
	dcps1
	ret

death brk, "brk"
at brk
	brk	#0
	ret

death brk1000, "brk-1000"
at brk1000
	brk	#1000
	ret

death wfi, "wfi"
at wfi
	wfi
	ret

	.macro	access name, text, insn:vararg
death \name, \text
	mov	x0, sp
	mov	x1, #0
at \name
	\insn
	ret
	.endm

access ctr, "mrs-ctr", mrs x0, ctr_el0
access cntpct, "mrs-cntpct", mrs x0, cntpct_el0
access cntvctl, "mrs-cntv-ctl", mrs x0, cntv_ctl_el0
access pmcr, "mrs-pmcr", mrs x0, pmcr_el0
access daif, "mrs-daif", mrs x0, daif
access daifset, "msr-daifset", msr daifset, #2
access daifclr, "msr-daifclr", msr daifclr, #2
access dczva, "dc-zva", dc zva, x0
access dccvau, "dc-cvau", dc cvau, x0
access dccvac, "dc-cvac", dc cvac, x0
access dccivac, "dc-civac", dc civac, x0
access icivau, "ic-ivau", ic ivau, x0
access midr, "mrs-midr", mrs x0, midr_el1
access mpidr, "mrs-mpidr", mrs x0, mpidr_el1
access isar0, "mrs-id-aa64isar0", mrs x0, id_aa64isar0_el1
access pfr0, "mrs-id-aa64pfr0", mrs x0, id_aa64pfr0_el1
access currentel, "mrs-currentel", mrs x0, currentel
access sctlr, "mrs-sctlr", mrs x0, sctlr_el1
access spel0, "mrs-sp-el0", mrs x0, sp_el0
access tpidrro, "msr-tpidrro", msr tpidrro_el0, x0
access cntvct, "msr-cntvct", msr s3_3_c14_c0_2, x1
access iciallu, "ic-iallu", ic iallu
access tlbi, "tlbi", tlbi vmalle1
access dcisw, "dc-isw", dc isw, x1
access ldadd, "lse-ldadd", .inst 0xb8210002
access cas, "lse-cas", .inst 0x88a17c02
access swp, "lse-swp", .inst 0xb8218002
access ldapr, "ldapr", .inst 0xb8bfc002

	.macro	exclusive name, text, insn:vararg
death \name, \text
	addr	x0, datacode+1
at \name
	\insn
	ret
	.endm

exclusive ldxr, "ldxr-unaligned", ldxr w1, [x0]
exclusive ldaxr, "ldaxr-unaligned", ldaxr w1, [x0]
exclusive ldar, "ldar-unaligned", ldar w1, [x0]
exclusive stlr, "stlr-unaligned", stlr w1, [x0]

death svc_odd_sp, "svc-odd-sp"
	addr	x0, bsscode
	add	x0, x0, #2
	mov	sp, x0
	mov	x0, #53
	svc	#0
at svc_odd_sp
	ret

/* these go on */

death unaligned, "unaligned"
	addr	x0, datacode+1
	ldr	x1, [x0]
	ldr	q0, [x0]
	stp	x1, x1, [x0]
	ldrh	w1, [x0]
	ret

death odd_sp, "odd-sp"
	mov	x9, sp
	sub	x10, sp, #63
	mov	sp, x10
	ldr	x0, [sp]
	str	x0, [sp]
	mov	sp, x9
	ret

death hints, "hints"
	nop
	yield
	sev
	sevl
	isb
	dsb	sy
	dmb	ish
	clrex
	mov	x0, #0
	prfm	pldl1keep, [x0]
	hint	#34
	hint	#25
	hint	#29
	ret

death counters, "counters"
	mrs	x0, cntvct_el0
	mrs	x0, cntfrq_el0
	mrs	x0, dczid_el0
	mrs	x0, tpidr_el0
	mrs	x0, tpidrro_el0
	mrs	x0, nzcv
	mrs	x0, fpcr
	mrs	x0, fpsr
	ret

death divide, "divide-by-zero"
	mov	x0, #1
	mov	x1, #0
	sdiv	x0, x0, x1
	udiv	x0, x0, x1
	mov	x0, #0x8000000000000000
	mov	x1, #-1
	sdiv	x0, x0, x1
	ret

death floats, "fp-1/0"
	fmov	d0, #1.0
	fmov	d1, xzr
	fdiv	d2, d0, d1
	fdiv	d3, d1, d1
	fcvtzs	w0, d2
	ret

death deep_stack, "deep-stack"
	mov	x9, sp
	sub	x10, sp, #15*1024*1024
	mov	sp, x10
	str	x0, [sp]
	mov	sp, x9
	ret

	.section .data.deaths, "aw"
	.quad	0, 0

	.data
	.balign	16
	.globl	datacode
datacode:
	.inst	0xd65f03c0
	.inst	0xd65f03c0
	.quad	0, 0, 0

	.bss
	.balign	16
	.globl	bsscode
bsscode:
	.skip	1024

	.section .note.GNU-stack, "", %progbits
