"""The circles of customers of the invented shop: who belongs to which, the same for orders and people."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np

from segmentclient.errors import SegmentClientError

__all__ = ["circle_codes", "customer_ids", "generator", "pick", "shop", "weighted"]


@functools.cache
def shop() -> dict[str, Any]:
    """Read ``shop.toml``: the parameters and the words of the shop."""
    return tomllib.loads(resources.files(__package__).joinpath("shop.toml").read_text(encoding="utf-8"))


def generator(random_state: int, stream: str) -> np.random.Generator:
    """Give an independent stream of random numbers; one a subject, so that none disturbs another."""
    if not isinstance(random_state, int | np.integer) or random_state < 0:
        raise SegmentClientError(f"random_state={random_state!r}: expected a whole number of at least 0")
    return np.random.default_rng([random_state, *stream.encode()])


MOST = 100_000_000


def circle_codes(n_customers: int, random_state: int) -> np.ndarray:
    """Say which circle each customer belongs to, as a position in ``shop()["circles"]``."""
    if not 1 <= n_customers <= MOST or n_customers != int(n_customers):
        raise SegmentClientError(
            f"n_customers={n_customers!r}: expected a whole number of at least 1, at most {MOST:,}"
        )
    shares = [circle["share"] for circle in shop()["circles"]]
    return weighted(generator(random_state, "circles"), shares, int(n_customers))


def customer_ids(n: int, *, prefix: str = "C") -> np.ndarray:
    """Give the ids ``C00001``, ``C00002`` … as an array of text."""
    return np.array([f"{prefix}{number:05d}" for number in range(1, n + 1)], dtype=object)


def pick(rng: np.random.Generator, weights: Mapping[str, float], n: int) -> np.ndarray:
    """Draw n words from a weighted list."""
    return np.array(list(weights), dtype=object)[weighted(rng, list(weights.values()), n)]


def weighted(rng: np.random.Generator, weights: Sequence[float], n: int) -> np.ndarray:
    """Draw n positions in proportion to weights."""
    cumulative = np.cumsum(weights) / np.sum(weights)
    return np.minimum(np.searchsorted(cumulative, rng.random(n), side="right"), len(weights) - 1)
