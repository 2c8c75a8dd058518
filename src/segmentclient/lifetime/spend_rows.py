"""What the model of spend learns from: how often and for how much each customer bought again."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentclient.errors import ModelError, SegmentClientWarning, raise_all
from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.histories import read_columns
from segmentclient.lifetime.soundness import PLAUSIBLE, Array, bad_values, numbers, plausible

__all__ = ["COLUMNS", "Spending", "spending_of", "spending_problems", "warn_of_refunded"]

COLUMNS = ("frequency", "monetary_value")


@dataclass(frozen=True)
class Spending:
    """Distinct (number of repeat purchases, mean value) rows of those who bought again, with their counts."""

    frequency: Array
    value: Array
    counts: Array

    @property
    def mean(self) -> float:
        """Mean value of all these purchases."""
        return float(np.dot(self.counts, self.frequency * self.value) / np.dot(self.counts, self.frequency))

    def every(self, most: int) -> Spending:
        """Take at most so many of the rows, evenly: a rough start is found on fewer."""
        if len(self.counts) <= most:
            return self
        rows = np.linspace(0, len(self.counts) - 1, most).astype(int)
        return Spending(self.frequency[rows], self.value[rows], self.counts[rows])


def spending_of(customers: Any, weights: Any) -> Spending:
    """Read those who bought again for a positive amount, each distinct row once."""
    table, weight = read_columns(customers, COLUMNS, weights)
    x, m = (numbers(table[name]) for name in COLUMNS)
    raise_all(spending_problems(x, m), table="customers")
    bought = (x > 0) & (m > 0)
    if not bought.any():
        raise ModelError(
            "nobody has frequency > 0 and monetary_value > 0: there is no repeat purchase to learn from"
        )
    warn_of_refunded(float(weight[(x > 0) & (m <= 0)].sum()))
    rows, kind = distinct([x[bought], m[bought]])
    return Spending(x[bought][rows], m[bought][rows], np.bincount(kind, weight[bought]))


def warn_of_refunded(number: float) -> None:
    """Say how many repeat buyers got their money back, so that their spend teaches nothing."""
    if number:
        warnings.warn(
            f"{number:g} repeat buyers with monetary_value ≤ 0 are left out of the fit",
            SegmentClientWarning,
            stacklevel=4,
        )


def spending_problems(x: Array, m: Array) -> Iterator[str]:
    """Say which frequencies and mean values cannot be; where nothing was bought again, a mean may be missing."""
    sound = plausible(x) & (x >= 0)
    yield from bad_values("frequency", x, ~sound, f"{PLAUSIBLE}, none below 0")
    yield from bad_values(
        "frequency", x, sound & (x != np.floor(x)), "whole numbers ≥ 0 (repeat purchase periods)"
    )
    yield from bad_values("monetary_value", m, ~plausible(m) & ~((x == 0) & np.isnan(m)), PLAUSIBLE)
