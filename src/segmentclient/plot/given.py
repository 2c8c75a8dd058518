"""What a chart was given in place of a model or a choice: one error of ours for what cannot answer."""

from __future__ import annotations

from typing import Any

from segmentclient.errors import ModelError
from segmentclient.options import shown

__all__ = ["check_answers", "check_purchase_model"]


def check_answers(given: Any, name: str, method: str, expected: str) -> None:
    """Raise where `given` has no such method; `expected` says what has one."""
    if not callable(getattr(given, method, None)):
        raise ModelError(f"{name}={shown(given)} ({type(given).__name__}); accepted: {expected}")


def check_purchase_model(model: Any) -> None:
    """Raise where `model` gives no probability of being alive."""
    check_answers(
        model, "model", "probability_alive", "a fitted model of purchases, such as MBGNBD().fit(customers)"
    )
