"""To and from the fitters of the `lifetimes` package, number for number."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ModelError, raise_all
from segmentclient.lifetime.catalogue import model_class
from segmentclient.lifetime.soundness import COLUMNS, check_histories, has_history, numbers
from segmentclient.lifetime.spend_rows import spending_problems
from segmentclient.options import check_options
from segmentclient.schema import check_columns

__all__ = ["fit_with_lifetimes", "from_lifetimes", "to_lifetimes"]

_FITTERS: Mapping[str, str] = {
    "BGNBD": "BetaGeoFitter",
    "MBGNBD": "ModifiedBetaGeoFitter",
    "ParetoNBD": "ParetoNBDFitter",
    "GammaGamma": "GammaGammaFitter",
    "BGBB": "BetaGeoBetaBinomFitter",
}
_NAMES = {
    "BGNBD": "bgnbd",
    "MBGNBD": "mbgnbd",
    "ParetoNBD": "pareto_nbd",
    "GammaGamma": "gamma_gamma",
    "BGBB": "bgbb",
}


def to_lifetimes(model: Any) -> Any:
    """Make a fitted `lifetimes` fitter that predicts the same numbers.

    Parameters
    ----------
    model : a fitted BGNBD, MBGNBD, ParetoNBD, BGBB or GammaGamma without covariates.

    Returns
    -------
    lifetimes.BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter, BetaGeoBetaBinomFitter or GammaGammaFitter
        With `params_`, `variance_matrix_`, `standard_errors_` and `confidence_intervals_`, and its `predict`. It holds no
        customers, so that its plots of training data have nothing to draw.

    Raises
    ------
    ModelError
        The model is not fitted or has no counterpart, or `lifetimes` is not installed.

    Examples
    --------
    >>> import segmentclient as sc
    >>> model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    >>> fitter = sc.to_lifetimes(model)
    >>> round(float(fitter.predict(39, 2, 30.43, 38.86)), 3)
    1.226
    """
    kind = type(model).__name__
    if kind not in _FITTERS:
        raise ModelError(f"{kind} has no counterpart in lifetimes; accepted: {', '.join(_FITTERS)}")
    params = model._params()
    extra = [name for name in params.index if name not in model.names]
    if extra:
        raise ModelError(f"lifetimes knows no covariates, found the coefficients {', '.join(extra)}")
    fitter = _new_fitter(kind)
    fitter.params_ = params.rename(None)
    _give_errors(fitter, model)
    fitter._scale = 1.0
    if hasattr(fitter, "conditional_expected_number_of_purchases_up_to_time"):
        fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time
    return fitter


def _new_fitter(kind: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifetimes is archived, and warns when it is imported
        try:
            package = importlib.import_module("lifetimes")
        except ImportError:
            raise ModelError(
                "the package lifetimes is not installed: pip install lifetimes", section="missing-packages"
            ) from None
        return getattr(package, _FITTERS[kind])()


def _give_errors(fitter: Any, model: Any) -> None:
    import pandas as pd

    fitter.variance_matrix_ = model.covariance_.copy()
    fitter.standard_errors_ = model.standard_errors_.rename(None)
    fitter.confidence_intervals_ = pd.DataFrame(
        {
            "lower 95% bound": fitter.params_ - 1.959963984540054 * fitter.standard_errors_,
            "upper 95% bound": fitter.params_ + 1.959963984540054 * fitter.standard_errors_,
        }
    )


def from_lifetimes(fitter: Any, *, time_unit: str = "D") -> Any:
    """Take the parameters of a fitted `lifetimes` fitter into a model of this library.

    Parameters
    ----------
    fitter : BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter, BetaGeoBetaBinomFitter or GammaGammaFitter.
    time_unit : the unit in which it was fitted, which `lifetimes` does not know.

    Returns
    -------
    BGNBD, MBGNBD, ParetoNBD, BGBB or GammaGamma
        Ready to predict. Only parameters are taken: the covariances of `lifetimes` are wrong off the diagonal, and
        its likelihood is penalized and rescaled; fit here for both.

    Raises
    ------
    ModelError
        The object is not one of these fitters, or is not fitted.

    Examples
    --------
    >>> import segmentclient as sc
    >>> model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    >>> sc.from_lifetimes(sc.to_lifetimes(model), time_unit="W").params_.equals(model.params_)
    True
    """
    check_options(from_lifetimes, locals(), error=ModelError)
    kinds = {fitter_name: kind for kind, fitter_name in _FITTERS.items()}
    found = type(fitter).__name__
    if found not in kinds:
        raise ModelError(f"{found} is not a fitter this can read; accepted: {', '.join(kinds)}")
    if getattr(fitter, "params_", None) is None:
        raise ModelError(f"this {found} is not fitted yet")
    made = model_class(_NAMES[kinds[found]])
    values = {name: float(fitter.params_[name]) for name in made.names}
    return made.from_params(**values, time_unit=time_unit)


def fit_with_lifetimes(
    model: str, customers: Any, *, time_unit: str = "D", penalizer_coef: float = 0.0
) -> Any:
    """Fit with `lifetimes` instead, to compare: the same columns in, a model of this library out.

    Parameters
    ----------
    model : "bgnbd", "mbgnbd", "pareto_nbd" or "gamma_gamma".
    customers : any table with `frequency`, `recency` and `T`, or `frequency` and `monetary_value`; these are collected.
    time_unit : the unit of `recency` and `T`.
    penalizer_coef : as in `lifetimes`.

    Returns
    -------
    The model, with the parameters that `lifetimes` found and no errors.

    Examples
    --------
    >>> import segmentclient as sc
    >>> weeks = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30", time_unit="W")
    >>> sc.fit_with_lifetimes("bgnbd", weeks, time_unit="W").params_.round(2).tolist()
    [0.24, 4.41, 0.79, 2.43]
    """
    check_options(fit_with_lifetimes, locals(), error=ModelError)
    kinds = {name: kind for kind, name in _NAMES.items() if kind != "BGBB"}
    if model not in kinds:
        raise ModelError(f"model={model!r} is not known; accepted: {', '.join(map(repr, kinds))}")
    columns = ["frequency", "monetary_value"] if model == "gamma_gamma" else list(COLUMNS)
    frame = frames.read(customers)
    check_columns(frames.schema_of(frame), dict.fromkeys(columns, "number"))
    known = frames.collect(frame.filter(has_history(frame, columns)), columns)
    table = {name: numbers(values) for name, values in known.items()}
    if model == "gamma_gamma":
        raise_all(spending_problems(*table.values()), table="customers")
        bought = (table["frequency"] > 0) & (table["monetary_value"] > 0)
        if not bought.any():
            raise ModelError(
                "nobody has frequency > 0 and monetary_value > 0: there is no repeat purchase to learn from"
            )
        table = {name: values[bought] for name, values in table.items()}
    else:
        check_histories(table)
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(None):
        warnings.simplefilter("ignore")  # its optimizer strays into logarithms of negative numbers
        fitter = _new_fitter(kinds[model])
        fitter.penalizer_coef = penalizer_coef
        try:
            fitter.fit(*(table[name] for name in columns))
        except Exception as error:  # lifetimes raises many kinds, its own ConvergenceError first
            raise ModelError(f"lifetimes did not fit {type(fitter).__name__}: {error}") from error
    return from_lifetimes(fitter, time_unit=time_unit)
