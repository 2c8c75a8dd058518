"""A small decision tree that imitates a segmentation, read out as plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient.locale import Language, language

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Test", "TreeRule", "surrogate_rules"]

MOST_CATEGORIES = 12


@dataclass(frozen=True)
class Test:
    """One question of the tree: a number above or below a threshold, or a category or not."""

    __test__ = False
    feature: str
    category: str | None
    above: bool
    threshold: float

    def words(self, words: Language) -> str:
        """Say the test."""
        facts = {"feature": self.feature, "value": words.number(self.threshold, _decimals(self.threshold))}
        if self.category is not None:
            facts["value"] = self.category
            return (
                words.text("{feature} is {value}", **facts)
                if self.above
                else words.text("{feature} is not {value}", **facts)
            )
        return (
            words.text("{feature} above {value}", **facts)
            if self.above
            else words.text("{feature} at most {value}", **facts)
        )


@dataclass(frozen=True)
class TreeRule:
    """The path of the tree that holds most of a segment: how pure it is, and how much of the segment it holds."""

    segment: str
    tests: tuple[Test, ...]
    n: int
    precision: float
    recall: float

    def sentence(self, lang: str = "en") -> str:
        """Say the rule in one sentence."""
        words = language(lang)
        if not self.tests:
            return words.text("{name}: no simple rule was found.", name=self.segment)
        return words.text(
            "{name}: mostly {tests} ({precision} of these customers are in the segment, and {recall} of the segment is there).",
            name=self.segment, tests=words.listed([test.words(words) for test in self.tests]),
            precision=words.percent(self.precision, 0), recall=words.percent(self.recall, 0),
        )  # fmt: skip


def _decimals(value: float) -> int:
    return 0 if float(value).is_integer() or abs(value) >= 100 else 2


def surrogate_rules(
    data: pd.DataFrame, by: str, names: Sequence[str], kinds: Mapping[str, str], *, depth: int
) -> tuple[tuple[TreeRule, ...], float, float]:
    """Grow the tree; give the best rule of each segment, the fidelity, and the share of the largest segment."""
    from sklearn.tree import DecisionTreeClassifier

    columns, matrix = _encoded(data, names, kinds)
    segments, labels = np.unique(data[by].to_numpy(dtype=str), return_inverse=True)
    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=max(1, len(data) // 200), random_state=0)
    tree.fit(matrix, labels)
    paths = dict(_paths(tree.tree_, columns))
    leaves = tree.apply(matrix)
    rules = tuple(_best_rule(str(name), labels == code, leaves, paths) for code, name in enumerate(segments))
    fidelity = float(np.mean(tree.predict(matrix) == labels))
    return rules, fidelity, float(np.bincount(labels).max() / len(labels))


def _encoded(
    data: Any, names: Sequence[str], kinds: Mapping[str, str]
) -> tuple[list[tuple[str, str | None]], Any]:
    """Numbers with their median in the gaps, texts as one column a frequent category."""
    columns: list[tuple[str, str | None]] = []
    arrays = []
    for name in names:
        if kinds[name] == "number":
            columns.append((name, None))
            arrays.append(data[name].fillna(data[name].median()).fillna(0.0).to_numpy(dtype=np.float64))
            continue
        for category in data[name].value_counts().head(MOST_CATEGORIES).index:
            columns.append((name, str(category)))
            arrays.append((data[name] == category).fillna(False).to_numpy(dtype=np.float64))
    return columns, np.column_stack(arrays) if arrays else np.zeros((len(data), 1))


def _paths(tree: Any, columns: Sequence[tuple[str, str | None]]) -> Iterator[tuple[int, tuple[Test, ...]]]:
    """Walk from the root to each leaf."""
    waiting: list[tuple[int, tuple[Test, ...]]] = [(0, ())]
    while waiting:
        node, tests = waiting.pop()
        if tree.children_left[node] < 0:
            yield node, _merged(tests)
            continue
        (feature, category), threshold = columns[tree.feature[node]], float(tree.threshold[node])
        for child, above in ((tree.children_left[node], False), (tree.children_right[node], True)):
            waiting.append((int(child), (*tests, Test(feature, category, above, threshold))))


def _merged(tests: Sequence[Test]) -> tuple[Test, ...]:
    """Keep the tightest test of each feature, category and direction, and drop what a category already says."""
    kept: dict[tuple[str, str | None, bool], Test] = {}
    for test in tests:
        kept[test.feature, test.category, test.above] = test
    known = {test.feature for test in kept.values() if test.category is not None and test.above}
    return tuple(
        test for test in kept.values() if test.category is None or test.above or test.feature not in known
    )


def _best_rule(name: str, mine: Any, leaves: Any, paths: Mapping[int, tuple[Test, ...]]) -> TreeRule:
    """Choose the leaf that holds the largest part of the segment, the purest of several."""
    candidates = []
    for leaf, tests in paths.items():
        there = leaves == leaf
        hits = int((there & mine).sum())
        candidates.append((hits, hits / max(int(there.sum()), 1), -leaf, int(there.sum()), tests))
    hits, precision, _, n, tests = max(candidates, key=lambda one: one[:3])
    return TreeRule(name, tests, n, precision, hits / int(mine.sum()))
