/*
 * void *memmove(void *to, void *from, usize n); memcpy is the same.
 * Integer registers only, so that note handlers may copy.
 * Up to 32 bytes: all loads before all stores, from both ends.
 * Above: blocks of 32 in the direction that overlap allows; the block at the
 * far end is loaded first and stored last.  From Many bytes on, upwards, the
 * processor's own copying is faster than any loop; both ends are stored last.
 */
	Many = 256

	.text
	.globl	memmove, memcpy
	.type	memmove, @function
	.type	memcpy, @function
memmove:
memcpy:
	.cfi_startproc
	mov	%rdi, %rax
	cmp	$16, %rdx
	jbe	small
	mov	(%rsi), %r8
	mov	8(%rsi), %r9
	mov	-16(%rsi,%rdx), %r10
	mov	-8(%rsi,%rdx), %r11
	cmp	$32, %rdx
	ja	large
	mov	%r8, (%rdi)
	mov	%r9, 8(%rdi)
	mov	%r10, -16(%rdi,%rdx)
	mov	%r11, -8(%rdi,%rdx)
	ret

large:
	mov	%rdi, %rcx
	sub	%rsi, %rcx
	cmp	%rdx, %rcx
	jb	backward
	cmp	$Many, %rdx
	jae	many

	/* r8-r11: the last 32 bytes */
	mov	-32(%rsi,%rdx), %r8
	mov	-24(%rsi,%rdx), %r9
	lea	-32(%rdi,%rdx), %rdx
1:	mov	(%rsi), %rcx
	mov	%rcx, (%rdi)
	mov	8(%rsi), %rcx
	mov	%rcx, 8(%rdi)
	mov	16(%rsi), %rcx
	mov	%rcx, 16(%rdi)
	mov	24(%rsi), %rcx
	mov	%rcx, 24(%rdi)
	add	$32, %rsi
	add	$32, %rdi
	cmp	%rdx, %rdi
	jb	1b
	mov	%r8, (%rdx)
	mov	%r9, 8(%rdx)
	mov	%r10, 16(%rdx)
	mov	%r11, 24(%rdx)
	ret

many:
	/* r8, r9: the first 16 bytes; r10, r11: the last */
	lea	(%rdi,%rdx), %rdx
	add	$15, %rdi
	and	$-16, %rdi
	mov	%rdi, %rcx
	sub	%rax, %rcx
	add	%rcx, %rsi
	mov	%rdx, %rcx
	sub	%rdi, %rcx
	shr	$3, %rcx
	rep movsq
	mov	%r8, (%rax)
	mov	%r9, 8(%rax)
	mov	%r10, -16(%rdx)
	mov	%r11, -8(%rdx)
	ret

backward:
	/* r8-r11: the first 32 bytes */
	mov	16(%rsi), %r10
	mov	24(%rsi), %r11
1:	mov	-8(%rsi,%rdx), %rcx
	mov	%rcx, -8(%rdi,%rdx)
	mov	-16(%rsi,%rdx), %rcx
	mov	%rcx, -16(%rdi,%rdx)
	mov	-24(%rsi,%rdx), %rcx
	mov	%rcx, -24(%rdi,%rdx)
	mov	-32(%rsi,%rdx), %rcx
	mov	%rcx, -32(%rdi,%rdx)
	sub	$32, %rdx
	cmp	$32, %rdx
	ja	1b
	mov	%r8, (%rdi)
	mov	%r9, 8(%rdi)
	mov	%r10, 16(%rdi)
	mov	%r11, 24(%rdi)
	ret

small:
	cmp	$8, %edx
	jb	1f
	mov	(%rsi), %r8
	mov	-8(%rsi,%rdx), %r9
	mov	%r8, (%rdi)
	mov	%r9, -8(%rdi,%rdx)
	ret
1:	cmp	$4, %edx
	jb	2f
	mov	(%rsi), %r8d
	mov	-4(%rsi,%rdx), %r9d
	mov	%r8d, (%rdi)
	mov	%r9d, -4(%rdi,%rdx)
	ret
2:	test	%edx, %edx
	jz	3f
	/* 1 to 3 bytes: first, middle, last */
	movzbl	(%rsi), %r8d
	movzbl	-1(%rsi,%rdx), %r9d
	mov	%rdx, %rcx
	shr	%rcx
	movzbl	(%rsi,%rcx), %r10d
	mov	%r8b, (%rdi)
	mov	%r10b, (%rdi,%rcx)
	mov	%r9b, -1(%rdi,%rdx)
3:	ret
	.cfi_endproc
	.size	memmove, . - memmove
	.size	memcpy, . - memcpy

	.section .note.GNU-stack, "", @progbits
