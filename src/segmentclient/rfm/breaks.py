"""Natural breaks of one variable (Jenks), exact on distinct values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["jenks_breaks"]

MOST_VALUES = 1500
_MOST_ROUNDS = 100


def jenks_breaks(values: NDArray[np.float64], counts: NDArray[np.float64], bins: int) -> tuple[float, ...]:
    """Cut distinct values into `bins` classes with the least variance inside them.

    Parameters
    ----------
    values, counts : distinct values and how often each occurs, in any order.
    bins : number of classes.

    Returns
    -------
    The greatest value of each class but the last: `bins` − 1 cut points, the last one repeated where there are fewer
    distinct values than classes. Past 1,500 distinct values, neighbours are merged first, and the cut points then
    moved to their best places between all values.

    References
    ----------
    Fisher (1958), "On Grouping for Maximum Homogeneity"; Jenks (1967).

    Examples
    --------
    >>> import numpy as np
    >>> jenks_breaks(np.array([1.0, 2, 3, 50, 51, 99]), np.ones(6), 3)
    (3.0, 51.0)
    """
    values, counts = _distinct(values, counts)
    classes = min(bins, len(values))
    if len(values) > MOST_VALUES:
        merged, weight, last = _merged(values, counts)
        ends = _settled(values, counts, last[_class_ends(merged, weight, classes)])
    else:
        ends = _class_ends(values, counts, classes)
    points = [float(values[end]) for end in ends[:-1]]
    padding = points[-1:] or [float(values[-1])]
    return tuple(points + padding * (bins - 1 - len(points)))


def _distinct(values: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
    """Sort, and join what is equal to twelve digits: sums of money differ in the last bits."""
    rounded = np.array([float(f"{value:.12g}") for value in values])
    found, place = np.unique(rounded, return_inverse=True)
    return found, np.bincount(place, counts)


def _merged(values: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
    """Merge neighbours, few customers and few values a part; give mean, customers and last value of each part."""
    width = 0.5 * counts / counts.sum() + 0.5 / len(counts)
    part = ((np.cumsum(width) - 0.5 * width) * MOST_VALUES).astype(int)
    starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
    weight = np.add.reduceat(counts, starts)
    mean = np.add.reduceat(values * counts, starts) / weight
    return mean, weight, np.r_[starts[1:] - 1, len(values) - 1]


def _class_ends(values: NDArray[np.float64], counts: NDArray[np.float64], classes: int) -> NDArray[np.int64]:
    """Dynamic programme over the last class: cost[k][j] is the least error of the first j + 1 values in k classes."""
    error, size = _errors(values, counts), len(values)
    cost = error(0, np.arange(1, size + 1))
    starts = np.zeros((classes, size), dtype=int)
    for k in range(1, classes):
        before, cost = cost, np.full(size, np.inf)
        for end in range(k, size):
            start = np.arange(k, end + 1)
            total = before[start - 1] + error(start, end + 1)
            best = int(np.argmin(total))
            cost[end], starts[k, end] = total[best], start[best]
    ends = [size - 1]
    for k in range(classes - 1, 0, -1):
        ends.append(int(starts[k, ends[-1]]) - 1)
    return np.array(ends[::-1])


def _settled(
    values: NDArray[np.float64], counts: NDArray[np.float64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Move each border to its best place between its neighbours, until none moves: what merging blurred is sharp."""
    error, edges = _errors(values, counts), [0, *(ends + 1)]
    for _ in range(_MOST_ROUNDS):
        before = list(edges)
        for k in range(1, len(edges) - 1):
            border = np.arange(edges[k - 1] + 1, edges[k + 1])
            edges[k] = int(border[np.argmin(error(edges[k - 1], border) + error(border, edges[k + 1]))])
        if edges == before:
            break
    return np.array(edges[1:]) - 1


def _errors(values: NDArray[np.float64], counts: NDArray[np.float64]) -> Callable[[Any, Any], NDArray[Any]]:
    """Give the function that tells the sum of squares around the mean of the values from `start` to before `end`."""
    centred = values - np.average(values, weights=counts)
    n, s, q = (np.r_[0.0, np.cumsum(counts * centred**power)] for power in range(3))

    def error(start: Any, end: Any) -> NDArray[Any]:
        return q[end] - q[start] - (s[end] - s[start]) ** 2 / (n[end] - n[start])

    return error
