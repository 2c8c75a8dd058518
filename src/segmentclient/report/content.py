"""The numbers of a report, before any word or picture.

`gather` collects the columns that a report needs, once, and computes everything that will be said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient import frames, schema
from segmentclient.customers.collected import sound
from segmentclient.errors import ColumnError
from segmentclient.segments import profile_segments
from segmentclient.shown import FEWEST as LEAST
from segmentclient.shown import OTHERS, may_be_told

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LEAST", "NEEDED", "OPTIONAL", "UNNAMED", "Content", "gather"]

NEEDED = ("n_orders", "revenue", "days_since_last_order")
OPTIONAL = (
    "first_order", "last_order", "average_order_value", "r_score", "f_score", "m_score", "relation",
    "p_alive", "lifetime_value", "lifetime_value_low", "lifetime_value_high",
)  # fmt: skip
UNNAMED = "unsegmented"  # the group of the customers whose segment is missing
TOP_SHARE = 0.2
FEWEST = 5  # customers without whom there is no best fifth
MOST_DRAWN = 30  # rows of a chart, that of the other segments with them
COUNTED = ("customers", "customer_share")  # told of any group


@dataclass(frozen=True)
class Content:
    """Every number of a report.

    Attributes
    ----------
    customers : the collected columns, one row a customer, without any identity.
    segments : one row a segment, largest revenue first; indexed by the segment's key.
    totals : the same measures for all customers.
    previous, previous_totals : the same for the former period, or None.
    scores : for each of r_score, f_score and m_score, what each score means in days, orders and money.
    """

    by: str
    customers: pd.DataFrame
    segments: pd.DataFrame
    totals: Mapping[str, Any]
    previous: pd.DataFrame | None
    previous_totals: Mapping[str, Any] | None
    scores: Mapping[str, pd.DataFrame]
    rows_without_segment: int

    def has(self, *columns: str) -> bool:
        """Tell whether all these columns came with the customers."""
        return all(column in self.customers for column in columns)

    def withholds(self, n: float) -> bool:
        """Tell whether a group of so many customers is too small for its figures; none is where all segments are as small."""
        return bool(n < LEAST <= self.segments["customers"].max())

    @property
    def told(self) -> pd.Series:
        """Whether the amounts of each segment may be told."""
        largest_first = self.segments["customers"].sort_values(ascending=False, kind="stable")
        told = largest_first.astype(bool)
        told[:] = may_be_told(largest_first)
        return told.reindex(self.segments.index)

    @property
    def shown(self) -> pd.DataFrame:
        """The segments as they may be told: of some their size alone."""
        hidden = self.segments.columns.difference(COUNTED)
        return self.segments.assign(**{name: self.segments[name].where(self.told) for name in hidden})

    @property
    def drawn(self) -> pd.Series:
        """Whether charts show each segment by itself: those that are told and, of very many, the largest by revenue."""
        told = self.told
        return told if told.sum() <= MOST_DRAWN else told & (told.cumsum() < MOST_DRAWN)

    @property
    def charted(self) -> pd.DataFrame:
        """The customers as charts show them: segments that are not drawn by themselves stand together."""
        hidden = self.drawn.index[~self.drawn]
        if not len(hidden):
            return self.customers
        together = self.customers[self.by].fillna(UNNAMED).isin(hidden)
        return self.customers.assign(**{self.by: self.customers[self.by].mask(together, OTHERS)})

    @property
    def brings(self) -> bool:
        """Tell whether there is revenue to share out, among enough customers for shares to mean something."""
        return bool(self.totals["revenue"] > 0 and len(self.customers) >= FEWEST)

    @property
    def can_be_sorted(self) -> bool:
        """Tell whether segments can be compared: several of them, and revenue to compare them by."""
        return bool(self.totals["revenue"] > 0 and len(self.segments) > 1)

    @property
    def promises(self) -> bool:
        """Tell whether the models expect anything more of these customers."""
        return self.has("lifetime_value") and bool(self.totals["value"] >= 0.5)


def gather(customers: Any, *, by: str, previous: Any = None, values: Any = None) -> Content:
    """Collect the needed columns of one or two periods and compute the numbers of the report.

    `values` is the answer of `value_by_segment`: totals with intervals that were simulated jointly.
    """
    now = _collected(customers, by, name="customers")
    before = None if previous is None else _collected(previous, by, name="previous")
    group = _group(by)
    return Content(
        by=group,
        customers=now,
        segments=_with_bounds(_by_segment(now, group), values, by),
        totals={**_totals(now), **_bounds_of_all(values, by)},
        previous=None if before is None else _by_segment(before, group),
        previous_totals=None if before is None else _totals(before),
        scores=_score_meanings(now),
        rows_without_segment=int(now[group].isna().sum()),
    )


def _collected(table: Any, by: str, *, name: str) -> pd.DataFrame:
    frame = frames.read(table, name=name)
    found = frames.schema_of(frame)
    schema.check_columns(
        found,
        {**{column: schema.COLUMNS[column].kind for column in NEEDED}, by: "any"},
        optional=OPTIONAL,
        table=name,
    )
    frames.check_labels(frame, by, name=name)
    columns = [column for column in dict.fromkeys((by, *NEEDED, *OPTIONAL)) if column in found]
    data = sound(frames.collect(frame, columns), name=name)
    if not len(data):
        raise ColumnError(f"{name}: the table holds no rows, so there is nothing to tell")
    return _tidy(data, by)


def _tidy(data: pd.DataFrame, by: str) -> pd.DataFrame:
    """Give the segments as text, and the rows in an order that does not depend on the caller's."""
    data[_group(by)] = frames.label_texts(data[by])
    for column in data.columns.drop(_group(by)):
        if column not in _NOT_NUMBERS and _needs_reading(data[column].dtype):
            data[column] = _numbers(data[column])
    order = [column for column in _ORDER if column in data]
    return data.sort_values(order, kind="stable", ignore_index=True)


