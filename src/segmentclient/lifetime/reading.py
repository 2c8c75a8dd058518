"""How a model reads customers: from any table, each distinct history once, with covariates and draws of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from segmentclient import frames, schema
from segmentclient.lifetime.arguments import draws_of, within_reach
from segmentclient.lifetime.clock import warn_of_another_unit
from segmentclient.lifetime.covariates import Covariates
from segmentclient.lifetime.estimator import Estimator
from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.histories import Histories, history, refuse_lazy
from segmentclient.lifetime.laws import Law, Theta
from segmentclient.lifetime.soundness import COLUMNS, Array, check_histories, numbers, without_history

__all__ = ["Reader"]


class Reader(Estimator):
    """A model whose `law` is evaluated on the histories of a table, and dealt out to its rows."""

    law: Law

    def _theta(self, h: Histories, row: Array | None = None) -> Theta:
        values = self._params().to_numpy() if row is None else row
        return self._moved_within_reach(values, h.covariates)

    def _moved_within_reach(self, values: Array, design: Array) -> Theta:
        """Move the parameters of a fit, or refuse covariates that would move them beyond what numbers can hold."""
        parameters, coefficients = np.split(values, [len(self.names)])
        if coefficients.size:
            within_reach(design @ coefficients.reshape(len(self.law.movable), -1).T)
        return self._moved(parameters, coefficients, design)

    def _draws(self, draws: Any) -> Array:
        return draws_of(draws, list(self._params().index), positive=len(self.names))

    def _known_covariates(self) -> Covariates:
        self._params()
        return getattr(self, "_covariates", Covariates({}))

    def _read(self, customers: Any) -> frames.Frame:
        frame = frames.read(customers)
        kinds: dict[str, Any] = {
            **dict.fromkeys(COLUMNS, "number"),
            **dict.fromkeys(self._known_covariates().names, "any"),
        }
        schema.check_columns(frames.schema_of(frame), kinds)
        if self.law.rates:  # opportunities, which have no rate, are no unit of time
            warn_of_another_unit(frame, self.get_params()["time_unit"], type(self).__name__)
        return frame

    def _row_values(
        self, customers: Any, method: str, answer: Callable[[Histories], dict[str, Array]]
    ) -> Any:
        frame = refuse_lazy(self._read(customers), f"{type(self).__name__}.{method}")
        found = self._on_distinct(
            {key: frame[key] for key in (*COLUMNS, *self._known_covariates().names)}, answer
        )
        if len(found) == 1:
            return frames.series_like(frame, *next(iter(found.items())))
        return frames.give_back(frames.add_columns(frame, found).select(*found))

    def _on_distinct(
        self, rows: Mapping[str, Any], answer: Callable[[Histories], dict[str, Array]]
    ) -> dict[str, Array]:
        """Evaluate on the distinct histories and deal the answers out to the rows; prospects get none."""
        table = {name: numbers(rows[name]) for name in COLUMNS}
        nobody = without_history(table)
        if not nobody.any():
            return self._on_buyers(table, rows, answer)
        known = {name: np.asarray(rows[name])[~nobody] for name in self._known_covariates().names}
        found = self._on_buyers({name: values[~nobody] for name, values in table.items()}, known, answer)
        return {name: _spread(values, ~nobody) for name, values in found.items()}

    def _on_buyers(
        self,
        table: Mapping[str, Array],
        covariates: Mapping[str, Any],
        answer: Callable[[Histories], dict[str, Array]],
    ) -> dict[str, Array]:
        known = self._known_covariates()
        columns = [table[name] for name in COLUMNS]
        design = known.encode(covariates) if known.names else np.empty((columns[0].size, 0))
        first, kind = distinct([*columns, *design.T])
        x, t_x, T = (column[first] for column in columns)
        if kind.size:
            check_histories({"frequency": x, "recency": t_x, "T": T}, counts=np.bincount(kind))
        h = history(x, t_x, T, covariates=design[first])
        self._check(h)
        return {name: values[kind] for name, values in answer(h).items()}

    def _over_draws(
        self, name: str, function: Callable[[Theta], Array], h: Histories, draws: Any, level: float | None
    ) -> dict[str, Array]:
        """Evaluate at the estimate, or average over draws, with the bounds that hold a share `level` of them."""
        if draws is None:
            return {name: function(self._theta(h))}
        values = np.array([function(self._theta(h, row)) for row in self._draws(draws)])
        mean = {name: values.mean(axis=0)}
        if level is None:
            return mean
        low, high = np.quantile(values, [0.5 - level / 2.0, 0.5 + level / 2.0], axis=0)
        return {**mean, f"{name}_low": low, f"{name}_high": high}

    def _check(self, h: Histories) -> None:
        """Refuse histories that this model cannot have, beyond what every model refuses."""

    def _links(self) -> list[tuple[int, float]]:
        return [(self.names.index(name), sign) for name, sign in self.law.movable]

    def _moved(self, parameters: Array, coefficients: Array, design: Array) -> Theta:
        """Move parameters by covariates: each becomes one number a row where a coefficient acts on it."""
        theta: list[Any] = list(parameters)
        if coefficients.size:
            for (j, sign), beta in zip(
                self._links(), np.split(coefficients, len(self.law.movable)), strict=True
            ):
                theta[j] = theta[j] * np.exp(sign * (design @ beta))
        return tuple(theta)


def _spread(values: Array, places: Array) -> Array:
    """Put values in some places of a longer array, and nothing in the others."""
    if values.dtype.kind == "M":
        found = np.full(places.shape, np.datetime64("NaT", "D"), dtype=values.dtype)
    else:
        found = np.full(places.shape, np.nan, dtype=np.result_type(values.dtype, float))
    found[places] = values
    return found
