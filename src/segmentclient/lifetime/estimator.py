"""What every model of this room has once it is fitted: parameters, errors, criteria, a summary, a file form.

scikit-learn's conventions without scikit-learn: constructors only assign, what was learnt ends in `_`.
"""

from __future__ import annotations

import inspect
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from segmentclient.errors import ModelError, not_fitted
from segmentclient.lifetime.horizons import days_a_unit
from segmentclient.options import check_options
from segmentclient.render import html_table
from segmentclient.stored import as_number, read_stored, refuse_unknown

if TYPE_CHECKING:
    import pandas as pd

    from segmentclient.lifetime.posterior import Target

__all__ = ["Estimator"]

_VERSION = 1
_WITHIN = "a positive finite number (1e-100 to 1e100)"
_FACTS = ("log_likelihood_", "n_customers_", "converged_")


class Estimator:
    """Parameters with their errors, however they were found."""

    names: ClassVar[tuple[str, ...]] = ()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the constructor's options, as scikit-learn does."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **options: Any) -> Self:
        """Change the constructor's options, as scikit-learn does."""
        unknown = set(options) - set(self.get_params())
        if unknown:
            raise ModelError(
                f"{type(self).__name__} has no option {sorted(unknown)}; accepted: {sorted(self.get_params())}"
            )
        for name, value in options.items():
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "params_")

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        if not hasattr(self, "params_"):
            return f"{type(self).__name__}({options})"
        return f"<{type(self).__name__}({options}): {', '.join(f'{k}={v:.4g}' for k, v in self.params_.items())}>"

    @classmethod
    def from_params(cls, **params: Any) -> Self:
        """Build a model with given parameters (and options, such as `time_unit`), ready to predict.

        Raises
        ------
        ModelError
            When a parameter is missing, unknown, or not a number between 1e-100 and 1e100.
        """
        options = {name: params.pop(name) for name in inspect.signature(cls).parameters if name in params}
        problems = [f"{name} is missing" for name in cls.names if name not in params]
        problems += [f"{name} is unknown" for name in params if name not in cls.names]
        problems += [
            f"{name}={params[name]!r} is not {_WITHIN}"
            for name in cls.names
            if name in params and not _positive(params[name])
        ]
        if problems:
            raise ModelError(
                f"{cls.__name__}.from_params takes {', '.join(cls.names)}: {'; '.join(problems)}"
            )
        model = cls(**options)
        model._learn(list(cls.names), np.array([float(params[name]) for name in cls.names]))
        return model

    def _learn(
        self,
        names: Sequence[str],
        values: Any,
        covariance: Any = None,
        *,
        log_likelihood: float = np.nan,
        n_customers: float = 0.0,
        converged: bool = True,
    ) -> None:
        import pandas as pd

        days_a_unit(getattr(self, "time_unit", "D"))
        size = len(names)
        covariance = np.full((size, size), np.nan) if covariance is None else covariance
        self.params_: pd.Series = pd.Series(values, index=names, name="estimate", dtype=float)
        self.covariance_ = pd.DataFrame(covariance, index=names, columns=names)
        self.standard_errors_ = pd.Series(np.sqrt(np.diag(covariance)), index=names, name="standard_error")
        self.log_likelihood_ = float(log_likelihood)
        self.n_customers_ = int(n_customers) if float(n_customers).is_integer() else float(n_customers)
        self.converged_ = bool(converged)

    @property
    def aic_(self) -> float:
        """Akaike's criterion of the fit; compare only models on the same data and likelihood basis."""
        return 2.0 * len(self._params()) - 2.0 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Bayesian (Schwarz) criterion of the fit, with the number of customers as sample size."""
        return float(len(self._params()) * np.log(max(self.n_customers_, 1)) - 2.0 * self.log_likelihood_)

    def _params(self) -> pd.Series:
        if not hasattr(self, "params_"):
            raise not_fitted(self)
        return self.params_

    def summary(self, *, level: float = 0.95) -> pd.DataFrame:
        """Show estimates with standard errors and intervals.

        Parameters
        ----------
        level : probability of the intervals, between 0 and 1.

        Returns
        -------
        DataFrame
            One row a parameter: `estimate`, `standard_error`, `low`, `high`. Intervals of positive parameters are
            log-normal, so they stay positive; those of covariates' coefficients are normal.
        """
        check_options(Estimator.summary, locals(), error=ModelError)
        if not 0.0 < level < 1.0:
            raise ModelError(f"level={level!r}: expected a probability such as 0.95")
        import pandas as pd
        from scipy.special import ndtri

        estimate, error = self._params(), self.standard_errors_
        width = float(ndtri(0.5 + level / 2.0)) * error
        positive = estimate.index.isin(self.names)
        with np.errstate(over="ignore"):
            ratio = np.exp(width / estimate.abs())
            low = (estimate / ratio).where(positive, estimate - width)
            high = (estimate * ratio).where(positive, estimate + width)
        return pd.DataFrame({"estimate": estimate, "standard_error": error, "low": low, "high": high})

    def sample_posterior(
        self, n: int = 4000, prior: Literal["default", "flat"] = "default", random_state: Any = 0
    ) -> pd.DataFrame:
        """Draw parameters from their posterior: importance sampling about the mode, checked by its own diagnostic.

        Parameters
        ----------
        n : number of draws, all of equal weight.
        prior : "default" is proper and weak, and does not depend on the unit of time; "flat" is uniform on the
            logarithms of the parameters within [−7, 7].
        random_state : seed or `numpy.random.Generator`.

        Returns
        -------
        DataFrame
            One row a draw, one column a parameter. `posterior_diagnostics_` then says `k_hat`, `ess` and `sampler`.

        Raises
        ------
        ModelError
            When the model was not fitted in this session: a model read from JSON has no data to sample from.
        """
        check_options(Estimator.sample_posterior, locals(), error=ModelError)
        from segmentclient.lifetime.posterior import sample_model

        draws, self.posterior_diagnostics_ = sample_model(self, n, prior, random_state)
        return draws

    @abstractmethod
    def _posterior(self, prior: str) -> tuple[Target, Any]:
        """Give the posterior on logarithms (coefficients as they are), and which coordinates are logarithms."""

    def _repr_html_(self) -> str:
        if not hasattr(self, "params_"):
            return html_table([type(self).__name__], [["not fitted"]])
        rows = [
            [name, *(f"{value:.4g}" for value in row)]
            for name, row in zip(self.params_.index, self.summary().to_numpy(), strict=True)
        ]
        return html_table(["", "estimate", "standard error", "low", "high"], rows, caption=self._caption())

    def _caption(self) -> str:
        facts = f"{type(self).__name__}, time unit {self.get_params().get('time_unit')}"
        if np.isfinite(self.log_likelihood_):
            facts += f", {self.n_customers_:,} customers, log-likelihood {self.log_likelihood_:.3f}, AIC {self.aic_:.3f}"
        return facts if self.converged_ else facts + ", NOT converged"

    def to_json(self) -> str:
        """Write the model as JSON: options, parameters, covariance and criteria; no training data."""
        content = {
            "model": type(self).__name__,
            "version": _VERSION,
            "options": self.get_params(),
            "params": {str(name): float(value) for name, value in self._params().items()},
            "covariance": [[_number(value) for value in row] for row in self.covariance_.to_numpy()],
            "log_likelihood": _number(self.log_likelihood_),
            "n_customers": self.n_customers_,
            "converged": self.converged_,
            **self._extra(),
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False)

    def _extra(self) -> dict[str, Any]:
        """Give what a model learns beyond its parameters."""
        return {}

    def _take_extra(self, content: Mapping[str, Any]) -> None:
        """Take back what `_extra` gave."""

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a model that `to_json` wrote; a `ModelError` says what does not fit."""
        check_options(Estimator.from_json, locals(), error=ModelError)
        content = _parsed(text, cls.__name__)
        try:
            model = cls(**_checked_options(content))
            names = list(content["params"])
            values = np.array([as_number(content["params"][name]) for name in names])
            covariance = np.array(
                [[np.nan if v is None else as_number(v) for v in row] for row in content["covariance"]]
            )
            _check_content(cls, names, values, covariance)
            model._learn(
                names,
                values,
                covariance,
                log_likelihood=np.nan
                if content["log_likelihood"] is None
                else as_number(content["log_likelihood"]),
                n_customers=as_number(content["n_customers"]),
                converged=content["converged"],
            )
            model._take_extra(content)
            refuse_unknown(content, json.loads(model.to_json()), cls.__name__)
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(
                f"{cls.__name__}.from_json: the text is not a whole {cls.__name__} ({error!r})"
            ) from None
        return model


