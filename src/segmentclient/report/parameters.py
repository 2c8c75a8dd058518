"""The parameters of the fitted models, and how they were fitted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from segmentclient.report.words import Cell, Table, Words

__all__ = ["model_name", "model_sentences", "parameter_tables"]


SPEND = ("GammaGamma", "GammaGammaByFrequency")  # models that know no time


def parameter_tables(models: Any, say: Words) -> tuple[Table, ...]:
    """The parameters of the fitted models, with their standard errors where they are known."""
    return tuple(_parameters(model, say) for model in _each(models))


def _each(models: Any) -> list[Any]:
    """Take a `LifetimeModels` apart; a single model stands for itself; names say nothing about parameters."""
    parts = [getattr(models, "purchase", models), getattr(models, "spend", None)]
    return [model for model in parts if hasattr(model, "params_")]


def model_sentences(models: Any, say: Words) -> tuple[str, ...]:
    """Say on how many customers the models were fitted, how well, in which unit of time, and why these."""
    return (*(_fit(model, say) for model in _each(models)), *_reason(models, say))


def _fit(model: Any, say: Words) -> str:
    likelihood = getattr(model, "log_likelihood_", float("nan"))
    if likelihood != likelihood:
        return say.text("{model}: parameters were given, not fitted.", model=model_name(model))
    told = say.plural(
        "{model}: fitted on {n} customer, log-likelihood {likelihood}",
        "{model}: fitted on {n} customers, log-likelihood {likelihood}",
        model.n_customers_,
        model=model_name(model),
        likelihood=say.number(likelihood, 2),
    )
    if type(model).__name__ in SPEND:
        return f"{told}."
    return f"{told}{say.text('; ')}{_unit(getattr(model, 'time_unit', 'D'), say)}."


def _unit(unit: str, say: Words) -> str:
    units = {
        "D": say.text("time in days"),
        "W": say.text("time in weeks"),
        "M": say.text("time in months"),
        "Y": say.text("time in years"),
    }
    return units.get(unit, unit)


def _reason(models: Any, say: Words) -> Iterable[str]:
    """Say why these models, where it is known in the language of the report."""
    told = models.reason_in(say.language.key) if hasattr(models, "reason_in") else ""
    if told and (say.language.key == "en" or models.sentences):
        yield told


def _parameters(model: Any, say: Words) -> Table:
    errors = getattr(model, "standard_errors_", None)
    headers = [say.text("Parameter"), say.text("Value"), say.text("Standard error")]
    rows = [
        [Cell(str(name)), Cell(say.number(value, 4)), Cell(_error(errors, name, say))]
        for name, value in model.params_.items()
    ]
    return Table(headers, rows, caption=model_name(model))


def model_name(model: Any) -> str:
    """Write a model's name as the literature does."""
    name = type(model).__name__
    return _MODEL_NAMES.get(name, name)


_MODEL_NAMES = {
    "BGNBD": "BG/NBD",
    "MBGNBD": "MBG/NBD",
    "ParetoNBD": "Pareto/NBD",
    "BGCNBD": "BG/CNBD-k",
    "MBGCNBD": "MBG/CNBD-k",
    "BGBB": "BG/BB",
    "GammaGamma": "Gamma-Gamma",
    "GammaGammaByFrequency": "Gamma-Gamma",
}


def _error(errors: Any, name: Any, say: Words) -> str:
    return say.number(None if errors is None else errors.get(name), 4)
