"""What is being done, said on standard error: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["Progress", "showing"]


class Progress:
    """Counts the steps of a command and says each one."""

    def __init__(self, total: int, *, quiet: bool, bar: Any) -> None:
        self.total = total
        self.done = 0
        self.quiet = quiet
        self._bar = bar

    def step(self, what: str) -> None:
        """Say that the next step begins."""
        self.done += 1
        line = f"[{self.done}/{self.total}] {what}"
        logging.getLogger("segmentclient").info("%s", line)
        if not self._bar.disable:
            self._bar.set_description_str(what)
            self._bar.update(self.done - 1 - self._bar.n)
        elif not self.quiet:
            print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def showing(total: int, *, quiet: bool) -> Iterator[Progress]:
    """Show the progress of a command of `total` steps."""
    from tqdm import tqdm

    with tqdm(total=total, leave=False, disable=quiet or not sys.stderr.isatty()) as bar:
        yield Progress(total, quiet=quiet, bar=bar)
