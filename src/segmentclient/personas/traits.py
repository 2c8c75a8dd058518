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

from segmentclient.personas.summaries import split_several

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
        """How far from everyone, comparable between shares and numbers (0 is no difference)."""
        if self.value is None:
            return abs(self.lift - 0.5) * 4
        return abs(float(np.log2(max(self.lift, 1 / 16)))) * min(
            1.0, 2 * max(self.typical, self.everyone) ** 0.5
        )


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
    flat = split_several(known) if kind == "several" else known.astype(str)
    return _category_trials(groups, flat, described)


def _category_trials(groups: pd.Series, flat: pd.Series, described: Sequence[Any]) -> Iterable[Trait]:
    """Fisher's exact test, two-sided by doubling the smaller tail of the hypergeometric law."""
    import pandas as pd
    from scipy.stats import hypergeom

    answered = flat[~flat.index.duplicated()].index
    levels = flat.value_counts()
    levels = levels[levels >= FEWEST]
    if len(levels) > MOST_LEVELS or len(levels) == 0:
        return
    members = groups[answered].value_counts()
    table = pd.crosstab(flat, groups[flat.index])
    everyone = len(answered)
    for group in described:
        size = int(members.get(group, 0))
        if size < FEWEST or size == everyone:
            continue
        for level in sorted(levels.index, key=str):
            total, inside = int(levels[level]), int(table.at[level, group]) if group in table.columns else 0
            if total == everyone:
                continue
            law = hypergeom(everyone, total, size)
            p = min(1.0, 2 * min(law.cdf(inside), law.sf(inside - 1)))
            share, overall = inside / size, total / everyone
            yield Trait(group, str(flat.name), level, share, overall, share / overall, size, float(p))


def _number_trials(groups: pd.Series, known: pd.Series, described: Sequence[Any]) -> Iterable[Trait]:
    from scipy.stats import mannwhitneyu

    values = known.astype(float)
    for group in described:
        mine = (groups == group).to_numpy()
        inside, outside = values[mine], values[~mine]
        if min(len(inside), len(outside)) < FEWEST:
            continue
        test = mannwhitneyu(inside, outside, alternative="two-sided", method="asymptotic")
        above = float(test.statistic) / (len(inside) * len(outside))
        yield Trait(
            group,
            str(known.name),
            None,
            float(inside.median()),
            float(values.median()),
            above,
            len(inside),
            float(test.pvalue),
        )


def _holm(p_values: np.ndarray) -> np.ndarray:
    """Holm (1979): sort, multiply by the number of hypotheses left, keep monotone."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(steps) else steps
    return adjusted
