"""How regular purchases are: the spread of the gaps between them, and clumpiness."""

from __future__ import annotations

import datetime as dt

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.customers.log import DAY, KEY
from segmentclient.customers.totals import join_key

__all__ = ["with_regularity"]


def with_regularity(summary: frames.Frame, lines: frames.Frame, as_of: dt.date) -> frames.Frame:
    """Add the regularity of the days between purchases, from sums of gaps alone."""
    gap = nw.col("_gap")
    sums = _gaps(lines).group_by(KEY).agg(
        nw.len().alias("_n"), gap.sum().alias("_s1"), nw.col("_gap2").sum().alias("_s2"),
        nw.col("_log").sum().alias("sum_log_gaps"), nw.col("_xlog").sum().alias("_s_xlog"),
    )  # fmt: skip
    window = (nw.lit(as_of.toordinal()) - frames.days(nw.col("first_order")) + 1).cast(nw.Float64)
    n, s1, s2 = (nw.col(name).cast(nw.Float64) for name in ("_n", "_s1", "_s2"))
    rest = window - s1
    entropy = (nw.col("_s_xlog") + rest * rest.log() - window * window.log()) / window
    return join_key(summary, sums).with_columns(
        gap_sd=nw.when(n > 1).then(((s2 - s1 * s1 / n) / (n - 1)).clip(0.0).sqrt()),
        sum_log_gaps=nw.col("sum_log_gaps").fill_null(0.0),
        clumpiness=nw.when(n > 0).then((1 + entropy / (n + 1).log()).clip(0.0, 1.0)),
    )


def _gaps(lines: frames.Frame) -> frames.Frame:
    """One row a gap: the days from one purchase day of a customer to the next."""
    days = lines.filter(nw.col("amount") >= 0).select(KEY, _at=frames.days(nw.col(DAY))).unique()
    gaps = _with_day_before(days)
    gap = (nw.col("_at") - nw.col("_before")).cast(nw.Float64)
    return gaps.select(KEY, _gap=gap).with_columns(
        _gap2=nw.col("_gap") * nw.col("_gap"),
        _log=nw.col("_gap").log(),
        _xlog=nw.col("_gap") * nw.col("_gap").log(),
    )


def _with_day_before(days: frames.Frame) -> frames.Frame:
    """Put the purchase day before beside each one; first purchases fall away."""
    if isinstance(days, nw.LazyFrame):
        ordered = days.with_columns(_before=nw.col("_at").shift(1).over(KEY, order_by="_at"))
        return ordered.filter(~nw.col("_before").is_null())
    sorted_days = days.sort(KEY, "_at")
    ids, at = sorted_days[KEY], sorted_days["_at"].to_numpy()
    # ids are compared as they are: a shift would round the large ones, and NumPy has no integers of 128 bits
    who = np.array(ids.to_list(), dtype=object) if ids.dtype == nw.Int128 else ids.to_numpy()
    again = np.flatnonzero(who[1:] == who[:-1]) + 1
    return frames.add_columns(sorted_days[again], {"_before": at[again - 1]})