def _parsed(text: str, name: str) -> dict[str, Any]:
    content = read_stored(text, name, version=_VERSION)
    found = content.get("model")
    if not isinstance(found, str):
        raise ModelError(f"{name}.from_json takes the text that to_json wrote, found another document")
    if found != name:
        raise ModelError(f"{name}.from_json: found a {found!r}; read it with {found}.from_json")
    return content


def _checked_options(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the options, or say what of the facts about the fit cannot be."""
    options: Mapping[str, Any] = content["options"]
    if not isinstance(options.get("time_unit", ""), str):
        raise TypeError(f"time_unit: text is expected, found {options['time_unit']!r}")
    if not isinstance(content["converged"], bool):
        raise TypeError(f"converged: true or false is expected, found {content['converged']!r}")
    if as_number(content["n_customers"]) < 0:
        raise ValueError(f"n_customers: a number ≥ 0 is expected, found {content['n_customers']!r}")
    return options


def _check_content(cls: type[Estimator], names: list[str], values: Any, covariance: Any) -> None:
    if tuple(names[: len(cls.names)]) != cls.names:
        raise ModelError(
            f"{cls.__name__}.from_json: parameters {names} found, {list(cls.names)} expected first"
        )
    if not np.isfinite(values).all() or not all(map(_positive, values[: len(cls.names)])):
        raise ModelError(
            f"{cls.__name__}.from_json: each parameter must be {_WITHIN}, found {values.tolist()}"
        )
    if covariance.shape != (len(names), len(names)):
        raise ModelError(
            f"{cls.__name__}.from_json: covariance of shape {covariance.shape} for {len(names)} parameters"
        )
    if (np.diag(covariance) < 0).any():
        raise ModelError(f"{cls.__name__}.from_json: a variance is negative")
    errors = np.sqrt(np.diag(covariance))
    if (errors > 1e100).any():
        raise ModelError(f"{cls.__name__}.from_json: a standard error is above 1e100")
    if (np.abs(covariance - covariance.T) > 1e-6 * np.outer(errors, errors)).any():
        raise ModelError(f"{cls.__name__}.from_json: the covariance is not symmetric")


def _positive(value: Any) -> bool:
    try:
        return 1e-100 <= float(value) <= 1e100
    except (OverflowError, TypeError, ValueError):
        return False


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
