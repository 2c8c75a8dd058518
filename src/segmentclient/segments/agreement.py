"""How far two ways of cutting the same customers agree: cross table, adjusted Rand, normalised mutual information."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from segmentclient import frames
from segmentclient.errors import ColumnError, ModelError
from segmentclient.locale import language
from segmentclient.options import check_options
from segmentclient.schema import check_columns
from segmentclient.segments.lloyd import Array

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CrossTable",
    "adjusted_rand",
    "best_overlaps",
    "cluster_rfm_table",
    "contingency",
    "mutual_information",
]

_CUSTOMERS = "_segmentclient_customers"


@dataclass(frozen=True)
class CrossTable:
    """Clusters against segments.

    Attributes
    ----------
    table : customers by cluster (rows) and segment (columns).
    adjusted_rand : 1 when both cut alike, 0 when they agree no more than by chance.
    normalized_mutual_info : 1 when either tells the other, 0 when it tells nothing.
    """

    table: pd.DataFrame
    adjusted_rand: float
    normalized_mutual_info: float

    def _repr_html_(self) -> str:
        from segmentclient.render import html_card, html_table

        words = language("en")
        rows = [[key, *map(words.number, counts)] for key, *counts in self.table.itertuples()]
        body = html_table([str(self.table.index.name), *map(str, self.table.columns)], rows)
        facts = {
            "adjusted Rand": words.number(self.adjusted_rand, 3),
            "normalised mutual information": words.number(self.normalized_mutual_info, 3),
        }
        return html_card(f"{self.table.index.name} × {self.table.columns.name}", facts, body=body)


def cluster_rfm_table(customers: Any, *, cluster: str = "cluster", segment: str = "segment") -> CrossTable:
    """Set clusters against RFM segments (or any two ways of cutting), with how far they agree.

    The counts are made in the table's own engine; customers who miss either label are left out.

    Parameters
    ----------
    customers : table of any engine with both columns.
    cluster, segment : the two columns.

    Returns
    -------
    CrossTable
        `table` (customers, clusters in rows), `adjusted_rand`, `normalized_mutual_info`.

    Raises
    ------
    ColumnError
        When a column is missing, or nobody has both labels.

    References
    ----------
    Hubert and Arabie (1985), Comparing partitions, equation 5. Mutual information is divided by the mean of the
    two entropies.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"cluster": ["c1", "c1", "c2", "c2"], "segment": ["loyal", "loyal", "lost", "lost"]})
    >>> cluster_rfm_table(customers).adjusted_rand
    1.0
    """
    check_options(cluster_rfm_table, locals(), error=ModelError)
    frame = frames.read(customers)
    check_columns(frames.schema_of(frame), {cluster: "any", segment: "any"})
    if cluster == segment:
        raise ColumnError(f"customers: cluster and segment must be two columns, found {cluster!r} twice")
    frames.check_labels(frame, cluster, segment)
    known = frame.filter(~nw.col(cluster).is_null() & ~nw.col(segment).is_null())
    counts = frames.collect(known.group_by(cluster, segment).agg(nw.len().alias(_CUSTOMERS)))
    if not len(counts):
        raise ColumnError(
            f"customers: nobody has both {cluster!r} and {segment!r}; make them with segment_kmeans and segment_rfm"
        )
    table = counts.pivot(index=cluster, columns=segment, values=_CUSTOMERS).fillna(0).astype(int)
    table = table.sort_index().sort_index(axis=1)
    cells = table.to_numpy()
    return CrossTable(table, adjusted_rand(cells), mutual_information(cells))


def contingency(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int64]:
    """Count pairs of labels (whole numbers from 0; negative ones are left out)."""
    kept = (first >= 0) & (second >= 0)
    width = int(second.max(initial=0)) + 1
    cells = np.bincount(first[kept] * width + second[kept], minlength=(int(first.max(initial=0)) + 1) * width)
    return cells.reshape(-1, width)


def best_overlaps(cells: Any) -> Array:
    """Give the best Jaccard index of each row of a contingency table with a column."""
    union = cells.sum(axis=1)[:, None] + cells.sum(axis=0) - cells
    return np.asarray((cells / np.maximum(union, 1)).max(axis=1))


def adjusted_rand(cells: NDArray[Any]) -> float:
    """Compute the adjusted Rand index of a contingency table."""
    both = _pairs(cells).sum()
    rows, columns = _pairs(cells.sum(axis=1)).sum(), _pairs(cells.sum(axis=0)).sum()
    everything = _pairs(cells.sum())
    expected = rows * columns / everything if everything else 0.0
    most = (rows + columns) / 2
    return float((both - expected) / (most - expected)) if most != expected else 1.0


def _pairs(counts: Any) -> Any:
    counts = np.asarray(counts, dtype=float)
    return counts * (counts - 1) / 2


def mutual_information(cells: NDArray[Any]) -> float:
    """Compute mutual information divided by the mean of the two entropies."""
    shares = cells / cells.sum()
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    entropy = (_entropy(rows) + _entropy(columns)) / 2
    return (
        float((_entropy(rows) + _entropy(columns) - _entropy(shares.ravel())) / entropy)
        if entropy > 0
        else 1.0
    )


def _entropy(shares: NDArray[Any]) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())