_NOT_NUMBERS = ("first_order", "last_order", "relation")
_ORDER = ("revenue", "days_since_last_order", "n_orders", "average_order_value", "p_alive", "lifetime_value")


def _group(by: str) -> str:
    """Name the column of groups; scores that serve as groups stay numbers beside it."""
    return f"{by} (group)" if by in {*NEEDED, *OPTIONAL} - {*_NOT_NUMBERS} else by


def _needs_reading(dtype: Any) -> bool:
    """Tell objects, and numbers with a missing value of their own (pd.NA), which no sentence can take."""
    import pandas as pd

    is_own = pd.api.types.is_numeric_dtype(dtype) and not isinstance(dtype, np.dtype)
    return bool(is_own or pd.api.types.is_object_dtype(dtype))


def _numbers(column: pd.Series) -> Any:
    import pandas as pd

    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _by_segment(data: pd.DataFrame, by: str) -> pd.DataFrame:
    """Measure each segment; the largest revenue comes first."""
    keyed = data.assign(**{by: data[by].fillna(UNNAMED)})
    table = profile_segments(keyed, by).rename(columns={by: "key", **_MEASURES}).set_index("key")
    table = table.join(_more(keyed, by))
    if not table["revenue"].sum() > 0:
        table["revenue_share"] = np.nan
    return table.sort_values(["revenue", "customers"], ascending=False, kind="stable")


_MEASURES = {
    "n_customers": "customers",
    "share_customers": "customer_share",
    "n_orders": "orders",
    "share_revenue": "revenue_share",
    "average_order_value": "average_order",
    "mean_revenue": "revenue_each",
    "median_days_since_last_order": "median_days",
    "median_n_orders": "median_orders",
    "lifetime_value": "value",
    "share_lifetime_value": "value_share",
    "mean_lifetime_value": "value_each",
}


def _more(data: pd.DataFrame, by: str) -> pd.DataFrame:
    """Measure what profiles leave out: buyers, repurchase and predictions."""
    flags = data.assign(buyers=data["n_orders"] > 0, again=data["n_orders"] > 1)
    table = flags.groupby(by)[["buyers", "again"]].sum()
    table["repeat_share"] = _ratio(table.pop("again"), table["buyers"])
    return table.assign(
        **{
            name: data.groupby(by)[column].agg(how)
            for name, (column, how) in _PREDICTED.items()
            if column in data
        }
    )


