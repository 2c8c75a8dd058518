"""What the data do not say: a maximum of the likelihood at a border, or on a ridge, told in one sentence."""

from __future__ import annotations

import math
from typing import Any

from segmentclient.lifetime.sentences import Sentence
from segmentclient.locale import Language, language

__all__ = ["doubts", "found_doubts"]

_NEVER = 1e-3  # fewer than one in a thousand leaves at a purchase, or in a mean time between purchases
_SAME = 100.0  # a Gamma of shape 100 varies by 10 %
_ROUGH = 1.5  # standard error of a log-parameter: known to a factor of 20 (95 %)


def doubts(model: Any, L: Language | None = None) -> list[str]:
    """Say what cannot be concluded from a fitted model of purchases: a sentence a doubt, none when all is well."""
    return [sentence.tell(L or language("en")) for sentence in found_doubts(model)]


def found_doubts(model: Any) -> list[Sentence]:
    """Find what cannot be concluded from a fitted model of purchases."""
    params = model.params_.to_dict()
    found = (
        [] if model.converged_ else [Sentence("The search for the best parameters did not reach a maximum.")]
    )
    if {"r", "alpha", "a", "b"} <= set(params):
        found += _about_coins(params, model)
    elif {"s", "beta"} <= set(params):
        found += _about_clocks(params, model)
    if params.get("r", 0.0) > _SAME:
        found.append(
            Sentence(
                "Customers hardly differ in how often they buy (r = {r}): only the mean rate r / alpha is known, not r and alpha apart.",
                {"r": round(params["r"])},
            )
        )
    return found


def _about_coins(params: dict[str, float], model: Any) -> list[Sentence]:
    a, b = params["a"], params["b"]
    if a / (a + b) < _NEVER:
        return [_no_dropout(f"a / (a + b) = {a / (a + b):.2g}")]
    if a + b > 1e3:
        return [
            Sentence(
                "Customers do not differ in how readily they leave (a + b = {total}): only the mean chance a / (a + b) is known.",
                {"total": round(a + b)},
            )
        ]
    return _rough(model, ("a", "b"))


def _about_clocks(params: dict[str, float], model: Any) -> list[Sentence]:
    s, beta, alpha, r = params["s"], params["beta"], params["alpha"], params["r"]
    if s / beta < _NEVER * r / alpha:
        return [_no_dropout(f"s / beta = {s / beta:.2g}")]
    return _rough(model, ("s", "beta"))


def _no_dropout(value: str) -> Sentence:
    return Sentence(
        "The data show no drop-out ({value}): who has left cannot be told from who is slow.", {"value": value}
    )


def _rough(model: Any, names: tuple[str, ...]) -> list[Sentence]:
    errors = model.standard_errors_[list(names)] / model.params_[list(names)]
    worst = errors[errors > _ROUGH]
    if worst.empty:
        return []
    factor = round(math.exp(min(2 * worst.max(), math.log(1e6))))
    return [
        Sentence(
            "How customers leave is hardly known ({names} only within a factor of {factor}).",
            {"names": list(worst.index), "factor": factor},
        )
    ]
