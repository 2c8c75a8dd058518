"""How few customers are too few for their amounts to be told, and what else then stays untold."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["FEWEST", "may_be_told"]

FEWEST = 10  # customers of a group whose amounts, averages and medians are told


def may_be_told(counts: Any) -> np.ndarray:
    """Mark the groups whose amounts may be told beside their total; where all are small, all of them.

    A group of fewer than ten may not. Where such groups are fewer than ten customers together, the total less all
    the others would give their amount away: the smallest of the others, the last of equals, stays untold with them.
    """
    sizes = np.asarray(counts, dtype=float)
    told = sizes >= FEWEST
    few = sizes[~told].sum()
    if not told.any():
        return sizes > 0
    if 0 < few < FEWEST:
        told[len(sizes) - 1 - np.argmin(np.where(told, sizes, np.inf)[::-1])] = False
    return told
