"""One row a customer, in the words of the customers table."""

from __future__ import annotations

import datetime as dt
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.customers.log import FIRST, LAST, daily_lines, in_order, read_log
from segmentclient.customers.money import is_money
from segmentclient.customers.regularity import with_regularity
from segmentclient.customers.totals import sum_customers
from segmentclient.customers.units import Units
from segmentclient.options import check_options

__all__ = ["GAPS", "SUMMARY", "finish", "summarize_customers"]

SUMMARY = (
    "customer_id",
    "first_order",
    "last_order",
    "n_orders",
    "days_since_last_order",
    "revenue",
    "average_order_value",
    "frequency",
    "recency",
    "T",
    "monetary_value",
    "first_day_revenue",
)
GAPS = ("gap_sd", "sum_log_gaps", "clumpiness")


def summarize_customers(
    transactions: Any, *, as_of: Any = None, time_unit: str = "D", period: str = "D", gaps: bool = False
) -> Any:
    """Sum an order log into one row a customer.

    Parameters
    ----------
    transactions : table with `customer_id`, `date`, `amount` and perhaps `order_id` (see `clean_transactions`). Lines
        without an order id count as one order of their day.
    as_of : the day from which recency is counted (date or "2026-12-31"); the last day in the data by default,
        never today. Later rows are left out, with a warning that gives rows and money.
    time_unit : unit of `recency` and `T`: "D", "W", "M" (a twelfth of 365.2425 days) or "Y". It only divides.
    period : "D" counts purchases a day. "W", or a number of days such as "30D", merges the purchases of each such
        period, counted from the customer's first order, and floors `recency` and `T` to whole periods, which are
        then the unit.
    gaps : also give `gap_sd`, `sum_log_gaps` and `clumpiness`, the regularity of the days between purchases.

    Returns
    -------
    The same kind of table, one row a customer, with the columns `customer_id`, `first_order`, `last_order`,
    `n_orders`, `days_since_last_order` (days), `revenue`, `average_order_value` (money), `frequency` (repeat
    purchase days), `recency`, `T` (time units), `monetary_value` (mean total of the repeat purchase days, 0 where
    there is none), `first_day_revenue` (money), and with `gaps` the three columns above (missing where there are
    too few purchases). Eager tables come sorted by customer. A negative amount is a refund: it lowers revenue and
    is never a purchase; customers with refunds only are left out, with a warning on eager tables. Collected: one row (dates and counts).

    Raises
    ------
    ColumnError
        A column is missing or of the wrong type, or holds missing or infinite cells (`clean_transactions` sets
        such rows aside).
    TransactionError
        There is no row, or none up to `as_of`.

    References
    ----------
    Frequency, recency and T as in Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way.
    Clumpiness as in Zhang, Bradlow and Small (2015), over the days from the first order to `as_of`.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> log = pd.DataFrame({"customer_id": ["a", "a", "b"], "amount": [10.0, 30.0, 5.0],
    ...                     "date": pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-08"])})
    >>> table = sc.summarize_customers(log, as_of="2026-01-29", time_unit="W")
    >>> table[["customer_id", "n_orders", "revenue", "frequency", "recency", "T"]]
      customer_id  n_orders  revenue  frequency  recency    T
    0           a         2     40.0          1      2.0  4.0
    1           b         1      5.0          0      0.0  3.0
    """
    check_options(summarize_customers, locals())
    units = Units.of(time_unit, period)
    log = read_log(transactions, as_of)
    lines = daily_lines(log)
    totals = sum_customers(lines, log, units.period_days)
    summary = finish(totals, log.as_of, units)
    if gaps:
        summary = with_regularity(summary, lines, log.as_of)
    wanted = SUMMARY + (GAPS if gaps else ())
    return frames.give_back(in_order(summary.select(*wanted)))


def finish(totals: frames.Frame, as_of: dt.date, units: Units) -> frames.Frame:
    """Turn totals into the words of the customers table."""
    today = nw.lit(as_of.toordinal(), dtype=nw.Int64)
    first, last = nw.col(FIRST), nw.col(LAST)
    frequency = nw.col("n_periods").cast(nw.Int64) - 1
    revenue, first_revenue = nw.col("revenue"), nw.col("first_day_revenue")
    repeat = revenue - first_revenue
    return totals.with_columns(
        nw.col("n_orders").cast(nw.Int64),
        (today - last).cast(nw.Int64).alias("days_since_last_order"),
        frequency.alias("frequency"),
        _in_units(last - first, units).alias("recency"),
        _in_units(today - first, units).alias("T"),
        (nw.col("revenue") / nw.col("n_orders")).alias("average_order_value"),
        nw.when((frequency > 0) & is_money(repeat, revenue.abs() + first_revenue.abs()))
        .then(repeat / frequency)
        .otherwise(nw.lit(0.0))
        .alias("monetary_value"),
    )


def _in_units(days: nw.Expr, units: Units) -> nw.Expr:
    if units.period_days > 1:
        return (days // units.period_days).cast(nw.Float64)
    if units.divide == 1:
        return days.cast(nw.Float64)
    # polars divides by a constant through its reciprocal, one bit off; by a column it divides exactly
    return days.cast(nw.Float64) / (days * 0.0 + units.divide)
