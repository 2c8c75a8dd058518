"""A calibration and a holdout period, to judge predictions by what came after."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.customers.log import DAY, KEY, after, as_day, daily_lines, in_order, read_log, until
from segmentclient.customers.summary import summarize_customers
from segmentclient.customers.totals import join_key
from segmentclient.errors import TransactionError
from segmentclient.options import check_options

__all__ = ["split_periods"]


def split_periods(
    transactions: Any,
    *,
    calibration_end: Any,
    holdout_end: Any = None,
    time_unit: str = "D",
    gaps: bool = False,
) -> Any:
    """Summarise the customers up to a day, and count what they did after it.

    Parameters
    ----------
    transactions : as in `summarize_customers`.
    calibration_end : last day of the calibration period.
    holdout_end : last day of the holdout period; the last day in the data by default.
    time_unit, gaps : as in `summarize_customers`.

    Returns
    -------
    The customers known at `calibration_end`, as `summarize_customers` gives them, with `holdout_purchases` (purchase
    days), `holdout_revenue` (money) and `holdout_days` (length of the holdout period in days).

    Raises
    ------
    ColumnError, TransactionError
        As in `summarize_customers`; also when the holdout does not end after the calibration.

    Examples
    --------
    >>> import segmentclient as sc
    >>> table = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30")
    >>> int(table["holdout_purchases"].sum()), int(table["holdout_days"].iloc[0])
    (1882, 273)
    """
    check_options(split_periods, locals())
    end = as_day(calibration_end, "calibration_end")
    log = read_log(transactions, holdout_end)
    if log.as_of <= end:
        raise TransactionError(
            f"the holdout ends on {log.as_of} and the calibration on {end}: nothing is held out"
        )
    first = as_day(frames.one_row(log.frame, day=nw.col("date").min())["day"], "date")
    if first > end:
        raise TransactionError(
            f"transactions: every row is dated after calibration_end={end}; the first is of {first}"
        )
    known = summarize_customers(
        frames.give_back(until(log.frame, end)), as_of=end, time_unit=time_unit, gaps=gaps
    )
    later = after(daily_lines(log), end)
    revenue = later.group_by(KEY).agg(nw.col("amount").sum().alias("holdout_revenue"))
    purchases = (
        later.filter(nw.col("amount") >= 0)
        .select(KEY, DAY)
        .unique()
        .group_by(KEY)
        .agg(nw.len().alias("holdout_purchases"))
    )
    table = join_key(join_key(frames.read(known), revenue), purchases).with_columns(
        nw.col("holdout_purchases").fill_null(0).cast(nw.Int64),
        nw.col("holdout_revenue").fill_null(0.0),
        nw.lit((log.as_of - end).days, dtype=nw.Int64).alias("holdout_days"),
    )
    return frames.give_back(in_order(table))
