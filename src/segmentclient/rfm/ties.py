"""Scores that nobody can get, because a value is shared by too many."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from segmentclient.errors import SegmentClientWarning
from segmentclient.rfm.cuts import conditions_text, score_ranges
from segmentclient.rfm.learning import Learnt

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["tie_report", "warn_of_ties"]


def tie_report(learnt: Iterable[Learnt]) -> pd.DataFrame:
    """List every score with its range, and whether nobody can get it: its range is empty, or above every value."""
    import pandas as pd

    rows = [
        (
            cut.axis,
            conditions_text(cut.within),
            score,
            low,
            high,
            highest is None or low >= min(high, highest),
        )
        for cut, highest in learnt
        for score, low, high in score_ranges(cut)
    ]
    return pd.DataFrame(rows, columns=["axis", "within", "score", "above", "up_to", "empty"])


def warn_of_ties(ties: pd.DataFrame) -> None:
    """Say once which scores stay empty."""
    empty = ties[ties["empty"] & (ties["within"] == "")]
    if empty.empty:
        return
    listed = "; ".join(
        f"{axis} {', '.join(map(str, rows['score']))}" for axis, rows in empty.groupby("axis", sort=False)
    )
    warnings.warn(
        f"so many customers share a value that some scores stay empty ({listed}); equal customers keep equal scores. "
        "Fewer bins, or method='fixed' with own cut points, fill them",
        SegmentClientWarning,
        stacklevel=4,
    )
