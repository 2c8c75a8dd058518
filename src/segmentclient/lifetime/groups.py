"""The buyers of each segment as arrays, in an order of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ColumnError, raise_all
from segmentclient.lifetime.money import Terms
from segmentclient.lifetime.soundness import Array, bad_values, check_histories, numbers, without_history

__all__ = ["HISTORY", "Group"]

HISTORY = ("frequency", "recency", "T", "monetary_value")


@dataclass(frozen=True)
class Group:
    """The buyers, sorted by history so that the order of the rows never matters, and their segments."""

    names: list[Any]
    sizes: Array
    segment: Array
    history: tuple[Array, Array, Array]
    spend: Array
    margin: Array

    @classmethod
    def read(cls, frame: frames.Frame, by: str, terms: Terms) -> Group:
        """Collect the columns that are needed; customers without a history are counted in `sizes` alone."""
        import pandas as pd

        extra = [terms.margin] if isinstance(terms.margin, str) else []
        table = frames.collect(frame, list(dict.fromkeys([*HISTORY, by, *extra])))
        _check_segments(table[by], by)
        segment, names = pd.factorize(table[by], sort=True)
        margin = numbers(table[extra[0]]) if extra else np.full(len(table), terms.margin)
        x, recency, T, money = (numbers(table[name]) for name in HISTORY)
        everybody = cls(
            list(names), np.bincount(segment, minlength=len(names)), segment, (x, recency, T), money, margin
        )
        rows = np.lexsort([margin, money, T, recency, x, segment])
        buyers = everybody.take(rows[~without_history({"frequency": x, "recency": recency, "T": T})[rows]])
        buyers.check(str(terms.margin))
        return buyers

    def check(self, margin: str) -> None:
        """Refuse histories that cannot be, repeat buyers whose spend is unknown, and margins that are none."""
        x, recency, T = self.history
        check_histories({"frequency": x, "recency": recency, "T": T})
        silent = (x > 0) & ~np.isfinite(self.spend)
        no_share = ~(np.isfinite(self.margin) & (self.margin >= 0))
        raise_all(
            [
                *bad_values("monetary_value", self.spend, silent, "the mean spend of their repeat purchases"),
                *bad_values(margin, self.margin, no_share, "a margin ≥ 0 for every customer"),
            ],
            table="customers",
        )

    def take(self, rows: Array) -> Group:
        """Give some of the buyers, in the order of `rows`."""
        x, recency, T = self.history
        history = x[rows], recency[rows], T[rows]
        return Group(self.names, self.sizes, self.segment[rows], history, self.spend[rows], self.margin[rows])

    @property
    def buyers(self) -> Array:
        """Customers of each segment who bought at least once."""
        return np.bincount(self.segment, minlength=len(self.names)).astype(float)

    def sum(self, values: Array) -> Array:
        """Total a column by segment."""
        return np.bincount(self.segment, values, minlength=len(self.names))


TOTAL = "total"  # the row of all customers


def _check_segments(segments: Any, by: str) -> None:
    missing = int(segments.isna().sum())
    if missing:
        raise ColumnError(
            f"customers: column {by!r} is missing in {missing:,} rows; expected a segment a customer"
        )
    if (segments.astype(object) == TOTAL).any():
        raise ColumnError(
            f"customers: column {by!r} has segments called {TOTAL}, the word for the row of all customers; give them other names"
        )
