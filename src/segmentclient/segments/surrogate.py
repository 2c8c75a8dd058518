"""A small decision tree that imitates a segmentation, read out as plain sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient.errors import ModelError
from segmentclient.locale import Language, language
from segmentclient.segments.decision_tree import decision_tree

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Test", "TreeRule", "surrogate_rules"]

MOST_CATEGORIES = 12
_MOST_DECIMALS = 20
WEAKEST = 0.2


@dataclass(frozen=True)
class Test:
    """What a rule says of one feature: more than `low`, at most `high`, or a category (or not)."""

    __test__ = False  # pytest: this is no test
    feature: str
    low: float | None = None
    high: float | None = None
    category: str | None = None
    inside: bool = True

    def sentence(self, words: Language, names: Mapping[str, str]) -> str:
        """Say it."""
        feature = names.get(self.feature, self.feature)
        if self.category is not None:
            template = "{feature} is {value}" if self.inside else "{feature} is not {value}"
            return words.text(template, feature=feature, value=_value(self.category, words, names))
        low, high = (
            None if bound is None else words.number(bound, _decimals(bound))
            for bound in (self.low, self.high)
        )
        if low is None:
            return words.text("{feature} at most {value}", feature=feature, value=high)
        if high is None:
            return words.text("{feature} above {value}", feature=feature, value=low)
        return words.text("{feature} above {low}, up to {high}", feature=feature, low=low, high=high)


@dataclass(frozen=True)
class TreeRule:
    """The path of the tree that describes a segment best.

    Attributes
    ----------
    segment, tests : what the path says of which segment.
    n : customers on the path.
    precision : share of them that are in the segment.
    recall : share of the segment that is on the path.
    """

    segment: str
    tests: tuple[Test, ...]
    n: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def sentence(self, lang: str = "en", names: Mapping[str, str] | None = None) -> str:
        """Say the rule in one sentence; `names` gives labels to segments and features."""
        words, names = language(lang), names or {}
        name = names.get(self.segment, self.segment)
        if not self.tests or self.f1 < WEAKEST:
            return words.text("{name}: no simple rule was found.", name=name)
        return words.text(
            "{name}: mostly {tests} ({precision} of these customers are in the segment, and {recall} of the segment is there).",
            name=name, tests=words.listed([test.sentence(words, names) for test in self.tests]),
            precision=words.percent(self.precision, 0), recall=words.percent(self.recall, 0),
        )  # fmt: skip


def _value(category: str, words: Language, names: Mapping[str, str]) -> str:
    return words.text("true") if category == "true" else names.get(category, category)


def _decimals(value: float) -> int:
    """Give the decimals to show: none of whole and of large numbers, two of others, and two digits that count of small ones."""
    if float(value).is_integer() or abs(value) >= 100:
        return 0
    return max(2, min(1 - math.floor(math.log10(abs(value))), _MOST_DECIMALS))


def surrogate_rules(
    data: pd.DataFrame, by: str, names: Sequence[str], kinds: Mapping[str, str], *, depth: int | None
) -> tuple[tuple[TreeRule, ...], float, float]:
    """Grow the tree; give the best rule of each segment, the fidelity, and the share of the largest segment."""
    if depth is not None and not 1 <= depth <= 30:
        raise ModelError(f"depth={depth!r}: expected a whole number from 1 to 30")
    columns, matrix = _encoded(data, names, kinds)
    segments, labels = np.unique(data[by].to_numpy(dtype=str), return_inverse=True)
    depth = depth or max(3, math.ceil(math.log2(len(segments))) + 1)
    tree = decision_tree(matrix, labels, depth=depth, least=max(1, len(data) // 200))
    paths, leaves = dict(_paths(tree, columns)), tree.leaves
    rules = tuple(_best_rule(str(name), labels == code, leaves, paths) for code, name in enumerate(segments))
    fidelity = float(np.mean(tree.predicted == labels))
    return rules, fidelity, float(np.max(np.bincount(labels)) / len(labels))


@dataclass(frozen=True)
class _Column:
    """One column of the matrix: a feature of numbers, or one category of a feature."""

    feature: str
    category: str | None = None
    whole: bool = False

    def tested(self, threshold: float, above: bool) -> Test:
        if self.category is not None:
            return Test(self.feature, category=self.category, inside=above)
        bound = float(math.floor(threshold)) if self.whole else threshold
        return Test(self.feature, low=bound) if above else Test(self.feature, high=bound)


def _encoded(data: Any, names: Sequence[str], kinds: Mapping[str, str]) -> tuple[list[_Column], Any]:
    """Numbers with their median in the gaps, texts as one column a frequent category."""
    columns: list[_Column] = []
    arrays = []
    for name in names:
        if kinds[name] == "text":
            frequent = data[name].value_counts().head(MOST_CATEGORIES).index
            columns += [_Column(name, str(category)) for category in frequent]
            arrays += [(data[name] == category).to_numpy(dtype=np.float64) for category in frequent]
            continue
        values = data[name].fillna(data[name].dropna().median()).fillna(0.0).to_numpy(dtype=np.float64)
        whole = bool((data[name].dropna() % 1 == 0).all())
        columns.append(_Column(name, "true") if kinds[name] == "boolean" else _Column(name, whole=whole))
        arrays.append(values)
    return columns, np.column_stack(arrays) if arrays else np.zeros((len(data), 1))


def _paths(tree: Any, columns: Sequence[_Column]) -> Iterator[tuple[int, tuple[Test, ...]]]:
    """Walk from the root to each leaf."""
    waiting: list[tuple[int, tuple[Test, ...]]] = [(0, ())]
    while waiting:
        node, tests = waiting.pop()
        if tree.children_left[node] < 0:
            yield node, _merged(tests)
            continue
        column, threshold = columns[tree.feature[node]], float(tree.threshold[node])
        for child, above in ((tree.children_left[node], False), (tree.children_right[node], True)):
            waiting.append((int(child), (*tests, column.tested(threshold, above))))


def _merged(tests: Sequence[Test]) -> tuple[Test, ...]:
    """Say the bounds of a feature once (the last ones are the tightest), and no category that another one excludes."""
    bounds: dict[str, Test] = {}
    categories: dict[tuple[str, str], Test] = {}
    for test in tests:
        if test.category is not None:
            categories[test.feature, test.category] = test
            continue
        known = bounds.get(test.feature, test)
        low, high = (
            new if new is not None else old for new, old in ((test.low, known.low), (test.high, known.high))
        )
        bounds[test.feature] = Test(test.feature, low=low, high=high)
    named = {test.feature for test in categories.values() if test.inside}
    return (
        *bounds.values(),
        *(test for test in categories.values() if test.inside or test.feature not in named),
    )


def _best_rule(name: str, mine: Any, leaves: Any, paths: Mapping[int, tuple[Test, ...]]) -> TreeRule:
    """Choose the leaf with the best balance of purity and size."""
    rules = []
    for leaf, tests in sorted(paths.items()):
        there = leaves == leaf
        hits, n = int((there & mine).sum()), int(there.sum())
        rules.append(TreeRule(name, tests, n, hits / n, hits / int(mine.sum())))
    return max(rules, key=lambda rule: rule.f1)
