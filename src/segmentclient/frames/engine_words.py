"""What an engine says of a fault, in one sentence: of a CSV file, which file and which line."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["said_by"]


def said_by(error: BaseException) -> str:
    """Give the first line of an error; DuckDB names a faulty file and line further down."""
    text = str(error).strip() or type(error).__name__
    file, line = _found(r"^\s*file = (.+)$", text), _found(r"CSV Error on Line: ([0-9]+)", text)
    first = text.splitlines()[0]
    if not file:
        return first
    if "state machine" in first:  # in DuckDB's own words, of its parser
        first = "its lines end in several ways (as on Windows, and as elsewhere), or a double quote is out of place"
    return f"{Path(file).name}: line {line} {_fault(text)}" if line else f"{Path(file).name}: {first}"


def _fault(text: str) -> str:
    line = _found("Original Line: (.+)", text)[:80]
    shown = f" ({line})" if line else ""
    expected = _found(r"Expected Number of Columns: ([0-9]+)", text)
    found = _found(r"Expected Number of Columns: [0-9]+ Found: ([0-9]+)", text)
    if found:
        return f"has {found} fields, and the names of the columns are {expected}{shown}"
    said = [one for one in text.partition("\nPossible ")[0].splitlines()[1:] if one.strip()]
    return f"cannot be read: {said[-1]}{shown}" if said else "cannot be read"


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match[1].strip() if match else ""
