"""Sums of money that cancel out: what floating point leaves of them is no money."""

from __future__ import annotations

from typing import Any

__all__ = ["is_money"]

_ROUNDING = 1e-9  # of the sizes that were summed


def is_money(total: Any, sizes: Any) -> Any:
    """Tell whether a sum, of numbers whose sizes sum to `sizes`, is more than what rounding leaves."""
    least = _ROUNDING * sizes
    return (total > least) | (total < -least)
