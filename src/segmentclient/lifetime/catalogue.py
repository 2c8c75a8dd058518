"""The names of the models, and the classes behind them (imported on first use)."""

from __future__ import annotations

import importlib
from typing import Any

from segmentclient.errors import ModelError
from segmentclient.options import shown

__all__ = ["PURCHASE", "SPEND", "model_and_unit", "model_class", "purchase_of"]

PURCHASE = {
    "bgnbd": "BGNBD",
    "mbgnbd": "MBGNBD",
    "pareto_nbd": "ParetoNBD",
    "bgcnbd": "BGCNBD",
    "mbgcnbd": "MBGCNBD",
    "nbd": "NBD",
    "bgbb": "BGBB",
}
SPEND = {"gamma_gamma": "GammaGamma", "gamma_gamma_by_frequency": "GammaGammaByFrequency"}


def model_class(name: str) -> Any:
    """Give the class behind "bgnbd", "gamma_gamma" ..."""
    return getattr(importlib.import_module("segmentclient.lifetime"), (PURCHASE | SPEND)[name])


def model_and_unit(model: Any) -> tuple[Any, str]:
    """Take a purchase model (fitted, a name, or the one of a `LifetimeModels`), and its unit of time."""
    if isinstance(model, str):
        if model not in PURCHASE:
            raise ModelError(
                f"model={model!r} is not known; accepted: a fitted model or {', '.join(map(repr, PURCHASE))}"
            )
        return model_class(model)(), "D"
    model = purchase_of(model)
    return model, model.get_params().get("time_unit", "D")


def purchase_of(model: Any) -> Any:
    """Take a model of purchases, or the one of a `LifetimeModels`."""
    purchase = getattr(model, "purchase", model)
    if not hasattr(purchase, "probability_alive") or isinstance(purchase, type):
        raise ModelError(
            f"model={shown(model)}; accepted: a model of purchases ({', '.join(PURCHASE.values())}) or a LifetimeModels"
        )
    return purchase
