"""Features of customers by group, as profiles, clusters and portraits read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentclient import frames
from segmentclient.plot import palette
from segmentclient.schema import check_columns
from segmentclient.segments.features import refuse_unusable
from segmentclient.segments.preparation import learn_preparation

__all__ = ["VALUES", "Features", "features_of", "inside"]


VALUES = ("lifetime_value", "revenue", "monetary_value", "average_order_value", "n_orders")


@dataclass(frozen=True)
class Features:
    """Rows of features with the group of each; rows that miss a feature or a group are left out."""

    names: tuple[str, ...]
    held: np.ndarray
    key: np.ndarray

    @property
    def empty(self) -> bool:
        """True when no row is left."""
        return len(self.key) == 0

    @property
    def keys(self) -> list[Any]:
        """Groups in their natural order."""
        return sorted(set(self.key.tolist()), key=palette.natural)

    @property
    def prepared(self) -> np.ndarray:
        """Features against skew and on one scale, as clusters see them."""
        return learn_preparation(self.held, self.names, transform="auto", scale="standard").apply(self.held)

    @property
    def sizes(self) -> pd.Series:
        """Customers of each group."""
        return pd.Series(self.key, dtype=object).value_counts().reindex(self.keys)

    def sample(self, most: int) -> Features:
        """Take at most so many rows, the same whatever their order."""
        if len(self.key) <= most:
            return self
        order = np.lexsort((self.key.astype(str), *self.held.T))
        kept = order[np.random.default_rng(0).choice(len(order), most, replace=False)]
        return Features(self.names, self.held[kept], self.key[kept])

    def means(self, rows: np.ndarray) -> pd.DataFrame:
        """Mean of rows by group, one column a feature."""
        return pd.DataFrame(rows, columns=list(self.names)).groupby(self.key).mean().loc[self.keys]


def features_of(customers: Any, *, features: Sequence[str], by: str = "cluster") -> Features:
    """Collect the features and the group of each customer."""
    names = [features] if isinstance(features, str) else list(features)
    frame = frames.read(customers)
    check_columns(frame.collect_schema(), {by: "any", **dict.fromkeys(names, "number")})
    frames.check_labels(frame, by)
    table = frames.collect(frame, [*names, by]).dropna()
    held = table[names].to_numpy(float).reshape(-1, len(names))
    refuse_unusable(held, names)
    return Features(tuple(names), held, table[by].to_numpy(object))


def inside(name: str, column: str) -> str:
    """Write a name as inside a sentence; a column that the library does not know keeps its letters."""
    return name if name == column else name[:1].lower() + name[1:]


def extreme(
    table: pd.DataFrame, of: Callable[[np.ndarray], np.ndarray] = np.asarray
) -> tuple[Any, str, float]:
    """Find the group and feature with the highest number, and the number."""
    held = table.to_numpy(float)
    row, column = (int(place) for place in np.unravel_index(int(np.nanargmax(of(held))), held.shape))
    return table.index[row], str(table.columns[column]), float(held[row, column])
