module elf9/tests/go

go 1.19
