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
	.type	die_\name, @function
die_\name:
	.endm

	.macro	at name
	.globl	at_\name
at_\name:
	.endm

	.section .data.deaths, "aw"
	.balign	8
	.globl	deaths
deaths:

death read_nil, "read-nil"
	xor	%eax, %eax
at read_nil
	mov	(%rax), %rax
	ret

death write_nil, "write-nil"
	xor	%eax, %eax
at write_nil
	mov	%rax, (%rax)
	ret

death read_kernel, "read-kernel"
	movabs	$0xffffffff80110000, %rax
at read_kernel
	mov	(%rax), %rax
	ret

death read_unmapped, "read-unmapped"
	mov	$0x10000000, %eax
at read_unmapped
	mov	(%rax), %rax
	ret

death read_noncanonical, "read-noncanonical"
	movabs	$0x1000000000000, %rax
at read_noncanonical
	mov	(%rax), %rax
	ret

death read_below_text, "read-below-text"
	mov	$0x1fffff, %eax
at read_below_text
	movb	(%rax), %al
	ret

death read_above_stack, "read-above-stack"
	movabs	$0x7ffffffff000, %rax
at read_above_stack
	movb	(%rax), %al
	ret

death read_across, "read-across-the-end"
	movabs	$0x7fffffffeffc, %rax
at read_across
	mov	(%rax), %rax
	ret

death write_text, "write-text"
	lea	at_read_nil(%rip), %rax
at write_text
	mov	%rax, (%rax)
	ret

death write_rodata, "write-rodata"
	lea	name_read_nil(%rip), %rax
at write_rodata
	mov	%al, (%rax)
	ret

death write_padding, "write-text-padding"
	mov	$0x3fffff, %eax
at write_padding
	movb	%al, (%rax)
	ret

death jump_nil, "jump-nil"
	xor	%eax, %eax
	call	*%rax
	ret

death jump_kernel, "jump-kernel"
	mov	$0xffffffff80110000, %rax
	call	*%rax
	ret

death jump_data, "jump-data"
	lea	datacode(%rip), %rax
	call	*%rax
	ret

death jump_bss, "jump-bss"
	lea	bsscode(%rip), %rax
	movb	$0xc3, (%rax)
	call	*%rax
	ret

death jump_stack, "jump-stack"
	movabs	$0x7ffffff00000, %rax
	movb	$0xc3, (%rax)
	call	*%rax
	ret

death stack_overflow, "stack-overflow"
	movabs	$0x7ffffefff010, %rsp
	push	%rax
	push	%rax
at stack_overflow
	push	%rax
	ret

death hlt, "hlt"
at hlt
	hlt
	ret

death cli, "cli"
at cli
	cli
	ret

death sti, "sti"
at sti
	sti
	ret

death in, "in"
	mov	$0x60, %edx
at in
	in	%dx, %al
	ret

death out, "out"
at out
	out	%al, $0x80
	ret

death rdmsr, "rdmsr"
	mov	$0x10, %ecx
at rdmsr
	rdmsr
	ret

death wrmsr, "wrmsr"
	mov	$0x10, %ecx
at wrmsr
	wrmsr
	ret

death rdpmc, "rdpmc"
	xor	%ecx, %ecx
at rdpmc
	rdpmc
	ret

death mov_cr0, "mov-cr0"
at mov_cr0
	mov	%cr0, %rax
	ret

death mov_dr7, "mov-dr7"
at mov_dr7
	mov	%dr7, %rax
	ret

death lgdt, "lgdt"
at lgdt
	lgdt	datacode(%rip)
	ret

death invd, "invd"
at invd
	invd
	ret

death swapgs, "swapgs"
at swapgs
	swapgs
	ret

death sysret, "sysret"
at sysret
	sysretq
	ret

death int4, "int-4"
at int4
	int	$4
	ret

death int80, "int-0x80"
at int80
	int	$0x80
	ret

death int3, "int3"
at int3
	int3
	ret

death ud2, "ud2"
at ud2
	ud2
	ret

death push_es, "push-es"
at push_es
	.byte	0x06
	ret

death wrfsbase, "wrfsbase"
at wrfsbase
	wrfsbase %rax
	ret

death rdgsbase, "rdgsbase"
at rdgsbase
	rdgsbase %rax
	ret

death divide_zero, "divide-by-zero"
	mov	$1, %eax
	xor	%edx, %edx
	xor	%ecx, %ecx
at divide_zero
	div	%ecx
	ret

death divide_overflow, "divide-overflow"
	mov	$0x80000000, %eax
	cltd
	mov	$-1, %ecx
at divide_overflow
	idiv	%ecx
	ret

death movaps, "movaps-misaligned"
at movaps
	movaps	datacode+8(%rip), %xmm0
	ret

death movaps_store, "movaps-store-misaligned"
at movaps_store
	movaps	%xmm0, datacode+8(%rip)
	ret

death addps, "addps-misaligned"
at addps
	addps	datacode+8(%rip), %xmm0
	ret

death movntdq, "movntdq-misaligned"
at movntdq
	movntdq	%xmm0, datacode+8(%rip)
	ret

death fxsave, "fxsave-misaligned"
at fxsave
	fxsave	bsscode+8(%rip)
	ret

death cmpxchg16b, "cmpxchg16b-misaligned"
at cmpxchg16b
	cmpxchg16b datacode+8(%rip)
	ret

