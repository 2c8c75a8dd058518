"""Which models: one for purchases, one for spend, chosen and fitted together, stored together, with the reason."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from segmentclient import frames, schema
from segmentclient.errors import ModelError, SegmentClientWarning
from segmentclient.lifetime.catalogue import PURCHASE, SPEND, model_class
from segmentclient.lifetime.identification import found_doubts
from segmentclient.lifetime.outlook import Process
from segmentclient.lifetime.sentences import Sentence
from segmentclient.lifetime.soundness import Array, has_history
from segmentclient.lifetime.spending import fit_spend
from segmentclient.locale import language
from segmentclient.options import check_options
from segmentclient.stored import as_number, read_stored, refuse_unknown

__all__ = ["LifetimeModels", "fit_lifetime_models", "log_normal_draws", "process_of"]

PurchaseName = Literal["auto", "bgnbd", "mbgnbd", "pareto_nbd", "bgcnbd", "mbgcnbd", "nbd", "bgbb"]
SpendName = Literal["gamma_gamma", "gamma_gamma_by_frequency"]

_DEFAULT = Sentence(
    "MBG/NBD: one-time buyers may already have left. BG/NBD would call every one of them alive for certain, because in it "
    "nobody leaves before a second purchase."
)
_ENGLISH = "en"
_VERSION = 1


@dataclass(frozen=True)
class LifetimeModels:
    """A model of purchases and a model of spend, fitted on the same customers.

    Attributes
    ----------
    purchase : BGNBD, MBGNBD, ParetoNBD, BGCNBD, MBGCNBD, NBD or BGBB.
    spend : GammaGamma or GammaGammaByFrequency.
    reason : why these, in a sentence or two.
    draws : rows of parameters of `purchase`, equally likely given the data, kept where the likelihood is too flat
        for standard errors; otherwise empty.
    sentences : what `reason` is made of; `reason_in` tells it in another language.

    Examples
    --------
    >>> from segmentclient.lifetime import BGNBD, GammaGamma
    >>> models = LifetimeModels(
    ...     BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W"),
    ...     GammaGamma.from_params(p=6.25, q=3.74, v=15.44),
    ... )
    >>> LifetimeModels.from_json(models.to_json()).purchase.params_["r"].item()
    0.243
    """

    purchase: Any
    spend: Any
    reason: str = ""
    draws: tuple[tuple[float, ...], ...] = ()
    sentences: tuple[Sentence, ...] = ()

    def reason_in(self, lang: str) -> str:
        """Tell the reason in a language; as it is where it was given as a text."""
        check_options(LifetimeModels.reason_in, locals(), error=ModelError)
        return _told(self.sentences, lang) or self.reason

    def parameter_draws(self, n: int) -> Array:
        """Give `n` rows of purchase parameters, equally likely given the data; the estimate when n is 1."""
        check_options(LifetimeModels.parameter_draws, locals(), error=ModelError)
        if n == 1:
            return self.purchase.params_.to_numpy()[None, :]
        if not self.draws:
            return log_normal_draws(self.purchase, n)
        return np.asarray(self.draws)[np.linspace(0, len(self.draws) - 1, n).astype(int)]

    @property
    def is_certain(self) -> bool:
        """Tell whether so many customers were seen that doubt about the parameters no longer shows on a row."""
        return not self.draws and (self.purchase.n_customers_ > 20_000 or not _errors_known(self.purchase))

    def to_json(self) -> str:
        """Write both models as JSON; no training data."""
        parts = {"purchase": json.loads(self.purchase.to_json()), "spend": json.loads(self.spend.to_json())}
        return json.dumps(
            {
                "version": _VERSION,
                "reason": self.reason,
                "sentences": [[one.message, dict(one.values)] for one in self.sentences],
                "draws": self.draws,
                **parts,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> LifetimeModels:
        """Read what `to_json` wrote."""
        check_options(LifetimeModels.from_json, locals(), error=ModelError)
        try:
            content = read_stored(text, "LifetimeModels", version=_VERSION)
            purchase, spend = (
                _read(content[part], known) for part, known in (("purchase", PURCHASE), ("spend", SPEND))
            )
            draws = tuple(_draw_of(purchase, row) for row in content["draws"])
            sentences = tuple(
                Sentence(str(message), dict(values)) for message, values in content.get("sentences", ())
            )
            _told(sentences, _ENGLISH)
            models = cls(purchase, spend, str(content["reason"]), draws, sentences)
            refuse_unknown(content, json.loads(models.to_json()), "LifetimeModels")
            return models
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(
                f"LifetimeModels.from_json takes the text that to_json wrote ({error!r})"
            ) from None

    def __repr__(self) -> str:
        return f"LifetimeModels(purchase={self.purchase!r}, spend={self.spend!r}, reason={self.reason!r})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"{self.purchase._repr_html_()}{self.spend._repr_html_()}<p>{escape(self.reason)}</p>"


def _draw_of(purchase: Any, row: Any) -> tuple[float, ...]:
    """Take one draw of the parameters of a model of purchases."""
    draw = tuple(as_number(value) for value in row)
    if len(draw) != len(purchase.params_) or not all(value > 0 for value in draw[: len(purchase.names)]):
        raise ValueError(
            f"draws: numbers for {', '.join(purchase.params_.index)} are expected, found {row!r}"
        )
    return draw


def _read(content: Mapping[str, Any], known: Mapping[str, str]) -> Any:
    names = {made: name for name, made in known.items()}
    found = content.get("model")
    if found not in names:
        raise ModelError(f"LifetimeModels.from_json: model {found!r} found; accepted: {', '.join(names)}")
    return model_class(names[found]).from_json(json.dumps(content))


def fit_lifetime_models(
    customers: Any, *, purchase: PurchaseName = "auto", spend: SpendName = "gamma_gamma", time_unit: str = "D"
) -> LifetimeModels:
    """Fit a model of purchases and a model of spend.

    Parameters
    ----------
    customers : any table with `frequency`, `recency`, `T` and `monetary_value` (see `summarize_customers`; the
        `rfm_summary` frames of PyMC-Marketing as they are). Prospects, who have none of the first three, teach nothing.
    purchase : "bgnbd", "mbgnbd", "pareto_nbd", "bgcnbd", "mbgcnbd", "nbd", "bgbb" or "auto": MBG/NBD, unless the data show no
        drop-out, then NBD.
    spend : "gamma_gamma", or "gamma_gamma_by_frequency" when those who buy often spend more (or less) a time.
    time_unit : the unit of `recency` and `T`, kept in the models.

    Returns
    -------
    LifetimeModels
        Frozen: `purchase`, `spend`, `reason`; `to_json` and `from_json`. The engine groups the table; the driver
        receives the distinct histories and, for the spend, the two columns of the repeat buyers.

    Warns
    -----
    SegmentClientWarning
        The data leave drop-out undecided; spend and frequency are correlated; nobody bought twice.

    Examples
    --------
    >>> import segmentclient as sc
    >>> split = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30", time_unit="W")
    >>> models = sc.fit_lifetime_models(split, time_unit="W")
    >>> models.purchase.params_.round(2).to_dict()
    {'r': 0.52, 'alpha': 6.18, 'a': 0.89, 'b': 1.61}
    """
    check_options(fit_lifetime_models, locals(), error=ModelError)
    _check_names(purchase, spend)
    known = frames.give_back(_buyers(frames.read(customers)))
    fitted, why, draws = _fit_purchase(known, purchase, time_unit)
    spending, more = fit_spend(known, spend, time_unit)
    sentences = (*why, *more)
    return LifetimeModels(fitted, spending, _told(sentences, _ENGLISH), draws, sentences)


def _check_names(purchase: str, spend: str) -> None:
    for value, accepted, option in ((purchase, {"auto", *PURCHASE}, "purchase"), (spend, SPEND, "spend")):
        if value not in accepted:
            raise ModelError(
                f"{option}={value!r} is not known; accepted: {', '.join(map(repr, sorted(accepted)))}"
            )


def _buyers(frame: frames.Frame) -> frames.Frame:
    """Leave out prospects: rows without any history."""
    schema.check_columns(frames.schema_of(frame), ["frequency", "recency", "T", "monetary_value"])
    return frame.filter(has_history(frame))


# ---------------------------------------------------------------- purchases


_Draws = tuple[tuple[float, ...], ...]


def _fit_purchase(customers: Any, name: str, time_unit: str) -> tuple[Any, list[Sentence], _Draws]:
    if name != "auto":
        model = _quietly_fitted(name, customers, time_unit)
        found = found_doubts(model)
        asked = Sentence("{model}, as asked.", {"model": type(model).__name__})
        return model, _with_doubts(asked, found), _flat_draws(model, found)
    model = _quietly_fitted("mbgnbd", customers, time_unit)
    found = found_doubts(model)
    benchmark = _quietly_fitted("nbd", customers, time_unit)
    if benchmark.aic_ <= model.aic_ + 1e-6:
        return _without_dropout(model, benchmark, found)
    return model, _with_doubts(_DEFAULT, found), _flat_draws(model, found)


def _quietly_fitted(name: str, customers: Any, time_unit: str) -> Any:
    """Fit without the model's own warnings: what is doubtful is said once, for the pair of models."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SegmentClientWarning)
        return model_class(name)(time_unit=time_unit).fit(customers)


