"""The arguments that the segmenters share: how many clusters, which seed, a column that is free."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_random_state

from segmentclient import frames
from segmentclient.errors import ColumnError, ModelError
from segmentclient.options import shown

__all__ = ["checked_number", "checked_seed", "refuse_overwriting", "seed_of"]

_LAST_SEED = 2**31 - 1  # which leaves room to count on from it


def checked_number(n_clusters: Any) -> int:
    """Accept a whole number of at least 1."""
    if isinstance(n_clusters, bool) or not isinstance(n_clusters, (int, np.integer)) or n_clusters < 1:
        raise ModelError(f'n_clusters={n_clusters!r}: expected a whole number ≥ 1, or "auto"')
    return int(n_clusters)


def checked_seed(random_state: Any, *, others: str = "") -> int:
    """Accept a whole number that scikit-learn takes for a seed; `others` names what else the caller takes."""
    is_whole = isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool)
    if not is_whole or not 0 <= random_state <= _LAST_SEED:
        raise ModelError(
            f"random_state={shown(random_state)}: expected a whole number from 0 to {_LAST_SEED:,}{others}"
        )
    return int(random_state)


def refuse_overwriting(frame: frames.Frame, column: str) -> None:
    """Raise a `ColumnError` when the column to add exists already."""
    if frames.taken(frame, [column]):
        raise ColumnError(
            f"customers: column {column!r} exists already and is not overwritten; drop it first, or choose another name with column="
        )


def seed_of(random_state: Any) -> int:
    """Give a seed: the whole number itself, or one drawn from a generator (None: from numpy's own)."""
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(_LAST_SEED))
    if random_state is None or isinstance(random_state, np.random.RandomState):
        return int(check_random_state(random_state).randint(_LAST_SEED))
    return checked_seed(random_state, others=", a generator of numpy.random or None")
