/* int memcmp(void *a, void *b, usize n): -1, 0 or 1 */
	.text
	.globl	memcmp
	.type	memcmp, @function
memcmp:
	.cfi_startproc
	add	%rdi, %rdx		/* end of a */
	lea	-8(%rdx), %rcx
	cmp	$8, %rdx
	jb	2f
1:	cmp	%rcx, %rdi
	ja	2f
	mov	(%rdi), %r8
	mov	(%rsi), %r9
	add	$8, %rdi
	add	$8, %rsi
	cmp	%r9, %r8
	je	1b
	bswap	%r8
	bswap	%r9
	cmp	%r9, %r8
	jmp	4f
2:	cmp	%rdx, %rdi
	jae	3f
	movzbl	(%rdi), %r8d
	movzbl	(%rsi), %r9d
	inc	%rdi
	inc	%rsi
	cmp	%r9d, %r8d
	je	2b
	jmp	4f
3:	xor	%eax, %eax
	ret
4:	sbb	%eax, %eax
	or	$1, %eax
	ret
	.cfi_endproc
	.size	memcmp, . - memcmp

	.section .note.GNU-stack, "", @progbits
