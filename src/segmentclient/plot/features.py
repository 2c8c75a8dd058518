"""Features of customers by group, as profiles, clusters and portraits read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentclient import frames
from segmentclient.locale import Language
from segmentclient.plot import palette
from segmentclient.plot.numbers import measure
from segmentclient.schema import check_columns, kind_of
from segmentclient.segments.features import refuse_unusable
from segmentclient.segments.preparation import learn_preparation

__all__ = ["VALUES", "Features", "Indices", "extreme", "features_of", "indices_of", "inside"]


ORDER, PARTS = "average_order_value", ("revenue", "n_orders")
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
    def _groups(self) -> pd.Index:
        """The groups as labels of rows: a list of truths would be taken for a mask."""
        return pd.Index(self.keys, dtype=object)

    @property
    def prepared(self) -> np.ndarray:
        """Features against skew and on one scale, as clusters see them."""
        return learn_preparation(self.held, self.names, transform="auto", scale="standard").apply(self.held)

    @property
    def sizes(self) -> pd.Series:
        """Customers of each group."""
        return pd.Series(self.key, dtype=object).value_counts().reindex(self._groups)

    def sample(self, most: int) -> Features:
        """Take at most so many rows, the same whatever their order."""
        if len(self.key) <= most:
            return self
        order = np.lexsort((self.key.astype(str), *self.held.T))
        kept = order[np.random.default_rng(0).choice(len(order), most, replace=False)]
        return Features(self.names, self.held[kept], self.key[kept])

    def means(self, rows: np.ndarray) -> pd.DataFrame:
        """Mean of rows by group, one column a feature."""
        return pd.DataFrame(rows, columns=list(self.names)).groupby(self.key).mean().reindex(self._groups)


def features_of(customers: Any, *, features: Sequence[str], by: str = "cluster") -> Features:
    """Collect the features and the group of each customer."""
    names = [features] if isinstance(features, str) else list(features)
    frame = frames.read(customers)
    check_columns(frames.schema_of(frame), {by: "any", **dict.fromkeys(names, "number")})
    frames.check_labels(frame, by)
    table = frames.collect(frame, [*names, by]).dropna()
    held = table[names].to_numpy(float).reshape(-1, len(names))
    refuse_unusable(held, names)
    return Features(tuple(names), held, table[by].to_numpy(object))


@dataclass(frozen=True)
class Indices:
    """Each group's mean of every feature where the average customer is 100: one row a group, one column a feature.

    `pooled` when an average order is revenue by orders, as in a table of segments; else it is the mean of the customers' own.
    """

    table: pd.DataFrame
    data: Features
    pooled: bool

    def name(self, feature: str, words: Language) -> str:
        """Name a feature; the mean of customers' own average orders is not called the average order of their group."""
        own = feature == ORDER and not self.pooled
        return words.text("Average order of a customer") if own else measure(feature, words)


def indices_of(customers: Any, *, features: Sequence[str], by: str) -> Indices:
    """Collect the features, with what an average order is made of where the table holds it, and divide by the average."""
    names = [features] if isinstance(features, str) else list(features)
    columns = frames.read(customers).collect_schema()
    pooled = ORDER in names and all(part in columns and kind_of(columns[part]) == "number" for part in PARTS)
    data = features_of(customers, features=list(dict.fromkeys([*names, *(PARTS if pooled else ())])), by=by)
    if data.empty:
        return Indices(pd.DataFrame(columns=names), data, pooled)
    means, average = data.means(data.held), pd.Series(data.held.mean(axis=0), index=list(data.names))
    if pooled:
        means[ORDER] = means["revenue"] / means["n_orders"].where(means["n_orders"] > 0)
        average[ORDER] = average["revenue"] / (average["n_orders"] or np.nan)
    return Indices(means[names].mul(100).div(average[names].where(average[names] > 0), axis=1), data, pooled)


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
