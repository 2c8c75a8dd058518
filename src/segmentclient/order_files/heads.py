"""The head of a CSV file: where the names of its columns stand, and what separates them.

Nothing here is guessed from the cells. The names stand in the first line that is not blank; the separator is the one
under which the first lines have as many fields as there are names (a trailing empty field counts as none); the quote
is always the double one.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from segmentclient.errors import ColumnError
from segmentclient.order_files.bytes_on_disk import beginning, is_packed, whole_text

__all__ = ["Head", "read_head", "refuse_cut_lines"]

SEPARATORS = (",", ";", "\t", "|")
LINES = 100  # that are looked at
UNIT = "\x1f"  # stands for any other separator, which may have several characters


@dataclass(frozen=True)
class Head:
    """How a CSV file is to be read: the names, the separator, and the lines above the names."""

    file: str
    names: tuple[str, ...]
    separator: str
    above: int
    packed: bool


@dataclass(frozen=True)
class _Line:
    """The fields of a line, and the number of the line where they begin."""

    number: int
    fields: list[str]


def read_head(file: str, *, separator: str | None, encoding: str, skip_lines: int) -> Head:
    """Read the first lines of a CSV file, and refuse those that do not fit the names of the columns."""
    text = beginning(file, encoding)
    separator = separator or _separator(file, text, skip_lines)
    lines = _lines(text, separator, skip_lines)
    if not lines:
        _refuse_unnamed(file, text, skip_lines)
    width = _width(lines)
    names = _names(lines[0].fields[:width])
    _refuse_twice(file, names)
    _refuse_ragged(file, lines, width)
    return Head(file, names, separator, lines[0].number - 1, is_packed(file))


def _separator(file: str, text: str, skip_lines: int) -> str:
    """Find the separator that makes most columns of which every line has as many."""
    read = {one: _lines(text, one, skip_lines) for one in SEPARATORS}
    widths = {one: _width(lines) for one, lines in read.items() if lines}
    named = {one: width for one, width in widths.items() if width > 1}
    even = {one: width for one, width in named.items() if _all_fit(read[one], width)}
    counts = even or named or {one: max(len(line.fields) for line in read[one]) for one in widths}
    best = [one for one, width in counts.items() if width == max(counts.values())]
    if len(best) > 1 and counts[best[0]] > 1:
        raise ColumnError(
            f"{file}: the columns may be separated by {' or '.join(map(repr, best))}; say which with separator="
        )
    return best[0] if best else ","


def _lines(text: str, separator: str, skip_lines: int) -> list[_Line]:
    """Give the fields of the first lines that are not blank, from the names on."""
    return list(itertools.islice(_read(io.StringIO(text, newline=""), separator, skip_lines), LINES))


def _read(text: Iterable[str], separator: str, skip_lines: int) -> Iterator[_Line]:
    """Read lines until the end, or until a quote out of place or without end: DuckDB and pandas name its line."""
    sign = separator if separator in SEPARATORS else UNIT
    physical = (line.replace(separator, sign) for line in itertools.islice(text, skip_lines, None))
    rows = csv.reader(physical, delimiter=sign, skipinitialspace=True, strict=True)
    number, is_begun = skip_lines + 1, False
    try:
        for fields in rows:
            is_begun = is_begun or any(fields)
            if fields and is_begun:
                yield _Line(number, fields)
            number = skip_lines + rows.line_num + 1
    except csv.Error:
        pass


def _width(lines: Sequence[_Line]) -> int:
    """Count the columns; blank names at the end count where the other lines have such fields too."""
    fields = lines[0].fields
    named = max((place for place, name in enumerate(fields, 1) if name.strip()), default=0)
    return len(fields) if _all_fit(lines, len(fields)) or not _all_fit(lines, named) else named


def _all_fit(lines: Sequence[_Line], width: int) -> bool:
    return all(_fits(line, width) for line in lines)


def _fits(line: _Line, width: int) -> bool:
    return len(line.fields) >= width and not any(line.fields[width:])


def _names(fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() or f"column{place}" for place, name in enumerate(fields))


def _refuse_unnamed(file: str, text: str, skip_lines: int) -> NoReturn:
    if not text.strip():
        raise ColumnError(f"{file}: the file is empty")
    raise ColumnError(
        f"{file}: no line after the first {skip_lines} names the columns; accepted: names, in double quotes where "
        "they hold the separator"
    )


def _refuse_twice(file: str, names: Sequence[str]) -> None:
    """Refuse equal names; to DuckDB capitals are no difference."""
    low = [name.lower() for name in names]
    twice = [name for name in names if low.count(name.lower()) > 1]
    if twice:
        raise ColumnError(f"{file}: column names must be unique, found twice: {', '.join(twice)}")


def refuse_cut_lines(head: Head, encoding: str) -> None:
    """Refuse a line that is cut wherever it stands; `read_head` looks at the first ones."""
    with whole_text(head.file, encoding) as text:
        _refuse_ragged(head.file, _read(text, head.separator, head.above), len(head.names))


def _refuse_ragged(file: str, lines: Iterable[_Line], width: int) -> None:
    """Refuse a line that is cut or too long."""
    lines = iter(lines)
    names = next(lines)
    odd = next((line for line in itertools.chain([names], lines) if not _fits(line, width)), None)
    if odd is not None:
        raise ColumnError(
            f"{file}: line {odd.number} has {_count(len(odd.fields), 'field')}, and line {names.number} names "
            f"{_count(width, 'column')} ({', '.join(names.fields)[:80]}); mend the line, or leave a title above "
            "the names out with skip_lines="
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
