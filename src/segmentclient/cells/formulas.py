"""Text that no spreadsheet takes for a formula when it opens a CSV file, and the way back."""

from __future__ import annotations

import re

__all__ = ["guarded", "starts_formula", "unguarded"]

# What may begin a formula: its signs, also as wide as Chinese and Japanese letters, and blanks that some programs drop.
_STARTS = r"[^\S\t\r\n]*[=+\-@＝＋－＠\t\r\n]"
# A cell begins at its start, and where a program that expects semicolons or tabs cuts the text, quoted or not.
_GUARDED = re.compile(rf"(^|[;\t\r\n])(?='*{_STARTS})")
_GUARD = re.compile(rf"(^|[;\t\r\n])'(?='*{_STARTS})")
_FORMULA = re.compile(_STARTS)


def starts_formula(text: str) -> bool:
    """Tell whether a spreadsheet may take a text for a formula."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """Put an apostrophe before all that may begin a formula, and one more where there are some already."""
    return _GUARDED.sub(r"\1'", text)


def unguarded(text: str) -> str:
    """Take away the apostrophes that `guarded` put, and no other."""
    return _GUARD.sub(r"\1", text)
