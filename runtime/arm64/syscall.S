/*
 * vlong syscall(vlong number, ...)	number and up to five arguments
 * _syscall				the same for the stubs: number in R8,
 *					arguments in R0..R4
 *
 * The kernel takes the number in R0 and the arguments from 8(SP)..40(SP).
 * Of the registers that C expects to find again it keeps SP and R26..R30;
 * R19..R25 come back as kernel garbage.
 */
	.text
	.globl	syscall
	.type	syscall, %function
syscall:
	.cfi_startproc
	mov	x8, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	mov	x4, x5
	.globl	_syscall
_syscall:
	sub	sp, sp, #112
	.cfi_def_cfa_offset 112
	stp	x19, x20, [sp, #48]
	.cfi_offset x19, -64
	.cfi_offset x20, -56
	stp	x21, x22, [sp, #64]
	.cfi_offset x21, -48
	.cfi_offset x22, -40
	stp	x23, x24, [sp, #80]
	.cfi_offset x23, -32
	.cfi_offset x24, -24
	str	x25, [sp, #96]
	.cfi_offset x25, -16
	stp	x0, x1, [sp, #8]
	stp	x2, x3, [sp, #24]
	str	x4, [sp, #40]
	mov	x0, x8
	svc	#0
	ldr	x25, [sp, #96]
	.cfi_restore x25
	ldp	x23, x24, [sp, #80]
	.cfi_restore x24
	.cfi_restore x23
	ldp	x21, x22, [sp, #64]
	.cfi_restore x22
	.cfi_restore x21
	ldp	x19, x20, [sp, #48]
	.cfi_restore x20
	.cfi_restore x19
	add	sp, sp, #112
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
	.size	syscall, . - syscall

	.section .note.GNU-stack, "", %progbits
