	.globl _start, call, ignore
_start:
	mov x0, sp
	and sp, x0, #-16
	bl entry
	udf #0
call:
	sub sp, sp, #112
	str x1, [sp, #8]
	stp x2, x3, [sp, #16]
	stp x4, x5, [sp, #32]
	stp x19, x20, [sp, #48]
	stp x21, x22, [sp, #64]
	stp x23, x24, [sp, #80]
	str x25, [sp, #96]
	svc #0
	ldp x19, x20, [sp, #48]
	ldp x21, x22, [sp, #64]
	ldp x23, x24, [sp, #80]
	ldr x25, [sp, #96]
	add sp, sp, #112
	ret
/* A note handler: noted(NCONT). */
ignore:
	sub sp, sp, #112
	str xzr, [sp, #8]
	mov x0, #29
	svc #0
	udf #0
