"""Sheets written row by row: text that never becomes a formula, dates as dates, numbers as numbers."""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from segmentclient.cells.formulas import starts_formula
from segmentclient.errors import missing_package
from segmentclient.report.words import Words

__all__ = ["LAST_ROW", "Column", "Kind", "Workbook", "fit_page", "open_workbook"]

Kind = Literal[
    "text",
    "note",
    "integer",
    "median",
    "number",
    "exact",
    "days",
    "money",
    "amount",
    "percent",
    "date",
    "score",
]
_TEXTS = ("text", "note")
_READABLE = 250  # characters across that are still read on a printed page

LAST_ROW = 1_048_576  # rows that a sheet holds
_LONGEST_TEXT = 32_767  # in the units of UTF-16, of which a sign beyond the first plane takes two
_HIGHEST_ROW = 409.0  # points
_EXACT = 10**15  # larger whole numbers lose digits in a spreadsheet
_CREATED = dt.datetime(2000, 1, 1)  # a fixed date: the same input gives the same bytes
_CODES = {"en": "809", "fr": "40C"}


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its header, the kind of its cells, its width in characters."""

    header: str
    kind: Kind = "text"
    width: float = 12


@dataclass
class Workbook:
    """An open XlsxWriter workbook, its formats and the language it speaks."""

    book: Any
    say: Words
    _formats: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def format(self, kind: str = "text", **looks: Any) -> Any:
        """Give the format of a kind of cell, made once."""
        key = (kind, *sorted(looks.items()))
        if key not in self._formats:
            placed = {"valign": "top"} if looks.get("text_wrap") else {}
            self._formats[key] = self.book.add_format({**placed, **self._number_format(kind), **looks})
        return self._formats[key]

    def _number_format(self, kind: str) -> dict[str, str]:
        code = _number_formats(self.say).get(kind)
        return {"num_format": code} if code else {}

    def sheet(self, name: str, columns: Sequence[Column], *, first_row: int = 0, filters: bool = True) -> Any:
        """Add a sheet with a header row that stays in sight."""
        made = self.book.add_worksheet(_sheet_name(name))
        for place, column in enumerate(columns):
            made.set_column(place, place, column.width)
        self.tall(made, first_row, [(column.header, 0.85 * column.width) for column in columns])
        header: dict[str, Any] = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}
        for place, column in enumerate(columns):
            look = {"align": "left" if column.kind in _TEXTS else "right"} | _gap(column.kind)
            made.write_string(first_row, place, column.header, self.format(**look, **header))
        made.freeze_panes(first_row + 1, 1)
        made.hide_gridlines(2)
        if filters:
            made.repeat_rows(first_row)
        fit_page(made, sum(column.width for column in columns))
        return made

    def tall(self, sheet: Any, row: int, texts: Iterable[tuple[str, float]]) -> None:
        """Make a row as high as its longest text needs, wrapped to the width of its column in characters."""
        lines = max((len(textwrap.wrap(text, max(4, int(width)))) for text, width in texts), default=1)
        if lines > 1:
            sheet.set_row(row, min(15.5 * lines, _HIGHEST_ROW))

    def row(self, sheet: Any, at: int, values: Iterable[Any], kinds: Sequence[str], **looks: Any) -> None:
        """Write one row."""
        for place, (value, kind) in enumerate(zip(values, kinds, strict=True)):
            self.cell(sheet, at, place, value, kind, **looks)

    def cell(self, sheet: Any, row: int, place: int, value: Any, kind: str = "text", **looks: Any) -> None:
        """Write one cell as what it is; what is missing stays empty."""
        if _is_missing(value):
            return
        if kind == "date":
            sheet.write_datetime(row, place, _moment(value), self.format("date", **looks))
        elif kind in _TEXTS or isinstance(value, str) or abs(value) >= _EXACT:
            self._text(sheet, row, place, str(value), {**looks, **_gap(kind)})
        else:
            sheet.write_number(row, place, float(value), self.format(kind, **looks))

    def _text(self, sheet: Any, row: int, place: int, text: str, looks: Mapping[str, Any]) -> None:
        risky: dict[str, Any] = {"quote_prefix": True} if starts_formula(text) else {}
        sheet.write_string(row, place, _cut(text), self.format(**looks, **risky))


def _cut(text: str) -> str:
    """Cut a text at what a cell holds."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * _LONGEST_TEXT:
        return text
    return units[: 2 * (_LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def open_workbook(path: Path, say: Words, *, title: str) -> Workbook:
    """Open a workbook to be written row by row (constant memory)."""
    try:
        import xlsxwriter
    except ImportError:
        raise missing_package("a workbook", "XlsxWriter", "excel") from None
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "nan_inf_to_errors": False, **plain})
    book.set_properties({"title": title, "author": "segmentclient", "created": _CREATED})
    return Workbook(book, say)


def _gap(kind: str) -> dict[str, Any]:
    """A text beside a number or another text keeps a gap."""
    return {"align": "left", "indent": 1} if kind == "note" else {}


def fit_page(sheet: Any, width: float = 0) -> None:
    """Print a sheet on A4, as wide as the page; one too wide to be read so goes over several, its first column on each."""
    sheet.set_landscape()
    sheet.set_paper(9)
    pages = max(1, math.ceil(width / _READABLE))
    sheet.fit_to_pages(pages, 0)
    if pages > 1:
        sheet.repeat_columns(0)


def _number_formats(say: Words) -> dict[str, str]:
    """Number formats with the language's habits; a spreadsheet puts its own reader's separators."""
    code = _CODES[say.language.key]
    gap = r"\ " if say.language.key == "fr" else ""
    return {
        "integer": "#,##0",
        "score": "0",
        "median": "#,##0.0",
        "number": "#,##0.00",
        "exact": "General",
        "days": _days_format(say),
        "percent": f"0.0{gap}%",
        "date": f"[$-{code}]d mmm yyyy",
        "money": _money_format(say, code),
        "amount": _money_format(say, code).replace("#,##0.00", "#,##0"),
    }


def _days_format(say: Words) -> str:
    """Write the unit beside the number, so that it stays a number."""
    one, more = (say.days(number).lstrip("0123456789").strip() for number in (1, 2))
    return rf'[=1]#,##0\ "{one}";#,##0\ "{more}"'


def _money_format(say: Words, code: str) -> str:
    if say.currency is None:
        return "#,##0.00"
    symbol = f"[${say.language.symbol(say.currency)}-{code}]"
    return rf"#,##0.00\ {symbol}" if say.language.key == "fr" else f"{symbol}#,##0.00"


def _sheet_name(name: str) -> str:
    """Names of sheets have at most 31 characters, and some signs not at all."""
    return "".join("-" if sign in "[]:*?/\\" else sign for sign in name)[:31].strip("'")


def _is_missing(value: Any) -> bool:
    return value is None or value != value or value in (float("inf"), float("-inf"))


def _moment(value: Any) -> dt.datetime:
    """A plain moment of the wall clock, whatever kind of date came."""
    import pandas as pd

    return pd.Timestamp(value).tz_localize(None).to_pydatetime()
