"""What is being done, said on standard error: a live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import functools
import logging
import sys
from collections.abc import Callable, Iterator

from segmentclient.terminal import live_line

__all__ = ["Progress", "showing"]


class Progress:
    """Counts the steps of a command and says each one."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self.total = total
        self.done = 0
        self.quiet = quiet
        self._show: Callable[[str], None] = functools.partial(print, file=sys.stderr, flush=True)

    def step(self, what: str) -> None:
        """Say that the next step begins."""
        self.done += 1
        line = f"[{self.done}/{self.total}] {what}"
        logging.getLogger("segmentclient").info("%s", line)
        if self.quiet:
            return
        self._show(line)


@contextlib.contextmanager
def showing(total: int, *, quiet: bool) -> Iterator[Progress]:
    """Show the progress of a command of `total` steps."""
    progress = Progress(total, quiet=quiet)
    if quiet or not sys.stderr.isatty():
        yield progress
        return
    with live_line() as show:
        progress._show = show
        yield progress
