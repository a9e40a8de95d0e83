"""What a program did and why it died: system call trace, symbols, source lines, backtraces.

Nothing here is imported unless somebody asked to see something.
"""
