"""Everything `choose_k` learns by resampling, run in parallel: stability, prediction strength, gap, chance."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentclient.locale import Language
from segmentclient.segments.lloyd import Array, Partition
from segmentclient.segments.progress import Progress, run
from segmentclient.segments.stability import Curve, bootstrap_ari, chance, curve, prediction_strength

__all__ = ["BOOTSTRAPS", "Excess", "Resampled", "gaps", "resample"]

BOOTSTRAPS = 10
HALVINGS = 5
REFERENCES = 10  # made-up data sets of each kind
BEYOND_CHANCE = 0.03, 3.0  # least excess of silhouette over data without clusters: in size, in deviations


@dataclass(frozen=True)
class Resampled:
    """What resampling says: by k, and for data without clusters (the boxes first, then the bells)."""

    ari: dict[int, float]
    strength: dict[int, float]
    observed: Curve
    boxes: list[Curve]
    bells: list[Curve]

    def excess(self, k: int) -> Excess:
        """Compare the silhouette of `k` with the kind of data without clusters that comes nearest to it."""
        place = [1, *self.ari].index(k)
        seen = float(self.observed.silhouette[place])
        kinds = (np.array([one.silhouette[place] for one in kind]) for kind in (self.boxes, self.bells))
        return min(
            (Excess(seen, float(one.mean()), float(one.std(ddof=1))) for one in kinds),
            key=lambda one: one.size,
        )


@dataclass(frozen=True)
class Excess:
    """A silhouette against chance: mean and deviation of the same k in data without clusters."""

    seen: float
    expected: float
    deviation: float

    @property
    def size(self) -> float:
        """How far the silhouette is above chance."""
        return self.seen - self.expected

    @property
    def beyond_chance(self) -> bool:
        """Whether it is too far for chance, and far enough to matter."""
        least, deviations = BEYOND_CHANCE
        return self.size >= max(least, deviations * self.deviation)


def resample(
    few: Array, cuts: dict[int, Partition], seed: int, progress: Progress, words: Language
) -> Resampled:
    """Run every bootstrap, halving and made-up data set for every k."""
    ks = [1, *cuts]
    tasks: dict[Any, Callable[[], Any]] = {
        ("observed", 0): functools.partial(curve, few, ks, seed=seed, restarts=20)
    }
    for k, cut in cuts.items():
        tasks["ari", k] = functools.partial(bootstrap_ari, few, cut.centers, times=BOOTSTRAPS, seed=seed)
        tasks["strength", k] = functools.partial(prediction_strength, few, k, times=HALVINGS, seed=seed)
    for place in range(REFERENCES):
        for kind in ("box", "bell"):
            tasks[kind, place] = functools.partial(chance, few, ks, kind=kind, seed=seed + place)
    answers = run(tasks, title=words.text("Resampling"), progress=progress)
    of = {
        group: {key: answer for (name, key), answer in answers.items() if name == group}
        for group in ("ari", "strength", "box", "bell")
    }
    return Resampled(
        of["ari"], of["strength"], answers["observed", 0], list(of["box"].values()), list(of["bell"].values())
    )


def gaps(resampled: Resampled) -> tuple[Array, Array]:
    """Tibshirani, Walther and Hastie (2001): expected minus observed log inertia; the error counts the simulation."""
    logs = np.array([box.log_inertia for box in resampled.boxes])
    errors = logs.std(axis=0) * (1 + 1 / len(logs)) ** 0.5
    return logs.mean(axis=0) - resampled.observed.log_inertia, errors
