"""When the customers table was made: `as_of` found in its dates, and the unit of `T` checked against them."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames, schema
from segmentclient.customers import UNIT_DAYS, as_day
from segmentclient.errors import ColumnError, SegmentClientWarning, raise_all
from segmentclient.lifetime.horizons import days_a_unit

__all__ = ["read_as_of", "warn_of_another_unit"]

_LOOKED_AT = 50_000  # rows of an eager table, at equal steps
_LOOSE = 31.0  # days: recency and T may be floored to weeks or months
_EXACT = 1.0  # day: the days since the last order are floored to days, if at all
_WORDS = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}


def read_as_of(frame: frames.Frame, unit_days: float, as_of: Any) -> dt.date | None:
    """Find the last day the table has seen, or None without dates; a `ColumnError` where they contradict `T`."""
    given = None if as_of is None else as_day(as_of, "as_of")
    columns = {name for name, dtype in frame.collect_schema().items() if schema.kind_of(dtype) == "date"}
    if "first_order" not in columns:
        return given
    schema.check_columns(frame.collect_schema(), {}, optional=("days_since_last_order", "recency", "T"))
    facts = _facts(frame, unit_days, "last_order" in columns)
    if facts["rows"] in (None, 0):
        return given
    if not _within_calendar(facts["latest"]) or not _within_calendar(facts["earliest"]):
        raise ColumnError(
            "customers: the last day cannot be told, for 'days_since_last_order' or 'T' hold missing or impossible "
            "numbers; accepted: the columns as summarize_customers makes them"
        )
    slack = _EXACT if _has_silence(frame, "last_order" in columns) else _LOOSE
    raise_all(_problems(facts, unit_days, given, slack), table="customers")
    return given or dt.date.fromordinal(round(facts["latest"]))


def warn_of_another_unit(frame: frames.Frame, time_unit: str, model: str) -> None:
    """Warn where the dates of a table say that its `recency` counts in another unit than that of a model."""
    kinds = {name: schema.kind_of(dtype) for name, dtype in frame.collect_schema().items()}
    if (kinds.get("first_order"), kinds.get("last_order")) != ("date", "date"):
        return
    span = _spans(frame, days_a_unit(time_unit))
    if span and _contradicts(span, "recency") and (held := _unit_of(span, "recency", days_a_unit(time_unit))):
        warnings.warn(
            f"{model}(time_unit={time_unit!r}) is applied to a table whose recency and T count {_WORDS[held]}: the answer is "
            f"right only if the model was fitted on such a table (then say time_unit={held!r}); else summarize with "
            f"time_unit={time_unit!r}",
            SegmentClientWarning,
            stacklevel=4,
        )


def _spans(frame: frames.Frame, unit: float) -> Mapping[str, Any]:
    """What the dates and the `recency` of the same rows add up to, in days; nothing where no row has both."""
    first, last = _lazy_days("first_order"), _lazy_days("last_order")
    stated = nw.col("recency") * unit
    known = frame.filter(~nw.col("first_order").is_null() & ~nw.col("last_order").is_null())
    found = frames.one_row(
        known,
        recency_gap=(last - first - stated).abs().max(),
        recency_days=(last - first).sum(),
        recency_stated=stated.sum(),
    )
    return {} if found["recency_gap"] is None else found


def _facts(frame: frames.Frame, unit: float, has_last: bool) -> Mapping[str, Any]:
    """Gather, in one pass, the extremes of what dates and time columns say about each other, in days."""
    has_silence = _has_silence(frame, has_last)
    if isinstance(frame, nw.LazyFrame):
        first, last = _lazy_days("first_order"), _lazy_days("last_order")
        return _facts_lazy(frame, first, last, unit, has_last, has_silence)
    frame = frame[:: max(len(frame) // _LOOKED_AT, 1)]
    first = _eager_days(frame, "first_order")
    known = ~np.isnan(first)
    age = _eager_number(frame, "T") * unit
    end = (
        _eager_days(frame, "last_order") + _eager_number(frame, "days_since_last_order")
        if has_silence
        else first + age
    )
    known &= ~np.isnan(end)
    facts: dict[str, float] = {"rows": int(known.sum())}
    if facts["rows"]:
        facts |= _extremes(first[known], age[known], end[known])
        if has_last:
            span = _eager_days(frame, "last_order")[known] - first[known]
            facts |= _ratio(span, _eager_number(frame, "recency")[known] * unit, "recency")
    return facts


def _has_silence(frame: frames.Frame, has_last: bool) -> bool:
    """Tell whether the last day can be counted exactly: the last order and the days since then."""
    return has_last and "days_since_last_order" in frame.collect_schema()


def _extremes(first: Any, age: Any, end: Any) -> dict[str, float]:
    latest = float(end.max())
    return {"latest": latest, "earliest": float(end.min())} | _ratio(latest - first, age, "T")


def _ratio(days: Any, stated: Any, name: str) -> dict[str, float]:
    with np.errstate(over="ignore"):
        return {
            f"{name}_gap": float(np.abs(days - stated).max()),
            f"{name}_days": float(days.sum()),
            f"{name}_stated": float(stated.sum()),
        }


def _facts_lazy(
    frame: frames.Frame, first: nw.Expr, last: nw.Expr, unit: float, has_last: bool, has_silence: bool
) -> Mapping[str, Any]:
    age, known = nw.col("T") * unit, frame.filter(~nw.col("first_order").is_null())
    end = last + nw.col("days_since_last_order") if has_silence else first + age
    ends = frames.one_row(known, rows=nw.len(), latest=end.max(), earliest=end.min())
    if not ends["rows"]:
        return ends
    pairs = {"T": (ends["latest"] - first, age)}
    if has_last:
        pairs["recency"] = (last - first, nw.col("recency") * unit)
    sums: dict[str, nw.Expr] = {}
    for name, (days, stated) in pairs.items():
        sums |= {
            f"{name}_gap": (days - stated).abs().max(),
            f"{name}_days": days.sum(),
            f"{name}_stated": stated.sum(),
        }
    return {**ends, **frames.one_row(known, **sums)}


def _lazy_days(name: str) -> nw.Expr:
    return frames.days(nw.col(name))


def _eager_days(frame: frames.Frame, name: str) -> Any:
    """Days since the year 0 by the wall clock of a zone, NaN where missing."""
    column = frames.collect(frame, [name])[name]
    values = (column.dt.tz_localize(None) if getattr(column.dtype, "tz", None) else column).to_numpy()
    days = (values if values.dtype.kind == "M" else np.array(values, "datetime64[D]")).astype("datetime64[D]")
    numbers = days.view(np.int64) + float(dt.date(1970, 1, 1).toordinal())
    numbers[np.isnat(days)] = np.nan
    return numbers


def _eager_number(frame: frames.Frame, name: str) -> Any:
    with frames.said_by_engine("customers"):
        return frame[name].cast(nw.Float64).to_numpy()


def _problems(
    facts: Mapping[str, Any], unit_days: float, given: dt.date | None, slack: float
) -> Iterator[str]:
    unit = f"{unit_days:g} day{'s' if unit_days != 1 else ''}"
    if facts["latest"] - facts["earliest"] > slack:
        yield (
            f"the customers do not end on one day: from {_day(facts['earliest'])} to {_day(facts['latest'])} with a "
            f"unit of {unit}; all customers must be summarized up to one day (summarize_customers does)"
        )
    elif given and abs(given.toordinal() - facts["latest"]) > slack:
        yield f"as_of={given} was given, but the dates of the table end on {_day(facts['latest'])}"
    for name in ("T", "recency"):
        if f"{name}_gap" in facts and _contradicts(facts, name):
            yield (
                f"column {name!r} does not fit the order dates when its unit is {unit}"
                f"{_guess(facts, name, unit_days)}"
            )


def _contradicts(facts: Mapping[str, Any], name: str) -> bool:
    gap, days, stated = (facts[f"{name}_{what}"] for what in ("gap", "days", "stated"))
    if None in (gap, days, stated):  # cells that are no numbers, which are refused elsewhere
        return False
    return gap > _LOOSE or (days > 60 and not days / 3 < stated < days * 3)


def _guess(facts: Mapping[str, Any], name: str, unit_days: float) -> str:
    """Name the unit that would fit, if one does."""
    if unit := _unit_of(facts, name, unit_days):
        return f"; it holds {_WORDS[unit]}: give time_unit={unit!r}"
    return "; accepted: the columns as summarize_customers makes them, with the same time_unit"


def _unit_of(facts: Mapping[str, Any], name: str, unit_days: float) -> str | None:
    stated = max(facts[f"{name}_stated"], 1e-300) / unit_days
    for unit, days in UNIT_DAYS.items():
        if days != unit_days and abs(facts[f"{name}_days"] / stated / days - 1) < 0.1:
            return unit
    return None


def _within_calendar(ordinal: float | None) -> bool:
    return ordinal is not None and 1 <= ordinal <= dt.date.max.toordinal()


def _day(ordinal: float) -> dt.date:
    return dt.date.fromordinal(round(ordinal))
