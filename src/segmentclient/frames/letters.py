"""Halves of characters (lone surrogates): what a text read in the wrong encoding may hold, and no file can."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

__all__ = ["half_characters", "with_whole_characters"]

_HALF = re.compile(r"[\ud800-\udfff]")


def half_characters(texts: Sequence[str], most: int = 3) -> str:
    """Show the first texts that no file can hold; encoding them all at once is much faster than a search in each."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        halves = (ascii(text) for text in dict.fromkeys(texts) if _HALF.search(text))
        return ", ".join(itertools.islice(halves, most))
    return ""


def with_whole_characters(data: Any) -> Any:
    """Put a replacement sign for each half of a character in the texts of a pandas frame."""
    changed = {
        name: column.map(
            lambda one: _HALF.sub("\N{REPLACEMENT CHARACTER}", one) if isinstance(one, str) else one
        )
        for name, column in data.items()
        if column.dtype == object and half_characters([one for one in column if isinstance(one, str)], most=1)
    }
    return data.assign(**changed) if changed else data