_PREDICTED = {
    "p_alive": ("p_alive", "mean"),
    "typical_value": ("lifetime_value", "median"),
    "typical_low": ("lifetime_value_low", "median"),
    "typical_high": ("lifetime_value_high", "median"),
}


def _with_bounds(segments: pd.DataFrame, values: Any, by: str) -> pd.DataFrame:
    """Put the simulated totals and their bounds in the place of plain sums."""
    if values is None:
        return segments
    bounds = _bounds(values, by).reindex(segments.index)
    if "n" in bounds:
        _refuse_others(bounds.pop("n"), segments["customers"])
    found = segments.assign(**bounds.to_dict("series"))
    if "value_share" in found:
        return found
    total = found["value"].sum()
    return found.assign(value_share=found["value"] / total if total > 0 else np.nan)


def _refuse_others(valued: pd.Series, told: pd.Series) -> None:
    """Refuse the totals of more customers than the table holds: they would be told of these."""
    more = valued[valued > told]
    if len(more):
        name = more.index[0]
        raise ColumnError(
            f"values: {name!r} counts {int(more.iloc[0]):,} customers, and the table {int(told[name]):,}; accepted: "
            "value_by_segment of the same customers"
        )


def _bounds(values: Any, by: str) -> pd.DataFrame:
    """Read the totals of `value_by_segment`, one row a segment and one called "total"."""
    frame = frames.read(values, name="values")
    columns = frame.collect_schema()
    names = {**_BOUNDS, **({"customers": "n"} if "customers" in columns else {})}
    schema.check_columns(columns, {by: "any", **dict.fromkeys(names, "number")}, table="values")
    table = frames.collect(frame, [by, *names])
    return table.assign(**{by: frames.label_texts(table[by])}).set_index(by).rename(columns=names)


_BOUNDS = {"lifetime_value": "value", "lifetime_value_low": "value_low", "lifetime_value_high": "value_high"}


def _bounds_of_all(values: Any, by: str) -> dict[str, float]:
    if values is None:
        return {}
    table = _bounds(values, by).drop(columns="n", errors="ignore")
    return (
        {str(name): float(value) for name, value in table.loc["total"].items()}
        if "total" in table.index
        else {}
    )


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    return above / below.where(below != 0)


def _totals(data: pd.DataFrame) -> dict[str, Any]:
    row = _by_segment(data.assign(_everyone="all"), "_everyone").iloc[0]
    return {
        **{str(name): value for name, value in row.items()},
        **_window(data),
        "top_share": _share_of_the_best(data["revenue"]),
    }


def _window(data: pd.DataFrame) -> dict[str, dt.date | None]:
    first, last = _day(data, "first_order", "min"), _day(data, "last_order", "max")
    gap = data["days_since_last_order"].min()
    as_of = None if last is None or gap != gap else last + dt.timedelta(days=int(gap))
    return {"first_day": first, "last_day": last, "as_of": as_of}


def _day(data: pd.DataFrame, column: str, which: str) -> dt.date | None:
    import pandas as pd

    if column not in data:
        return None
    day = getattr(pd.to_datetime(data[column]), which)()
    return None if pd.isna(day) else day.date()


def _share_of_the_best(revenue: pd.Series) -> float:
    """Share of the revenue that the best fifth of the customers brings."""
    amounts = np.sort(revenue.dropna().to_numpy(dtype=float))[::-1]
    total = amounts.sum()
    return (
        float(amounts[: round(TOP_SHARE * len(amounts))].sum() / total)
        if total > 0 and len(amounts) >= FEWEST
        else float("nan")
    )


def _score_meanings(data: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Say, for each score, which days, orders or money it stands for in these very data."""
    pairs = {"r_score": "days_since_last_order", "f_score": "n_orders", "m_score": "revenue"}
    ranges = {score: _ranges(data, score, column) for score, column in pairs.items() if score in data}
    return {score: table for score, table in ranges.items() if len(table)}


def _ranges(data: pd.DataFrame, score: str, column: str) -> pd.DataFrame:
    known = data[[score, column]].dropna()
    ranges = known.groupby(score)[column].agg(["min", "max", "size"])
    ranges.index = ranges.index.astype(int)
    return ranges.sort_index(ascending=False).rename(
        columns={"min": "low", "max": "high", "size": "customers"}
    )
