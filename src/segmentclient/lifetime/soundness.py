"""What no purchase history can be: every model asks this room before it learns or predicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import raise_all

__all__ = [
    "COLUMNS",
    "PLAUSIBLE",
    "Array",
    "bad_values",
    "check_histories",
    "has_history",
    "hole_problems",
    "holes",
    "numbers",
    "plausible",
    "without_history",
]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

COLUMNS = ("frequency", "recency", "T")


def check_histories(table: Mapping[str, Array], *, counts: Array | None = None) -> None:
    """Raise one `ColumnError` that lists what no purchase history can be, with counts and first values."""
    n = np.ones(len(next(iter(table.values())))) if counts is None else counts
    raise_all(_problems(table, n), table="customers")


def _problems(table: Mapping[str, Array], counts: Array) -> Iterator[str]:
    if not len(counts):
        yield "the table has no rows with a purchase history; a model needs at least one customer"
        return
    missing = {name: ~plausible(values) for name, values in table.items()}
    for name, bad in missing.items():
        yield from bad_values(name, table[name], bad, PLAUSIBLE, counts)
    x, t_x, T = (np.where(missing[name], 0.0, table[name]) for name in COLUMNS)
    whole = ~missing["frequency"] & ((x < 0) | (x != np.floor(x)))
    yield from bad_values("frequency", x, whole, "whole numbers ≥ 0 (repeat purchase periods)", counts)
    ok = ~(missing["recency"] | missing["T"])
    yield from bad_values("recency", t_x, ok & (t_x < 0), "numbers ≥ 0", counts)
    yield from bad_values("T", T, ok & (T < 0), "numbers ≥ 0", counts)
    above = ok & (t_x > T) & (T >= 0)
    yield from bad_values("recency", t_x, above, f"recency ≤ T{_rounding(t_x[above] - T[above])}", counts)
    both = ~(missing["frequency"] | missing["recency"]) & ~whole & (t_x >= 0)
    yield from bad_values("recency", t_x, both & (x == 0) & (t_x > 0), "0 where frequency is 0", counts)
    yield from bad_values(
        "recency", t_x, both & (x > 0) & (t_x == 0), "more than 0 where frequency is above 0", counts
    )


def _rounding(excess: Array) -> str:
    """Say that a column is above another by so little that it reads the same."""
    most = float(excess.max(initial=0.0))
    return f", which they exceed by {most:.1g} at most: round both columns alike" if 0 < most < 1e-4 else ""


def without_history(table: Mapping[str, Array]) -> Array:
    """Tell prospects: people of whom `frequency`, `recency` and `T` are all missing."""
    found: Array = np.logical_and.reduce([np.isnan(table[name]) for name in COLUMNS])
    return found


def has_history(frame: frames.Frame, names: Sequence[str] = COLUMNS) -> nw.Expr:
    """Tell all others, on any engine; of models of spend, by the columns that these read."""
    schema = frame.collect_schema()
    return frames.any_true(frames.is_present(name, schema[name]) for name in names)


def holes(frame: frames.Frame, names: Sequence[str]) -> dict[str, nw.Expr]:
    """Count the missing cells of those who have a history, to which a plan would answer nothing without a word."""
    schema, there = frame.collect_schema(), has_history(frame)
    return {
        f"holes of {name}": frames.count_of(there & ~frames.is_present(name, schema[name])) for name in names
    }


def hole_problems(facts: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Say what `holes` counted, as `check_histories` does."""
    for name in names:
        if number := facts[f"holes of {name}"]:
            yield f"column {name!r}: {number:g} rows with nan; expected {PLAUSIBLE}"


def plausible(values: Array) -> Array:
    """Tell which values are finite and of a size with which the likelihoods can be computed."""
    size = np.abs(values)
    return (size == 0) | ((size >= 1e-15) & (size <= 1e15))


PLAUSIBLE = "finite numbers, none missing (0, or of a size between 1e-15 and 1e15)"


def bad_values(
    name: str, values: Array, bad: Array, expected: str, counts: Array | None = None
) -> Iterator[str]:
    """Say how many values of a column are bad, which are the first (each once), and what is expected."""
    if bad.any():
        number = bad.sum() if counts is None else counts[bad].sum()
        found = values[bad]
        different = found[np.sort(np.unique(found, return_index=True)[1])]
        first = ", ".join(f"{value:g}" for value in different[:3])
        yield f"column {name!r}: {number:g} rows with {first}{' …' if different.size > 3 else ''}; expected {expected}"


def numbers(values: Any) -> Array:
    """Give floats; missing of any flavour becomes NaN."""
    if isinstance(values, nw.Series):
        with frames.said_by_engine("customers"):
            values = values.cast(nw.Float64).to_numpy()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy(dtype=float, na_value=np.nan)
    return (
        np.array([np.nan if value is None or value != value else value for value in values], float)
        if (values.dtype == object)
        else np.asarray(values, float)
    )
