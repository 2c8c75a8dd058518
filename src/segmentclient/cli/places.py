"""Where a command writes: never over what it reads, and nowhere twice."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable

from segmentclient.errors import SegmentClientError
from segmentclient.order_files.bytes_on_disk import files_of

__all__ = ["check_places"]

READ = ("orders", "people", "data", "rules", "before", "after", "config")
WRITTEN = ("output", "out", "manifest", "scorer")


def check_places(options: argparse.Namespace) -> None:
    """Refuse a place that would be written over a file of this very run, before the work begins."""
    taken = {_place(name): name for pattern in _named(options, READ) for name in [pattern, *_found(pattern)]}
    for name in _named(options, WRITTEN):
        if _place(name) in taken:
            raise SegmentClientError(
                f"{name}: would be written over {taken[_place(name)]}, which this command reads or writes too; "
                "give each file a name of its own"
            )
        taken[_place(name)] = name


def _named(options: argparse.Namespace, places: Iterable[str]) -> list[str]:
    return [name for place in places if (name := getattr(options, place, None))]


def _found(pattern: str) -> list[str]:
    return [] if "\0" in pattern else files_of(pattern)


def _place(name: str) -> str:
    """One name a place, however it is written; no link leads past this."""
    return name if "\0" in name else os.path.normcase(os.path.realpath(name))
