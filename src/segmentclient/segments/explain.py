"""What is distinctive of each segment: lifts, standardised differences, and the plain rules of a small tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from segmentclient import frames
from segmentclient.errors import ColumnError
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.render import html_card, html_table
from segmentclient.schema import check_columns, kind_of
from segmentclient.segments.criteria import criteria_families
from segmentclient.segments.effects import compare_numbers, compare_shares, holm, magnitude
from segmentclient.segments.features import LARGEST
from segmentclient.segments.surrogate import TreeRule, surrogate_rules
from segmentclient.shown import label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Explanation", "explain_segments"]

MOST_CATEGORIES = 30
_ORDER = [
    "segment", "feature", "family", "category", "n", "inside", "overall", "lift", "lift_low", "lift_high",
    "effect", "effect_low", "effect_high", "magnitude", "p_value", "p_adjusted",
]  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """What `explain_segments` found.

    Attributes
    ----------
    table : one row a segment and feature (and category, for text): `segment`, `feature`, `family` (of criteria:
        geographic, demographic, behavioural, psychographic, unknown), `category`, `n` (known values in
        the segment), `inside`, `overall` (means of numbers, shares of categories), `lift` (inside / overall), `lift_low`,
        `lift_high`, `effect` (numbers: Hedges' g against all the others; categories: Cohen's h), `effect_low`,
        `effect_high`, `magnitude` ("negligible", "small", "medium", "large"), `p_value`, `p_adjusted` (Holm, all
        comparisons of the table). The strongest effects of each segment come first.
    rules : what a small decision tree says of each segment.
    fidelity : share of the customers whom the tree puts in their own segment.
    baseline : the same share when everybody is put in the largest segment.
    """

    table: pd.DataFrame
    rules: tuple[TreeRule, ...]
    fidelity: float
    baseline: float

    def sentences(self, lang: str = "en", names: Mapping[str, str] | None = None) -> list[str]:
        """Say what is distinctive, then the rules, each in one plain sentence.

        `names` gives the labels of segments, features and categories, where they are not to be shown by their keys.
        """
        words, names = language(lang), names or {}
        rules = (rule.sentence(lang, names) for rule in self.rules)
        return [*self._distinctive(words, names), *rules, self._trust(words)]

    def _distinctive(self, words: Language, names: Mapping[str, str], most: int = 2) -> Iterator[str]:
        clear = self.table[(self.table["p_adjusted"] < 0.05) & (self.table["magnitude"] != "negligible")]
        for name, rows in clear.groupby("segment", sort=False):
            for row in rows.head(most).itertuples():
                yield _in_words(str(name), row, words, names)

    def _trust(self, words: Language) -> str:
        return words.text(
            "These rules find the segment of {share} of the customers ({baseline} by naming the largest segment).",
            share=words.percent(self.fidelity), baseline=words.percent(self.baseline),
        )  # fmt: skip

    def to_html(self, lang: str = "en") -> str:
        """Show the sentences as a card."""
        words = language(lang)
        sentences = self.sentences(lang, self._labels(lang))
        body = html_table([words.text("what is distinctive")], [[sentence] for sentence in sentences])
        return html_card(
            words.text("Segments explained"),
            {words.text("fidelity"): words.percent(self.fidelity)},
            body=body,
        )

    def _labels(self, lang: str) -> dict[str, str]:
        return {key: label(key, lang) for key in self.table["segment"].unique()}

    def __str__(self) -> str:
        return "\n".join(self.sentences("en", self._labels("en")))

    def __repr__(self) -> str:
        return f"Explanation: {self}"

    def _repr_html_(self) -> str:
        return self.to_html()


def _in_words(segment: str, row: Any, words: Language, names: Mapping[str, str]) -> str:
    facts = {"name": names.get(segment, segment), "feature": names.get(row.feature, row.feature)}
    if row.category is not None:
        category = words.text("true") if row.category == "true" else names.get(row.category, row.category)
        facts |= {
            "category": category,
            "inside": words.percent(row.inside),
            "overall": words.percent(row.overall),
        }
        return words.text("{name}: {feature} is {category} for {inside} (all customers: {overall}).", **facts)
    shown = _decimals_apart(row.inside, row.overall)
    facts |= {"inside": words.number(row.inside, shown), "overall": words.number(row.overall, shown)}
    if row.effect > 0:
        return words.text(
            "{name}: {feature} is high, {inside} on average (all customers: {overall}).", **facts
        )
    return words.text("{name}: {feature} is low, {inside} on average (all customers: {overall}).", **facts)


def _decimals_apart(one: float, other: float) -> int:
    """Give the decimals, at least one, with which two numbers that differ are written differently."""
    return next((digits for digits in range(1, 20) if round(one, digits) != round(other, digits)), 1)


def explain_segments(
    customers: Any,
    by: str = "segment",
    features: Sequence[str] | str = (),
    *,
    confidence: float = 0.95,
    depth: int | None = None,
) -> Explanation:
    """Say what sets each segment apart from the other customers, and how surely.

    Parameters
    ----------
    customers : any table; the segment and the features are collected.
    by : the column of segments; customers without one take no part.
    features : columns of numbers, true / false values or text (the 30 most frequent categories are looked at).
    confidence : level of the intervals.
    depth : depth of the tree; deeper is more faithful and harder to read. By default three, and one more for each
        doubling of the segments beyond four.

    Returns
    -------
    Explanation
        `table`, `rules`, `fidelity`, `baseline`; `sentences(lang)` says it in words.

    Raises
    ------
    ColumnError
        When a column is missing, or there are fewer than two segments.

    Notes
    -----
    A segment of n customers is compared with the m others. Numbers: Hedges' g, the difference of means in pooled standard
    deviations × (1 − 3 / (4(n + m) − 9)), with the variance (n + m) / nm + g² / 2(n + m); Welch's test. Categories:
    Cohen's h = 2 asin √p − 2 asin √q, with the variance 1/n + 1/m; Fisher's exact test on small tables, else chi-squared.
    The lift compares with all customers, the segment included; its interval is by the delta method on its
    logarithm (categories) or on the ratio of the means (numbers). All p-values are corrected together by Holm's method.
    Magnitudes are 0.2, 0.5 and 0.8. A feature from which the segments were made explains them by construction.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({"segment": ["a"] * 20 + ["b"] * 20, "visits": [*range(20), *range(15, 35)]})
    >>> explanation = sc.explain_segments(customers, "segment", ["visits"])
    >>> explanation.table[["segment", "inside", "overall", "magnitude"]]
      segment  inside  overall magnitude
    0       a     9.5     17.0     large
    1       b    24.5     17.0     large
    >>> explanation.fidelity
    0.875
    """
    check_options(explain_segments, locals())
    frame = frames.with_truths(frames.read(customers))
    names = [features] if isinstance(features, str) else list(features)
    data, kinds = _collected(frame, by, names)
    rows = [row for name in names for row in _compare_feature(data, by, name, kinds[name], confidence)]
    rules, fidelity, baseline = surrogate_rules(data, by, names, kinds, depth=depth)
    return Explanation(_table(rows), rules, fidelity, baseline)


@frames.said_by_engine("customers")
def _collected(frame: frames.Frame, by: str, names: Sequence[str]) -> tuple[pd.DataFrame, dict[str, str]]:
    schema = frame.collect_schema()
    if not names:
        raise ColumnError("customers: features is empty; name at least one column")
    check_columns(schema, {by: "any", **dict.fromkeys(names, "any")})
    kinds = {
        name: kind if (kind := kind_of(schema[name])) in {"number", "boolean"} else "text" for name in names
    }
    dates = [name for name in names if kind_of(schema[name]) == "date"]
    if dates:
        raise ColumnError(
            f"customers: {', '.join(dates)} hold dates; use days, such as days_since_last_order"
        )
    frames.check_labels(frame, by, *(name for name in names if kinds[name] == "text"))
    if by in names:
        raise ColumnError(f"customers: {by!r} cannot explain itself; leave it out of features")
    types: dict[str, Any] = {"number": nw.Float64, "boolean": nw.Float64, "text": nw.String}
    columns = [
        nw.col(by).cast(nw.String),
        *(nw.col(name).cast(types[kinds[name]]) for name in dict.fromkeys(names)),
    ]
    data = frames.collect(frame.select(*columns).filter(~nw.col(by).is_null()))
    numbers = [name for name in kinds if kinds[name] != "text"]
    values = data[numbers].astype("float64")
    data[numbers] = values.where(values.abs() <= LARGEST)
    if data[by].nunique() < 2:
        raise ColumnError(f"customers: {by!r} holds {data[by].nunique()} segments; two at least are compared")
    return data, kinds


def _compare_feature(data: Any, by: str, name: str, kind: str, confidence: float) -> Iterator[dict[str, Any]]:
    known = data[data[name].notna()]
    for segment in sorted(data[by].unique()):
        inside = known[by] == segment
        if kind == "number":
            yield {"segment": segment, "feature": name, "category": None} | compare_numbers(
                known[name], inside, confidence
            )
            continue
        for category, hit in _categories(known[name], kind):
            yield {"segment": segment, "feature": name, "category": category} | compare_shares(
                hit, inside, confidence
            )


def _categories(values: Any, kind: str) -> Iterator[tuple[str, Any]]:
    """Name each category, with the customers who are in it."""
    if kind == "boolean":
        yield "true", values == 1.0
        return
    for category in values.value_counts().head(MOST_CATEGORIES).index:
        yield str(category), values == category


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(rows)
    table["category"] = table["category"].astype(object).where(table["category"].notna(), None)
    table["p_adjusted"] = holm(table["p_value"].to_numpy(dtype=np.float64))
    table["magnitude"] = magnitude(table["effect"].to_numpy(dtype=np.float64))
    table = table.assign(_size=-table["effect"].abs()).sort_values(
        ["segment", "_size", "feature"], ignore_index=True
    )
    table["family"] = table["feature"].map(criteria_families(table["feature"].unique()))
    return table[_ORDER]
