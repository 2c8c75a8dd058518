"""Spend that depends on frequency: one Gamma-Gamma a band of frequencies, the bands chosen by likelihood."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from typing import Any, Self

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames, schema
from segmentclient.errors import ModelError, SegmentClientWarning, not_fitted, raise_all
from segmentclient.lifetime.gammagamma import GammaGamma
from segmentclient.lifetime.soundness import Array, numbers
from segmentclient.lifetime.spend_rows import spending_problems, warn_of_refunded
from segmentclient.options import check_options
from segmentclient.render import html_table
from segmentclient.stored import read_stored, refuse_unknown

__all__ = ["GammaGammaByFrequency"]

_SPLITS: tuple[tuple[int, ...], ...] = ((), (2,), (4,), (2, 4), (2, 4, 8), (2, 3, 5, 9, 17))
_VERSION = 1
_FEWEST = 30  # repeat buyers a band


class GammaGammaByFrequency:
    """Gamma-Gamma within bands of frequency, for shops where those who buy often spend more (or less) a time.

    Gamma-Gamma assumes that spend and frequency are independent. Here it need hold only within a band. Several
    splits are fitted and the one with the least BIC is kept; it may be no split at all. One-time buyers
    belong to the first band.

    Attributes
    ----------
    edges_ : first frequency of each band after the first.
    models_ : one GammaGamma a band.
    log_likelihood_, bic_, n_customers_ : of the kept split.

    Examples
    --------
    >>> import segmentclient as sc
    >>> weeks = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30", time_unit="W")
    >>> bands = sc.GammaGammaByFrequency(time_unit="W").fit(weeks)
    >>> len(bands.models_) == len(bands.edges_) + 1
    True
    """

    def __init__(self, time_unit: str = "D") -> None:
        self.time_unit = time_unit

    def fit(self, customers: Any) -> Self:
        """Fit every split whose bands hold at least 30 repeat buyers and keep the one with the least BIC.

        The driver receives `frequency` and `monetary_value` of the repeat buyers.
        """
        frame = frames.read(customers)
        schema.check_columns(frames.schema_of(frame), ["frequency", "monetary_value"])
        bought = frames.collect(frame.select("frequency", "monetary_value").filter(nw.col("frequency") > 0))
        x, m = (numbers(bought[name]) for name in ("frequency", "monetary_value"))
        raise_all(spending_problems(x, m), table="customers")
        warn_of_refunded(float((m <= 0).sum()))
        bought = bought[m > 0]
        if not len(bought):
            raise ModelError(
                "nobody has frequency > 0 and monetary_value > 0: there is no repeat purchase to learn from"
            )
        splits = [edges for edges in _SPLITS if _is_filled(bought["frequency"], edges)] or [()]
        tried = [(edges, *self._fit_bands(bought, edges)) for edges in splits]
        edges, models, doubts = min(tried, key=lambda split: _bic(split[1], len(bought)))
        for doubt in doubts:
            warnings.warn(f"GammaGammaByFrequency: {doubt}", SegmentClientWarning, stacklevel=2)
        return self._learn(edges, models)

    def _fit_bands(self, bought: Any, edges: Sequence[int]) -> tuple[list[GammaGamma], list[str]]:
        """Fit a model a band, and keep its warnings: most of the splits that are tried are not kept."""
        band = _band(bought["frequency"].to_numpy(), edges)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            models = [
                GammaGamma(self.time_unit).fit(bought[band == number]) for number in range(len(edges) + 1)
            ]
        return models, [str(one.message) for one in caught]

    def _learn(self, edges: Sequence[int], models: list[GammaGamma]) -> Self:
        self.edges_, self.models_ = tuple(edges), tuple(models)
        self.n_customers_ = sum(model.n_customers_ for model in models)
        self.log_likelihood_ = math.fsum(model.log_likelihood_ for model in models)
        self.bic_ = _bic(models, self.n_customers_)
        return self

    def band_of(self, frequency: Array) -> Array:
        """Give the number of the band of each frequency."""
        check_options(GammaGammaByFrequency.band_of, locals(), error=ModelError)
        self._bands()
        return _band(frequency, self.edges_)

    def _bands(self) -> tuple[GammaGamma, ...]:
        if not hasattr(self, "models_"):
            raise not_fitted(self)
        return self.models_

    def expected_purchase_value(self, customers: Any) -> Any:
        """Give the mean value expected of each customer's future purchases, in the order of the rows (eager tables)."""
        frame = frames.read(customers)
        schema.check_columns(frames.schema_of(frame), ["frequency", "monetary_value"])
        if isinstance(frame, nw.LazyFrame):
            raise ModelError(
                "expected_purchase_value returns one value a row and cannot on a lazy table; predict_lifetime_value can"
            )
        table = frames.collect(frame, ["frequency", "monetary_value"])
        band = self.band_of(table["frequency"].to_numpy())
        values = np.zeros(len(table))
        for number in np.unique(band):
            values[band == number] = self._bands()[number].expected_purchase_value(table[band == number])
        return frames.series_like(frame, "expected_purchase_value", values)

    def summary(self) -> Any:
        """Show one row a band: its frequencies, customers, parameters and mean purchase value."""
        import pandas as pd

        lows = (1, *getattr(self, "edges_", ()))
        rows = [
            {"from_frequency": low, "customers": model.n_customers_, **model.params_.to_dict()}
            for low, model in zip(lows, self._bands(), strict=True)
        ]
        return pd.DataFrame(rows)

    def _repr_html_(self) -> str:
        if not hasattr(self, "models_"):
            return html_table([type(self).__name__], [["not fitted"]])
        table = self.summary()
        return html_table(
            list(table.columns),
            [[f"{value:.4g}" for value in row] for row in table.to_numpy()],
            caption=type(self).__name__,
        )

    def to_json(self) -> str:
        """Write the bands as JSON; no training data."""
        models = [json.loads(model.to_json()) for model in self._bands()]
        return json.dumps(
            {
                "version": _VERSION,
                "model": type(self).__name__,
                "time_unit": self.time_unit,
                "edges": self.edges_,
                "models": models,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        check_options(GammaGammaByFrequency.from_json, locals(), error=ModelError)
        try:
            content = read_stored(text, cls.__name__, version=_VERSION)
            models = [GammaGamma.from_json(json.dumps(model)) for model in content["models"]]
            edges = _checked_edges(content["edges"], models)
            model = cls(content["time_unit"])._learn(edges, models)
            refuse_unknown(content, json.loads(model.to_json()), cls.__name__)
            return model
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(
                f"GammaGammaByFrequency.from_json takes the text that to_json wrote ({error!r})"
            ) from None


def _checked_edges(edges: Any, models: Sequence[GammaGamma]) -> list[int]:
    """Between bands stands one edge each, larger than the one before."""
    whole = isinstance(edges, list) and all(type(edge) is int and 0 < edge < 2**53 for edge in edges)
    if not whole or edges != sorted(set(edges)) or len(edges) != len(models) - 1:
        raise ModelError(
            f"GammaGammaByFrequency.from_json: edges {edges!r} do not part {len(models)} bands; expected rising whole numbers"
        )
    return edges


def _band(frequency: Array, edges: Sequence[int]) -> Array:
    return np.searchsorted(np.asarray(edges, float), np.asarray(frequency, float), side="right")


def _is_filled(frequency: Any, edges: Sequence[int]) -> bool:
    return bool((np.bincount(_band(frequency.to_numpy(), edges), minlength=len(edges) + 1) >= _FEWEST).all())


def _bic(models: Sequence[GammaGamma], n: float) -> float:
    return 3.0 * len(models) * math.log(max(n, 1)) - 2.0 * math.fsum(
        model.log_likelihood_ for model in models
    )
