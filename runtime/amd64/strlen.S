/* long strlen(char *s); all of RAX is set, for the calls that GCC makes up */
	.text
	.globl	strlen
	.type	strlen, @function
strlen:
	.cfi_startproc
	mov	%rdi, %rax
	jmp	2f
1:	inc	%rax
2:	cmpb	$0, (%rax)
	jne	1b
	sub	%rdi, %rax
	ret
	.cfi_endproc
	.size	strlen, . - strlen

	.section .note.GNU-stack, "", @progbits
