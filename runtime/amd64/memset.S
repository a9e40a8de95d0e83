/*
 * void *memset(void *p, int c, usize n)
 * Integer registers only, so that note handlers may use it.
 */
	.text
	.globl	memset
	.type	memset, @function
memset:
	.cfi_startproc
	mov	%rdi, %rax
	movzbl	%sil, %esi
	movabs	$0x0101010101010101, %rcx
	imul	%rcx, %rsi
	cmp	$8, %rdx
	jb	small
	/* the last 8 bytes, then whole words up to them */
	mov	%rsi, -8(%rdi,%rdx)
	lea	-8(%rdi,%rdx), %rdx
	lea	-24(%rdx), %rcx
	cmp	%rcx, %rdi
	jae	2f
1:	mov	%rsi, (%rdi)
	mov	%rsi, 8(%rdi)
	mov	%rsi, 16(%rdi)
	mov	%rsi, 24(%rdi)
	add	$32, %rdi
	cmp	%rcx, %rdi
	jb	1b
2:	cmp	%rdx, %rdi
	jae	4f
3:	mov	%rsi, (%rdi)
	add	$8, %rdi
	cmp	%rdx, %rdi
	jb	3b
4:	ret

small:
	test	%edx, %edx
	jz	6f
5:	mov	%sil, -1(%rdi,%rdx)
	dec	%edx
	jnz	5b
6:	ret
	.cfi_endproc
	.size	memset, . - memset

	.section .note.GNU-stack, "", @progbits
