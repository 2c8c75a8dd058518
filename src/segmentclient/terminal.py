"""One line of a terminal that says what is being done, written over and over and wiped at the end."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator

__all__ = ["live_line"]


@contextlib.contextmanager
def live_line() -> Iterator[Callable[[str], None]]:
    """Give a function that shows a text on one line of standard error; the line is wiped in the end."""
    shown = 0

    def show(text: str) -> None:
        nonlocal shown
        text = text[: shutil.get_terminal_size().columns - 1]
        sys.stderr.write("\r" + text.ljust(shown))
        sys.stderr.flush()
        shown = len(text)

    try:
        yield show
    finally:
        show("")
        sys.stderr.write("\r")
        sys.stderr.flush()
