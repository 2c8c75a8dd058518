"""Compare two periods, segment by segment and customer by customer: transitions, value, named movers, drift."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import ColumnError, SegmentClientWarning
from segmentclient.options import check_options
from segmentclient.schema import check_columns, kind_of
from segmentclient.segments.migration import ABSENT, MISSING, MOVES, Migration
from segmentclient.segments.thresholds import lifecycle_thresholds
from segmentclient.shown import known_segments

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare_periods"]


def compare_periods(
    before: Any,
    after: Any,
    *,
    by: str = "segment",
    value: str = "revenue",
    order: Sequence[str] | None = None,
) -> Migration:
    """Compare two customers tables, of two dates or two periods, segment by segment and customer by customer.

    Parameters
    ----------
    before, after : customers tables, any engine; they need not hold the same customers. The key, the segment, the value
        and what tells activity are collected.
    by : the column of segments.
    value : the column of value.
    order : the segments, best first. By default the segments of the maps of the library stand in their own order, from
        champions to lost, where recency comes first; others take their place among these by their mean value, the two
        tables together.

    Returns
    -------
    Migration
        With the order used in `order`, and where it comes from in `ordered_by`.

    Raises
    ------
    ColumnError
        When a column is missing, ids are repeated or their kinds differ, or `order` leaves a segment out.

    Notes
    -----
    Each customer gets one move, the first that is true:

    - "new": absent before, or without any order before;
    - "lost": absent after, or active before and inactive after;
    - "reactivated": inactive before and active after;
    - "upgraded", "downgraded": in a better, or a worse, segment in `order`;
    - "stayed".

    Active and inactive come from the column `status` where both tables have it, else from `days_since_last_order` by the
    thresholds of the first table (`lifecycle_thresholds`), else they are not looked at. Someone
    without any order in both tables has stayed, whichever table they are in. Activity comes first: someone "lost" may still
    be in the same segment, so that "stayed" counts fewer customers than the diagonal of `matrix`.

    `change` is the value after minus the value before. In two states of one log, one up to an earlier date, revenue adds up
    from the first order on and cannot fall: the change is what was added since. Give tables of the orders of each period
    alone to see falls.

    PSI = Σ (qᵢ − pᵢ) ln(qᵢ / pᵢ) over the shares p before and q after; a segment that is empty on one side counts half
    a customer there.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> before = pd.DataFrame({"customer_id": [1, 2, 3], "segment": ["a", "b", "b"], "revenue": [90.0, 10.0, 20.0]})
    >>> after = pd.DataFrame({"customer_id": [1, 2, 4], "segment": ["b", "a", "b"], "revenue": [90.0, 80.0, 5.0]})
    >>> migration = sc.compare_periods(before, after)
    >>> migration.matrix
    after     a  b  (absent)
    before
    a         0  1         0
    b         1  0         1
    (absent)  0  1         0
    >>> migration.movers[["customer_id", "move", "change"]]
       customer_id        move  change
    0            2    upgraded    70.0
    1            3        lost   -20.0
    2            4         new     5.0
    3            1  downgraded     0.0
    """
    check_options(compare_periods, locals())
    tables = {"before": frames.read(before, name="before"), "after": frames.read(after, name="after")}
    _check(tables, by, value)
    activity = _activity(tables, before)
    sides = {name: _side(frame, name, by, value, activity) for name, frame in tables.items()}
    best_first, ordered_by = _order(sides, order)
    both = _moves(_together(sides), best_first)
    return _migration(both, sides, best_first, ordered_by)


def _check(tables: Mapping[str, frames.Frame], by: str, value: str) -> None:
    for name, frame in tables.items():
        check_columns(frames.schema_of(frame), {"customer_id": "id", by: "any", value: "number"}, table=name)
        frames.check_labels(frame, "customer_id", by, name=name)


def _activity(tables: Mapping[str, frames.Frame], before: Any) -> tuple[nw.Expr, nw.Expr]:
    """Two expressions, of what is known in both tables: has ordered, and is active."""
    schemas = [frame.collect_schema() for frame in tables.values()]
    unknown = nw.lit(None, dtype=nw.Float64)

    def known(*names: str, kind: str) -> bool:
        return all(name in schema and kind_of(schema[name]) == kind for name in names for schema in schemas)

    counted = known("n_orders", kind="number")
    ordered = (nw.col("n_orders").cast(nw.Float64) > 0).cast(nw.Float64) if counted else unknown
    if known("status", kind="text"):
        status = nw.col("status").cast(nw.String)
        return (status != "prospect").cast(nw.Float64), (status == "active").cast(nw.Float64)
    if (
        counted
        and known("days_since_last_order", kind="number")
        and known("first_order", "last_order", kind="date")
    ):
        limit = _learnt_window(before)
        silence = nw.col("days_since_last_order").cast(nw.Float64)
        return ordered, unknown if limit is None else (silence <= limit).cast(nw.Float64)
    return ordered, unknown


def _learnt_window(before: Any) -> float | None:
    """The activity window that the first table teaches, if it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SegmentClientWarning)  # no window is learnt: the answer says so
        learnt = lifecycle_thresholds(before)
    return learnt.active_days if learnt.source and learnt.source["active_days"] == "data" else None


