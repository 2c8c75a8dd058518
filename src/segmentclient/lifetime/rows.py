"""Everything a prediction needs from a history alone: columns of (frequency, recency, T), as arrays.

The spend of a customer enters later, by plain arithmetic, so that lazy engines need only the distinct histories.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from segmentclient.errors import ModelError
from segmentclient.lifetime.choice import LifetimeModels, log_normal_draws, process_of
from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.histories import history
from segmentclient.lifetime.horizons import DAYS_A_YEAR
from segmentclient.lifetime.intervals import counts_around, quantiles_ahead
from segmentclient.lifetime.outlook import Ahead, Process, ahead
from segmentclient.lifetime.patterns import covariate_names, plain_models
from segmentclient.lifetime.soundness import Array, check_histories, numbers, without_history

__all__ = [
    "Span",
    "history_columns",
    "kinds_of",
    "laws_of_rows",
    "p_alive_of",
    "spend_table",
    "spend_tables_drawn",
]

_ALWAYS = ("p_alive", "expected_purchases", "_discounted", "_years", "_v", "_mean", "_per")
_WITH_INTERVAL = (
    "_years_alive",
    "_fade",
    "_typical",
    *(f"{name}_{side}" for side in ("low", "high") for name in ("expected_purchases", "_late", "_early")),
)
_DRAWS = 24  # parameter draws behind an interval on a row


@dataclass(frozen=True)
class Span:
    """How far ahead, in the unit of `T`: its length, δ a unit, and the days of a unit."""

    length: float
    rate: float
    unit_days: float

    @property
    def typical(self) -> float:
        """The length itself; for an endless one 1 / δ, over which as much is bought undiscounted."""
        return 1.0 / self.rate if math.isinf(self.length) else self.length

    @property
    def years(self) -> float:
        """Discounted years from end to end."""
        length = self.length if self.rate == 0 else -math.expm1(-self.rate * self.length) / self.rate
        return length * self.unit_days / DAYS_A_YEAR


def history_columns(
    models: LifetimeModels, keys: Mapping[str, Any], span: Span, interval: float | None, *, with_time: bool
) -> dict[str, Array]:
    """Compute the prediction columns of histories; rows without any of the three (prospects) get NaN.

    `keys` holds frequency, recency, T and the covariates of the model of purchases.

    Returns
    -------
    p_alive, expected_purchases, and for the money to come: `_discounted` (purchases), `_years` (expected, alive), `_mean`,
    `_per`, `_v` (spend of the average customer; mean a unit of scale; scale without history). With an interval
    also `expected_purchases_low`, `_high`, `_fade` (mean discount), `_typical` (scale of the average customer),
    `_years_alive` (given alive) and, for each bound, the relative spends `_late_low`, `_late_high`, `_early_low`, `_early_high`.
    """
    x, recency, T = (numbers(keys[name]) for name in ("frequency", "recency", "T"))
    known = ~without_history({"frequency": x, "recency": recency, "T": T})
    names = covariate_names(models)
    if known.all() and not names and x.size:
        return _columns(models, (x, recency, T), span, interval, with_time)
    columns = {name: np.full(x.size, np.nan) for name in _column_names(interval)}
    for rows, plain in _parts(models, {name: keys[name][known] for name in names}, np.flatnonzero(known)):
        part = _columns(plain, (x[rows], recency[rows], T[rows]), span, interval, with_time)
        for name, values in part.items():
            columns[name][rows] = values
    return columns


def _parts(
    models: LifetimeModels, covariates: Mapping[str, Any], rows: Array
) -> Iterator[tuple[Array, LifetimeModels]]:
    """Split the rows of buyers by covariates; there is one part where the model has none."""
    if not rows.size:
        return
    if covariates:
        yield from ((rows[some], plain) for some, plain in plain_models(models, covariates))
    else:
        yield rows, models


def _column_names(interval: float | None) -> tuple[str, ...]:
    return _ALWAYS if interval is None else (*_ALWAYS, *_WITH_INTERVAL)


def _columns(
    models: LifetimeModels,
    rows: tuple[Array, Array, Array],
    span: Span,
    interval: float | None,
    with_time: bool,
) -> dict[str, Array]:
    x, recency, T = rows
    if not _possible(x, recency, T):
        check_histories({"frequency": x, "recency": recency, "T": T})
    process = process_of(models.purchase)
    alive = p_alive_of(models.purchase, rows, process)
    first, kind = kinds_of(process, rows)
    seen = x[first], T[first], (T - recency)[first]
    future = ahead(process, *seen, span.length, span.rate, with_time=with_time)
    columns = {
        "p_alive": alive,
        "expected_purchases": alive * future.purchases[kind],
        "_discounted": alive * future.discounted[kind],
        "_years": alive * (future.time_alive * span.unit_days / DAYS_A_YEAR)[kind],
    }
    p, q, columns["_v"], columns["_mean"] = laws_of_rows(models.spend, spend_table(models.spend), x)
    weight = p * x + q - 1.0
    columns["_per"] = np.where(weight > 0, p / np.where(weight > 0, weight, 1.0), 0.0)
    if interval is None:
        return columns
    columns["_years_alive"] = (future.time_alive * span.unit_days / DAYS_A_YEAR)[kind]
    columns["_fade"] = _fade(process, seen, span, future)[kind]
    per = columns["_per"]
    columns["_typical"] = np.where(per > 0, columns["_mean"] / np.where(per > 0, per, 1.0), columns["_v"])
    bounds = _bounds(models, rows, span, interval, (p, p * x + q), with_time)
    return columns | bounds | _counts(columns, bounds, discounted=math.isinf(span.length))


def _possible(x: Array, recency: Array, T: Array) -> bool:
    """Tell in a few passes that all is well; `check_histories` then need not say what is wrong."""
    fine = (recency >= 0) & (recency <= T) & (T <= 1e15) & (x <= 1e15) & (x >= 0) & (x == np.floor(x))
    return bool(x.size and (fine & ((x == 0) == (recency == 0))).all())


def kinds_of(process: Process, rows: tuple[Array, Array, Array]) -> tuple[Array, Array]:
    """Find the distinct (frequency, T) pairs; where gaps are regular, the silence counts too."""
    x, recency, T = rows
    if process.k > 1:
        return distinct([x, T, T - recency])
    width, codes = T.max(initial=0.0) + 1.0, x.max(initial=0.0) + 1.0
    if width * codes > 5e6 or not (np.floor(T) == T).all():
        return distinct([x, T])
    code = (x * width + T).astype(np.int64)
    first = np.full(int(width * codes), -1)
    first[code] = np.arange(x.size)
    used = np.flatnonzero(first >= 0)
    place = np.empty(first.size, np.int64)
    place[used] = np.arange(used.size)
    return first[used], place[code]


def p_alive_of(model: Any, rows: tuple[Array, Array, Array], process: Process, theta: Any = None) -> Array:
    """Give P(alive at T) of each customer, under the model's parameters or others."""
    theta = tuple(model.params_.to_numpy()) if theta is None else tuple(theta)
    if process.drop in {"coin", "never"} and process.k == 1:
        return special.expit(-model.law.log_odds_left(theta, history(*rows)))
    first, kind = distinct(list(rows))
    return special.expit(-model.law.log_odds_left(theta, history(*(values[first] for values in rows))))[kind]


