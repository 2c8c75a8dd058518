"""Mark rows with the first reason that sets them aside."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.cells import Cells
from segmentclient.errors import ColumnError
from segmentclient.schema import check_columns, kind_of
from segmentclient.transactions.columns import ReadColumns
from segmentclient.transactions.reasons import AMOUNT, DATE, ID, KEPT, ORDER, REASON, Returns

__all__ = ["mark_duplicates", "mark_refunds_only", "mark_rows", "name_orders", "stage_rows", "type_rows"]


def stage_rows(frame: frames.Frame, read: ReadColumns) -> frames.Frame:
    """Add the columns that the readers of cells need, one after the other."""
    for one in (read.customer_id, read.date, read.amount, read.order_id):
        for stage in one.stages if one is not None else ():
            frame = frame.with_columns(**stage)
    return frame


def type_rows(staged: frames.Frame, read: ReadColumns) -> frames.Frame:
    """Add the typed columns."""
    columns = {ID: read.customer_id.value, DATE: read.date.value, AMOUNT: read.amount.value}
    return staged.with_columns(**columns)


def name_orders(typed: frames.Frame, read: Cells | None) -> frames.Frame:
    """Add the order of each row, once its day is settled: a line without an order id is one of the order of that day."""
    if read is None:
        return typed
    is_missing = read.value.is_null()
    ids = read.value.fill_null(0).cast(read.cast) if read.cast else read.value
    day = nw.col(DATE).dt.to_string("%Y-%m-%d")
    return typed.with_columns(nw.when(is_missing).then(day).otherwise(ids.cast(nw.String)).alias(ORDER))


def mark_rows(
    typed: frames.Frame, read: ReadColumns, excluded: nw.Expr | None, returns: Returns
) -> frames.Frame:
    """Add, on rows to set aside, the first reason that applies."""
    conditions = dict(read.faults)
    if read.date.offset is not None:  # a day that the clock asked for moves into another century
        conditions["date_out_of_range"] = conditions["date_out_of_range"] | nw.col(DATE).is_null()
    conditions |= {"excluded": excluded} if excluded is not None else {}
    conditions |= {"refund": nw.col(AMOUNT) < 0} if returns == "drop" else {}
    reason: nw.Expr = nw.lit(KEPT)
    for name, condition in reversed(conditions.items()):
        reason = nw.when(condition).then(nw.lit(name)).otherwise(reason)
    return typed.with_columns(reason.alias(REASON))


_FRACTION = "_segmentclient_fraction"


def mark_duplicates(marked: frames.Frame, read: ReadColumns, others: list[str]) -> frames.Frame:
    """Mark every exact duplicate but one; which one does not matter, for they are the same.

    Rows are compared as they are read ("1.0" is "1.00"), with the `others`, the columns that are not read.
    """
    if read.date.fraction is not None:
        marked = marked.with_columns(read.date.fraction.alias(_FRACTION))
    typed = [column for column in (ID, DATE, _FRACTION, AMOUNT, ORDER) if column in marked.collect_schema()]
    columns = [*typed, REASON, *others]
    place = "_segmentclient_place"
    counted: frames.Frame
    if isinstance(marked, nw.LazyFrame):
        ones = marked.with_columns(nw.lit(1).alias(place))
        counted = ones.with_columns(nw.col(place).cum_sum().over(*columns, order_by=columns[0]))
    else:
        counted = _counted_among_equals(marked, columns, place)
    repeated = (nw.col(place) > 1) & (nw.col(REASON) == KEPT)
    reason = nw.when(repeated).then(nw.lit("duplicate")).otherwise(nw.col(REASON))
    return counted.with_columns(reason.alias(REASON)).drop(place)


def _counted_among_equals(marked: nw.DataFrame[Any], columns: list[str], place: str) -> nw.DataFrame[Any]:
    """Give the first of equal rows 1, the others 2; the index and the order of the rows stay."""
    number = "_segmentclient_row"
    numbered = frames.comparable(marked.select(*columns)).with_row_index(number)
    firsts = numbered.group_by(columns).agg(nw.col(number).min())[number].to_numpy()
    places = np.full(len(marked), 2)
    places[firsts] = 1
    return frames.add_columns(marked, {place: places})


_ONLY = "_segmentclient_refunds_only"


def mark_refunds_only(marked: frames.Frame, known_customers: Any) -> frames.Frame:
    """Mark the rows of customers who have refunds and no purchase, here or before."""
    usable = marked.filter(nw.col(REASON) == KEPT)
    refunders = usable.filter(nw.col(AMOUNT) < 0).group_by(ID).agg(_refunds=nw.len())
    buyers = frames.joined(usable.filter(nw.col(AMOUNT) >= 0).select(ID), refunders, ID, "inner")
    bought = buyers.group_by(ID).agg(_purchases=nw.len())
    only = frames.joined(refunders, bought, ID).filter(nw.col("_purchases").is_null())
    if known_customers is not None:
        known = _known_ids(marked, known_customers).with_columns(_known=nw.lit(1))
        only = frames.joined(only, known, ID).filter(nw.col("_known").is_null())
    if isinstance(marked, nw.LazyFrame):
        marked = frames.joined(marked, only.select(ID, nw.col("_refunds").alias(_ONLY)), ID)
        condition = ~nw.col(_ONLY).is_null() & (nw.col(REASON) == KEPT)
    elif isinstance(only, nw.DataFrame) and len(only):
        condition = nw.col(ID).is_in(only[ID].to_list()) & (nw.col(REASON) == KEPT)
    else:
        return marked
    return marked.with_columns(
        nw.when(condition).then(nw.lit("refunds_only")).otherwise(nw.col(REASON)).alias(REASON)
    )


def _known_ids(marked: frames.Frame, known_customers: Any) -> frames.Frame:
    """Give the ids of customers who bought before, as the log holds them."""
    known = frames.read(known_customers, name="known_customers")
    check_columns(frames.schema_of(known), {"customer_id": "id"}, table="known_customers")
    frames.check_labels(known, "customer_id", name="known_customers")
    frames.warn_of_blanks(known, "customer_id", name="known_customers")
    found, expected = known.collect_schema()["customer_id"], marked.collect_schema()[ID]
    if kind_of(found) != kind_of(expected):
        raise ColumnError(
            f"known_customers: customer_id holds {found}, but {expected} in the log; cast one of them"
        )
    ids = frames.beside(
        marked, known.select(nw.col("customer_id").alias(ID)).unique(), name="known_customers"
    )
    return frames.keyed_like(marked, ids, ID)
