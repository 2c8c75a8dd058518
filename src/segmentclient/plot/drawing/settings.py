"""What matplotlib and Python hold for the whole process, changed for a moment by one thread at a time.

Two threads that change it at once would each put back what the other one had set, and leave that behind for good.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl

__all__ = ["any_letter", "plain", "setting"]

_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def setting(changes: dict[str, Any]) -> Iterator[None]:
    """Change some of matplotlib's settings."""
    with _ONE_AT_A_TIME, mpl.rc_context(changes):
        yield


@contextlib.contextmanager
def plain() -> Iterator[None]:
    """Draw with the settings that matplotlib comes with, whatever style the user has chosen for other charts."""
    from matplotlib import style  # it reads its whole library of styles

    with setting({}):
        style.use("default")
        yield


@contextlib.contextmanager
def any_letter() -> Iterator[None]:
    """Let letters that the font lacks be drawn as boxes, without a warning for each."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        yield
