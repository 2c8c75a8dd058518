"""One shallow decision tree for all that explain segments by thresholds."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from segmentclient.segments.lloyd import Array, Labels

__all__ = ["Tree", "decision_tree"]


class Tree(NamedTuple):
    """The nodes of a tree (children are −1 at a leaf), and the leaf and the label of each row that it grew from."""

    children_left: Labels
    children_right: Labels
    feature: Labels
    threshold: Array
    leaves: Labels
    predicted: Labels


def decision_tree(values: Array, labels: Labels, *, depth: int, least: int) -> Tree:
    """Grow a tree whose leaves hold at least `least` customers; nearly a segment a customer is no fault here.

    scikit-learn's trees hold 7 digits, and take values for equal that differ by less than 1e-7: they see the ranks of the
    values, and thresholds lie halfway between the values that they part.
    """
    from sklearn.tree import DecisionTreeClassifier

    ranks = np.column_stack([np.unique(column, return_inverse=True)[1] for column in values.T])
    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)  # see above
        tree.fit(ranks, labels)
    nodes = tree.tree_
    return Tree(
        nodes.children_left,
        nodes.children_right,
        nodes.feature,
        _thresholds(nodes, ranks, values),
        tree.apply(ranks),
        tree.predict(ranks),
    )


def _thresholds(nodes: Any, ranks: Any, values: Array) -> Array:
    """Find the middle between the highest value on the left of each node and the lowest on its right."""
    found = np.full(nodes.node_count, np.nan)
    waiting = [(0, np.arange(len(values)))]
    while waiting:
        node, rows = waiting.pop()
        left, right, column = nodes.children_left[node], nodes.children_right[node], nodes.feature[node]
        if left < 0:
            continue
        below = ranks[rows, column] <= nodes.threshold[node]
        waiting += [(left, rows[below]), (right, rows[~below])]
        low, high = values[rows[below], column].max(), values[rows[~below], column].min()
        found[node] = min(low + (high - low) / 2.0, np.nextafter(high, low))
    return found
