"""What the data do not say: a maximum of the likelihood at a border, or on a ridge, told in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmentclient.locale import Language, language

__all__ = ["doubts"]

_NEVER = 1e-3  # fewer than one in a thousand leaves at a purchase, or in a mean time between purchases
_SAME = 100.0  # a Gamma of shape 100 varies by 10 %
_ROUGH = 1.5  # standard error of a log-parameter: known to a factor of 20 (95 %)


def doubts(model: Any, L: Language | None = None) -> list[str]:
    """Say what cannot be concluded from a fitted model of purchases: a sentence a doubt, none when all is well."""
    L = L or language("en")
    params = model.params_.to_dict()
    found = (
        [] if model.converged_ else [L.text("The search for the best parameters did not reach a maximum.")]
    )
    if {"r", "alpha", "a", "b"} <= set(params):
        found += _about_coins(params, model, L)
    elif {"s", "beta"} <= set(params):
        found += _about_clocks(params, model, L)
    if params.get("r", 0.0) > _SAME:
        found.append(
            L.text(
                "Customers hardly differ in how often they buy (r = {r}): only the mean rate r / alpha is known, not r and alpha apart.",
                r=L.number(params["r"]),
            )
        )
    return found


def _about_coins(params: dict[str, float], model: Any, L: Language) -> list[str]:
    a, b = params["a"], params["b"]
    if a / (a + b) < _NEVER:
        return [_no_dropout(f"a / (a + b) = {a / (a + b):.2g}", L)]
    if a + b > 1e3:
        return [
            L.text(
                "Customers do not differ in how readily they leave (a + b = {total}): only the mean chance a / (a + b) is known.",
                total=L.number(a + b),
            )
        ]
    return _rough(model, ("a", "b"), L)


def _about_clocks(params: dict[str, float], model: Any, L: Language) -> list[str]:
    s, beta, alpha, r = params["s"], params["beta"], params["alpha"], params["r"]
    if s / beta < _NEVER * r / alpha:
        return [_no_dropout(f"s / beta = {s / beta:.2g}", L)]
    return _rough(model, ("s", "beta"), L)


def _no_dropout(value: str, L: Language) -> str:
    return L.text(
        "The data show no drop-out ({value}): who has left cannot be told from who is slow.", value=value
    )


def _rough(model: Any, names: tuple[str, ...], L: Language) -> list[str]:
    errors = model.standard_errors_[list(names)] / model.params_[list(names)]
    worst = errors[errors > _ROUGH]
    if worst.empty:
        return []
    factor = L.number(min(float(np.exp(2 * worst.max())), 1e6))
    return [
        L.text(
            "How customers leave is hardly known ({names} only within a factor of {factor}).",
            names=L.listed(worst.index),
            factor=factor,
        )
    ]
