"""Was an SSE result that overflowed inexact as well?

With overflow unmasked, the CPU sets the precision flag only if the result would be inexact with an
exponent of any size; Unicorn sets it always, as the CPU does when overflow is masked.  The kernel
prints the flags (`status=0x8` or `status=0x28`), so this module computes the result again, exactly.
It is loaded only when a program dies so.  Source: the Intel manual, volume 1, §4.9.1.4.
"""

from __future__ import annotations

import struct
from fractions import Fraction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["inexact"]

#: Bits of the significand: double, single.
_DOUBLE, _SINGLE = 53, 24
_ADD, _MULTIPLY, _CONVERT, _SUBTRACT, _DIVIDE, _HADD, _HSUB, _ADDSUB = 0x58, 0x59, 0x5A, 0x5C, 0x5E, 0x7C, 0x7D, 0xD0

_OPERATIONS: dict[int, Callable[[Fraction, Fraction], Fraction]] = {
    _ADD: lambda a, b: a + b,
    _MULTIPLY: lambda a, b: a * b,
    _SUBTRACT: lambda a, b: a - b,
    _DIVIDE: lambda a, b: a / b if b else a,
}


def inexact(opcode: int, prefix: int, first: bytes, second: bytes) -> bool:
    """Does any result of the instruction 0F `opcode` not fit its significand?

    `prefix` is the mandatory one: 0, 0x66, 0xF3 or 0xF2; `first` and `second` are the 16 bytes of the
    destination and of the source before it ran.  An instruction that is not known here counts as inexact.
    """
    double = prefix in (0x66, 0xF2) and opcode not in (_HADD, _HSUB, _ADDSUB)
    double = double or (prefix == 0x66 and opcode in (_HADD, _HSUB, _ADDSUB))
    scalar = prefix in (0xF3, 0xF2) and opcode not in (_HADD, _HSUB, _ADDSUB)
    a, b = _lanes(first, double), _lanes(second, double)
    count = 1 if scalar else len(a)
    if opcode == _CONVERT:
        return any(not _fits(value, _SINGLE) for value in b[:count])
    bits = _DOUBLE if double else _SINGLE
    if opcode in (_HADD, _HSUB):
        pairs = [*zip(a[::2], a[1::2], strict=True), *zip(b[::2], b[1::2], strict=True)]
        operations = [_ADD if opcode == _HADD else _SUBTRACT] * count
    else:
        pairs = list(zip(a, b, strict=True))
        operations = [_SUBTRACT, _ADD] * (count // 2) if opcode == _ADDSUB else [opcode] * count
    if any(operation not in _OPERATIONS for operation in operations):
        return True
    return any(
        x is not None and y is not None and not _fits(_OPERATIONS[operation](x, y), bits)
        for operation, (x, y) in zip(operations, pairs, strict=False)
    )


def _lanes(data: bytes, double: bool) -> list[Fraction | None]:
    """The numbers in a register; None for what is infinite or not a number."""
    values = struct.unpack("<2d" if double else "<4f", data)
    return [Fraction(value) if abs(value) < float("inf") else None for value in values]


def _fits(value: Fraction | None, bits: int) -> bool:
    """Is `value` a number with so many significant bits?"""
    if value is None:
        return True
    numerator, denominator = abs(value.numerator), value.denominator
    if denominator & (denominator - 1):
        return False
    return numerator == 0 or (numerator // (numerator & -numerator)).bit_length() <= bits
