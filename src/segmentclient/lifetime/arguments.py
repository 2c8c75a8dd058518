"""What the methods of a model are given besides a table: checked once, and turned into numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.customers import as_day
from segmentclient.errors import ColumnError, ModelError
from segmentclient.lifetime.horizons import LONGEST, days_a_unit
from segmentclient.lifetime.soundness import Array
from segmentclient.options import shown

__all__ = [
    "LEVEL",
    "at_least_one",
    "counts_of",
    "dates_after",
    "draws_of",
    "generator_of",
    "level_of",
    "one_count",
    "one_span",
    "refuse_overwriting",
    "shaped",
    "spans_of",
    "within_reach",
]

LEVEL = 0.9  # probability of an interval that no argument sets


def refuse_overwriting(frame: frames.Frame, columns: Sequence[str]) -> None:
    """A column that another step made is never overwritten silently."""
    there = frames.taken(frame, columns)
    if there:
        raise ColumnError(
            f"customers: the table already has {', '.join(there)}; drop {'it' if len(there) == 1 else 'them'} first"
        )


def generator_of(random_state: Any) -> np.random.Generator:
    """Take a seed, None for another stream at each call, or a generator of NumPy's."""
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError):
        raise ModelError(
            f"random_state={shown(random_state)}: expected a whole number ≥ 0, a numpy.random.Generator, or None"
        ) from None


def level_of(interval: float | None, draws: Any) -> float | None:
    """Give the probability of the intervals: what is asked, else `LEVEL` where there are draws, else none."""
    return LEVEL if interval is None and draws is not None else interval


def spans_of(t: Any) -> Array:
    """Take lengths of time: finite, not negative, in the unit of T."""
    span = _numbers(t)
    if not np.isfinite(span).all() or (span < 0).any():
        raise ModelError(f"t={t!r}: a length of time is a finite number ≥ 0, in the unit of T")
    return span


def one_span(t: Any) -> float:
    """Take one length of time."""
    if np.ndim(t):
        raise ModelError(f"t={t!r}: one length of time for all customers is expected")
    return float(spans_of(t))


def counts_of(n: Any) -> Array:
    """Take numbers of purchases: whole, not negative."""
    count = _numbers(n)
    if not np.isfinite(count).all() or (count < 0).any() or (count != np.floor(count)).any():
        raise ModelError(f"n={n!r}: a number of purchases is a whole number ≥ 0")
    return count


def one_count(n: Any) -> float:
    """Take one number of purchases."""
    if np.ndim(n):
        raise ModelError(f"n={n!r}: one number of purchases for all customers is expected")
    return float(counts_of(n))


def _numbers(value: Any) -> Array:
    """Read numbers; what is none counts as not finite."""
    try:
        return np.asarray(value, float)
    except (TypeError, ValueError):
        return np.array(np.nan)


def draws_of(draws: Any, names: Sequence[str], *, positive: int) -> Array:
    """Take draws of parameters, one a row: the first columns above 0 (the coefficients that follow need not be)."""
    missing = [name for name in names if name not in getattr(draws, "columns", ())]
    if missing:
        raise ModelError(f"draws has no column {', '.join(missing)}: make it with model.sample_posterior()")
    try:
        values = np.asarray(draws[list(names)], float)
    except (TypeError, ValueError):
        values = np.full((1, 1), np.nan)
    if not len(values) or not np.isfinite(values).all() or (values[:, :positive] <= 0).any():
        raise ModelError(
            f"draws: {len(values)} rows with finite numbers are expected, and parameters above 0; "
            "make them with model.sample_posterior()"
        )
    return values


def within_reach(moves: Array) -> Array:
    """Refuse covariates so far from those of the fit that a parameter would leave what numbers can hold."""
    far = np.abs(moves) > _FARTHEST
    if far.any() or np.isnan(moves).any():
        raise ModelError(
            f"covariates: {int(far.sum())} histories would multiply a parameter by more than 1e100; accepted: the "
            "covariates in the units that the fit had"
        )
    return moves


_FARTHEST = 230.0  # exp(230) = 1e100


def at_least_one(value: int, name: str) -> None:
    """Refuse a number of things below 1."""
    if value < 1:
        raise ModelError(f"{name}={value!r}: expected a whole number of at least 1")


def shaped(found: Mapping[str, Array], shape: tuple[int, ...]) -> Any:
    """Give one number, an array, or the columns of a DataFrame."""
    if len(found) > 1:
        import pandas as pd

        return pd.DataFrame(dict(found))
    values = next(iter(found.values())).reshape(shape)
    return float(values) if shape == () else values


def dates_after(waits: Array, as_of: Any, time_unit: str) -> Array:
    """Give the day that lies so far after `as_of`; a wait of more than a thousand years has none."""
    days = np.ceil(waits * days_a_unit(time_unit))
    near = days <= LONGEST
    start = np.datetime64(as_day(as_of, "as_of"), "D")
    dates = start + np.where(near, days, 0.0).astype("timedelta64[D]")
    return np.where(near, dates, np.datetime64("NaT", "D")).astype("datetime64[ms]")
