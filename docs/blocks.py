"""Run the code of a page: `python docs/blocks.py PAGE ...` writes what it prints under it.

Each ```python block runs, in order, in one namespace. Where a ```text block follows at once, it shows what was
printed, and a test compares the two.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, NamedTuple

PYTHON = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?", re.DOTALL | re.MULTILINE
)


class Block(NamedTuple):
    """One block of code: what the page shows under it (or None), and what it printed."""

    code: str
    shown: str | None
    printed: str


def has_code(page: Path) -> bool:
    """Tell whether a page has code to run."""
    return PYTHON.search(page.read_text(encoding="utf-8")) is not None


def run(page: Path) -> list[Block]:
    """Run every block of a page in the current folder."""
    names: dict[str, Any] = {"__name__": "page"}
    found = PYTHON.finditer(page.read_text(encoding="utf-8"))
    return [Block(one["code"], one["shown"], _printed(one["code"], names, page.name)) for one in found]


def _printed(code: str, names: dict[str, Any], name: str) -> str:
    from segmentclient import SegmentClientWarning

    with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore", SegmentClientWarning)  # a page shows what is printed
        exec(compile(code, name, "exec"), names)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def fill(page: Path) -> None:
    """Write under each block, where the page has a place for it, what it prints."""
    blocks = iter(run(page))
    text = page.read_text(encoding="utf-8")
    page.write_text(PYTHON.sub(lambda found: _filled(found, next(blocks)), text), encoding="utf-8")


def _filled(found: re.Match[str], block: Block) -> str:
    if block.shown is None:
        return found[0]
    return f"```python\n{block.code}```\n\n```text\n{block.printed}```\n"


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    pages = [Path(name).resolve() for name in sys.argv[1:]]
    os.chdir(tempfile.mkdtemp())
    for one in pages:
        fill(one)
