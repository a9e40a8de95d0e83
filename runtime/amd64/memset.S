/*
 * void *memset(void *p, int c, usize n)
 * Integer registers only, so that note handlers may use it.
 * Up to 32 bytes from both ends; above, the last 32 first, then blocks up to
 * them.  From Many bytes on the processor's own filling is faster than any loop.
 */
	Many = 256

	.text
	.globl	memset
	.type	memset, @function
memset:
	.cfi_startproc
	mov	%rdi, %rax
	movzbl	%sil, %esi
	movabs	$0x0101010101010101, %rcx
	imul	%rcx, %rsi
	cmp	$16, %rdx
	jb	small
	mov	%rsi, -16(%rdi,%rdx)
	mov	%rsi, -8(%rdi,%rdx)
	cmp	$32, %rdx
	ja	large
	mov	%rsi, (%rdi)
	mov	%rsi, 8(%rdi)
	ret

large:
	cmp	$Many, %rdx
	jae	many
	mov	%rsi, -32(%rdi,%rdx)
	mov	%rsi, -24(%rdi,%rdx)
	lea	-32(%rdi,%rdx), %rdx
1:	mov	%rsi, (%rdi)
	mov	%rsi, 8(%rdi)
	mov	%rsi, 16(%rdi)
	mov	%rsi, 24(%rdi)
	add	$32, %rdi
	cmp	%rdx, %rdi
	jb	1b
	ret

many:
	mov	%rax, %r8
	mov	%rsi, (%rdi)
	mov	%rsi, 8(%rdi)
	lea	(%rdi,%rdx), %rcx
	add	$15, %rdi
	and	$-16, %rdi
	sub	%rdi, %rcx
	shr	$3, %rcx
	mov	%rsi, %rax
	rep stosq
	mov	%r8, %rax
	ret

small:
	cmp	$8, %edx
	jb	1f
	mov	%rsi, (%rdi)
	mov	%rsi, -8(%rdi,%rdx)
	ret
1:	cmp	$4, %edx
	jb	2f
	mov	%esi, (%rdi)
	mov	%esi, -4(%rdi,%rdx)
	ret
2:	test	%edx, %edx
	jz	3f
	/* 1 to 3 bytes: last, first, middle */
	mov	%sil, -1(%rdi,%rdx)
	shr	%rdx
	mov	%sil, (%rdi)
	mov	%sil, (%rdi,%rdx)
3:	ret
	.cfi_endproc
	.size	memset, . - memset

	.section .note.GNU-stack, "", @progbits
