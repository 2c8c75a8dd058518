"""How long, how often, how much: probabilistic models of customers' lifetimes and their value."""

from __future__ import annotations

import importlib
from typing import Any

_FILES = {
    "bgnbd": ["BGNBD"],
    "mbgnbd": ["MBGNBD"],
    "paretonbd": ["ParetoNBD"],
    "bgbb": ["BGBB"],
    "cnbd": ["BGCNBD", "MBGCNBD"],
    "nbd": ["NBD"],
    "gammagamma": ["GammaGamma"],
    "choice": ["LifetimeModels", "fit_lifetime_models"],
    "spend_bands": ["GammaGammaByFrequency"],
    "value": ["predict_lifetime_value"],
    "totals": ["value_by_segment"],
    "validation": ["bootstrap_parameters", "calibration_by_decile", "compare_models"],
    "tracking": ["cohort_retention", "track_purchases"],
    "diagnosis": ["check_fit"],
    "lifetimes_bridge": ["fit_with_lifetimes", "from_lifetimes", "to_lifetimes"],
}
_HOME = {name: file for file, names in _FILES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
