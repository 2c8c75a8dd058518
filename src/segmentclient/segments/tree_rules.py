"""Clusters as rules: a small decision tree that imitates them, written as a rules file people can read and edit."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ModelError
from segmentclient.options import check_options
from segmentclient.schema import check_columns
from segmentclient.segments.cluster_names import name_clusters
from segmentclient.segments.decision_tree import decision_tree
from segmentclient.segments.features import as_floats, feature_names, labelled, refuse_unusable
from segmentclient.segments.lloyd import Array, Labels
from segmentclient.segments.rules import Rule

__all__ = ["ClusterRules", "cluster_rules"]


@dataclass(frozen=True)
class ClusterRules:
    """Rules that imitate clusters.

    Attributes
    ----------
    rules : one `Rule` a cluster, named by its key, labelled in English and French; `segment_by_rules` takes them.
    fidelity : share of the customers whom the rules put in their own cluster.
    baseline : the same share when everybody is put in the largest cluster.
    unreached : clusters that the tree is too small to say anything of.
    """

    rules: tuple[Rule, ...]
    fidelity: float
    baseline: float
    unreached: tuple[str, ...]

    def to_toml(self) -> str:
        """Write the rules as the text of a rules file, which `load_rules` reads."""
        return "\n".join(_table(rule) for rule in self.rules)


def _table(rule: Rule) -> str:
    keys = ("name", "when", "label_en", "label_fr")
    lines = [
        f"{key} = {json.dumps(getattr(rule, key), ensure_ascii=False)}" for key in keys if getattr(rule, key)
    ]
    return "\n".join(["[[rule]]", *lines, ""])


def cluster_rules(
    customers: Any, features: Sequence[str] | str, *, by: str = "cluster", depth: int = 4
) -> ClusterRules:
    """Imitate clusters by rules such as ``revenue > 500 and n_orders >= 3``.

    Every customer with known features meets exactly one rule. Thresholds are the roundest numbers that cut the
    customers at the same place.

    Parameters
    ----------
    customers : table of any engine with clusters; the features are collected.
    features : numeric columns the rules may speak of.
    by : the column of clusters; customers without one take no part.
    depth : most tests in a row, 1 to 8; deeper is more faithful and harder to read.

    Returns
    -------
    ClusterRules
        `rules`, `fidelity`, `baseline`, `unreached`; `to_toml()` gives the file.

    Raises
    ------
    ColumnError
        When a column is missing, or a feature is not numeric, NaN or infinite.
    ModelError
        When `depth` is not a whole number from 1 to 8.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"cluster": ["c1"] * 3 + ["c2"] * 3, "revenue": [300, 310, 290, 10, 12, 8.0]})
    >>> print(cluster_rules(customers, ["revenue"]).to_toml())
    [[rule]]
    name = "c1"
    when = "revenue > 200"
    label_en = "Big spenders"
    label_fr = "Gros acheteurs"
    <BLANKLINE>
    [[rule]]
    name = "c2"
    when = "revenue <= 200"
    label_en = "Small spenders"
    label_fr = "Petits acheteurs"
    <BLANKLINE>
    """
    check_options(cluster_rules, locals(), error=ModelError)
    if isinstance(depth, bool) or not isinstance(depth, int) or not 1 <= depth <= 8:
        raise ModelError(f"depth={depth!r}: expected a whole number from 1 to 8")
    frame = frames.read(customers)
    names = feature_names(features, frame)
    check_columns(frames.schema_of(frame), {by: "any"})
    frames.check_labels(frame, by)
    data = labelled(frame, by, names)
    values = np.column_stack([as_floats(data[name]) for name in names])
    refuse_unusable(values, names)
    keys, labels = np.unique(data[by].map(str).to_numpy(dtype=str), return_inverse=True)
    boxes = _boxes(values, labels, names, depth)
    return _in_words(keys, labels, boxes, _labels(customers, names, by))


@dataclass(frozen=True)
class _Box:
    """One leaf of the tree: its tests in words, the customers who meet them, the cluster it stands for."""

    tests: tuple[str, ...]
    inside: Any
    cluster: int


def _boxes(values: Array, labels: Labels, names: Sequence[str], depth: int) -> list[_Box]:
    least = max(1, min(len(values) // 200, int(np.min(np.bincount(labels))) // 2))
    tree = decision_tree(values, labels, depth=depth, least=least)
    everybody = np.ones(len(values), dtype=bool)
    return [box for box in _walk(tree, 0, {}, everybody, values, labels, names) if box.inside.any()]


def _walk(
    tree: Any,
    node: int,
    limits: dict[tuple[int, bool], float],
    inside: Any,
    values: Array,
    labels: Labels,
    names: Sequence[str],
) -> list[_Box]:
    """Give the leaves below a node; two that stand for one cluster are told as their parent."""
    own = _Box(_tests(limits, names), inside, int(np.argmax(np.bincount(labels[inside], minlength=1))))
    if tree.children_left[node] < 0:
        return [own]
    place = int(tree.feature[node])
    limit = _roundest(values[:, place], float(tree.threshold[node]))
    above = values[:, place] > limit
    left = _walk(
        tree,
        tree.children_left[node],
        {**limits, (place, False): limit},
        inside & ~above,
        values,
        labels,
        names,
    )
    right = _walk(
        tree,
        tree.children_right[node],
        {**limits, (place, True): limit},
        inside & above,
        values,
        labels,
        names,
    )
    return [own] if len({box.cluster for box in (*left, *right)}) == 1 else [*left, *right]


def _tests(limits: Mapping[tuple[int, bool], float], names: Sequence[str]) -> tuple[str, ...]:
    ordered = sorted(limits.items(), key=lambda item: (item[0][0], not item[0][1]))
    return tuple(_test(names[place], above, limit) for (place, above), limit in ordered)


def _roundest(column: Array, threshold: float) -> float:
    """Give the number of fewest digits that cuts the values where `threshold` does."""
    below, above = (
        np.max(column[column <= threshold], initial=-np.inf),
        np.min(column[column > threshold], initial=np.inf),
    )
    for digits in range(1, 17):
        near = float(f"{threshold:.{digits}g}")
        step = 10.0 ** (math.floor(math.log10(abs(threshold))) - digits + 1) if threshold else 1.0
        for short in (near, float(f"{near - step:.{digits}g}")):
            if below <= short < above:
                return short
    return threshold


def _test(name: str, above: bool, limit: float) -> str:
    column = name if name.isidentifier() else f"`{name}`"
    return f"{column} {'>' if above else '<='} {np.format_float_positional(limit, trim='-')}"


def _in_words(
    keys: Any, labels: Labels, boxes: Sequence[_Box], named: Mapping[str, tuple[str, str]]
) -> ClusterRules:
    guessed = np.full(len(labels), -1)
    for box in boxes:
        guessed[box.inside] = box.cluster
    rules = tuple(_rules(keys, boxes, named))
    reached = {box.cluster for box in boxes}
    unreached = tuple(str(key) for place, key in enumerate(keys) if place not in reached)
    largest = float(np.max(np.bincount(labels)) / len(labels))
    return ClusterRules(rules, float(np.mean(guessed == labels)), largest, unreached)


def _rules(keys: Any, boxes: Sequence[_Box], named: Mapping[str, tuple[str, str]]) -> Iterator[Rule]:
    for place, key in enumerate(keys):
        mine = sorted((box for box in boxes if box.cluster == place), key=lambda box: -int(box.inside.sum()))
        texts = [" and ".join(box.tests) for box in mine]
        if texts and texts[0]:
            when = texts[0] if len(texts) == 1 else " or ".join(f"({text})" for text in texts)
            label_en, label_fr = named[str(key)]
            yield Rule(str(key), when, label_en=label_en, label_fr=label_fr)


def _labels(customers: Any, names: Sequence[str], by: str) -> dict[str, tuple[str, str]]:
    english, french = (name_clusters(customers, names, by=by, lang=lang) for lang in ("en", "fr"))
    return {
        str(key): (en, fr) for key, en, fr in zip(english[by], english["name"], french["name"], strict=True)
    }
