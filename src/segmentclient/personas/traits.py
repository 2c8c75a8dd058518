"""What makes a group different from everyone else, and no more than chance allows.

Every answer of every attribute is tried against every group: Fisher's exact test on categories, the
Mann–Whitney test on numbers. Holm's correction over all of them keeps the chance of *any* false trait, in the
whole set of cards, under `alpha`, whatever the dependence between attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segmentclient.personas.summaries import split_several, texts_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trait", "find_traits"]

ALPHA = 0.05
LEAST_LIFT = 1.2
LEAST_EFFECT = 0.56
MOST_LEVELS = 60
FEWEST = 5


@dataclass(frozen=True)
class Trait:
    """One significant difference between a group and everyone.

    Attributes
    ----------
    group, attribute, value : the group, and the answer it gives more or less often (None for a number).
    typical, everyone : share of the group and of everyone; medians for a number.
    lift : typical / everyone for a share; for a number, the probability (0 to 1) that a member of the group stands
        above someone outside it.
    n : known answers in the group. p_value : after Holm's correction.
    """

    group: Any
    attribute: str
    value: Any
    typical: float
    everyone: float
    lift: float
    n: int
    p_value: float

    @property
    def strength(self) -> float:
        """How far from everyone, comparable between shares and numbers; what a group is not counts half."""
        if self.value is None:
            return abs(self.lift - 0.5) * 4
        size = abs(float(np.log2(max(self.lift, 1 / 16)))) * min(
            1.0, 2 * max(self.typical, self.everyone) ** 0.5
        )
        return size if self.lift >= 1 else size / 2


def find_traits(
    groups: pd.Series, attributes: pd.DataFrame, kinds: dict[str, str], *, described: Sequence[Any]
) -> list[Trait]:
    """Try every attribute against every described group; give the significant and sizeable differences."""
    found = [
        one for name in attributes for one in _tried(groups, attributes[name], kinds.get(name, ""), described)
    ]
    adjusted = _holm(np.array([trait.p_value for trait in found]))
    kept = [
        _with_p(trait, p) for trait, p in zip(found, adjusted, strict=True) if p <= ALPHA and _sizeable(trait)
    ]
    return sorted(kept, key=lambda trait: (-trait.strength, trait.attribute, str(trait.value)))


def _with_p(trait: Trait, p: float) -> Trait:
    import dataclasses

    return dataclasses.replace(trait, p_value=float(p))


def _sizeable(trait: Trait) -> bool:
    if trait.value is None:
        return max(trait.lift, 1 - trait.lift) >= LEAST_EFFECT
    return trait.lift >= LEAST_LIFT or trait.lift <= 1 / LEAST_LIFT


def _tried(groups: pd.Series, values: pd.Series, kind: str, described: Sequence[Any]) -> Iterable[Trait]:
    known = values.dropna()
    if known.dtype.kind in "mM" or not len(known):
        return []
    if known.dtype.kind in "iuf" and known.nunique() > 2:
        return _number_trials(groups[known.index], known, described)
    flat = split_several(known) if kind == "several" else texts_of(known)
    return _category_trials(groups, flat, described)


def _category_trials(groups: pd.Series, flat: pd.Series, described: Sequence[Any]) -> Iterable[Trait]:
    """Count each answer inside each group, against what chance would give (the hypergeometric law)."""
    import pandas as pd

    answered = flat[~flat.index.duplicated()].index
    totals = flat.value_counts()
    levels = [level for level in sorted(totals.index, key=str) if FEWEST <= totals[level] < len(answered)]
    sizes = groups[answered].value_counts().to_dict()
    tried = [group for group in described if FEWEST <= sizes.get(group, 0) < len(answered)]
    if not levels or not tried or len(levels) > MOST_LEVELS:
        return
    counts = (
        pd.crosstab(flat.to_numpy(), groups[flat.index].to_numpy())
        .reindex(index=levels, columns=tried, fill_value=0)
        .to_numpy()
    )
    members, total = np.array([sizes[group] for group in tried]), totals[levels].to_numpy()
    p_values = _fisher(counts, total[:, None], members[None, :], len(answered))
    for column, group in enumerate(tried):
        for row, level in enumerate(levels):
            share, overall = counts[row, column] / members[column], total[row] / len(answered)
            p_value = float(p_values[row, column])
            yield Trait(
                group,
                str(flat.name),
                level,
                float(share),
                float(overall),
                float(share / overall),
                int(members[column]),
                p_value,
            )


def _fisher(counts: np.ndarray, total: np.ndarray, members: np.ndarray, everyone: int) -> np.ndarray:
    """Fisher's exact test, two-sided by doubling the smaller tail."""
    from scipy.stats import hypergeom

    lower = hypergeom.cdf(counts, everyone, total, members)
    upper = hypergeom.sf(counts - 1, everyone, total, members)
    return np.minimum(1.0, 2 * np.minimum(lower, upper))


def _number_trials(groups: pd.Series, known: pd.Series, described: Sequence[Any]) -> Iterable[Trait]:
    """The Mann–Whitney test of each group against the others, from one ranking of everyone."""
    from scipy.stats import rankdata

    values, members = known.to_numpy(float), groups.to_numpy()
    ranks, everyone, middle = rankdata(values), len(values), float(np.median(values))
    ties = np.unique(values, return_counts=True)[1].astype(float)
    for group in described:
        mine = members == group
        inside = int(mine.sum())
        if FEWEST <= inside <= everyone - FEWEST:
            wins = float(ranks[mine].sum()) - inside * (inside + 1) / 2
            above, p_value = (
                wins / (inside * (everyone - inside)),
                _mann_whitney(wins, inside, everyone, ties),
            )
            yield Trait(
                group, str(known.name), None, float(np.median(values[mine])), middle, above, inside, p_value
            )


def _mann_whitney(wins: float, inside: int, everyone: int, ties: np.ndarray) -> float:
    """Two-sided normal approximation, corrected for ties and continuity."""
    from scipy.special import ndtr

    pairs = inside * (everyone - inside)
    variance = pairs / 12 * (everyone + 1 - float((ties**3 - ties).sum()) / (everyone * (everyone - 1)))
    distance = max(abs(wins - pairs / 2) - 0.5, 0.0)
    return float(2 * ndtr(-distance / np.sqrt(variance))) if variance > 0 else 1.0


def _holm(p_values: np.ndarray) -> np.ndarray:
    """Holm (1979): sort, multiply by the number of hypotheses left, keep monotone."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(steps) else steps
    return adjusted
