"""Purchase histories: the checked, grouped table that every model of this room is fitted on and predicts from.

The models see a customer only through (`frequency`, `recency`, `T`). Equal customers are one row with a count, so
a million customers cost what their distinct histories cost. On eager frames numpy groups; on lazy ones the
caller's engine does, and only the distinct rows reach the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from scipy import special

from segmentclient import frames, schema
from segmentclient.errors import ModelError, raise_all
from segmentclient.lifetime.grouping import distinct, levels
from segmentclient.lifetime.shared_silence import SharedSilence

__all__ = [
    "COLUMNS",
    "PLAUSIBLE",
    "Array",
    "Histories",
    "bad_values",
    "check_histories",
    "distinct",
    "has_history",
    "history",
    "hole_problems",
    "holes",
    "numbers",
    "plausible",
    "psi_rise",
    "read_columns",
    "read_histories",
    "refuse_lazy",
    "without_history",
]

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

Column: TypeAlias = 'Literal["frequency", "recency", "T"]'

COLUMNS = ("frequency", "recency", "T")
_WORTH_LEVELS = 100  # rows
_COUNT = "_segmentclient_count"


@dataclass(frozen=True)
class Histories:
    """Distinct histories, sorted, each with the number (or weight) of customers who share it."""

    frequency: Array
    recency: Array
    T: Array
    counts: Array
    covariates: Array

    @property
    def n_customers(self) -> float:
        """Number of customers, or the sum of their weights."""
        return float(self.counts.sum())

    def every(self, most: int) -> Histories:
        """Take `most` customers at equal steps through the sorted table: a small, stratified sample."""
        if len(self.counts) <= most:
            return self
        steps = (np.arange(most) + 0.5) / most * self.n_customers
        rows, counts = np.unique(np.searchsorted(np.cumsum(self.counts), steps), return_counts=True)
        return replace(self.take(rows), counts=counts.astype(float))

    def samples(self) -> list[Histories]:
        """Give growing samples, and everybody last: where a search may begin cheaply."""
        sizes = [2000, int(self.n_customers / 12)] if self.n_customers > 48_000 else [2000]
        return [*(self.every(most) for most in sizes if len(self.counts) > most), self]

    def take(self, rows: Array) -> Histories:
        """Take some rows."""
        return Histories(
            self.frequency[rows], self.recency[rows], self.T[rows], self.counts[rows], self.covariates[rows]
        )

    def by(self, column: Column, function: Callable[[Array], Array], *parameters: Any) -> Array:
        """Evaluate a function of one column on its distinct values, where these are few and the parameters shared."""
        if not self.repeats(column, *parameters):
            return function(getattr(self, column))
        values, places = self._levels(column)
        return function(values)[..., places]

    def repeats(self, column: Column, *parameters: Any) -> bool:
        """Tell whether looking up the distinct values of a column gains anything, and no parameter differs by row."""
        shared = all(np.shape(parameter)[-1:] in {(), (1,)} for parameter in parameters)
        return shared and self.T.size >= _WORTH_LEVELS and 2 * len(self._levels(column)[0]) <= self.T.size

    @cached_property
    def shared_silence(self) -> SharedSilence | None:
        """What these customers' silences have in common, where that is enough to save work."""
        return SharedSilence.of(self.frequency, self.recency, self.T)

    def _levels(self, column: Column) -> tuple[Array, Array]:
        if column not in self._known_levels:
            self._known_levels[column] = levels(getattr(self, column))
        return self._known_levels[column]

    @cached_property
    def _known_levels(self) -> dict[str, tuple[Array, Array]]:
        return {}


def psi_rise(start: Any, h: Histories, more: float = 0.0, *, order: int = 0) -> Array:
    """Give ψ(start + x + more) − ψ(start), or the same of its derivative (`order=1`)."""
    psi = special.psi if order == 0 else _trigamma
    return h.by("frequency", lambda x: psi(start + x + more) - psi(start), start)


def log_silence(rate: Any, h: Histories) -> Array:
    """Give ln((rate + T) / (rate + t_x)), never negative."""
    if h.repeats("T", rate) and h.repeats("recency", rate):
        now, last = (h.by(name, lambda time: np.log(rate + time), rate) for name in ("T", "recency"))
        return np.maximum(now - last, 0.0)
    return np.log1p((h.T - h.recency) / (rate + h.recency))


