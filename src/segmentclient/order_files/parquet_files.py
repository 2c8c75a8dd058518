"""Parquet files as one DuckDB relation: columns matched by name, and of one type where no value changes."""

from __future__ import annotations

import functools
import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from segmentclient.errors import raise_all
from segmentclient.order_files.bytes_on_disk import files_of, literally
from segmentclient.order_files.common_types import DIGITS, common_type
from segmentclient.order_files.text_files import quoted
from segmentclient.order_files.zones import set_zone

__all__ = ["read_parquet"]

MOST_WHOLE = 2**53


def read_parquet(connection: Any, path: str, timezone: str | None, own: bool) -> Any:
    """Open the Parquet files of a pattern as one relation, with the clock of their times set on its connection."""
    held = {file: _types(connection, file) for file in _files_of(path)}
    raise_all([*_twice(connection, held), *_other_names(held), *_other_types(held)], table=path)
    raise_all(_too_large(connection, held), table=path)
    set_zone(connection, path, held, timezone, own)
    wanted = _wanted(held)
    tables = [_as_wanted(_opened(connection, files), wanted) for files in _alike(held)]
    return functools.reduce(lambda one, other: one.union(other), tables)


def _files_of(path: str) -> list[str]:
    """Name the files of a pattern, or of a folder such as Spark writes; what this machine does not know is DuckDB's."""
    if Path(path).is_dir():
        path = str(Path(glob.escape(path)) / "**" / "*.parquet")
    return files_of(path) or [path]


def _opened(connection: Any, files: Sequence[str]) -> Any:
    return connection.read_parquet([literally(file) for file in files])


def _types(connection: Any, file: str) -> dict[str, str]:
    table = _opened(connection, [file])
    return dict(zip(table.columns, map(str, table.types), strict=True))


Held = Mapping[str, Mapping[str, str]]


def _twice(connection: Any, held: Held) -> Iterator[str]:
    """Name the files with names that occur twice: DuckDB, to which capitals are no difference, gives the second another."""
    for file, types in held.items():
        inside = "select name from parquet_schema(?)"
        names = {str(name) for (name,) in connection.execute(inside, [literally(file)]).fetchall()}
        renamed = [one for one in types if one not in names and re.sub("_[0-9]+$", "", one) in names]
        if renamed:
            twice = ", ".join(sorted({re.sub("_[0-9]+$", "", one) for one in renamed}))
            yield f"column names must be unique, found twice in {_name(file)}: {twice}; rename one of each"


def _other_names(held: Held) -> Iterator[str]:
    """Name the files that have other columns than the first."""
    first, *rest = held
    for file in rest:
        odd = sorted(set(held[first]) ^ set(held[file]))
        if odd:
            yield f"{_name(first)} and {_name(file)} do not both have the columns {', '.join(odd)}; open them one by one"


def _other_types(held: Held) -> Iterator[str]:
    """Name the columns whose types have nothing in common."""
    first = next(iter(held))
    for column in held[first]:
        kinds = _kinds(held, column)
        if common_type(list(kinds)) is None:
            found = " and ".join(f"{kind} in {_name(file)}" for kind, file in kinds.items())
            yield (
                f"column {column!r} holds {found}: as one type values would change, 007 and 7 are different customers; "
                "write it with one type in all files, or open them one by one"
            )


def _too_large(connection: Any, held: Held) -> Iterator[str]:
    """Name the files whose whole numbers the doubles of another file cannot hold."""
    for column, kind in _wanted(held).items():
        for file in (one for one in held if kind == "DOUBLE" and held[one][column] in DIGITS):
            largest = (
                _opened(connection, [file]).aggregate(f"max(abs({quoted(column)}::hugeint))").fetchall()[0][0]
            )
            if (largest or 0) > MOST_WHOLE:
                yield (
                    f"column {column!r} holds {largest} in {_name(file)} and decimals in another file, which know whole "
                    "numbers up to 2^53 only; write it with one type in all files, or open them one by one"
                )


def _kinds(held: Held, column: str) -> dict[str, str]:
    """Give each type of a column with the first file that has it."""
    kinds: dict[str, str] = {}
    for file, types in held.items():
        if column in types:
            kinds.setdefault(types[column], file)
    return kinds


def _wanted(held: Held) -> dict[str, str]:
    first = next(iter(held.values()))
    return {column: common_type(list(_kinds(held, column))) or first[column] for column in first}


def _alike(held: Held) -> list[list[str]]:
    """Put the files together that hold the same columns in the same order and types."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for file, types in held.items():
        groups.setdefault(tuple(types.items()), []).append(file)
    return list(groups.values())


def _as_wanted(table: Any, wanted: Mapping[str, str]) -> Any:
    held = dict(zip(table.columns, map(str, table.types), strict=True))
    if list(held.items()) == list(wanted.items()):
        return table
    return table.project(
        ", ".join(
            f"cast({quoted(column)} as {kind}) as {quoted(column)}"
            if held[column] != kind
            else quoted(column)
            for column, kind in wanted.items()
        )
    )


def _name(file: str) -> str:
    return Path(file).name
