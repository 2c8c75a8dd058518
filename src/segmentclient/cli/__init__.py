"""The command line: ``segmentclient report ORDERS.csv ...``; see ``segmentclient --help``.

Exit codes: 0 done, 1 a check said no (`drift`, `check-rules`), 2 bad use or bad input, 3 a fault of the program,
130 interrupted, 141 nobody reads the output any more.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence

from segmentclient.cli.arguments import parse
from segmentclient.cli.interruption import interruptible
from segmentclient.errors import SegmentClientError, SegmentClientWarning

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    options = parse(sys.argv[1:] if arguments is None else list(arguments))
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.WARNING, format="%(name)s: %(message)s"
    )
    try:
        with interruptible(), _one_line_warnings():
            done = int(options.run(options))
            sys.stdout.flush()
            return done
    except SegmentClientError as error:
        _fail(str(error), options.debug)
        print(f"segmentclient: explained by: segmentclient explain {error.section}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on: say no more at exit
        return 141
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", options.debug)
    except KeyboardInterrupt:
        print("segmentclient: interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # a command shows no traceback unless it is asked for
        return _broken(error, options.debug)


def _broken(error: Exception, debug: bool) -> int:
    """Own up to a fault of the program itself."""
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    _fail(f"a fault of the program itself, {said}; --debug shows where", debug)
    return 3


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
