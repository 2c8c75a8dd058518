"""How like the best customers someone is: a ridge logistic regression, judged on customers left out of the fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentclient.locale import Language

__all__ = ["Likeness", "Quality", "fit_likeness"]

BEST = 0.8
FOLDS = 5
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Quality:
    """How well likeness tells the best fifth, on customers left out of the fit.

    Attributes
    ----------
    auc, auc_low, auc_high : probability that one of the best fifth is ranked above another customer (0.5 is chance),
        with its 95 % interval (Hanley and McNeil 1982).
    lift_top_tenth : mean value of the tenth that is most alike, over the mean value of all.
    rank_correlation : Spearman's, between likeness and value.
    n, folds : customers and folds.
    """

    auc: float
    auc_low: float
    auc_high: float
    lift_top_tenth: float
    rank_correlation: float
    n: int
    folds: int

    def facts(self, L: Language) -> dict[str, str]:
        """Put the figures in words."""
        interval = L.text(
            "{value} ({low} to {high})",
            value=L.number(self.auc, 2),
            low=L.number(self.auc_low, 2),
            high=L.number(self.auc_high, 2),
        )
        return {
            L.text("Best told from others (0.5 is chance)"): interval,
            L.text("Value of the most alike tenth, against all"): L.text(
                "{n} times", n=L.number(self.lift_top_tenth, 1)
            ),
            L.text("Customers"): L.number(self.n),
        }


@dataclass(frozen=True)
class Likeness:
    """The fitted scorecard: `weights` of the indicators, and what customers of each likeness are worth."""

    weights: np.ndarray
    intercept: float
    threshold: float
    steps: np.ndarray
    worth: np.ndarray

    def chances(self, coded: np.ndarray) -> np.ndarray:
        """Probability of belonging to the best fifth."""
        from scipy.special import expit

        return expit(self.intercept + coded @ self.weights)

    def values(self, chances: np.ndarray) -> np.ndarray:
        """Average value of customers of this likeness."""
        return np.interp(chances, self.steps, self.worth)


def fit_likeness(coded: np.ndarray, worth: np.ndarray) -> tuple[Likeness, Quality, np.ndarray]:
    """Fit, and give the likeness of each customer when left out of the fit.

    Beyond 20,000 customers a fit takes every k-th of them; all are scored.
    """
    threshold = _threshold(worth)
    best = (worth >= threshold).astype(int)
    folds = np.arange(len(worth)) % FOLDS
    folds = np.random.default_rng(0).permutation(folds)
    strength = _strength(coded, best, folds)
    left_out = np.empty(len(worth))
    for fold in range(FOLDS):
        weights, intercept = _regression(coded[folds != fold], best[folds != fold], strength)
        left_out[folds == fold] = Likeness(weights, intercept, threshold, np.zeros(1), np.zeros(1)).chances(
            coded[folds == fold]
        )
    weights, intercept = _regression(coded, best, strength)
    steps, values = _calibrated(left_out, worth)
    return Likeness(weights, intercept, threshold, steps, values), _quality(left_out, best, worth), left_out


def _threshold(worth: np.ndarray) -> float:
    """Where the best fifth begins; where most are worth the same least, whoever is worth more is among the best."""
    start = float(np.quantile(worth, BEST))
    return start if start > worth.min() else float(np.min(worth[worth > worth.min()]))


def _strength(coded: np.ndarray, best: np.ndarray, folds: np.ndarray) -> float:
    """Choose the ridge by the log-likelihood of what was left out (the weakest of equals)."""
    losses = [
        sum(_loss(coded, best, folds == fold, strength) for fold in range(FOLDS)) for strength in STRENGTHS
    ]
    return STRENGTHS[int(np.argmin(losses))]


def _loss(coded: np.ndarray, best: np.ndarray, out: np.ndarray, strength: float) -> float:
    weights, intercept = _regression(coded[~out], best[~out], strength)
    signed = np.where(best[out] == 1, 1.0, -1.0) * (intercept + coded[out] @ weights)
    return float(np.logaddexp(0.0, -signed).sum())


def _regression(coded: np.ndarray, best: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression

    if best.min() == best.max():
        share = (best.sum() + 0.5) / (len(best) + 1)
        return np.zeros(coded.shape[1]), float(np.log(share / (1 - share)))
    step = max(1, round(len(best) / MOST_ROWS))
    model = LogisticRegression(C=strength, max_iter=500).fit(coded[::step], best[::step])
    return model.coef_[0], float(model.intercept_[0])


def _calibrated(chances: np.ndarray, worth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean value by tenths of likeness, made never to fall as likeness rises."""
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(chances, kind="stable")
    parts = [part for part in np.array_split(order, min(10, max(1, len(order) // 20))) if len(part)]
    steps = np.array([chances[part].mean() for part in parts])
    means = IsotonicRegression().fit_transform(
        steps, [worth[part].mean() for part in parts], sample_weight=[len(part) for part in parts]
    )
    return steps, np.asarray(means)


def _quality(chances: np.ndarray, best: np.ndarray, worth: np.ndarray) -> Quality:
    from scipy.stats import rankdata, spearmanr

    positives, negatives = int(best.sum()), int(len(best) - best.sum())
    auc = (rankdata(chances)[best == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    error = _hanley_mcneil(auc, positives, negatives)
    top = chances >= np.quantile(chances, 0.9)
    mean = worth.mean()
    is_flat = bool(np.ptp(chances) == 0)
    return Quality(
        float(auc), float(max(0.0, auc - 1.96 * error)), float(min(1.0, auc + 1.96 * error)),
        float(worth[top].mean() / mean) if mean else float("nan"),
        0.0 if is_flat else float(spearmanr(chances, worth).statistic), len(worth), FOLDS,
    )  # fmt: skip


def _hanley_mcneil(auc: float, positives: int, negatives: int) -> float:
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (first - auc**2) + (negatives - 1) * (second - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (positives * negatives)))
