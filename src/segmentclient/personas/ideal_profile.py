"""Tables of the ideal customer: the points of each answer, the targets, the reasons of a score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from segmentclient.locale import Language
from segmentclient.personas import words
from segmentclient.personas.attributes import label_of
from segmentclient.personas.scorecard import Indicator

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["points_of_answers", "reasons", "target_table", "targets_of"]

TARGETS = {"core": 0.1, "primary": 0.3, "secondary": 0.6}
MOST_REASONS = 3
DOUBLES_ODDS = 20


def targets_of(chances: np.ndarray, starts: Mapping[str, float]) -> np.ndarray:
    """Name the target that each chance falls into; `starts` says where each begins."""
    named = np.full(len(chances), "others", dtype=object)
    for target in reversed(TARGETS):
        named[chances >= starts[target]] = target
    return named


def target_table(chances: np.ndarray, worth: np.ndarray) -> pd.DataFrame:
    """Say of each target how many customers it holds, and what they are worth."""
    import pandas as pd

    starts = {target: float(np.quantile(chances, 1 - share)) for target, share in TARGETS.items()} | {
        "others": 0.0
    }
    named = targets_of(chances, starts)
    rows = [(target, start, named == target) for target, start in starts.items()]
    return pd.DataFrame(
        {
            "target": [target for target, _, _ in rows],
            "from_likeness": [start for _, start, _ in rows],
            "customers": [int(mine.sum()) for _, _, mine in rows],
            "share_of_customers": [float(mine.mean()) for _, _, mine in rows],
            "mean_value": [float(worth[mine].mean()) if mine.any() else float("nan") for _, _, mine in rows],
            "share_of_value": [
                float(worth[mine].sum() / worth.sum()) if worth.sum() else float("nan") for _, _, mine in rows
            ],
        }
    )


def points_of_answers(
    indicators: list[Indicator], weights: np.ndarray, coded: np.ndarray, best: np.ndarray, L: Language
) -> pd.DataFrame:
    """One row an answer; shares are of the people whose answer is known."""
    import pandas as pd

    rows = []
    for indicator, weight, column in zip(indicators, weights, coded.T, strict=True):
        known, holds = column != 0, column > 0
        share_best = float(holds[best & known].mean()) if (best & known).any() else float("nan")
        rows.append(
            {
                "attribute": indicator.attribute,
                "value": _answer_text(indicator, L),
                "points": float(weight / np.log(2) * DOUBLES_ODDS),
                "share_of_best": share_best,
                "share_of_all": indicator.share,
                "lift": share_best / indicator.share,
                "n": int(holds.sum()),
            }
        )
    return (
        pd.DataFrame(rows)
        .sort_values(["points", "attribute", "value"], ascending=[False, True, True], kind="stable")
        .reset_index(drop=True)
    )


def _answer_text(indicator: Indicator, L: Language) -> str:
    if not indicator.is_band:
        return words.say(indicator.value, L)
    low, high = _edge(indicator.low, L), _edge(indicator.high, L)
    if not low:
        return L.text("under {high}", high=high)
    return (
        L.text("{low} and over", low=low) if not high else L.text("{low} to under {high}", low=low, high=high)
    )


def _edge(value: float, L: Language) -> str:
    return "" if np.isinf(value) else L.number(value, 0 if value == int(value) else 1)


def reasons(points: np.ndarray, indicators: tuple[Indicator, ...], L: Language) -> np.ndarray:
    """Name the answers that speak most for each person; people with the same answers share the same text."""
    texts = [f"{label_of(one.attribute, L)}{L.text(': ')}{_answer_text(one, L)}" for one in indicators]
    distinct, where = np.unique(points.round(9), axis=0, return_inverse=True)
    nothing = L.text("nothing in the profile speaks for them")
    said = []
    for row in distinct:
        order = [place for place in np.argsort(-row, kind="stable")[:MOST_REASONS] if row[place] > 0.01]
        said.append(" · ".join(texts[place] for place in order) or nothing)
    return np.array(said, dtype=object)[where.ravel()]
