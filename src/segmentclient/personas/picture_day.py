"""The day of the picture: what the caller gives, or the day the customers were summarized at."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import SegmentClientError
from segmentclient.schema import kind_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_day", "day_of", "last_day"]


def as_day(as_of: Any) -> dt.date | None:
    """Read a day that the caller gives."""
    if as_of is None:
        return None
    try:
        return dt.date.fromisoformat(str(as_of)[:10])
    except ValueError:
        raise SegmentClientError(f"as_of={as_of!r}: expected a date such as '2026-12-31'") from None


def day_of(data: pd.DataFrame) -> dt.date | None:
    """The day the customers were summarized at: their last order plus the days since."""
    import pandas as pd

    if "last_order" not in data or not data["last_order"].notna().any():
        return None
    last = pd.to_datetime(data["last_order"])
    if "days_since_last_order" in data:
        last = last + pd.to_timedelta(data["days_since_last_order"].astype(float), unit="D")
    return last.max().date()


def last_day(transactions: Any) -> dt.date | None:
    """Give the last day of an order log."""
    frame = frames.read(transactions, name="transactions")
    if kind_of(frame.collect_schema().get("date", nw.Unknown)) != "date":
        return None
    last = frames.one_row(frame, last=nw.col("date").max())["last"]
    return None if last is None else dt.date.fromisoformat(str(last)[:10])
