"""Names for clusters: a few words and one sentence, from what sets each apart, in English and in French.

A feature sets a cluster apart when the cluster's mean lies far from everybody's, measured in deviations after
the preparation against skew (so that one huge customer does not name a cluster). The sentence then speaks of
means in the feature's own unit, or of medians where a few huge customers make the mean say the contrary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient import frames
from segmentclient.errors import ColumnError, ModelError
from segmentclient.locale import Language, language
from segmentclient.options import check_options
from segmentclient.schema import COLUMNS, check_columns
from segmentclient.segments.features import as_floats, feature_names, labelled, refuse_unusable
from segmentclient.segments.lloyd import Array
from segmentclient.segments.preparation import learn_preparation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["name_clusters"]

APART = 0.35  # deviations from everybody's mean below which a feature says nothing of a cluster
ALIKE = 0.25  # of everybody's figure: where a feature says nothing, the figure shown is no farther away
MONEY = {"revenue", "average_order_value", "monetary_value", "lifetime_value", "expected_purchase_value"}
HIGH_LOW = {  # feature: what customers high in it, and low in it, are called
    "revenue": ("big spenders", "small spenders"),
    "average_order_value": ("big baskets", "small baskets"),
    "monetary_value": ("big baskets", "small baskets"),
    "lifetime_value": ("of great future value", "of little future value"),
    "expected_purchase_value": ("big baskets ahead", "small baskets ahead"),
    "expected_purchases": ("many purchases ahead", "few purchases ahead"),
    "p_alive": ("still active", "probably gone"),
    "n_orders": ("frequent buyers", "occasional buyers"),
    "frequency": ("often back", "seldom back"),
    "days_since_last_order": ("away for long", "recent buyers"),
    "recency": ("long relation", "short relation"),
    "T": ("long-standing customers", "new customers"),
    "r_score": ("recent buyers", "away for long"),
    "f_score": ("frequent buyers", "occasional buyers"),
    "m_score": ("big spenders", "small spenders"),
}
SUBJECTS = {
    "revenue": "revenue",
    "average_order_value": "average order",
    "monetary_value": "repeat purchase",
    "lifetime_value": "lifetime value",
    "n_orders": "orders",
    "frequency": "repeat purchases",
    "days_since_last_order": "days since the last order",
    "p_alive": "probability of being active",
    "expected_purchases": "expected purchases",
}


@dataclass(frozen=True)
class _Trait:
    """One feature of one cluster: distance from everybody in deviations, and both means (or medians) in the own unit."""

    feature: str
    apart: float
    inside: float
    overall: float
    middle: bool = False


def name_clusters(
    customers: Any,
    features: Sequence[str] | str,
    *,
    by: str = "cluster",
    lang: str = "en",
    currency: str | None = None,
) -> pd.DataFrame:
    """Give each cluster a short name and one sentence, from the features that set it apart.

    Parameters
    ----------
    customers : table of any engine with clusters; the features are collected.
    features : numeric columns to speak of, usually those the clusters were made with.
    by : the column of clusters; customers without one take no part.
    lang : "en" or "fr".
    currency : currency of the money columns, such as "EUR"; bare numbers when None.

    Returns
    -------
    One row a cluster, in the order of the keys: `by`, name (never twice the same), sentence, customers, share.

    Raises
    ------
    ColumnError
        When a column is missing, or a feature is not numeric, NaN or infinite.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"cluster": ["c1"] * 3 + ["c2"] * 3, "revenue": [300, 310, 290, 10, 12, 8.0]})
    >>> named = name_clusters(customers, ["revenue"])
    >>> named["name"].tolist()
    ['Big spenders', 'Small spenders']
    >>> named["sentence"][0]
    '3 customers (50.0%): revenue 300 on average, against 155 for everybody (× 1.9).'
    """
    check_options(name_clusters, locals(), error=ModelError)
    words = language(lang)
    frame = frames.read(customers)
    names = feature_names(features, frame)
    check_columns(frames.schema_of(frame), {by: "any"})
    if by in names:
        raise ColumnError(f"customers: {by!r} is both the clusters and a feature")
    frames.check_labels(frame, by)
    data = labelled(frame, by, names)
    values = np.column_stack([as_floats(data[name]) for name in names])
    refuse_unusable(values, names)
    return _named(data[by], values, names, words, currency)


def _named(
    labels: Any, values: Array, names: Sequence[str], words: Language, currency: str | None
) -> pd.DataFrame:
    import pandas as pd

    keys = sorted(labels.unique(), key=lambda key: (str(key) == "noise", key))
    inside = {key: (labels == key).to_numpy() for key in keys}
    prepared = learn_preparation(values, names, transform="auto", scale="standard").apply(values)
    traits = {key: _traits(values, prepared, mask, names) for key, mask in inside.items()}
    titles = _distinct_titles(traits, words, currency)
    sizes = {key: int(mask.sum()) for key, mask in inside.items()}
    rows = [
        (
            key,
            titles[key],
            _sentence(traits[key], sizes[key], sizes[key] / len(labels), words, currency),
            sizes[key],
            sizes[key] / len(labels),
        )
        for key in keys
    ]
    return pd.DataFrame(rows, columns=[labels.name, "name", "sentence", "customers", "share"])


def _traits(values: Array, prepared: Array, mask: Any, names: Sequence[str]) -> list[_Trait]:
    """Give the features of one cluster, the most distinctive first."""
    apart = prepared[mask].mean(axis=0)
    traits = [_trait(name, float(apart[i]), values[mask, i], values[:, i]) for i, name in enumerate(names)]
    return sorted(traits, key=lambda trait: -abs(trait.apart))


def _trait(name: str, apart: float, own: Array, everybody: Array) -> _Trait:
    """Choose the figures that say what the name says: means, else medians; where neither does, nothing is named."""
    for measure in (np.mean, np.median):
        inside, overall = float(measure(own)), float(measure(everybody))
        if _says_so(apart, inside, overall):
            return _Trait(name, apart, inside, overall, middle=measure is np.median)
    return _Trait(name, 0.0, inside, overall, middle=True)


def _says_so(apart: float, inside: float, overall: float) -> bool:
    if abs(apart) >= APART:
        return apart * (inside - overall) > 0
    return abs(inside - overall) <= ALIKE * abs(overall)


def _distinct_titles(
    traits: dict[Any, list[_Trait]], words: Language, currency: str | None
) -> dict[Any, str]:
    """Lengthen titles that are alike by one more word; where they stay alike, add a figure, and at last a number."""
    titles: dict[Any, str] = {}
    for make in (_one_word, _two_words, _with_figure):
        fresh = {key: make(found, words, currency) for key, found in traits.items() if key not in titles}
        taken = [*titles.values(), *fresh.values()]
        titles |= {key: title for key, title in fresh.items() if taken.count(title) == 1}
    left = [key for key in traits if key not in titles]
    for number, key in enumerate(left, start=1):
        titles[key] = words.text("{name} ({number})", name=_title(traits[key], 1, words), number=number)
    return titles


def _one_word(traits: list[_Trait], words: Language, currency: str | None) -> str:
    return _title(traits, 1, words)


def _two_words(traits: list[_Trait], words: Language, currency: str | None) -> str:
    return _title(traits, 2, words)


def _with_figure(traits: list[_Trait], words: Language, currency: str | None) -> str:
    figure = _shown(traits[0].feature, traits[0].inside, words, currency)
    return words.text(
        "{name} ({feature} {value})",
        name=_title(traits, 1, words),
        feature=_subject(traits[0], words),
        value=figure,
    )


def _subject(trait: _Trait, words: Language) -> str:
    return words.text(SUBJECTS[trait.feature]) if trait.feature in SUBJECTS else trait.feature


def _title(traits: Sequence[_Trait], length: int, words: Language) -> str:
    clear = [trait for trait in traits if abs(trait.apart) >= APART][:length]
    if not clear:
        return words.text("Like the average")
    title = ", ".join(dict.fromkeys(_word(trait, words) for trait in clear))
    return title[:1].upper() + title[1:]


def _word(trait: _Trait, words: Language) -> str:
    if trait.feature in HIGH_LOW:
        return words.text(HIGH_LOW[trait.feature][0 if trait.apart > 0 else 1])
    pattern = "high {feature}" if trait.apart > 0 else "low {feature}"
    return words.text(pattern, feature=trait.feature)


def _sentence(
    traits: Sequence[_Trait], size: int, share: float, words: Language, currency: str | None
) -> str:
    clear = [trait for trait in traits if abs(trait.apart) >= APART][:2] or list(traits[:1])
    return words.plural(
        "{n} customer ({share}): {facts}.", "{n} customers ({share}): {facts}.", size,
        share=words.percent(share), facts=words.text("; ").join(_fact(trait, words, currency) for trait in clear),
    )  # fmt: skip


def _fact(trait: _Trait, words: Language, currency: str | None) -> str:
    inside, overall = (
        _shown(trait.feature, value, words, currency) for value in (trait.inside, trait.overall)
    )
    facts = {"feature": _subject(trait, words), "inside": inside, "overall": overall}
    if trait.middle:
        return words.text("{feature} {inside} at the middle, against {overall} for everybody", **facts)
    if trait.inside > 0 and trait.overall > 0:
        lift = words.number(trait.inside / trait.overall, 1 if trait.inside >= trait.overall / 2 else 2)
        return words.text(
            "{feature} {inside} on average, against {overall} for everybody (× {lift})", lift=lift, **facts
        )
    return words.text("{feature} {inside} on average, against {overall} for everybody", **facts)


def _shown(feature: str, value: float, words: Language, currency: str | None) -> str:
    if feature in MONEY or (feature in COLUMNS and COLUMNS[feature].unit == "money"):
        return words.money(value, currency, 0 if abs(value) >= 100 else 2)
    return words.number(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2)
