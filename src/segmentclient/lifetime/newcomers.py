"""What a model says of customers who have just come: how often they will buy again, and with what probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segmentclient.errors import ModelError
from segmentclient.lifetime import laws
from segmentclient.lifetime.arguments import counts_of, level_of, shaped, spans_of
from segmentclient.lifetime.histories import Histories, history
from segmentclient.lifetime.reading import Reader
from segmentclient.options import check_options

__all__ = ["Newcomers"]


class Newcomers(Reader):
    """Predictions that need no history: of a customer on the day of the first purchase."""

    def expected_purchases_new_customer(
        self, t: Any, *, covariates: Mapping[str, Any] | None = None, draws: Any = None
    ) -> Any:
        """Give the repeat purchases expected of a new customer within `t` of the first one.

        Parameters
        ----------
        t : a number or an array, in the unit of `T`.
        covariates : the value of each covariate of the model.
        draws : from `sample_posterior`; the number is then the mean over them.

        Returns
        -------
        float or array
            Of the shape of `t`. With `draws`, a DataFrame with one row a `t`: `expected_purchases`, and the bounds `_low`,
            `_high` of 90 % of them.

        Examples
        --------
        >>> import segmentclient as sc
        >>> model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
        >>> float(round(model.expected_purchases_new_customer(39), 3))
        1.197
        """
        check_options(Newcomers.expected_purchases_new_customer, locals(), error=ModelError)
        spans = np.ravel(spans_of(t))
        h = self._new_customers(spans.size, covariates)
        found = self._over_draws(
            "expected_purchases",
            lambda theta: laws.expected_purchases(self.law, theta, h, spans),
            h,
            draws,
            level_of(None, draws),
        )
        return shaped(found, np.shape(t))

    def pmf(self, n: Any, t: Any, *, covariates: Mapping[str, Any] | None = None, draws: Any = None) -> Any:
        """Give the probability that a new customer buys exactly `n` times within `t` of the first purchase.

        Parameters
        ----------
        n : number of repeat purchases, or an array of them.
        t : a number or an array, in the unit of `T`; `n` and `t` are broadcast.
        covariates : the value of each covariate of the model.
        draws : from `sample_posterior`; the probability is then the mean over them.

        Returns
        -------
        float or array
            Of the shape of `n` and `t`. With `draws`, a DataFrame with `probability` and the bounds `_low`, `_high` of
            90 % of them.

        Examples
        --------
        >>> import segmentclient as sc
        >>> model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
        >>> model.pmf([0, 1, 2], 39).round(3).tolist()
        [0.574, 0.199, 0.085]
        """
        check_options(Newcomers.pmf, locals(), error=ModelError)
        counts, spans = np.broadcast_arrays(counts_of(n), spans_of(t))
        h = self._new_customers(counts.size, covariates)
        found = self._over_draws(
            "probability",
            lambda theta: laws.pmf(self.law, theta, h, counts.ravel(), spans.ravel()),
            h,
            draws,
            level_of(None, draws),
        )
        return shaped(found, counts.shape)

    def _new_customers(self, size: int, covariates: Mapping[str, Any] | None) -> Histories:
        known = self._known_covariates()
        missing = [name for name in known.names if name not in (covariates or {})]
        if missing:
            raise ModelError(f"the model knows covariates: give covariates={{...}} with {', '.join(missing)}")
        design = (
            known.encode({name: np.array([(covariates or {})[name]]) for name in known.names or ()})
            if known.names
            else None
        )
        return history(
            0.0, 0.0, np.zeros(size), covariates=None if design is None else np.repeat(design, size, axis=0)
        )