def _fade(process: Process, seen: tuple[Array, Array, Array], span: Span, future: Ahead) -> Array:
    """Mean discount factor of the purchases within the typical span."""
    plain = future.purchases
    if math.isinf(span.length):
        plain = ahead(process, *seen, span.typical, 0.0, with_time=False).purchases
    return np.where(plain > 0, future.discounted / np.where(plain > 0, plain, 1.0), 1.0)


def _bounds(
    models: LifetimeModels,
    rows: tuple[Array, Array, Array],
    span: Span,
    interval: float,
    spend: tuple[Array, Array],
    with_time: bool,
) -> dict[str, Array]:
    first, kind = (slice(None), slice(None)) if models.is_certain else distinct([*rows, *spend])
    some = rows[0][first], rows[1][first], rows[2][first]
    thetas = models.parameter_draws(1 if models.is_certain else _DRAWS)
    processes = [process_of(models.purchase, theta) for theta in thetas]
    alive = np.mean(
        [p_alive_of(models.purchase, some, p, t) for p, t in zip(processes, thetas, strict=True)], axis=0
    )
    levels = (1.0 - interval) / 2.0, (1.0 + interval) / 2.0
    given = spend[0][first], spend[1][first]
    found = quantiles_ahead(processes, some, alive, given, span.typical, levels, early=with_time)
    columns = {}
    for name, quantiles in zip(("low", "high"), found, strict=True):
        columns[f"expected_purchases_{name}"] = quantiles.count[kind]
        columns[f"_late_{name}"], columns[f"_early_{name}"] = (
            quantiles.spend_late[kind],
            quantiles.spend_early[kind],
        )
    return columns


def _counts(
    columns: Mapping[str, Array], bounds: Mapping[str, Array], *, discounted: bool
) -> dict[str, Array]:
    """Bounds of the purchases, around their mean; discounted ones are no whole numbers."""
    names = "expected_purchases_low", "expected_purchases_high"
    mean, (low, high) = columns["expected_purchases"], (bounds[name] for name in names)
    if discounted:
        fade = columns["_fade"]
        around = np.minimum(low * fade, mean), np.maximum(high * fade, mean)
    else:
        around = counts_around(mean, low, high)
    return dict(zip(names, around, strict=True))


def spend_table(spend: Any) -> Array:
    """Give p, q, v and the mean purchase of its average customer, a row a band of frequencies (Gamma-Gamma: one)."""
    return np.array([_law_row(law, law.params_.to_numpy()) for law in _laws(spend)])


def spend_tables_drawn(spend: Any, n: int) -> list[Array]:
    """Give `n` such tables, with parameters equally likely given the data (or one, where there are no errors)."""
    drawn = [log_normal_draws(law, n) for law in _laws(spend)]
    n = min(len(rows) for rows in drawn)
    laws = _laws(spend)
    return [
        np.array([_law_row(law, rows[draw]) for law, rows in zip(laws, drawn, strict=True)])
        for draw in range(n)
    ]


def laws_of_rows(spend: Any, table: Array, x: Array) -> tuple[Array, Array, Array, Array]:
    """Give p, q, v and the mean purchase behind each frequency."""
    if len(table) == 1:
        p, q, v, mean = (np.broadcast_to(value, x.shape) for value in table[0])
    else:
        p, q, v, mean = table[spend.band_of(x)].T
    return p, q, v, mean


def _laws(spend: Any) -> tuple[Any, ...]:
    return getattr(spend, "models_", None) or (spend,)


def _law_row(law: Any, params: Array) -> list[float]:
    p, q, v = params
    if q > 1.0:
        return [p, q, v, p * v / (q - 1.0)]
    observed = getattr(law, "mean_purchase_value_", None)
    if observed is None:
        raise ModelError(
            f"q = {q:.3g} ≤ 1: the mean purchase does not exist under these parameters; fit the model of spend on "
            "customers (the observed mean then stands in), or give q > 1"
        )
    return [p, q, v, observed]
