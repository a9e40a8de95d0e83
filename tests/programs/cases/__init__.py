"""What 9front's commands are given, and what must come back.

What is expected is worked out from the manual (sections 1 and 4), by Python, or by hand; where a tool of the host
must agree (md5sum, gzip, tar, sort), Python's standard library stands for it.
"""
