"""Natural breaks of one variable (Jenks), exact on distinct values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["jenks_breaks"]

MOST_VALUES = 1500


def jenks_breaks(values: NDArray[np.float64], counts: NDArray[np.float64], bins: int) -> tuple[float, ...]:
    """Cut distinct values into `bins` classes with the least variance inside them.

    Parameters
    ----------
    values, counts : distinct values and how often each occurs, in any order.
    bins : number of classes.

    Returns
    -------
    The greatest value of each class but the last: `bins` − 1 cut points, the last one repeated where there are fewer
    distinct values than classes. Past 1,500 distinct values, neighbours are merged first (equal counts).

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
    tops = values
    if len(values) > MOST_VALUES:
        values, counts, tops = _merged(values, counts)
    classes = min(bins, len(values))
    ends = _class_ends(values, counts, classes)
    points = [float(tops[end]) for end in ends[:-1]]
    padding = points[-1:] or [float(tops[-1])]
    return tuple(points + padding * (bins - 1 - len(points)))


def _distinct(values: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
    """Sort, and join what is equal to twelve digits: sums of money differ in the last bits."""
    rounded = np.array([float(f"{value:.12g}") for value in values])
    found, place = np.unique(rounded, return_inverse=True)
    return found, np.bincount(place, counts)


def _merged(values: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    share = np.cumsum(counts) / counts.sum()
    part = np.minimum((share * MOST_VALUES).astype(int), MOST_VALUES - 1)
    starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
    weight = np.add.reduceat(counts, starts)
    mean = np.add.reduceat(values * counts, starts) / weight
    return mean, weight, values[np.r_[starts[1:] - 1, len(values) - 1]]


def _class_ends(values: NDArray[np.float64], counts: NDArray[np.float64], classes: int) -> list[int]:
    """Dynamic programme over the last class: cost[k][j] is the least error of the first j + 1 values in k classes."""
    centred = values - np.average(values, weights=counts)
    n = np.r_[0.0, np.cumsum(counts)]
    s = np.r_[0.0, np.cumsum(counts * centred)]
    q = np.r_[0.0, np.cumsum(counts * centred**2)]
    size = len(values)
    cost = q[1:] - s[1:] ** 2 / n[1:]
    starts = np.zeros((classes, size), dtype=int)
    for k in range(1, classes):
        before, cost = cost, np.full(size, np.inf)
        for end in range(k, size):
            start = np.arange(k, end + 1)
            inside = q[end + 1] - q[start] - (s[end + 1] - s[start]) ** 2 / (n[end + 1] - n[start])
            total = before[start - 1] + inside
            best = int(np.argmin(total))
            cost[end], starts[k, end] = total[best], start[best]
    ends = [size - 1]
    for k in range(classes - 1, 0, -1):
        ends.append(int(starts[k, ends[-1]]) - 1)
    return ends[::-1]
