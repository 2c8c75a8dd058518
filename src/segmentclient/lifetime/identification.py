"""What the data do not say: a maximum of the likelihood at a border, or on a ridge, told in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["doubts"]

_NEVER = 1e-3  # fewer than one in a thousand leaves at a purchase, or in a mean time between purchases
_SAME = 100.0  # a Gamma of shape 100 varies by 10 %
_ROUGH = 1.5  # standard error of a log-parameter: known to a factor of 20 (95 %)


def doubts(model: Any) -> list[str]:
    """Say what cannot be concluded from a fitted model of purchases: one sentence a doubt, none when all is well."""
    params = model.params_.to_dict()
    found = [] if model.converged_ else ["The search for the best parameters did not reach a maximum."]
    if {"r", "alpha", "a", "b"} <= set(params):
        found += _about_coins(params, model)
    elif {"s", "beta"} <= set(params):
        found += _about_clocks(params, model)
    if params.get("r", 0.0) > _SAME:
        found.append(
            f"Customers hardly differ in how often they buy (r = {params['r']:.3g}): only the mean rate r / alpha is known, "
            "not r and alpha apart."
        )
    return found


def _about_coins(params: dict[str, float], model: Any) -> list[str]:
    a, b = params["a"], params["b"]
    if a / (a + b) < _NEVER:
        return [
            f"The data show no drop-out (a / (a + b) = {a / (a + b):.2g}): who has left cannot be told from who is slow."
        ]
    if a + b > 1e3:
        return [
            f"Customers do not differ in how readily they leave (a + b = {a + b:.3g}): only the mean chance a / (a + b) is known."
        ]
    rough = _rough(model, ("a", "b"))
    return [f"How customers leave is hardly known ({rough})."] if rough else []


def _about_clocks(params: dict[str, float], model: Any) -> list[str]:
    s, beta, alpha, r = params["s"], params["beta"], params["alpha"], params["r"]
    if s / beta < _NEVER * r / alpha:
        return [
            f"The data show no drop-out (s / beta = {s / beta:.2g}): who has left cannot be told from who is slow."
        ]
    rough = _rough(model, ("s", "beta"))
    return [f"How customers leave is hardly known ({rough})."] if rough else []


def _rough(model: Any, names: tuple[str, ...]) -> str:
    errors = model.standard_errors_[list(names)] / model.params_[list(names)]
    worst = errors[errors > _ROUGH]
    return ", ".join(
        f"{name} only within a factor of {min(np.exp(2 * error), 1e6):,.0f}" for name, error in worst.items()
    )
