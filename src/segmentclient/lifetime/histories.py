"""Purchase histories: the checked, grouped table that every model of this room is fitted on and predicts from.

The models see a customer only through (`frequency`, `recency`, `T`). Equal customers are one row with a count, so
a million customers cost what their distinct histories cost. On eager frames numpy groups; on lazy ones the
caller's engine does, and only the distinct rows reach the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from segmentclient.lifetime.soundness import COLUMNS, Array, bad_values, check_histories, has_history, numbers

__all__ = [
    "Histories",
    "history",
    "psi_rise",
    "read_columns",
    "read_histories",
    "refuse_lazy",
]

Column: TypeAlias = 'Literal["frequency", "recency", "T"]'

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


def refuse_lazy(frame: frames.Frame, method: str) -> nw.DataFrame[Any]:
    """Methods that return one value a row need the rows: on a lazy table name the method that does not."""
    if isinstance(frame, nw.LazyFrame):
        raise ModelError(
            f"{method} returns one value a row and cannot on a lazy table: model.predict(customers, ...) adds "
            "the columns and stays lazy"
        )
    return frame
