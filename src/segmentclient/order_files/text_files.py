"""CSV files as one DuckDB relation: every cell as text, columns matched by name, nothing left to a sniffer."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segmentclient.errors import ColumnError
from segmentclient.order_files.bytes_on_disk import copy_in_utf8, files_of, is_utf8, literally
from segmentclient.order_files.heads import Head, read_head

__all__ = ["quoted", "read_csv"]


def read_csv(connection: Any, path: str, separator: str | None, encoding: str, skip_lines: int) -> Any:
    """Open the CSV files of a pattern as one relation."""
    files = files_of(path)
    if not files:
        raise ColumnError(f"{path}: cannot be read as csv: no such file on this machine")
    heads = [read_head(file, separator=separator, encoding=encoding, skip_lines=skip_lines) for file in files]
    _refuse_other_names(heads)
    if not is_utf8(encoding):
        heads = _copied(heads, encoding)
    tables = [_in_order(_opened(connection, alike), heads[0]) for alike in _alike(heads)]
    return functools.reduce(lambda one, other: one.union(other), tables)


def _refuse_other_names(heads: Sequence[Head]) -> None:
    """Refuse a file that has other columns than the first: its first line may be an order, not names."""
    first = heads[0]
    for head in heads:
        if set(head.names) != set(first.names):
            raise ColumnError(
                f"{head.file}: its first line ({', '.join(head.names)}) names other columns than that of {first.file} "
                f"({', '.join(first.names)}); give all files the same names, or open them one by one"
            )


def _copied(heads: Iterable[Head], encoding: str) -> list[Head]:
    """Copy files into UTF-8, the one encoding that DuckDB reads without an extension."""
    folder = Path(tempfile.mkdtemp(prefix="segmentclient-"))
    # plans made from the relation read the copies until the process ends
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copies = []
    for number, head in enumerate(heads):
        copy = folder / str(number) / Path(head.file).name
        copy.parent.mkdir()
        copy_in_utf8(head.file, encoding, copy)
        copies.append(replace(head, file=str(copy), packed=False))
    return copies


def _alike(heads: Iterable[Head]) -> list[list[Head]]:
    """Put the files together that are read in one way."""
    groups: dict[Head, list[Head]] = {}
    for head in heads:
        groups.setdefault(replace(head, file=""), []).append(head)
    return list(groups.values())


def _opened(connection: Any, heads: Sequence[Head]) -> Any:
    """Open files of one form, which is stated in full: what does not fit is an error with its line."""
    head = heads[0]
    return connection.read_csv(
        [literally(one.file) for one in heads],
        auto_detect=False,
        columns=dict.fromkeys(head.names, "VARCHAR"),
        header=True,
        skiprows=head.above,
        delimiter=head.separator,
        quotechar='"',
        escapechar='"',
        compression="gzip" if head.packed else "none",
        strict_mode=True,
        **_without_folders(heads),
    ).project("*")  # DuckDB 1.5 lists the columns that a folder names only now


def _without_folders(heads: Sequence[Head]) -> dict[str, bool]:
    """Keep a column that the file has from what a folder says in its place, such as `shop=7`."""
    named = {
        part.partition("=")[0].lower() for head in heads for part in Path(head.file).parts if "=" in part
    }
    return {"hive_partitioning": False} if named & {name.lower() for name in heads[0].names} else {}


def _in_order(table: Any, first: Head) -> Any:
    """Put columns into the order of the first file; those that a folder's name adds come last."""
    names = [*first.names, *(name for name in table.columns if name not in first.names)]
    return table if names == list(table.columns) else table.project(", ".join(map(quoted, names)))


def quoted(name: str) -> str:
    """Write a column's name as SQL does."""
    return '"' + name.replace('"', '""') + '"'
