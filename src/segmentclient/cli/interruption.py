"""Being stopped: by Ctrl-C, whatever becomes of it on its way, or by the system that ends a command.

DuckDB, and Python while it makes a class, turn Ctrl-C into errors of their own.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

__all__ = ["interruptible"]

ENDED = 143  # the exit code of a command that the system has ended


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Take any error that follows a Ctrl-C for the interruption that it is."""
    if not _python_listens():
        yield
        return
    pressed: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        pressed.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        with _cleaned_up_when_ended():
            yield
    except Exception as error:
        if pressed:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextlib.contextmanager
def _cleaned_up_when_ended() -> Iterator[None]:
    """Leave no half-written file behind when a schedule or a container ends the command."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(ENDED)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _python_listens() -> bool:
    """Say whether Ctrl-C comes to this thread, and nobody has taken it in hand already."""
    here = threading.current_thread() is threading.main_thread()
    return here and signal.getsignal(signal.SIGINT) is signal.default_int_handler
