"""The command line: ``segmentclient report ORDERS.csv ...``; see ``segmentclient --help``.

Exit codes: 0 done, 1 a check said no (`drift`, `check-rules`), 2 bad use or bad input, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence

from segmentclient.cli.arguments import parse
from segmentclient.errors import SegmentClientError, SegmentClientWarning

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    options = parse(sys.argv[1:] if arguments is None else list(arguments))
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.WARNING, format="%(name)s: %(message)s"
    )
    try:
        with _one_line_warnings():
            return options.run(options)
    except SegmentClientError as error:
        _fail(str(error), options.debug)
        print(f"segmentclient: explained by: segmentclient explain {error.section}", file=sys.stderr)
        return 2
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", options.debug)
    except KeyboardInterrupt:
        print("segmentclient: interrupted", file=sys.stderr)
        return 130


def _fail(message: str, debug: bool) -> int:
    if debug:
        logging.getLogger("segmentclient").exception("the command failed")
    print(f"segmentclient: error: {_in_one_line(message)}", file=sys.stderr)
    return 2


def _in_one_line(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return (
        lines[0]
        if len(lines) == 1
        else f"{lines[0]} {' · '.join(line.removeprefix('- ') for line in lines[1:])}"
    )


@contextlib.contextmanager
def _one_line_warnings() -> Iterator[None]:
    """Say our warnings in one line, once each; leave those of other libraries to the log."""
    seen: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if not issubclass(category, SegmentClientWarning):
            logging.getLogger("segmentclient").info("%s: %s", category.__name__, message)
        elif str(message) not in seen:
            seen.add(str(message))
            print(f"segmentclient: warning: {_in_one_line(str(message))}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", SegmentClientWarning)
        warnings.showwarning = show
        yield
