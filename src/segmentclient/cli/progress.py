"""What is being done, said on standard error: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import Any

from segmentclient.locale import Language, language
from segmentclient.render import printable

__all__ = ["Progress", "showing"]


class Progress:
    """Counts the steps of a command and says each one, in the language of the report."""

    def __init__(self, total: int, *, quiet: bool, bar: Any, words: Language) -> None:
        self.total = total
        self.done = 0
        self.quiet = quiet
        self.words = words
        self._bar = bar

    def step(self, message: str, /, **values: Any) -> None:
        """Say that the next step begins; whole numbers among the values are formatted."""
        self.done += 1
        told = {name: self.words.number(one) if isinstance(one, int) else one for name, one in values.items()}
        what = self.words.text(message, **told)
        what = printable(what)
        line = f"[{self.done}/{self.total}] {what}"
        logging.getLogger("segmentclient").info("%s", line)
        if not self._bar.disable:
            self._bar.set_description_str(what)
            self._bar.update(self.done - 1 - self._bar.n)
        elif not self.quiet:
            with contextlib.suppress(OSError):  # a log that takes no more lines stops no work
                print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def showing(total: int, *, quiet: bool, lang: str = "en") -> Iterator[Progress]:
    """Show the progress of a command of `total` steps."""
    from tqdm import tqdm

    with tqdm(total=total, leave=False, disable=quiet or not sys.stderr.isatty()) as bar:
        yield Progress(total, quiet=quiet, bar=bar, words=language(lang))
