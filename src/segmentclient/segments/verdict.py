"""What the criteria amount to: which k each names, which k most name, and one honest sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from segmentclient.locale import Language

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STRONG", "Doubt", "criteria_votes", "elected", "verdict"]

Doubt: TypeAlias = Literal["", "chance", "unstable"]
STRONG = 0.8  # threshold of prediction strength and of the bootstrap adjusted Rand index
NAMES = {
    "silhouette": "the silhouette",
    "calinski_harabasz": "Calinski–Harabasz",
    "davies_bouldin": "Davies–Bouldin",
    "gap": "the gap statistic",
    "bic": "BIC",
    "prediction_strength": "prediction strength",
}


def criteria_votes(table: pd.DataFrame) -> dict[str, int]:
    """Say which k each criterion names; one that only prefers the largest k tried, or none, abstains."""
    votes = {
        "silhouette": int(table["silhouette"].idxmax()),
        "calinski_harabasz": _inside(table, table["calinski_harabasz"].idxmax()),
        "davies_bouldin": _inside(table, table["davies_bouldin"].idxmin()),
        "gap": _by_gap(table),
        "bic": _inside(table, table["bic"].idxmin()),
        "prediction_strength": max(table.index[table["prediction_strength"] >= STRONG], default=None),
    }
    return {criterion: int(k) for criterion, k in votes.items() if k is not None}


def _inside(table: pd.DataFrame, k: Any) -> int | None:
    return int(k) if k != table.index[-1] or len(table) == 1 else None


def _by_gap(table: pd.DataFrame) -> int | None:
    """Smallest k whose gap the next k does not beat by more than its error."""
    enough = table["gap"] >= table["gap"].shift(-1) - table["gap_se"].shift(-1)
    return next((int(k) for k in table.index[enough]), None)


def elected(votes: Mapping[str, int]) -> int:
    """Give the k named most; the silhouette decides between equals, then the smaller k."""
    counts = Counter(votes.values())
    most = max(counts.values())
    return (
        votes["silhouette"]
        if counts[votes["silhouette"]] == most
        else min(k for k in counts if counts[k] == most)
    )


def verdict(table: pd.DataFrame, best: int, votes: Mapping[str, int], doubt: Doubt, words: Language) -> str:
    """Write the verdict; `doubt` is "" where the clusters are natural, else "chance" or "unstable"."""
    row = table.loc[best]
    silhouette = words.number(row["silhouette"], 2)
    again = words.number(row["stability_ari"], 2)
    if doubt == "chance":
        return words.text(
            "There are no natural clusters: any cut is a convenience, and k = {k} is the least arbitrary "
            "(its silhouette, {silhouette}, is about what data without clusters give).",
            k=best, silhouette=silhouette,
        )  # fmt: skip
    if doubt == "unstable":
        return words.text(
            "There are no natural clusters: any cut is a convenience, and k = {k} is the least arbitrary "
            "(its clusters do not come back in resampled data: adjusted Rand {again}).",
            k=best, again=again,
        )  # fmt: skip
    for_it = [words.text(NAMES[criterion]) for criterion, k in votes.items() if k == best]
    against = [f"{words.text(NAMES[criterion])} ({k})" for criterion, k in votes.items() if k != best]
    interval = words.text(
        "{low} to {high}",
        low=words.number(row["silhouette_low"], 2),
        high=words.number(row["silhouette_high"], 2),
    )
    facts = {
        "k": best,
        "criteria": words.listed(for_it),
        "silhouette": silhouette,
        "interval": interval,
        "again": again,
    }
    if not against:
        return words.text(
            "k = {k}: every criterion with an opinion agrees ({criteria}), the silhouette is {silhouette} ({interval}), "
            "and resampled data give the same clusters (adjusted Rand {again}).",
            **facts,
        )
    return words.text(
        "k = {k} by {criteria}, against {others}; the silhouette is {silhouette} ({interval}), "
        "and the adjusted Rand index with resampled data {again}.",
        others=words.listed(against), **facts,
    )  # fmt: skip
