"""MBG/NBD: as BG/NBD, but the first purchase may be the last one too.

References
----------
Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24(3), 201-209; Hoppe and
Wagner (2007), Marketing - Journal of Research and Management 3(2), 75-90.
"""

from __future__ import annotations

from segmentclient.lifetime.bgnbd import BetaGeometric
from segmentclient.lifetime.purchases import PurchaseModel

__all__ = ["MBGNBD"]


class MBGNBD(PurchaseModel):
    """MBG/NBD (Batislam et al. 2007): customers may leave after any purchase, the first one included.

    The default of this library: one-time buyers get a probability of being alive that means something.

    Parameters
    ----------
    time_unit : unit of `recency`, `T` and `t` ("D", "W", ...), stored with the model.

    Attributes
    ----------
    params_ : Series r, alpha, a, b (and the coefficients of covariates).
    standard_errors_, covariance_ : by the delta method from the Hessian in log-parameters.
    log_likelihood_, aic_, bic_, converged_, n_customers_ : of the fit.

    Examples
    --------
    >>> model = MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
    >>> import pandas as pd
    >>> one_time_buyer = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [38.86]})
    >>> model.probability_alive(one_time_buyer).round(4).tolist()
    [0.3897]
    """

    law = BetaGeometric(first=1)
