"""Two scores of a forecast that rank customers: Spearman's correlation and the area under the ROC curve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["area_under_roc", "rank_correlation"]


def rank_correlation(expected: Any, actual: Any) -> float:
    """Spearman's correlation, ties sharing a rank; NaN when one side does not vary."""
    from scipy.stats import rankdata

    x, y = rankdata(expected), rankdata(actual)
    return float(np.corrcoef(x, y)[0, 1]) if np.ptp(x) > 0 and np.ptp(y) > 0 else math.nan


def area_under_roc(score: Any, happened: Any) -> float:
    """Probability that who bought has a higher score than who did not (ties count half); NaN without both."""
    from scipy.stats import rankdata

    yes = np.asarray(happened, bool)
    n_yes, n_no = int(yes.sum()), int((~yes).sum())
    if not n_yes or not n_no:
        return math.nan
    return float((rankdata(score)[yes].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))
