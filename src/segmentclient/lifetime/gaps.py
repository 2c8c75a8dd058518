"""Do the gaps between purchases belong to the histories beside them? Their logarithms have a most."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from segmentclient import frames
from segmentclient.errors import ColumnError
from segmentclient.schema import check_columns

__all__ = ["check_gaps"]

_SLACK = 1e-6  # a gap: what floating point leaves where all gaps are equal


def check_gaps(frame: frames.Frame, unit_days: float) -> None:
    """Refuse gaps that do not fill `recency`: x gaps of t days in all have logarithms of at most x · ln(t / x) in sum.

    They are exceeded where `recency` has another unit, or where purchases were merged by `period=`, so that there are
    more gaps than `frequency` counts.
    """
    check_columns(frames.schema_of(frame), dict.fromkeys(("frequency", "recency", "sum_log_gaps"), "number"))
    x, days = nw.col("frequency").cast(nw.Float64), nw.col("recency").cast(nw.Float64) * unit_days
    again = (x > 0) & (days > 0)
    one = nw.lit(1.0)
    most = nw.when(again).then(x * (nw.when(again).then(days / x).otherwise(one)).log()).otherwise(0.0 * one)
    too_many = nw.col("sum_log_gaps").cast(nw.Float64) > most + _SLACK * (1.0 + x)
    found = frames.one_row(frame, bad=frames.count_of(too_many))["bad"]
    if found:
        raise ColumnError(
            f"customers: column 'sum_log_gaps' does not belong to 'frequency' and 'recency' in {int(found):,} rows: so many gaps "
            f"cannot be so long, with a unit of {unit_days:g} {'day' if unit_days == 1 else 'days'}; accepted: summarize_customers(gaps=True) with the "
            "time_unit of the model, and without period="
        )
