"""The columns of a raw log: what the caller calls them, and how each is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
    """Check the names, and choose how each column is read."""
    schema = frame.collect_schema()
    missing = column_problems(schema, dict.fromkeys(names.needed, "any"))
    raise_all([*missing, *_name_problems(schema, names)], table="transactions")
    strip = frames.stripping(frame)
    read = ReadColumns(
        customer_id=_customer_ids(frame, names.customer_id, strip),
        date=cells.date_cells(names.date, schema[names.date], date_format=date_format, strip=strip),
        amount=_amounts(schema, names, decimal, strip),
        order_id=_order_ids(frame, names.order_id, strip) if names.order_id else None,
    )
    used = (read.customer_id, read.date, read.amount, read.order_id)
    raise_all([one.problem for one in used if one is not None and one.problem], table="transactions")
    return read


def _customer_ids(frame: frames.Frame, column: str, strip: cells.Strip) -> Cells:
    """Numbers may stand beside texts, as in a workbook: 7, 7.0 and "7" are one customer."""
    kinds = frames.kinds_in(frame, column)
    if len(kinds) > 1 and set(kinds) != {"number", "str"}:
        types = " beside ".join(sorted(name for names in kinds.values() for name in names))
        problem = f"column {column!r} holds {types}; accepted: values of one type, for instance text (column.astype(str))"
        return Cells(nw.lit(None), {}, problem=problem)
    halves = frames.holds_half_characters(frame, column)
    dtype = frame.collect_schema()[column]
    return cells.id_cells(column, dtype, what="customer_id", strip=strip, halves=halves, kinds=kinds)


def _order_ids(frame: frames.Frame, column: str, strip: cells.Strip) -> Cells:
    """Numbers of orders may stand beside texts, as in a workbook whose cancellations begin with a C."""
    kinds = frames.kinds_in(frame, column)
    return cells.id_cells(column, frame.collect_schema()[column], what="order_id", strip=strip, kinds=kinds)


def with_object_cells(frame: frames.Frame, names: ColumnNames) -> frames.Frame:
    """Put beside each column of objects its numbers, or, of ids, the text that they are compared by."""
    for column in dict.fromkeys(one for one in (names.customer_id, names.order_id) if one):
        if "number" in frames.kinds_in(frame, column):
            frame = frames.with_written_numbers(frame, column, name=cells.written_of(column))
    return cells.with_number_cells(frame, names.amounts)


def _amounts(schema: Mapping[str, Any], names: ColumnNames, decimal: str, strip: cells.Strip) -> Cells:
    if not names.quantity or not names.unit_price:
        return cells.amount_cells(names.amount, schema[names.amount], decimal=decimal, strip=strip)
    left, right = (
        cells.amount_cells(one, schema[one], decimal=decimal, strip=strip)
        for one in (names.quantity, names.unit_price)
    )
    return cells.product_cells(left, right)


def _name_problems(schema: Mapping[str, Any], names: ColumnNames) -> Iterable[str]:
    if bool(names.quantity) != bool(names.unit_price):
        yield "quantity= and unit_price= go together: name both columns, or neither"
    taken = set(names.renamed) | ({"amount"} if names.quantity else set())
    for new in sorted(taken & set(schema)):
        if names.renamed.get(new) != new:
            yield f"column {new!r} of the input would be overwritten by {_origin(new, names)}; drop or rename it first"
    if "reason" in schema:
        yield "column 'reason' of the input would be overwritten by the reason of each row set aside; rename it first"


def _origin(new: str, names: ColumnNames) -> str:
    return repr(names.renamed[new]) if new in names.renamed else f"{names.quantity!r} × {names.unit_price!r}"
