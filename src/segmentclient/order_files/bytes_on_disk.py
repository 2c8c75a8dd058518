"""Files of a pattern, and their bytes: unpacked where they are packed, turned into text where a beginning is read."""

from __future__ import annotations

import codecs
import contextlib
import glob
import gzip
import io
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from segmentclient.errors import ColumnError, SegmentClientError

__all__ = ["beginning", "copy_in_utf8", "files_of", "is_packed", "is_utf8", "literally", "whole_text"]

SAMPLE = 1 << 18  # bytes, which tell how a file is written


def files_of(path: str) -> list[str]:
    """Name the files of a pattern, in order, and each once: a link such as `orders-latest.csv` is no other file."""
    whole = os.path.expanduser(path)
    found = [whole] if Path(whole).is_file() else sorted(glob.glob(whole, recursive=True))
    once = {os.path.realpath(file): file for file in reversed(found) if not Path(file).is_dir()}
    return sorted(once.values())


def literally(file: str) -> str:
    """Write the name of a file on this machine so that DuckDB takes `[1]`, `*` and `?` for what they are."""
    return re.sub(r"([*?\[])", r"[\1]", file) if Path(file).is_file() else file


def is_utf8(encoding: str) -> bool:
    """Tell whether DuckDB reads the encoding as it is, without an extension."""
    return _known(encoding) in {"utf-8", "utf-8-sig", "ascii"}


def is_packed(file: str) -> bool:
    """Tell whether a file is packed with gzip, whatever its name says."""
    with _readable(file), open(file, "rb") as raw:
        return raw.read(2) == b"\x1f\x8b"


def beginning(file: str, encoding: str) -> str:
    """Give the first whole lines of a file, about a quarter of a megabyte."""
    with _readable(file), _unpacked(file) as raw:
        head = raw.read(SAMPLE)
        whole = len(head) < SAMPLE
        with _as_said(file, encoding, raw):
            text = codecs.getincrementaldecoder(_known(encoding))().decode(head, whole)
    text = text.removeprefix("\ufeff")
    return text if whole else text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def copy_in_utf8(file: str, encoding: str, copy: Path) -> None:
    """Copy a file into UTF-8, unpacked; every end of line becomes the plain one."""
    with whole_text(file, encoding) as old, copy.open("w", encoding="utf-8", newline="") as new:
        shutil.copyfileobj(old, new, SAMPLE)


@contextlib.contextmanager
def whole_text(file: str, encoding: str) -> Iterator[IO[str]]:
    """Open a file as text, unpacked, with the plain end of line."""
    known = "utf-8-sig" if is_utf8(encoding) else _known(encoding)
    with (
        _readable(file),
        _unpacked(file) as raw,
        io.TextIOWrapper(raw, encoding=known) as text,
        _as_said(file, encoding, raw),
    ):
        yield text


def _known(encoding: str) -> str:
    try:
        "".encode(encoding)  # codecs that make no text of bytes, such as base64, are no encodings
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise SegmentClientError(
            f"encoding={encoding!r} is not known; accepted: 'utf-8', 'latin-1', 'cp1252' ..."
        ) from None


def _unpacked(file: str) -> IO[bytes]:
    return gzip.open(file, "rb") if is_packed(file) else open(file, "rb")  # type: ignore[return-value] # it reads like one


@contextlib.contextmanager
def _readable(file: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise ColumnError(f"{file}: cannot be read as csv: {error}") from None


@contextlib.contextmanager
def _as_said(file: str, encoding: str, raw: IO[bytes]) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        at = raw.tell() - len(error.object) + error.start  # the decoder counts from where it began this time
        raise ColumnError(f"{file}: is not in {encoding}: {error.reason} at byte {at:,}") from None
