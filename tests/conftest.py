"""What all tests share: hypothesis does not look at the clock, which on a busy host proves nothing."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("elf9", deadline=None)
settings.load_profile("elf9")