@frames.said_by_engine("customers")
def _side(
    frame: frames.Frame, name: str, by: str, value: str, activity: tuple[nw.Expr, nw.Expr]
) -> pd.DataFrame:
    ordered, active = activity
    chosen = frame.select(
        "customer_id",
        nw.col(by).alias("segment"),
        nw.col(value).cast(nw.Float64).alias("value"),
        ordered.alias("ordered"),
        active.alias("active"),
    )
    side = frames.collect(chosen)
    twice = int(side["customer_id"].duplicated().sum())
    if twice:
        raise ColumnError(f"{name}: {twice:,} customer_id are repeated; one row a customer is expected")
    side["segment"] = _segments(side["segment"], by, name)
    numbers = ["value", "ordered", "active"]
    side[numbers] = side[numbers].astype("float64")
    endless = int(np.isinf(side["value"]).sum())
    if endless:
        raise ColumnError(
            f"{name}: column {value!r} holds infinite values in {endless:,} rows; finite numbers are accepted, missing ones count 0"
        )
    return side.fillna({"value": 0.0})


def _segments(labels: pd.Series, by: str, name: str) -> Any:
    """Write the segments as text; names that the answer needs for itself are refused."""
    taken = [word for word in (ABSENT, MISSING) if (labels.astype(object) == word).any()]
    if taken:
        raise ColumnError(
            f"{name}: column {by!r} has segments called {', '.join(taken)}, the words of compare_periods for customers "
            "who are not in a table or have no segment; give them other names"
        )
    return frames.label_texts(labels, MISSING)


def _order(sides: Mapping[str, pd.DataFrame], order: Sequence[str] | None) -> tuple[list[str], str]:
    """Give the segments, best first, and say where their order comes from."""
    import pandas as pd

    pooled = pd.concat(sides.values())[["segment", "value"]]
    means = pooled.groupby("segment")["value"].mean()
    named = [name for name in means.index if name != MISSING]
    last = [MISSING] if MISSING in means.index else []
    if order is None:
        best_first, ordered_by = _known_order(means[named])
        return [*best_first, *last], ordered_by
    lacking = [name for name in named if name not in order]
    if lacking:
        raise ColumnError(
            f"order: segments {', '.join(map(repr, lacking))} are left out; name every segment, best first"
        )
    return [*dict.fromkeys(map(str, order)), *last], "given"


def _known_order(means: pd.Series) -> tuple[list[str], str]:
    """Put segments of the library in their own order, and each other one before the first that it is worth more than."""
    best_first = [name for name in known_segments() if name in means.index]
    others = sorted(set(means.index) - set(best_first), key=lambda name: (-means[name], name))
    ordered_by = "both" if best_first and others else "segments" if best_first else "value"
    for name in others:
        worse = (place for place, other in enumerate(best_first) if means[other] < means[name])
        best_first.insert(next(worse, len(best_first)), name)
    return best_first, ordered_by


