"""One shallow decision tree for all that explain segments by thresholds."""

from __future__ import annotations

import warnings
from typing import Any

from segmentclient.segments.lloyd import Array, Labels

__all__ = ["decision_tree"]


def decision_tree(values: Array, labels: Labels, *, depth: int, least: int) -> Any:
    """Grow a tree whose leaves hold at least `least` customers; nearly a segment a customer is no fault here."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)  # see above
        return tree.fit(values, labels)
