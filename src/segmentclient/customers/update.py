"""Bring customers forward month by month, without rereading the whole log."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.customers.collected import LARGEST
from segmentclient.customers.log import KEY, Log, as_day, daily_lines, in_order, read_log
from segmentclient.customers.summary import GAPS, SUMMARY, finish
from segmentclient.customers.totals import join_key, portable_totals, with_day_numbers, without_refunds_only
from segmentclient.customers.units import Units
from segmentclient.errors import ColumnError, TransactionError, raise_all
from segmentclient.schema import check_columns, kind_of

__all__ = ["update_customers"]

_ROUNDING = 1e-6  # of days, which are whole


def update_customers(customers: Any, new_transactions: Any, *, as_of: Any = None) -> Any:
    """Bring last month's customers forward with this month's transactions, without rereading the whole log.

    Parameters
    ----------
    customers : table made by `summarize_customers` (daily period, time unit in days, without gaps).
    new_transactions : the transactions dated after the day up to which `customers` was made, on the same engine.
        Clean them with ``clean_transactions(raw, known_customers=customers)``, which keeps the refunds of customers
        who bought before and not this month.
    as_of : the new day from which recency is counted; the last day of the new transactions by default.

    Returns
    -------
    The same table that `summarize_customers` would give on the whole log (an order whose lines fall on both sides
    counts once on each; a refund dated before the customer's first purchase counts only when both are in one log).
    Score, segment and prediction columns of `customers` are not carried: they are out of date.

    Raises
    ------
    ColumnError
        A summary column is missing.
    TransactionError
        New transactions are dated within the period that `customers` covers.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> log = sc.datasets.load_cdnow()
    >>> old = sc.summarize_customers(log[log["date"] <= "1997-12-31"])
    >>> new = sc.update_customers(old, log[log["date"] > "1997-12-31"])
    >>> pd.testing.assert_frame_equal(new, sc.summarize_customers(log))
    """
    before = frames.read(customers)
    check_columns(frames.schema_of(before), SUMMARY)
    frames.check_labels(before, KEY)
    log = read_log(new_transactions, as_of)
    _check_alike(before, log.frame)
    before = _with_plain_ids(before, log.frame)
    log = replace(log, frame=frames.in_types_of(before, log.frame, [KEY], table="new_transactions"))
    _check_cells(before)
    _check_daily(before)
    _check_follows(before, log)
    totals = _merged(before, portable_totals(daily_lines(log), log, 1, whole_base=False))
    return frames.give_back(in_order(finish(totals, log.as_of, Units(1.0, 1)).select(*SUMMARY)))


def _check_alike(before: frames.Frame, new: frames.Frame) -> None:
    """Both tables must be on one engine, with ids of one kind."""
    if not frames.on_one_engine(before, new):
        raise ColumnError(
            "customers and new_transactions are on different engines or DuckDB connections, or one of them is lazy; bring both to one"
        )
    frames.check_same_keys(before, new, KEY, name="new_transactions")


def _with_plain_ids(before: frames.Frame, new: frames.Frame) -> frames.Frame:
    """Write out ids held as categories where the new ones are not held alike, and on pyarrow, which groups no two."""
    held, coming = before.collect_schema()[KEY], new.collect_schema()[KEY]
    coded = held in (nw.Categorical, nw.Enum) and (held != coming or before.implementation.is_pyarrow())
    return before.with_columns(nw.col(KEY).cast(nw.String)) if coded else before


def _is_absurd(number: nw.Expr) -> nw.Expr:
    """No number, or too large to be counted in."""
    value = number.cast(nw.Float64)
    return ~(value.is_finite() & (value.abs() <= LARGEST))


def _check_cells(before: frames.Frame) -> None:
    schema = before.collect_schema()
    bad = {
        name: nw.col(name).is_null()
        | (_is_absurd(nw.col(name)) if name != KEY and kind_of(schema[name]) == "number" else nw.lit(False))
        for name in SUMMARY
    }
    counts = frames.one_row(before, **{name: frames.count_of(one) for name, one in bad.items()})
    raise_all(
        (
            f"column {name!r} has {int(count):,} missing, infinite or absurdly large cells; rebuild with summarize_customers"
            for name, count in counts.items()
            if count
        ),
        table="customers",
    )


def _check_daily(before: frames.Frame) -> None:
    """The customers must be one row each, and counted in days: whole orders and periods, with T from the first order."""
    schema = before.collect_schema()
    first, last = (
        frames.days(frames.day_column(schema, name), dtype=nw.Float64)
        for name in ("first_order", "last_order")
    )
    orders, periods, silence, age = (
        nw.col(name).cast(nw.Float64) for name in ("n_orders", "frequency", "days_since_last_order", "T")
    )
    odd = {
        "n_orders": (orders < 1) | (orders.floor() != orders),
        "frequency": (periods < 0) | (periods.floor() != periods),
        "T": ((last + silence - first - age).abs() > _ROUNDING) | (last < first) | (silence < 0),
    }
    counts = {name: frames.count_of(one) for name, one in odd.items()}
    found = frames.one_row(before, rows=nw.len(), ids=nw.col(KEY).n_unique(), **counts)
    doubled = int(found["rows"]) - int(found["ids"] or 0)  # DuckDB counts nothing in an empty table
    told = (
        [
            f"{doubled:,} rows have the customer_id of another; expected one row a customer, as summarize_customers makes them"
        ]
        if doubled
        else []
    )
    told += [
        f"column {name!r} has {int(found[name]):,} values that are no count of days or orders; expected the table of "
        "summarize_customers, without period= and time_unit="
        for name in odd
        if found[name]
    ]
    raise_all(told, table="customers")


def _check_follows(before: frames.Frame, log: Log) -> None:
    """The new transactions must start after the day up to which the customers were summed."""
    end = frames.one_row(
        before, day=(frames.days(nw.col("last_order")) + nw.col("days_since_last_order")).max()
    )["day"]
    start = frames.one_row(log.frame, day=nw.col("date").min())["day"]
    if not 1 <= (end or 0) <= dt.date.max.toordinal():
        raise ColumnError(
            "customers: last_order + days_since_last_order is not a day; rebuild with summarize_customers"
        )
    covered = dt.date.fromordinal(int(end))
    if as_day(start, "date") <= covered:
        raise TransactionError(
            f"new_transactions start on {as_day(start, 'date')}, but customers already covers every day up to {covered}; "
            "keep only later rows, or rebuild with summarize_customers"
        )
    present = [name for name in GAPS if name in before.collect_schema()]
    if present:
        raise ColumnError(
            f"customers: {', '.join(present)} cannot be brought forward; rebuild with summarize_customers(gaps=True)"
        )


def _merged(before: frames.Frame, new: frames.Frame) -> frames.Frame:
    """Add the new totals to the old ones, customer by customer; the first order stays the first."""
    names = [KEY, "first_order", "last_order", "revenue", "first_day_revenue", "n_orders", "n_periods"]
    old = before.with_columns(n_periods=nw.col("frequency") + 1)
    both = frames.stacked(_aged(old, names, 0), _aged(new, names, 1))
    sums = both.group_by(KEY).agg(
        nw.col("first_order").min(), nw.col("last_order").max(), nw.col("revenue").sum(),
        nw.col("n_orders").sum(), nw.col("n_periods").sum(),
    )  # fmt: skip
    dated = both.filter(~nw.col("first_order").is_null())
    firsts = dated.group_by(KEY).agg(nw.col("_age").min().alias("_first"))
    opening = (
        join_key(dated, firsts).filter(nw.col("_age") == nw.col("_first")).select(KEY, "first_day_revenue")
    )
    return with_day_numbers(join_key(without_refunds_only(sums, stacklevel=4), opening))


def _plain_time(date: nw.Expr, dtype: Any) -> nw.Expr:
    zoned = getattr(dtype, "time_zone", None) is not None
    return (date.dt.replace_time_zone(None) if zoned else date).cast(nw.Datetime("us"))


def _aged(totals: frames.Frame, names: list[str], age: int) -> frames.Frame:
    """Bring old and new totals to one shape; numbers are decimals here, for counts may be missing."""
    numbers = ("n_orders", "n_periods", "revenue", "first_day_revenue")
    schema = totals.collect_schema()
    dates = [_plain_time(nw.col(name), schema[name]) for name in ("first_order", "last_order")]
    decimals = [nw.col(name).cast(nw.Float64) for name in numbers]
    return totals.with_columns(*decimals, *dates, _age=nw.lit(age)).select(*names, "_age")
