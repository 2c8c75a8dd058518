"""Attributes as a scorecard: each answer, or band of a number, is one indicator with its own points."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient.personas.reading import People
from segmentclient.personas.summaries import split_several, texts_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Indicator", "choose_indicators", "indicators_of", "table_of"]

FEWEST = 10
MOST_LEVELS = 40
BANDS = 5


@dataclass(frozen=True)
class Indicator:
    """One answer of one attribute, or one band `low <= value < high` of a number."""

    attribute: str
    value: str | None = None
    low: float = -np.inf
    high: float = np.inf
    share: float = 0.0

    @property
    def is_band(self) -> bool:
        """True for a band of a number."""
        return self.value is None


def table_of(people: People) -> tuple[pd.DataFrame, dict[str, str]]:
    """Put known attributes and other columns side by side, with the kind of each."""
    extra = people.extra[[column for column in people.extra if column not in people.data]]
    kinds: dict[str, str] = dict(people.kinds)
    for column in extra:
        is_number = extra[column].dtype.kind in "iuf" and extra[column].nunique() > 2
        kinds[column] = "number" if is_number else "category"
    dates = [column for column in extra if extra[column].dtype.kind in "mM"]
    return people.data.join(extra.drop(columns=dates)), kinds


def choose_indicators(table: pd.DataFrame, kinds: dict[str, str]) -> list[Indicator]:
    """Choose the answers given by enough customers, and cut numbers into bands of about a fifth each."""
    chosen: list[Indicator] = []
    for column in table:
        known = table[column].dropna()
        if len(known) < FEWEST:
            continue
        chosen += (
            _bands(str(column), known)
            if kinds[column] == "number"
            else _answers(str(column), known, kinds[column])
        )
    return chosen


def _bands(column: str, known: pd.Series) -> list[Indicator]:
    cuts = np.unique(np.quantile(known.to_numpy(float), np.arange(1, BANDS) / BANDS, method="higher"))
    edges = [-np.inf, *(float(cut) for cut in cuts if known.min() < cut <= known.max()), np.inf]
    bands = [
        (low, high, float(known.between(low, high, inclusive="left").mean()))
        for low, high in itertools.pairwise(edges)
    ]
    return (
        [Indicator(column, None, low, high, share) for low, high, share in bands if share]
        if len(bands) > 1
        else []
    )


def _answers(column: str, known: pd.Series, kind: str) -> list[Indicator]:
    flat = split_several(known) if kind == "several" else texts_of(known)
    counts = flat.value_counts()
    counts = counts[counts >= FEWEST]
    if not 1 <= len(counts) <= MOST_LEVELS or (counts == len(known)).any():
        return []
    return [
        Indicator(column, str(level), share=float(counts[level] / len(known)))
        for level in sorted(counts.index, key=str)
    ]


def indicators_of(table: pd.DataFrame, kinds: dict[str, str], indicators: Sequence[Indicator]) -> np.ndarray:
    """Code people: 1 minus the share where it holds, minus the share where not, 0 where nothing is known.

    A missing answer therefore speaks neither for nor against anybody.
    """
    coded = np.zeros((len(table), len(indicators)))
    for place, indicator in enumerate(indicators):
        if indicator.attribute in table:
            coded[:, place] = _coded(
                table[indicator.attribute], kinds.get(indicator.attribute, "category"), indicator
            )
    return coded


def _coded(column: pd.Series, kind: str, indicator: Indicator) -> np.ndarray:
    import pandas as pd

    if indicator.is_band:
        values = pd.to_numeric(column, errors="coerce")
        known, holds = values.notna(), values.ge(indicator.low) & values.lt(indicator.high)
    else:
        known, holds = column.notna(), _holds(column, kind, indicator.value)
    return np.where(known, holds.to_numpy(float) - indicator.share, 0.0)


def _holds(column: pd.Series, kind: str, value: Any) -> pd.Series:
    if kind != "several":
        return texts_of(column) == value
    flat = split_several(column)
    return column.index.to_series().isin(flat.index[flat == value])