def _trigamma(value: Any) -> Any:
    return special.zeta(2.0, value)


def history(frequency: Any, recency: Any, T: Any, counts: Any = 1.0, covariates: Any = None) -> Histories:
    """Build histories from arrays or numbers, one row each, unchecked."""
    x, t_x, span, n = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, float)) for v in (frequency, recency, T, counts))
    )
    return Histories(x, t_x, span, n, np.empty((x.size, 0)) if covariates is None else covariates)


def read_columns(customers: Any, names: Sequence[str], weights: Any = None) -> tuple[dict[str, Any], Array]:
    """Fetch columns and the weight of each row; on a lazy table its engine groups equal rows first.

    Prospects, who have nothing of what a fit reads, teach nothing and are left out with their weights.

    Parameters
    ----------
    customers : any table.
    names : columns to fetch; those of the histories and `weights` must be numbers.
    weights : None, the name of a column, or an array in the order of the rows (eager tables).
    """
    frame = frames.read(customers)
    numeric = [name for name in (*COLUMNS, "monetary_value", weights) if isinstance(name, str)]
    needed = [*names, weights] if isinstance(weights, str) else names
    kinds: dict[str, Any] = {name: "number" if name in numeric else "any" for name in needed}
    schema.check_columns(frames.schema_of(frame), kinds)
    known = has_history(frame, COLUMNS if set(COLUMNS) <= set(names) else names)
    if isinstance(frame, nw.LazyFrame):
        return _grouped_by_engine(frame.filter(known), names, weights)
    bought, size = frame.filter(known), len(frame)
    table = {name: bought[name] for name in names}
    if weights is None:
        return table, np.ones(len(bought))
    weight = numbers(frame[weights] if isinstance(weights, str) else np.asarray(weights))
    if weight.shape != (size,):
        raise ModelError(f"weights has {weight.size} values for {size} customers")
    weight = weight[frame.select(_known=known)["_known"].to_numpy()]
    bad = ~(np.isfinite(weight) & (weight > 0))
    name = weights if isinstance(weights, str) else "weights"
    raise_all(bad_values(name, weight, bad, "numbers above 0"), table="customers")
    return table, weight


def _grouped_by_engine(
    frame: nw.LazyFrame[Any], names: Sequence[str], weights: Any
) -> tuple[dict[str, Any], Array]:
    if weights is not None and not isinstance(weights, str):
        raise ModelError("weights must be the name of a column when customers is a lazy table")
    if weights is not None:
        _check_weights(frame, weights)
    count = nw.len() if weights is None else nw.col(weights).sum()
    grouped = frames.collect(frame.group_by(*names).agg(count.alias(_COUNT)))
    return {name: grouped[name] for name in names}, numbers(grouped[_COUNT])


def _check_weights(frame: nw.LazyFrame[Any], weights: str) -> None:
    """Refuse weights that a sum would hide: missing, endless, or not above 0."""
    weight = nw.col(weights).cast(nw.Float64)
    bad = frames.count_of(weight.is_null() | ~weight.is_finite() | (weight <= 0))
    found = frames.one_row(frame, bad=bad)["bad"]
    raise_all(
        [f"column {weights!r}: {found:g} rows are no weights; expected numbers above 0"] if found else [],
        table="customers",
    )


def read_histories(table: Mapping[str, Any], weight: Array, design: Array | None = None) -> Histories:
    """Check fetched columns and group them to distinct histories; a `ColumnError` lists every problem."""
    columns = [numbers(table[name]) for name in COLUMNS]
    rows, kind = distinct([*columns, *(() if design is None else design.T)])
    counts = np.bincount(kind, weight, minlength=len(rows))
    x, t_x, T = (column[rows] for column in columns)
    check_histories({"frequency": x, "recency": t_x, "T": T}, counts=counts)
    return Histories(x, t_x, T, counts, np.empty((len(rows), 0)) if design is None else design[rows])


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


def refuse_lazy(frame: frames.Frame, method: str) -> nw.DataFrame[Any]:
    """Methods that return one value a row need the rows: on a lazy table name the method that does not."""
    if isinstance(frame, nw.LazyFrame):
        raise ModelError(
            f"{method} returns one value a row and cannot on a lazy table: model.predict(customers, ...) adds "
            "the columns and stays lazy"
        )
    return frame
