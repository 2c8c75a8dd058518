"""Which clusters would come back: each one's overlap with the clusters of resampled customers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ModelError
from segmentclient.options import check_options
from segmentclient.segments.agreement import best_overlaps, contingency
from segmentclient.segments.arguments import checked_seed
from segmentclient.segments.features import collected
from segmentclient.segments.lloyd import Array, Labels
from segmentclient.segments.progress import Progress, run
from segmentclient.segments.segmenter import Segmenter

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cluster_stability", "judged"]

ROWS = 1_000
STABLE, FAIR, DOUBTFUL = 0.85, 0.75, 0.6


def cluster_stability(
    customers: Any,
    features: Sequence[str] | str,
    segmenter: Segmenter,
    *,
    times: int = 30,
    random_state: int = 0,
    progress: Progress = "auto",
) -> pd.DataFrame:
    """Cut bootstrap samples of at most 1,000 customers again, and see which clusters come back.

    Parameters
    ----------
    customers : table of any engine; the features are collected.
    features : columns the segmenter is fitted on.
    segmenter : any segmenter with its settings; copies of it are fitted.
    times : number of bootstrap samples.
    random_state : seed; the order of the rows changes nothing.
    progress : "auto" shows a progress bar in a terminal, "on" always, "off" never.

    Returns
    -------
    One row a cluster: cluster; share (of the customers looked at); jaccard (mean over samples of the best overlap
    with a new cluster, 0 to 1); jaccard_low (its tenth percentile); verdict ("stable" from 0.85, "fair" from 0.75,
    "doubtful" from 0.6, "dissolved" below).

    Raises
    ------
    ModelError
        When `times` is not a whole number from 1, or every sample has too few different rows.

    References
    ----------
    Hennig (2007), Cluster-wise assessment of cluster stability.

    Examples
    --------
    >>> import segmentclient as sc, pandas as pd
    >>> customers = pd.DataFrame({"revenue": [10, 12, 11, 9, 13, 300, 310, 290, 305, 295.0]})
    >>> cluster_stability(customers, ["revenue"], sc.KMeansSegmenter(2), times=10)[["cluster", "verdict"]]
      cluster verdict
    0      c1  stable
    1      c2  stable
    """
    check_options(cluster_stability, locals(), error=ModelError)
    from sklearn.base import clone

    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise ModelError(f"times={times!r}: expected a whole number ≥ 1")
    seed = checked_seed(random_state)
    frame = frames.read(customers)
    rows = _some(collected(frame, segmenter._feature_names(features, frame)), seed)
    fitted = clone(segmenter).fit(rows)
    labels = fitted.predict(rows)
    tasks = {
        place: functools.partial(_overlaps, clone(segmenter), rows, labels, seed=seed + place)
        for place in range(times)
    }
    scores = [one for one in run(tasks, title="", progress=progress).values() if one is not None]
    if not scores:
        raise ModelError(
            "customers: every bootstrap sample has too few different rows to be cut again; ask for fewer clusters"
        )
    shares = np.bincount(labels[labels >= 0], minlength=len(fitted.sizes_)) / len(labels)
    return judged(fitted.keys_[:-1], shares, np.array(scores))


def _some(data: Any, seed: int) -> Any:
    """Draw rows in an order that the rows alone decide."""
    ordered = data.sort_values(list(data.columns), ignore_index=True)
    if len(ordered) <= ROWS:
        return ordered
    chosen = np.random.default_rng(seed).choice(len(ordered), ROWS, replace=False)
    return ordered.iloc[np.sort(chosen)].reset_index(drop=True)


def _overlaps(segmenter: Segmenter, rows: Any, labels: Labels, *, seed: int) -> Array | None:
    """Best Jaccard overlap of each cluster with those of one bootstrap sample; None when it cannot be cut."""
    drawn = np.random.default_rng(seed).integers(0, len(rows), len(rows))
    try:
        again = segmenter.fit(rows.iloc[drawn]).predict(rows)
    except ModelError:
        return None
    return best_overlaps(contingency(labels + 1, again + 1))[1:]


def judged(keys: Any, shares: Array, scores: Array) -> pd.DataFrame:
    """Make the table of clusters from their overlaps, one row of `scores` a sample."""
    import pandas as pd

    means = scores.mean(axis=0)
    return pd.DataFrame(
        {
            "cluster": keys,
            "share": shares,
            "jaccard": means,
            "jaccard_low": np.quantile(scores, 0.1, axis=0),
            "verdict": [_word(mean) for mean in means],
        }
    )


def _word(mean: float) -> str:
    """Say what a mean overlap amounts to; nothing for a cluster too small to have been looked at."""
    if np.isnan(mean):
        return ""
    if mean >= FAIR:
        return "stable" if mean >= STABLE else "fair"
    return "doubtful" if mean >= DOUBTFUL else "dissolved"
