"""Purchase days of an order log: distinct (customer, day) pairs, counted in the caller's engine."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.customers.log import read_log

__all__ = ["FIRST", "KEY", "PERIOD", "purchase_periods"]

KEY, PERIOD, FIRST = "customer_id", "_period", "_first"


def purchase_periods(transactions: Any, period: nw.Expr) -> frames.Frame:
    """Give one row a customer and period with a purchase: `customer_id`, `_period` and `_first`, her first period.

    Refunds (negative amounts) are no purchases.
    """
    frame = frames.read(transactions, name="transactions")
    if "amount" not in frame.collect_schema():
        frame = frame.with_columns(amount=nw.lit(0.0))
    bought = read_log(frames.give_back(frame), None).frame.filter(nw.col("amount") >= 0)
    pairs = bought.select(KEY, period.cast(nw.Int64).alias(PERIOD)).unique()
    first = pairs.group_by(KEY).agg(nw.col(PERIOD).min().alias(FIRST))
    return frames.joined(pairs, first, KEY)
