"""Logs and options that cannot be used: one error each, that says what is accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError, TransactionError, raise_all
from segmentclient.schema import check_columns
from segmentclient.transactions.columns import ColumnNames
from segmentclient.transactions.reasons import AMOUNT, DATE, ID

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["refuse_currencies", "refuse_empty", "refuse_refunds", "refuse_unusable"]


_MOST_NAMED = 10


def refuse_currencies(frame: frames.Frame, column: str) -> None:
    """Raise when the currency column holds several currencies, with the rows of each."""
    check_columns(frames.schema_of(frame), {column: "any"}, table="transactions")
    frames.check_labels(frame, column, name="transactions")
    rows_of = _rows_of_currencies(frame, column)
    if set(rows_of) == {_NONE}:
        raise ColumnError(
            f"transactions: column {column!r} names no currency in any row; name the column of currencies in currency=, or leave it out"
        )
    if len(rows_of) > 1:
        named = [
            f"{name} {rows_of[name]:,}" for name in sorted(rows_of, key=lambda name: (-rows_of[name], name))
        ]
        said = ", ".join(named[:_MOST_NAMED]) + (" ..." if len(named) > _MOST_NAMED else "")
        if len(rows_of) == 2 and _NONE in rows_of:
            raise TransactionError(
                f"transactions: column {column!r} leaves rows without a currency (rows: {said}); fill the column, or leave these rows out"
            )
        raise TransactionError(
            f"transactions: column {column!r} holds {len(rows_of)} currencies (rows: {said}); convert the amounts to one, "
            "or clean and study each currency by itself"
        )


def _rows_of_currencies(frame: frames.Frame, column: str) -> Counter[str]:
    """Count the rows of each currency; blanks around a name, and capitals, are no difference, and a blank is none."""
    counted = frames.collect(frame.group_by(column).agg(nw.len().alias("_rows")))
    rows_of: Counter[str] = Counter()
    for name, missing, rows in zip(counted[column], counted[column].isna(), counted["_rows"], strict=True):
        bare = "" if missing else str(name).strip(frames.BLANKS).upper()
        rows_of[bare or _NONE] += int(rows)
    return rows_of


_NONE = "missing"


def refuse_unusable(marked: frames.Frame, names: ColumnNames) -> None:
    """Raise when a whole column holds nothing readable, or when there is no row."""
    found = {name: nw.col(name).count() for name in (ID, DATE, AMOUNT)}
    row = frames.one_row(marked, rows=nw.len(), **{f"n{name}": count for name, count in found.items()})
    if row["rows"] == 0:
        raise ColumnError("transactions: the table is empty (0 rows); at least one order is needed")
    raise_all(_unusable_columns(marked, names, row), table="transactions")


def _unusable_columns(marked: frames.Frame, names: ColumnNames, row: Mapping[str, Any]) -> Iterable[str]:
    amount = names.amount if not names.quantity else names.unit_price
    helps = {
        ID: (names.customer_id, "text or whole numbers"),
        DATE: (
            names.date,
            "dates, or text such as 2026-12-31; for another form give date_format=, such as '%d/%m/%Y'",
        ),
        AMOUNT: (amount, "numbers, or text such as 12.50; for 12,50 give decimal=','"),
    }
    for name, (column, accepted) in helps.items():
        if row[f"n{name}"] == 0 and column is not None:
            seen = frames.collect(marked.select(column).filter(~nw.col(column).is_null()).head(3))[
                column
            ].tolist()
            what = f"for instance {', '.join(map(repr, seen))}" if seen else "every cell is empty"
            yield f"column {column!r} holds nothing readable in {row['rows']:,} rows ({what}); accepted: {accepted}"


def refuse_refunds(counted: Any) -> None:
    """Raise when a kept row has a negative amount."""
    kept = counted[(counted["reason"] == "kept") & (counted["refunds"] > 0)]
    if len(kept):
        raise TransactionError(
            f"transactions: {int(kept['refunds'].sum()):,} rows have a negative amount (refunds) and returns='raise'; "
            "use returns='net' to subtract them from revenue or returns='drop' to set them aside"
        )


def refuse_empty(audit: pd.DataFrame) -> None:
    """Raise when no row is kept."""
    if audit["rows"].iloc[0] == 0:
        reasons = ", ".join(f"{row.reason} {row.rows:,}" for row in audit.iloc[1:].itertuples())
        raise TransactionError(
            f"transactions: no row is left, all {int(audit['rows'].sum()):,} were set aside ({reasons})"
        )
