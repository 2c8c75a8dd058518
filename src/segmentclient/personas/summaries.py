"""What is typical of a group, without inventing a person who does not exist.

A category is summed up by its mode, by its two main profiles when they are close, or said to be spread out.
A number is summed up by its median, or by the medians of two groups when the values fall in two heaps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segmentclient import frames

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Summary", "of_categories", "of_counts", "of_numbers", "of_several", "split_several", "texts_of"]

CLOSE = 0.75
PROFILE = 0.2
SPREAD = 0.2
HEAP = 0.25
FEWEST_FOR_HEAPS = 40


@dataclass(frozen=True)
class Summary:
    """The typical value of a group: `parts` are (value, share) from the largest; `n` answers were known."""

    statistic: Literal["mode", "two_profiles", "spread", "even", "mentions", "median", "two_groups", "none"]
    value: Any = None
    share: float | None = None
    parts: tuple[tuple[Any, float], ...] = ()
    n: int = 0
    low: float | None = None
    high: float | None = None


def of_categories(values: pd.Series, most: int = 3) -> Summary:
    """Sum up single answers."""
    return of_counts(values.dropna().value_counts(), most)


def of_counts(counts: pd.Series, most: int = 3) -> Summary:
    """Sum up counted categories: the largest first, equal counts in the order of their names."""
    total = float(counts.sum())
    if total == 0:
        return Summary("none")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], _sortable(pair[0])))
    parts = tuple((value, count / total) for value, count in ordered)
    return Summary(_category_statistic(parts), parts[0][0], parts[0][1], parts[:most], int(total))


def _category_statistic(parts: tuple[tuple[Any, float], ...]) -> Literal["mode", "two_profiles", "spread"]:
    first = parts[0][1]
    if first < SPREAD and len(parts) > 4:
        return "spread"
    second = parts[1][1] if len(parts) > 1 else 0.0
    return "two_profiles" if second >= CLOSE * first and second >= PROFILE else "mode"


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, (int, float, np.number)) else (1, str(value))


def split_several(values: pd.Series) -> pd.Series:
    """Text answers that hold several choices ("family; ecology"): one row a choice, same index."""
    known = values.dropna()
    choices = known.astype(object).map({answer: _choices(answer) for answer in known.unique()})
    flat = choices.explode().dropna()
    return flat[flat != ""]


def texts_of(values: pd.Series) -> pd.Series:
    """Write single answers as text, the same whether a column holds 1 or, beside missing ones, 1.0."""
    import pandas as pd

    if values.dtype.kind not in "iuf":
        return values.astype(str)
    return pd.Series(frames.label_texts(values), index=values.index, name=values.name, dtype=object)


def _choices(answer: str) -> list[str]:
    return sorted({part.strip() for part in re.split(r"[;|]", answer)})


def of_several(values: pd.Series, most: int = 3) -> Summary:
    """Sum up answers with several choices: each share is of the people who answered."""
    flat = split_several(values)
    n = flat.index.nunique()
    if n == 0:
        return Summary("none")
    if len(flat) == n:
        return of_counts(flat.value_counts(), most)
    ordered = sorted(flat.value_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    parts = tuple((value, count / n) for value, count in ordered[:most])
    return Summary("mentions", parts[0][0], parts[0][1], parts, n)


def of_numbers(values: pd.Series) -> Summary:
    """Sum up numbers: median and quartiles, or two groups when almost nobody stands between two heaps."""
    known = np.sort(values.dropna().to_numpy(float))
    if not len(known):
        return Summary("none")
    low, middle, high = (float(value) for value in np.quantile(known, [0.25, 0.5, 0.75]))
    heaps = _two_heaps(known)
    if heaps is None:
        return Summary("median", middle, None, (), len(known), low, high)
    parts = tuple(
        sorted(
            ((float(np.median(heap)), len(heap) / len(known)) for heap in heaps), key=lambda pair: -pair[1]
        )
    )
    return Summary("two_groups", parts[0][0], parts[0][1], parts, len(known), low, high)


def _two_heaps(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Cut at the least within-group variance, and keep the cut only when the middle is significantly empty.

    Between the two group means, the middle third must hold fewer values than either outer third of the same width
    centred on a mean: a binomial test at 1 ‰ on the thinner side, and at most half of it.
    """
    n = len(ordered)
    if n < FEWEST_FOR_HEAPS or ordered[0] == ordered[-1]:
        return None
    cut = _best_cut(ordered)
    lower, upper = ordered[:cut], ordered[cut:]
    if min(len(lower), len(upper)) < HEAP * n:
        return None
    width = (upper.mean() - lower.mean()) / 3
    middle = _within(ordered, (upper.mean() + lower.mean()) / 2, width)
    side = min(_within(ordered, lower.mean(), width), _within(ordered, upper.mean(), width))
    return (lower, upper) if middle <= side / 2 and _is_rare(middle, middle + side) else None


def _best_cut(ordered: np.ndarray) -> int:
    n = len(ordered)
    sizes = np.arange(1, n)
    sums = np.cumsum(ordered)
    between = sums[:-1] ** 2 / sizes + (sums[-1] - sums[:-1]) ** 2 / (n - sizes)
    distinct = ordered[1:] > ordered[:-1]
    return int(np.argmax(np.where(distinct, between, -np.inf))) + 1


def _within(ordered: np.ndarray, centre: float, width: float) -> int:
    left, right = np.searchsorted(ordered, [centre - width / 2, centre + width / 2])
    return int(right - left)


def _is_rare(middle: int, both: int) -> bool:
    from scipy.special import bdtr

    return bool(bdtr(middle, both, 0.5) < 0.001)