def _without_dropout(model: Any, benchmark: Any, found: list[Sentence]) -> tuple[Any, list[Sentence], _Draws]:
    gain = model.log_likelihood_ - benchmark.log_likelihood_
    sentence = Sentence(
        "NBD: letting customers leave raises the log-likelihood by only {gain}, so the data cannot tell who has left "
        "from who is slow; everyone counts as alive.",
        {"gain": float(max(gain, 0.0))},
    )
    return benchmark, _with_doubts(sentence, found), _flat_draws(benchmark, found or [sentence])


def _with_doubts(reason: Sentence, found: list[Sentence]) -> list[Sentence]:
    if found:
        told = f"{_told(found, _ENGLISH)} Intervals allow for it."
        warnings.warn(told, SegmentClientWarning, stacklevel=5)
    return [reason, *found]


def _told(sentences: Sequence[Sentence], lang: str) -> str:
    return " ".join(sentence.tell(language(lang)) for sentence in sentences)


def _flat_draws(model: Any, found: list[Sentence], n: int = 200) -> _Draws:
    """Where the likelihood is flat, keep draws of the posterior instead of trusting standard errors."""
    if not found or model.n_customers_ > 200_000:
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SegmentClientWarning)  # that it is flat has been said
        draws = model.sample_posterior(n)
    return tuple(tuple(float(value) for value in row) for row in draws.to_numpy())