def _together(sides: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    before, after = (frames.read(side, name=name) for name, side in sides.items())
    kinds = [frame.collect_schema()["customer_id"] for frame in (before, after)]
    if len({kind_of(kind) for kind in kinds}) > 1:
        raise ColumnError(
            f"customer_id: the two tables hold different kinds, {kinds[0]} and {kinds[1]}; cast one of them"
        )
    after = frames.in_types_of(before, after, ["customer_id"], table="after")
    both: pd.DataFrame = nw.to_native(before).merge(
        nw.to_native(after), on="customer_id", how="outer", suffixes=("_before", "_after"), indicator="side"
    )
    for name in ("before", "after"):
        both[f"segment_{name}"] = both[f"segment_{name}"].fillna(ABSENT)
        both[f"value_{name}"] = both[f"value_{name}"].fillna(0.0)
    both["change"] = both["value_after"] - both["value_before"]
    return both


def _moves(both: pd.DataFrame, best_first: Sequence[str]) -> pd.DataFrame:
    rank = {name: position for position, name in enumerate(best_first) if name != MISSING}
    was, now = both["segment_before"].map(rank), both["segment_after"].map(rank)
    side = both["side"].astype(str)
    never = both[["ordered_before", "ordered_after"]].eq(0.0)
    silent = (never["ordered_before"] | (side == "right_only")) & (
        never["ordered_after"] | (side == "left_only")
    )
    gone = (both["active_before"] == 1.0) & (both["active_after"] == 0.0)
    back = (both["active_before"] == 0.0) & (both["active_after"] == 1.0)
    move = np.select(
        [
            silent,
            (side == "right_only") | (never["ordered_before"] & ~never["ordered_after"]),
            (side == "left_only") | gone,
            back,
            now < was,
            now > was,
        ],
        ["stayed", "new", "lost", "reactivated", "upgraded", "downgraded"],
        default="stayed",
    )
    return both.assign(move=move)


def _migration(
    both: pd.DataFrame, sides: Mapping[str, pd.DataFrame], best_first: Sequence[str], ordered_by: str
) -> Migration:
    renamed = both.rename(columns={"segment_before": "before", "segment_after": "after"})
    return Migration(
        matrix=_matrix(renamed, best_first),
        value_flow=_value_flow(renamed),
        movers=_movers(renamed),
        psi=_psi(
            *(side["segment"].value_counts().reindex(best_first, fill_value=0) for side in sides.values())
        ),
        moves=_counted(renamed),
        order=tuple(best_first),
        n_before=len(sides["before"]),
        n_after=len(sides["after"]),
        ordered_by=ordered_by,
    )


def _matrix(both: pd.DataFrame, best_first: Sequence[str]) -> pd.DataFrame:
    counts = both.groupby(["before", "after"]).size().unstack(fill_value=0)
    names = [*best_first, ABSENT]
    matrix = counts.reindex(index=names, columns=names, fill_value=0).astype("int64")
    return matrix.rename_axis(index="before", columns="after")


def _value_flow(both: pd.DataFrame) -> pd.DataFrame:
    pairs = both.groupby(["before", "after"], as_index=False).agg(
        n_customers=("customer_id", "size"),
        value_before=("value_before", "sum"),
        value_after=("value_after", "sum"),
        change=("change", "sum"),
    )
    return pairs.sort_values(
        ["n_customers", "before", "after"], ascending=[False, True, True], ignore_index=True
    )


def _movers(both: pd.DataFrame) -> pd.DataFrame:
    columns = ["customer_id", "before", "after", "move", "value_before", "value_after", "change"]
    moved = both.loc[both["move"] != "stayed", columns]
    order = moved.assign(size=-moved["change"].abs()).sort_values(["size", "customer_id"]).index
    return moved.loc[order].reset_index(drop=True)


def _counted(both: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    groups = both.groupby("move")["change"]
    count, change = groups.size().reindex(MOVES, fill_value=0), groups.sum().reindex(MOVES, fill_value=0.0)
    share = count / max(len(both), 1)
    return pd.DataFrame(
        {
            "move": MOVES,
            "n_customers": count.to_numpy(),
            "share": share.to_numpy(),
            "change": change.to_numpy(),
        }
    )


def _psi(before: Any, after: Any) -> float:
    """Population stability index; an empty cell counts half a customer."""
    p, q = (np.where(side == 0, 0.5, side).astype(np.float64) for side in (before, after))
    if not before.sum() or not after.sum():
        return float("nan")
    p, q = p / before.sum(), q / after.sum()
    present = (before.to_numpy() + after.to_numpy()) > 0
    return float(np.sum(((q - p) * np.log(q / p))[present]))
