"""The columns of a raw log: what the caller calls them, and how each is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw

from segmentclient import cells, frames
from segmentclient.cells import Cells
from segmentclient.errors import raise_all
from segmentclient.schema import column_problems

__all__ = ["ColumnNames", "ReadColumns", "read_columns", "with_object_cells"]


@dataclass(frozen=True)
class ColumnNames:
    """The names that the caller gave."""

    customer_id: str
    date: str
    amount: str
    order_id: str | None
    quantity: str | None
    unit_price: str | None

    @property
    def renamed(self) -> dict[str, str]:
        """Output name → the input column it comes from."""
        pairs = {"customer_id": self.customer_id, "date": self.date, "order_id": self.order_id}
        pairs |= {} if self.quantity else {"amount": self.amount}
        return {new: old for new, old in pairs.items() if old is not None}

    @property
    def hints(self) -> dict[str, str]:
        """Say by which option each column is named."""
        options = {**self.renamed, "quantity": self.quantity, "unit_price": self.unit_price}
        return {column: f" (name yours in {option}=)" for option, column in options.items() if column}

    @property
    def amounts(self) -> list[str]:
        """The columns that the amount is made of."""
        return [self.quantity, self.unit_price] if self.quantity and self.unit_price else [self.amount]

    @property
    def needed(self) -> list[str]:
        """Every column to read."""
        return [*self.renamed.values(), *(one for one in (self.quantity, self.unit_price) if one)]


@dataclass(frozen=True)
class ReadColumns:
    """How each column is read."""

    customer_id: Cells
    date: Cells
    amount: Cells
    order_id: Cells | None

    @property
    def faults(self) -> dict[str, nw.Expr]:
        """Every fault of a cell, in order of precedence."""
        order = (
            self.order_id.faults if self.order_id else {}
        )  # a line without order id is one of the order of its day
        unreadable = {name: fault for name, fault in order.items() if name == "unreadable_order_id"}
        return {**self.customer_id.faults, **self.date.faults, **self.amount.faults, **unreadable}


def read_columns(
    frame: frames.Frame, names: ColumnNames, *, date_format: str | None, decimal: str
) -> ReadColumns:
    """Check the names, and choose how each column is read; one error names the columns that are missing or of no use."""
    schema = frames.schema_of(frame)
    problems = [
        *column_problems(schema, dict.fromkeys(names.needed, "any"), names.hints),
        *_name_problems(frame, names),
    ]
    strip = frames.stripping(frame)
    read = ReadColumns(
        customer_id=_ids(frame, names.customer_id, "customer_id", strip),
        date=_dates(schema, names.date, date_format, strip),
        amount=_amounts(schema, names, decimal, strip),
        order_id=_ids(frame, names.order_id, "order_id", strip) if names.order_id else None,
    )
    used = (read.customer_id, read.date, read.amount, read.order_id)
    problems += [one.problem for one in used if one is not None and one.problem]
    problems += _undecoded(frame, [names.date, *names.amounts])
    if problems and not frames.one_row(frame, rows=nw.len())["rows"]:
        problems.insert(0, "the table is empty (0 rows); at least one order is needed")
    raise_all(problems, table="transactions")
    return read


_MISSING = Cells(nw.lit(None), {})  # of a column that is not there, which an error names


def _undecoded(frame: frames.Frame, columns: Iterable[str]) -> Iterable[str]:
    """Refuse bytes among the objects of a pandas column: which encoding they are in, nothing tells."""
    schema = frame.collect_schema()
    for column in columns:
        if column in schema and "bytes" in frames.kinds_in(frame, column):
            yield f"column {column!r} holds bytes; accepted: text (column.str.decode('utf-8'))"


def _ids(frame: frames.Frame, column: str, what: str, strip: cells.Strip) -> Cells:
    """Numbers may stand beside texts, as in a workbook, whose cancellations begin with a C: 7, 7.0 and "7" are one."""
    schema = frames.schema_of(frame)
    if column not in schema:
        return _MISSING
    kinds = frames.kinds_in(frame, column)
    if problem := _mixture(column, kinds) or _no_ids(frame, column, kinds):
        return Cells(nw.lit(None), {}, problem=problem)
    halves = frames.holds_half_characters(frame, column)
    return cells.id_cells(column, schema[column], what=what, strip=strip, halves=halves, kinds=kinds)


Kinds: TypeAlias = "Mapping[str, list[str]]"


def _mixture(column: str, kinds: Kinds) -> str:
    if len(kinds) < 2 or set(kinds) == {"number", "str"}:
        return ""
    types = " beside ".join(sorted(name for names in kinds.values() for name in names))
    return f"column {column!r} holds {types}; accepted: values of one type, for instance text (column.astype(str))"


def _no_ids(frame: frames.Frame, column: str, kinds: Kinds) -> str:
    """Say which objects are nobody's id, such as lists and truth values, which other engines refuse as types."""
    odd = frames.no_ids_in(frame, column) if set(kinds) - {"number", "str"} else []
    return cells.no_id(column, ", ".join(odd)) if odd else ""


def with_object_cells(frame: frames.Frame, names: ColumnNames) -> frames.Frame:
    """Put beside each column of objects its numbers, or, of ids, the text that they are compared by."""
    for column in dict.fromkeys(one for one in (names.customer_id, names.order_id) if one):
        if "number" in frames.kinds_in(frame, column):
            frame = frames.with_written_numbers(frame, column, name=cells.written_of(column))
    return cells.with_number_cells(frame, names.amounts)


def _dates(schema: Mapping[str, Any], column: str, date_format: str | None, strip: cells.Strip) -> Cells:
    if column not in schema:
        return _MISSING
    return cells.date_cells(column, schema[column], date_format=date_format, strip=strip)


def _amounts(schema: Mapping[str, Any], names: ColumnNames, decimal: str, strip: cells.Strip) -> Cells:
    if not set(names.amounts) <= set(schema):
        return _MISSING
    if not names.quantity or not names.unit_price:
        return cells.amount_cells(names.amount, schema[names.amount], decimal=decimal, strip=strip)
    left, right = (
        cells.amount_cells(one, schema[one], decimal=decimal, strip=strip)
        for one in (names.quantity, names.unit_price)
    )
    return cells.product_cells(left, right)


def _name_problems(frame: frames.Frame, names: ColumnNames) -> Iterable[str]:
    if bool(names.quantity) != bool(names.unit_price):
        yield "quantity= and unit_price= go together: name both columns, or neither"
    taken = set(names.renamed) | ({"amount"} if names.quantity and names.unit_price else set())
    for column in sorted(frame.collect_schema()):
        new = frames.folded(frame, column)
        if new in taken and names.renamed.get(new) != column:
            yield f"column {column!r} of the input would be overwritten by {_origin(new, names)}; drop or rename it first"
        if new == "reason":
            yield f"column {column!r} of the input would be overwritten by the reason of each row set aside; rename it first"


def _origin(new: str, names: ColumnNames) -> str:
    return repr(names.renamed[new]) if new in names.renamed else f"{names.quantity!r} × {names.unit_price!r}"
