"""Totals of each customer in elementary steps that every engine knows; three engines have a faster plan of their own."""

from __future__ import annotations

import warnings

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.customers.log import DAY, FIRST, KEY, LAST, Log
from segmentclient.customers.native import native_totals
from segmentclient.errors import SegmentClientWarning

__all__ = ["join_key", "portable_totals", "sum_customers", "with_day_numbers"]


def sum_customers(lines: frames.Frame, log: Log, period_days: int) -> frames.Frame:
    """One row a customer: `first_order`, `last_order`, `n_periods`, `n_orders`, `revenue`, `first_day_revenue`.

    The first and last day come as whole numbers too (`FIRST`, `LAST`). Customers with refunds only are left out.
    """
    totals = native_totals(lines, has_orders=log.has_orders) if period_days == 1 else None
    if totals is not None:
        return without_refunds_only(totals, stacklevel=4)
    return with_day_numbers(portable_totals(lines, log, period_days))


def with_day_numbers(totals: frames.Frame) -> frames.Frame:
    """Count the days of the first and last order from the year 0."""
    first, last = frames.days(nw.col("first_order")), frames.days(nw.col("last_order"))
    return totals.with_columns(first.alias(FIRST), last.alias(LAST))


def portable_totals(
    lines: frames.Frame, log: Log, period_days: int, *, whole_base: bool = True
) -> frames.Frame:
    """Sum in steps that every engine knows.

    With `whole_base`, customers with refunds only are left out; else they come with missing dates and counts.
    """
    purchase = nw.when(nw.col("amount") >= 0).then(nw.lit(1)).otherwise(nw.lit(0))
    marked = lines.with_columns(_purchases=purchase)
    daily = marked.group_by(KEY, DAY).agg(nw.col("amount").sum(), nw.col("_purchases").sum())
    bought = daily.filter(nw.col("_purchases") > 0) if log.has_refunds else daily
    first = bought.group_by(KEY).agg(
        nw.col(DAY).min().alias("first_order"),
        nw.col(DAY).max().alias("last_order"),
        nw.len().alias("n_periods"),
    )
    revenue = daily.group_by(KEY).agg(nw.col("amount").sum().alias("revenue"))
    dated = frames.joined(daily, first.select(KEY, "first_order"), KEY, "inner")
    age = frames.days_between(nw.col(DAY), nw.col("first_order"))
    opening = (
        dated.filter((age >= 0) & (age < period_days))
        .group_by(KEY)
        .agg(nw.col("amount").sum().alias("first_day_revenue"))
    )
    if whole_base:
        totals = join_key(without_refunds_only(join_key(revenue, first), stacklevel=5), opening)
    else:
        totals = join_key(join_key(revenue, first), opening)
    if period_days > 1:
        totals = join_key(totals.drop("n_periods"), _periods(dated, age, period_days))
    if log.has_orders:
        return join_key(totals, _orders(lines))
    return (
        totals.with_columns(n_orders=nw.col("n_periods"))
        if period_days == 1
        else join_key(totals, _order_days(bought))
    )


def without_refunds_only(totals: frames.Frame, *, stacklevel: int) -> frames.Frame:
    """Leave out customers without a purchase, and say how many (on a plan, counting them would run it twice)."""
    bought = ~nw.col("first_order").is_null()
    if isinstance(totals, nw.LazyFrame):
        return totals.filter(bought)
    only = totals.filter(~bought)
    if len(only):
        warnings.warn(
            f"{len(only):,} customers have refunds and no purchase ({only['revenue'].sum():,.2f} in money) and are left "
            "out; clean_transactions sets such rows aside with their reason",
            SegmentClientWarning,
            stacklevel=stacklevel,
        )
        return totals.filter(bought)
    return totals


def _periods(dated: frames.Frame, age: nw.Expr, period_days: int) -> frames.Frame:
    """Count the distinct periods, counted from the first order, in which there is a purchase."""
    index = dated.filter(nw.col("_purchases") > 0).select(KEY, (age // period_days).alias("_period")).unique()
    return index.group_by(KEY).agg(nw.len().alias("n_periods"))


def _orders(lines: frames.Frame) -> frames.Frame:
    bought = lines.filter(nw.col("amount") >= 0).select(KEY, "order_id").unique()  # Dask miscounts n_unique
    return bought.group_by(KEY).agg(nw.len().alias("n_orders"))


def _order_days(bought: frames.Frame) -> frames.Frame:
    return bought.group_by(KEY).agg(nw.len().alias("n_orders"))


def join_key(left: frames.Frame, right: frames.Frame) -> frames.Frame:
    """Put the columns of `right` beside the customers of `left`."""
    return frames.joined(left, right, KEY)