death sse_zero, "sse-1/0"
	movsd	one(%rip), %xmm0
	xorps	%xmm1, %xmm1
at sse_zero
	divsd	%xmm1, %xmm0
	ret

death sse_invalid, "sse-0/0"
	xorps	%xmm0, %xmm0
	xorps	%xmm1, %xmm1
at sse_invalid
	divsd	%xmm1, %xmm0
	ret

death sse_sqrt, "sse-sqrt(-1)"
	movsd	minusone(%rip), %xmm0
at sse_sqrt
	sqrtsd	%xmm0, %xmm0
	ret

death sse_overflow, "sse-overflow"
	movsd	huge(%rip), %xmm0
at sse_overflow
	mulsd	%xmm0, %xmm0
	ret

death sse_exact, "sse-overflow-exact"
	movsd	largest(%rip), %xmm0
at sse_exact
	addsd	%xmm0, %xmm0
	ret

/* a loop entered behind its first instruction */
death sse_entered, "sse-compare-entered"
	movsd	huge(%rip), %xmm0
	xorps	%xmm1, %xmm1
	mov	$2, %ecx
	jmp	2f
at sse_entered
1:	cvttsd2si %xmm0, %eax
2:	ucomisd	%xmm1, %xmm1
	dec	%ecx
	jnz	1b
	ret

/* 0/0 and 1/0 at once */
death sse_lanes, "sse-two-lanes"
	xorps	%xmm1, %xmm1
	movsd	one(%rip), %xmm0
	unpcklpd %xmm1, %xmm0
at sse_lanes
	divpd	%xmm1, %xmm0
	ret

death sse_convert, "sse-convert"
	movsd	huge(%rip), %xmm0
at sse_convert
	cvttsd2si %xmm0, %eax
	ret

death sse_snan, "sse-signalling-nan"
	movsd	snan(%rip), %xmm0
at sse_snan
	addsd	%xmm0, %xmm0
	ret

death sse_compare, "sse-compare-nan"
	movsd	snan(%rip), %xmm0
at sse_compare
	comisd	%xmm0, %xmm0
	ret

/* these go on */

death sse_inexact, "sse-inexact"
	movsd	one(%rip), %xmm0
	divsd	three(%rip), %xmm0
	ret

death sse_underflow, "sse-underflow"
	movsd	tiny(%rip), %xmm0
	mulsd	%xmm0, %xmm0
	ret

death sse_masked, "sse-1/0-masked"
	sub	$8, %rsp
	movl	$0x1f80, (%rsp)
	ldmxcsr	(%rsp)
	movsd	one(%rip), %xmm0
	xorps	%xmm1, %xmm1
	divsd	%xmm1, %xmm0
	divsd	%xmm1, %xmm1
	movl	$0x1900, (%rsp)
	ldmxcsr	(%rsp)
	add	$8, %rsp
	ret

/* they raise nothing, and leave no flag behind */
death sse_estimates, "sse-estimates"
	xorps	%xmm0, %xmm0
	rcpps	%xmm0, %xmm1
	rsqrtss	minusone(%rip), %xmm1
	sub	$8, %rsp
	stmxcsr	(%rsp)
	cmpl	$0x1900, (%rsp)
	je	1f
	ud2
1:	add	$8, %rsp
	ret

death x87_zero, "x87-1/0"
	fld1
	fldz
	fdivrp
	fstp	%st(0)
	ret

death x87_invalid, "x87-0/0"
	fldz
	fldz
	fdivrp
	fstp	%st(0)
	ret

death unaligned, "unaligned"
	mov	datacode+1(%rip), %rax
	movups	datacode+1(%rip), %xmm0
	lock incl datacode+1(%rip)
	ret

death alignment_check, "alignment-check"
	pushf
	orl	$0x40000, (%rsp)
	popf
	mov	datacode+1(%rip), %rax
	pushf
	andl	$~0x40000, (%rsp)
	popf
	ret

death stack_noncanonical, "stack-noncanonical"
	movabs	$0x1000000000000, %rbp
at stack_noncanonical
	mov	(%rbp), %rax
	ret

death single_step, "single-step"
	pushf
	orl	$0x100, (%rsp)
	popf
	nop
at single_step
	nop
	ret

death rdtsc, "rdtsc"
	rdtsc
	ret

death cpuid, "cpuid"
	push	%rbx
	xor	%eax, %eax
	cpuid
	pop	%rbx
	ret

death segments, "segment-registers"
	mov	$0x23, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%fs:datacode, %rax
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	ret

death deep_stack, "deep-stack"
	mov	%rsp, %rcx
	lea	-15*1024*1024(%rsp), %rsp
	push	%rax
	mov	%rcx, %rsp
	ret

	.section .data.deaths, "aw"
	.quad	0, 0

	.data
	.balign	16
	.globl	datacode
datacode:
	.quad	0xc3c3c3c3c3c3c3c3, 0xc3c3c3c3c3c3c3c3, 0, 0

	.section .rodata
	.balign	8
one:
	.double	1.0
three:
	.double	3.0
minusone:
	.double	-1.0
huge:
	.double	1e300
largest:
	.quad	0x7fefffffffffffff
tiny:
	.double	1e-300
snan:
	.quad	0x7ff0000000000001

	.bss
	.balign	16
	.globl	bsscode
bsscode:
	.skip	1024

	.section .note.GNU-stack, "", @progbits
