"""Likelihood-ratio tests between fits of which one contains the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from segmentclient.errors import ModelError
from segmentclient.render import html_card

if TYPE_CHECKING:
    from segmentclient.lifetime.estimator import Estimator

__all__ = ["LikelihoodRatio", "likelihood_ratio"]


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the gain in log-likelihood, the parameters it cost, and the chance of such a gain by accident."""

    statistic: float
    degrees_of_freedom: int
    p_value: float

    def _repr_html_(self) -> str:
        facts = {
            "2 Δ log-likelihood": f"{self.statistic:.3f}",
            "parameters": self.degrees_of_freedom,
            "p": f"{self.p_value:.3g}",
        }
        return html_card("Likelihood-ratio test", facts)


def likelihood_ratio(smaller: Estimator, larger: Estimator) -> LikelihoodRatio:
    """Test a fit against a larger one of the same model on the same customers.

    Raises
    ------
    ModelError
        When the two are not nested: other models are compared by `aic_`.
    """
    from scipy.special import chdtrc

    few, many = list(smaller._params().index), list(larger._params().index)
    if type(smaller) is not type(larger) or not set(few) < set(many):
        raise ModelError(
            f"{type(smaller).__name__} with {few} is not nested in {type(larger).__name__} with {many}; compare "
            "the aic_ of fits on the same customers instead"
        )
    if smaller.n_customers_ != larger.n_customers_:
        raise ModelError(
            f"fits on {smaller.n_customers_} and {larger.n_customers_} customers cannot be compared"
        )
    statistic = max(2.0 * (larger.log_likelihood_ - smaller.log_likelihood_), 0.0)
    freedom = len(many) - len(few)
    return LikelihoodRatio(statistic, freedom, float(chdtrc(freedom, statistic)))
