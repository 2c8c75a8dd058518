"""How many clusters, and whether there are any: one table for every k, and a verdict in one sentence."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ModelError
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.segments.arguments import checked_seed
from segmentclient.segments.bootstrap import judged
from segmentclient.segments.features import as_floats, collected, feature_names, refuse_unusable
from segmentclient.segments.lloyd import Array, Partition, distinct_rows, nearest, ordered_sample, partition
from segmentclient.segments.ordering import by_value, cluster_keys, renumbered
from segmentclient.segments.preparation import Preparation, Scale, Transform, learn_preparation
from segmentclient.segments.progress import Progress, run
from segmentclient.segments.quality import (
    Silhouette,
    bic,
    calinski_harabasz,
    davies_bouldin,
    knee,
    mean_silhouette,
    silhouettes,
)
from segmentclient.segments.resampling import BOOTSTRAPS, Resampled, gaps, resample
from segmentclient.segments.stability import jaccards
from segmentclient.segments.verdict import STRONG, Doubt, criteria_votes, elected, verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KChoice", "choose_k", "choose_on_prepared"]

SILHOUETTE_ROWS = 10_000
RESAMPLED_ROWS = 1_000


@dataclass(frozen=True)
class KChoice:
    """How many clusters.

    Attributes
    ----------
    table : one row for each k, with the columns that `choose_k` lists.
    best_k : the k most criteria name; the least arbitrary one where there are no natural clusters.
    verdict : one sentence.
    natural : whether the data hold clusters that chance does not make.
    clusters : stability of each cluster of `best_k`, with the columns of `cluster_stability`.
    preparation : what was done to each feature.
    """

    table: pd.DataFrame
    best_k: int
    verdict: str
    natural: bool
    clusters: pd.DataFrame
    preparation: Preparation

    def __repr__(self) -> str:
        shown = self.table[["k", "silhouette", "gap", "prediction_strength"]].round(3)
        return f"KChoice: {self.verdict}\n{shown.to_string(index=False)}"

    def _repr_html_(self) -> str:
        from segmentclient.render import html_card, html_table

        words = language("en")
        numbers = self.table.drop(columns=["k", "knee"])
        rows = [
            [words.number(k), *(words.number(value, 3 if abs(value) < 100 else 0) for value in row)]
            for k, *row in numbers.itertuples()
        ]
        body = html_table(["k", *numbers.columns], rows)
        return html_card(f"k = {self.best_k}", {}, body=body, foot=self.verdict)


def choose_k(
    customers: Any,
    features: Any,
    *,
    k: Iterable[int] = range(2, 11),
    transform: Transform = "auto",
    scale: Scale = "standard",
    random_state: int = 0,
    progress: Progress = "auto",
    lang: str = "en",
) -> KChoice:
    """Compare numbers of clusters by every usual criterion, and say in one sentence what they amount to.

    Clusters are called natural when their silhouette beats the best that k-means reaches in data without
    clusters of the same spread (ten uniform and ten normal sets), and they come back in resampled data.

    Parameters
    ----------
    customers : table of any engine; the features are collected, customers without orders take no part.
    features : numeric columns.
    k : numbers of clusters to compare, each at least 2; those beyond the number of different rows are left out.
    transform, scale : as in `segment_kmeans`.
    random_state : seed; the order of the rows changes nothing.
    progress : "auto" shows a progress bar in a terminal, "on" always, "off" never.
    lang : language of the verdict, "en" or "fr".

    Returns
    -------
    KChoice
        `table` has one row for each k, indexed by k: k; inertia; knee (true at the knee of the inertia);
        silhouette with its 95 % interval silhouette_low, silhouette_high (on at most 10,000 rows);
        calinski_harabasz (high is good); davies_bouldin (low is good); gap and gap_se; bic (low is good);
        stability_ari (adjusted Rand between the cut and cuts of bootstrap samples); prediction_strength (0.8 and
        more is strong); smallest_share (share of the smallest cluster). Gap, stability and prediction strength
        are measured on at most 1,000 rows.

    Raises
    ------
    ColumnError
        When a feature is missing, not numeric, NaN or infinite.
    ModelError
        When `k` is not whole numbers from 2, or there are fewer than 3 different rows.

    Notes
    -----
    Every k is cut with many restarts, and again in resampled and in shapeless data: a second or more for each, the
    more the larger it is, so that hundreds of k in a row take many minutes (``progress="on"`` shows how many are left,
    in a notebook too). Where many clusters are thought of, compare few far apart first, ``k=[2, 5, 10, 20, 50, 100]``,
    then those around the best.

    References
    ----------
    Tibshirani, Walther and Hastie (2001) for the gap; Tibshirani and Walther (2005) for prediction strength.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> spread = np.random.default_rng(0).normal(size=(150, 2))
    >>> spread[:50] += 8; spread[50:100, 0] -= 8
    >>> choice = choose_k(pd.DataFrame(spread, columns=["x", "y"]), ["x", "y"], k=range(2, 6))
    >>> choice.best_k
    3
    """
    check_options(choose_k, locals(), error=ModelError)
    words, seed = language(lang), checked_seed(random_state)
    frame = frames.read(customers)
    names = feature_names(features, frame)
    data = collected(frame, names)
    values = np.column_stack([as_floats(data[name]) for name in names])
    refuse_unusable(values, names)
    preparation = learn_preparation(values, names, transform=transform, scale=scale)
    rows = preparation.apply(values)
    return choose_on_prepared(rows, preparation, k=k, seed=seed, progress=progress, words=words)


def choose_on_prepared(
    rows: Array,
    preparation: Preparation,
    *,
    seed: int,
    k: Iterable[int] = range(2, 11),
    progress: Progress = "auto",
    words: Language | None = None,
) -> KChoice:
    """Choose on rows that are prepared already."""
    words = words or language("en")
    ks = _usable(k, rows)
    few = ordered_sample(rows, RESAMPLED_ROWS, seed=seed)
    cuts = _cut(rows, ks, seed, progress, words)
    resampled = resample(few, cuts, seed, progress, words)
    table = _table(rows, cuts, resampled, seed)
    votes = criteria_votes(table)
    best = elected(votes)
    doubt = _doubt(table, best, resampled)
    said = verdict(table, best, votes, doubt, words)
    clusters = _judged(rows, few, cuts[best], preparation, seed)
    return KChoice(table, best, said, not doubt, clusters, preparation)


def _judged(rows: Array, few: Array, cut: Partition, preparation: Preparation, seed: int) -> pd.DataFrame:
    """Judge the clusters of the chosen cut, in the order of their value."""
    names = [feature.name for feature in preparation.features]
    order = by_value(preparation.undo(rows), cut.labels, names)
    labels = renumbered(nearest(few, cut.centers)[0], order)
    scores = jaccards(few, labels, len(order), times=3 * BOOTSTRAPS, seed=seed)
    return judged(cluster_keys(len(order)), np.bincount(labels, minlength=len(order)) / len(labels), scores)


def _doubt(table: pd.DataFrame, best: int, resampled: Resampled) -> Doubt:
    if not resampled.excess(best).beyond_chance:
        return "chance"
    return "" if table.loc[best, ["stability_ari", "prediction_strength"]].max() >= STRONG else "unstable"


def _usable(k: Any, rows: Array) -> list[int]:
    asked = sorted(set(k)) if isinstance(k, Iterable) else [k]
    if not asked or any(
        isinstance(one, bool) or not isinstance(one, (int, np.integer)) or one < 2 for one in asked
    ):
        raise ModelError(f"k={k!r}: expected whole numbers of clusters from 2, such as range(2, 11)")
    different = distinct_rows(rows, int(asked[-1]) + 1)
    kept = [int(one) for one in asked if one < different]
    if not kept:
        raise ModelError(
            f"customers: {different} different rows cannot be cut into {asked[0]} clusters or more and compared; give more rows or features"
        )
    return kept


def _cut(rows: Array, ks: list[int], seed: int, progress: Progress, words: Language) -> dict[int, Partition]:
    tasks = {k: functools.partial(partition, rows, k, seed=seed) for k in ks}
    return run(tasks, title=words.text("Cutting"), progress=progress)


def _table(rows: Array, cuts: dict[int, Partition], resampled: Resampled, seed: int) -> pd.DataFrame:
    import pandas as pd

    widths = _silhouettes(rows, cuts, seed)
    gap, errors = gaps(resampled)
    ks = list(cuts)
    columns = {
        "k": ks,
        "inertia": [cut.inertia for cut in cuts.values()],
        "knee": knee(ks, [cut.inertia for cut in cuts.values()]),
        "silhouette": [width.mean for width in widths],
        "silhouette_low": [width.low for width in widths],
        "silhouette_high": [width.high for width in widths],
        "calinski_harabasz": [calinski_harabasz(rows, cut) for cut in cuts.values()],
        "davies_bouldin": [davies_bouldin(rows, cut) for cut in cuts.values()],
        "gap": gap[1:],
        "gap_se": errors[1:],
        "bic": [bic(rows, cut) for cut in cuts.values()],
        "stability_ari": [resampled.ari[k] for k in ks],
        "prediction_strength": [resampled.strength[k] for k in ks],
        "smallest_share": [
            np.min(np.bincount(cut.labels, minlength=k)) / len(rows) for k, cut in cuts.items()
        ],
    }
    return pd.DataFrame(columns, index=pd.Index(ks))


def _silhouettes(rows: Array, cuts: dict[int, Partition], seed: int) -> list[Silhouette]:
    seen = ordered_sample(rows, SILHOUETTE_ROWS, seed=seed)
    return [
        mean_silhouette(widths)
        for widths in silhouettes(seen, [nearest(seen, cut.centers)[0] for cut in cuts.values()])
    ]
