"""How far a segment stands from the others: effects, lifts with their intervals, tests, and Holm's correction."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["compare_numbers", "compare_shares", "holm", "magnitude"]


_NOISE = 1e-12  # of a value: what its last digits may be wrong by


def _normal(confidence: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf(0.5 + confidence / 2))


@np.errstate(all="ignore")  # of absurdly large or small values the effect is missing or infinite
def compare_numbers(values: Any, inside: Any, confidence: float) -> dict[str, float]:
    """Compare the mean of a segment with the mean of the others."""
    x = values.to_numpy(dtype=np.float64)
    ours, theirs = x[inside.to_numpy()], x[~inside.to_numpy()]
    n, m = len(ours), len(theirs)
    if n < 2 or m < 2:
        return _unknown(n, float(ours.mean()) if n else np.nan, float(x.mean()) if len(x) else np.nan)
    z, mine = _normal(confidence), inside.to_numpy()
    apart = _without_noise(x)
    effect = _hedges(apart[mine], apart[~mine])
    spread = z * np.sqrt((n + m) / (n * m) + effect**2 / (2 * (n + m)))
    lift, error = _ratio_of_means(ours, theirs)
    return {
        "n": n, "inside": ours.mean(), "overall": x.mean(), "lift": lift, "lift_low": lift - z * error, "lift_high": lift + z * error,
        "effect": effect, "effect_low": effect - spread, "effect_high": effect + spread, "p_value": _welch(apart[mine], apart[~mine]),
    }  # fmt: skip


def _without_noise(x: Any) -> Any:
    """Count from the first value, and take for equal what differs by no more than floating point does."""
    return np.zeros_like(x) if np.ptp(x) <= _NOISE * np.abs(x).max() else x - x[0]


def _unknown(n: int, inside: float, overall: float) -> dict[str, float]:
    names = ("lift", "lift_low", "lift_high", "effect", "effect_low", "effect_high", "p_value")
    return {"n": n, "inside": inside, "overall": overall, **dict.fromkeys(names, np.nan)}


def _hedges(ours: Any, theirs: Any) -> float:
    n, m = len(ours), len(theirs)
    pooled = np.sqrt(((n - 1) * ours.var(ddof=1) + (m - 1) * theirs.var(ddof=1)) / (n + m - 2))
    difference = ours.mean() - theirs.mean()
    if pooled <= _NOISE * abs(difference):
        return 0.0 if difference == 0 else float(np.copysign(np.inf, difference))
    return float(difference / pooled * (1 - 3 / (4 * (n + m) - 9)))


def _welch(ours: Any, theirs: Any) -> float:
    """Welch's unequal-variances t test, two-sided."""
    from scipy.special import stdtr

    a, b = ours.var(ddof=1) / len(ours), theirs.var(ddof=1) / len(theirs)
    difference = abs(ours.mean() - theirs.mean())
    if a + b == 0:
        return 1.0 if difference == 0 else 0.0
    freedom = (a + b) ** 2 / (a**2 / (len(ours) - 1) + b**2 / (len(theirs) - 1))
    return float(2 * stdtr(freedom, -difference / np.sqrt(a + b)))


def _ratio_of_means(ours: Any, theirs: Any) -> tuple[float, float]:
    """Mean inside ÷ mean of all, and its standard error (delta method; the two groups are independent)."""
    n, m = len(ours), len(theirs)
    overall = (ours.sum() + theirs.sum()) / (n + m)
    if overall <= 0:
        return float("nan"), float("nan")
    lift = ours.mean() / overall
    by_ours, by_theirs = (1 - lift * n / (n + m)) / overall, lift * m / (n + m) / overall
    variance = by_ours**2 * ours.var(ddof=1) / n + by_theirs**2 * theirs.var(ddof=1) / m
    return float(lift), float(np.sqrt(variance))


def compare_shares(hit: Any, inside: Any, confidence: float) -> dict[str, float]:
    """Compare the share of a category in a segment with its share among the others."""
    a, b = int((hit & inside).sum()), int((~hit & inside).sum())
    c, d = int((hit & ~inside).sum()), int((~hit & ~inside).sum())
    n, m = a + b, c + d
    overall = (a + c) / (n + m)
    if not n or not m:
        return _unknown(n, a / n if n else np.nan, overall)
    z = _normal(confidence)
    effect = 2 * np.arcsin(np.sqrt(a / n)) - 2 * np.arcsin(np.sqrt(c / m))
    spread = z * np.sqrt(1 / n + 1 / m)
    low, high = _lift_interval(a, b, c, d, z)
    return {
        "n": n, "inside": a / n, "overall": overall, "lift": a / n / overall, "lift_low": low, "lift_high": high,
        "effect": effect, "effect_low": effect - spread, "effect_high": effect + spread, "p_value": _association(a, b, c, d),
    }  # fmt: skip


def _lift_interval(a: float, b: float, c: float, d: float, z: float) -> tuple[float, float]:
    """Delta method on log(a·N / (a+b)(a+c)) with multinomial counts; half a customer where a cell is empty."""
    if min(a, b, c, d) == 0:
        a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
    total, row, column = a + b + c + d, a + b, a + c
    log_lift = np.log(a * total / (row * column))
    variance = a * (1 / a - 1 / row - 1 / column) ** 2 + b / row**2 + c / column**2 - 1 / total
    error = z * np.sqrt(max(variance, 0.0))
    return float(np.exp(log_lift - error)), float(np.exp(log_lift + error))


def _association(a: int, b: int, c: int, d: int) -> float:
    """Fisher's exact test when a cell is expected to hold fewer than five, else chi-squared."""
    from scipy.special import chdtrc
    from scipy.stats import fisher_exact

    total = a + b + c + d
    margins = (a + b) * (a + c), (a + b) * (b + d), (c + d) * (a + c), (c + d) * (b + d)
    if min(margins) == 0:
        return 1.0
    if min(margins) / total < 5:
        return float(fisher_exact([[a, b], [c, d]]).pvalue)
    statistic = total * (a * d - b * c) ** 2 / (margins[0] * margins[3])
    return float(chdtrc(1, statistic))


def holm(p_values: Any) -> Any:
    """Correct by Holm's step-down method; missing values stay missing and do not count."""
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def magnitude(effects: Any) -> Any:
    """Name the size of effects by the usual limits 0.2, 0.5 and 0.8."""
    names = np.array(["negligible", "small", "medium", "large"], dtype=object)
    return names[np.searchsorted([0.2, 0.5, 0.8], np.nan_to_num(np.abs(effects)), side="right")]
