"""Purchase days of an order log: distinct (customer, day) pairs, counted in the caller's engine."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.customers.log import read_log
from segmentclient.errors import SegmentClientWarning

__all__ = ["FIRST", "KEY", "PERIOD", "purchase_periods", "warn_of_silence"]

KEY, PERIOD, FIRST = "customer_id", "_period", "_first"
_LONG = 31  # days without a single row, after which a log has rather ended


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


def warn_of_silence(last: int, end: int, *, stacklevel: int) -> None:
    """Doubt a holdout that goes on for more than a month after the last row: nobody seems to buy there."""
    if end - last > _LONG:
        warnings.warn(
            f"transactions: the last row is of {dt.date.fromordinal(last)} and holdout_end of {dt.date.fromordinal(end)}: the days "
            "between count as days on which nobody bought, and models seem to expect too much; end with the log",
            SegmentClientWarning,
            stacklevel=stacklevel + 1,
        )