def _errors_known(model: Any) -> bool:
    return bool(np.isfinite(model.covariance_.to_numpy()).all())


def log_normal_draws(model: Any, n: int) -> Array:
    """Draw log-normal parameters around the estimate, from one fixed seed; the estimate alone without errors."""
    estimate = model.params_.to_numpy()
    if not _errors_known(model):
        return estimate[None, :]
    positive = np.arange(estimate.size) < len(
        model.names
    )  # coefficients of covariates follow, on their own scale
    scale = np.where(positive, estimate, 1.0)
    curvature, directions = np.linalg.eigh(model.covariance_.to_numpy() / np.outer(scale, scale))
    steps = np.random.default_rng(20).standard_normal((n, estimate.size)) * np.sqrt(
        np.clip(curvature, 0.0, 4.0)
    )
    steps = np.clip(steps @ directions.T, -7.0, 7.0)
    return np.where(positive, estimate * np.exp(steps), estimate + steps)


def process_of(model: Any, values: Any = None) -> Process:
    """Describe a model of purchases (or a draw of its parameters) to the functions of `outlook`."""
    names = list(model._params().index)
    if len(names) > len(model.names):
        raise ModelError(
            f"a value cannot be computed from a model with covariates ({', '.join(names[len(model.names) :])}) "
            "here; predict_lifetime_value values each customer"
        )
    theta = dict(zip(names, model.params_.to_numpy() if values is None else values, strict=True))
    kind = type(model).__name__
    if kind == "ParetoNBD":
        return Process(theta["r"], theta["alpha"], "clock", theta["s"], theta["beta"])
    if kind == "NBD":
        return Process(theta["r"], theta["alpha"], "never")
    if kind == "BGBB":
        return Process(theta["alpha"], theta["beta"], "periods", theta["gamma"], theta["delta"])
    if kind in {"BGNBD", "MBGNBD", "BGCNBD", "MBGCNBD"}:
        return Process(
            theta["r"],
            theta["alpha"],
            "coin",
            theta["a"],
            theta["b"],
            int(kind.startswith("M")),
            int(getattr(model, "k_", 1)),
        )
    raise ModelError(f"a value cannot be computed from a {kind}; accepted: {', '.join(PURCHASE)}")
