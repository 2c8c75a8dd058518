"""The command line: ``segmentclient report ORDERS.csv ...``; see ``segmentclient --help``.

Exit codes: 0 done, 1 a check said no (`drift`, `check-rules`), 2 bad use or bad input, 3 a fault of the program,
130 interrupted, 141 nobody reads the output any more, 143 ended by the system.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from segmentclient.cli.arguments import parse
from segmentclient.cli.interruption import interruptible
from segmentclient.cli.places import check_places
from segmentclient.errors import SegmentClientError, SegmentClientWarning
from segmentclient.locale import Language, check_currency, language
from segmentclient.render import printable

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    _speak_to_anybody()
    try:
        return _main(sys.argv[1:] if arguments is None else list(arguments))
    except BrokenPipeError:
        _say_no_more()
        return 141
    except OSError as error:  # standard output itself cannot be written, on a full disk
        _say_no_more()
        _say(f"segmentclient: error: standard output: {error.strerror or error}")
        return 2


def _main(arguments: Sequence[str]) -> int:
    try:
        options = parse(arguments)
    except SystemExit:
        sys.stdout.flush()
        raise
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.WARNING, format="%(name)s: %(message)s"
    )
    done = _run(options)
    sys.stdout.flush()
    return done


def _run(options: argparse.Namespace) -> int:
    """Call the command, and turn what stops it into one line and an exit code."""
    words = language(getattr(options, "lang", "en"))
    try:
        with interruptible(), _one_line_warnings(words):
            check_places(options)
            check_currency(getattr(options, "currency", None))
            return int(options.run(options))
    except SegmentClientError as error:
        _fail(str(error), options.debug, words)
        _say(
            f"segmentclient: {words.text('explained by: {command}', command=f'segmentclient explain {error.section}')}"
        )
        return 2
    except BrokenPipeError:
        raise
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", options.debug, words)
    except KeyboardInterrupt:
        _say(f"segmentclient: {words.text('interrupted')}")
        return 130
    except Exception as error:  # a command shows no traceback unless it is asked for
        return _broken(error, options.debug, words)


def _speak_to_anybody() -> None:
    """Let no closed stream and no terminal without our letters stop the work: they get nothing, or question marks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _say_no_more() -> None:
    """Lead standard output nowhere, or Python would complain once more when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(line: str) -> None:
    """Say a line on standard error, above a bar that stands there; where nobody can hear it the exit code still tells.

    What files hold, the names of their columns for one, gives no orders to the terminal.
    """
    line, bars = printable(line), sys.modules.get("tqdm")
    with contextlib.suppress(OSError):
        if bars is not None:
            bars.tqdm.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)


def _broken(error: Exception, debug: bool, words: Language) -> int:
    """Own up to a fault of the program itself."""
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    _fail(words.text("a fault of the program itself, {said}; --debug shows where", said=said), debug, words)
    return 3


def _fail(message: str, debug: bool, words: Language) -> int:
    """Say an error: the lead-in in the language asked for, the message in English, by which it can be looked up."""
    if debug:
        logging.getLogger("segmentclient").exception("the command failed")
    _say(f"segmentclient: {words.text('error: {message}', message=_in_one_line(message))}")
    return 2


def _in_one_line(message: str) -> str:
    """Join the lines of a message; a list of problems follows its heading after a colon."""
    first, *others = [line.strip() for line in message.splitlines() if line.strip()] or [""]
    listed = any(line.startswith("- ") for line in others) and not first.endswith(":")
    told = " · ".join(line.removeprefix("- ") for line in others)
    return f"{first}{':' if listed else ''} {told}".rstrip()


@contextlib.contextmanager
def _one_line_warnings(words: Language) -> Iterator[None]:
    """Say our warnings in one line, once each; leave those of other libraries to the log."""
    seen: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if not issubclass(category, SegmentClientWarning):
            logging.getLogger("segmentclient").info("%s: %s", category.__name__, message)
        elif str(message) not in seen:
            seen.add(str(message))
            _say(f"segmentclient: {words.text('warning: {message}', message=_in_one_line(str(message)))}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", SegmentClientWarning)
        warnings.showwarning = show
        yield
