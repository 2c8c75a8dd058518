"""Totals of each customer in an engine's own words: one pass where the portable steps need several.

Each plan gives the same columns as `totals.portable_totals` for daily periods; the tests hold it to that. Customers
without a purchase come with a missing `first_order`.
"""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.customers.log import DAY, FIRST, KEY, LAST

__all__ = ["native_totals"]

EPOCH = 719_163  # days from the year 0 to 1970


def native_totals(lines: frames.Frame, *, has_orders: bool) -> frames.Frame | None:
    """Sum by the engine's own plan; None where it has none."""
    implementation = lines.implementation
    if implementation.is_pandas():
        return _on_pandas(nw.to_native(lines), has_orders)
    if implementation.is_polars():
        return _on_polars(lines, has_orders)
    if implementation.is_duckdb():
        return _on_duckdb(nw.to_native(lines), has_orders)
    return None


def _on_pandas(lines: Any, has_orders: bool) -> frames.Frame:
    """Number customers and days; distinct (customer, day) pairs are then distinct whole numbers."""
    import pandas as pd

    who, ids = pd.factorize(lines[KEY], sort=False)
    day = lines[DAY].to_numpy().astype("datetime64[D]").astype(np.int64)
    amount = lines["amount"].to_numpy()
    bought = amount >= 0
    n, start = len(ids), int(day.min())
    span = int(day.max()) - start + 1
    pairs = _distinct(who[bought].astype(np.int64) * span + (day[bought] - start))
    buyer, at = pairs // span, pairs % span + start
    n_periods = np.bincount(buyer, minlength=n)
    last_place = np.cumsum(n_periods) - 1
    has = n_periods > 0
    first, last = np.full(n, np.iinfo(np.int64).min), np.full(n, np.iinfo(np.int64).min)
    first[has], last[has] = at[(last_place - n_periods + 1)[has]], at[last_place[has]]
    opening = day == first[who]
    return nw.from_native(
        pd.DataFrame(
            {
                KEY: ids,
                "first_order": _dates(first, lines[DAY].dtype),
                "last_order": _dates(last, lines[DAY].dtype),
                FIRST: first + EPOCH,
                LAST: last + EPOCH,
                "n_periods": n_periods,
                "revenue": np.bincount(who, amount, minlength=n),
                "first_day_revenue": np.bincount(who[opening], amount[opening], minlength=n),
                "n_orders": _distinct_orders(lines["order_id"], who, bought, n) if has_orders else n_periods,
            }
        )
    )


def _distinct(numbers: np.ndarray) -> np.ndarray:
    """Sort, then keep what differs from its neighbour: many times faster than hashing."""
    ordered = np.sort(numbers)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def _dates(days: np.ndarray, dtype: Any) -> Any:
    """Days since 1970 as dates; the smallest whole number is numpy's own mark of a missing date."""
    return days.view("datetime64[D]").astype(f"datetime64[{getattr(dtype, 'unit', 'us')}]")


def _distinct_orders(orders: Any, who: np.ndarray, bought: np.ndarray, n: int) -> np.ndarray:
    import pandas as pd

    order, names = pd.factorize(orders, sort=False)
    pairs = _distinct(who[bought].astype(np.int64) * (len(names) + 1) + order[bought])
    return np.bincount(pairs // (len(names) + 1), minlength=n)


def _on_polars(lines: frames.Frame, has_orders: bool) -> frames.Frame:
    import polars as pl

    native = nw.to_native(lines).lazy()  # lines keep their hour here: dt.date() cuts it off
    bought = pl.col("_purchases") > 0
    daily = native.group_by(KEY, pl.col(DAY).dt.date()).agg(
        pl.col("amount").sum(), (pl.col("amount") >= 0).sum().alias("_purchases")
    )
    day = pl.col(DAY).filter(bought)
    totals = daily.group_by(KEY).agg(
        day.min().alias("first_order"),
        day.max().alias("last_order"),
        bought.sum().cast(pl.Int64).alias("n_periods"),
        pl.col("amount").sum().alias("revenue"),
        pl.col("amount").filter(bought & (pl.col(DAY) == day.min())).first().alias("first_day_revenue"),
    )
    totals = totals.with_columns(
        (pl.col("first_order").cast(pl.Int32).cast(pl.Int64) + EPOCH).alias(FIRST),
        (pl.col("last_order").cast(pl.Int32).cast(pl.Int64) + EPOCH).alias(LAST),
        pl.col("first_order", "last_order").cast(native.collect_schema()[DAY]),
    )
    if has_orders:
        orders = (
            native.filter(pl.col("amount") >= 0)
            .group_by(KEY)
            .agg(pl.col("order_id").n_unique().alias("n_orders"))
        )
        totals = totals.join(orders, on=KEY, how="left")
    else:
        totals = totals.with_columns(pl.col("n_periods").alias("n_orders"))
    return nw.from_native(totals if frames.is_lazy(lines) else totals.collect())


def _on_duckdb(lines: Any, has_orders: bool) -> frames.Frame:
    distinct = ", count(distinct order_id) filter (amount >= 0) as n_orders" if has_orders else ""
    query = f"""
        with daily as (
            select {KEY}, {DAY} as day, sum(amount) as amount, count(*) filter (amount >= 0) as purchases
            from lines group by {KEY}, {DAY}
        ), summed as (
            select {KEY}, min(day) filter (purchases > 0) as first_order, max(day) filter (purchases > 0) as last_order,
                count(*) filter (purchases > 0) as n_periods, sum(amount) as revenue,
                arg_min(amount, day) filter (purchases > 0) as first_day_revenue
            from daily group by {KEY}
        ){f", ordered as (select {KEY}{distinct} from lines group by {KEY})" if has_orders else ""}
        select summed.*, epoch(first_order)::bigint // 86400 + {EPOCH} as {FIRST},
            epoch(last_order)::bigint // 86400 + {EPOCH} as {LAST}, {"ordered.n_orders" if has_orders else "n_periods as n_orders"}
        from summed {f"left join ordered on summed.{KEY} = ordered.{KEY}" if has_orders else ""}
    """
    return nw.from_native(lines.query("lines", query))
