"""Make the stored reference values of the lifetime models, by mpmath at 60 digits, from the published closed forms.

Usage: python tests/reference/make_lifetime_values.py [points] [model ...]

Writes one `<model>.csv` a model beside this file. The formulas are those of the papers (with Gauss' hypergeometric
function), not those of the package: the two agree only if both are right. `fresh_points` is what the tests call
for the seeded points of each run.
"""

from __future__ import annotations

import csv
import itertools
import sys
from pathlib import Path

import mpmath as mp
import numpy as np

HERE = Path(__file__).parent
DIGITS = 60
SEED = 20240601
PARTS = {"bgnbd": 1, "mbgnbd": 1, "paretonbd": 100}  # Pareto/NBD takes minutes: it is written part by part
PARAMETERS = {
    "bgnbd": ("r", "alpha", "a", "b"),
    "mbgnbd": ("r", "alpha", "a", "b"),
    "paretonbd": ("r", "alpha", "s", "beta"),
}
INPUTS = ("frequency", "recency", "T", "t", "n")
OUTPUTS = ("log_likelihood", "p_alive", "expected_purchases", "pmf", "conditional_pmf")


def log_rising(start, count):
    return mp.loggamma(start + count) - mp.loggamma(start)


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


def nbd_pmf(n, r, alpha, t):
    if t == 0:
        return mp.mpf(n == 0)
    return mp.exp(
        log_rising(r, n) - mp.loggamma(n + 1) + r * mp.log(alpha / (alpha + t)) + n * mp.log(t / (alpha + t))
    )


def nbd_tail(n, r, alpha, t):
    """P(N(t) >= n) = z^n / (n B(n, r)) 2F1(n, 1 - r; n + 1; z), by its series of positive terms after Euler."""
    z = t / (alpha + t)
    front = mp.exp(n * mp.log(z) + r * mp.log(1 - z) - mp.log(n) - log_beta(n, r))
    return front * mp.hyp2f1(1, n + r, n + 1, z)


def geometric(theta, x, t_x, T, t, n, first):
    """BG/NBD (first = 0) and MBG/NBD (first = 1)."""
    r, alpha, a, b = theta
    stay = log_beta(a, b + x + first) - log_beta(a, b)
    living = log_rising(r, x) + r * mp.log(alpha) + stay - (r + x) * mp.log(alpha + T)
    odds = mp.mpf(0)
    if x + first > 0:
        odds = a / (b + x + first - 1) * mp.exp((r + x) * mp.log((alpha + T) / (alpha + t_x)))
    log_likelihood = living + mp.log1p(odds)
    p_alive = 1 / (1 + odds)
    expected = p_alive * geometric_mean(r + x, alpha + T, a, b + x + first, t)
    if n is None:
        return log_likelihood, p_alive, expected, mp.nan, mp.nan
    new_alive = b / (a + b) if first else mp.mpf(1)
    new = (1 - new_alive) * (n == 0) + new_alive * geometric_pmf(r, alpha, a, b + first, t, n)
    ahead = geometric_pmf(r + x, alpha + T, a, b + x + first, t, n)
    return log_likelihood, p_alive, expected, new, odds / (1 + odds) * (n == 0) + p_alive * ahead


def geometric_mean(r, alpha, a, b, t):
    z = t / (alpha + t)
    with mp.workdps(3 * DIGITS):
        power = mp.exp(r * mp.log(alpha / (alpha + t)))
        return (a + b - 1) / (a - 1) * (1 - power * mp.hyp2f1(r, b, a + b - 1, z))


def geometric_pmf(r, alpha, a, b, t, n):
    stays = mp.exp(log_beta(a, b + n) - log_beta(a, b)) * nbd_pmf(n, r, alpha, t)
    if n == 0:
        return stays
    return stays + mp.exp(log_beta(a + 1, b + n - 1) - log_beta(a, b)) * nbd_tail(n, r, alpha, t)


def pareto(theta, x, t_x, T, t, n):
    r, alpha, s, beta = theta
    front = log_rising(r, x) + r * mp.log(alpha) + s * mp.log(beta)
    living = -(r + x) * mp.log(alpha + T) - s * mp.log(beta + T)
    odds = pareto_left(r, alpha, s, beta, x, t_x, T) / mp.exp(living) if t_x < T else mp.mpf(0)
    p_alive = 1 / (1 + odds)
    later = (r + x, alpha + T, s, beta + T)
    expected = p_alive * pareto_mean(*later, t)
    log_likelihood = front + living + mp.log1p(odds)
    if n is None:
        return log_likelihood, p_alive, expected, mp.nan, mp.nan
    new, ahead = pareto_pmf(r, alpha, s, beta, t, n), pareto_pmf(*later, t, n)
    return log_likelihood, p_alive, expected, new, odds / (1 + odds) * (n == 0) + p_alive * ahead


def pareto_left(r, alpha, s, beta, x, t_x, T):
    """Fader and Hardie's A0 times s: a difference of two 2F1, with digits to spare."""
    w = r + s + x
    top, second = max(alpha, beta), (s + 1 if alpha >= beta else r + x)

    def part(y):
        z = abs(alpha - beta) / (top + y)
        return mp.exp((1 - second) * mp.log1p(-z) - w * mp.log(top + y)) * mp.hyp2f1(
            1, w + 1 - second, w + 1, z
        )

    with mp.workdps(6 * DIGITS):
        return s / w * (part(t_x) - part(T))


def pareto_mean(r, alpha, s, beta, t):
    with mp.workdps(3 * DIGITS):
        return r * beta / (alpha * (s - 1)) * (1 - mp.exp((s - 1) * mp.log(beta / (beta + t))))


def pareto_pmf(r, alpha, s, beta, t, n):
    stays = nbd_pmf(n, r, alpha, t) * mp.exp(s * mp.log(beta / (beta + t)))

    def height(u):
        tau = mp.exp(u)
        return (
            u + n * mp.log(tau / (alpha + tau)) - r * mp.log1p(tau / alpha) - (s + 1) * mp.log1p(tau / beta)
        )

    end = mp.log(t)
    low, high = end - 3000, end
    for _ in range(60):  # the peak, by golden section on a concave function
        left, right = low + (high - low) * mp.mpf("0.382"), low + (high - low) * mp.mpf("0.618")
        low, high = (left, high) if height(left) < height(right) else (low, right)
    peak, top = low, height(low)
    pieces = [peak + side for side in np.linspace(-1, 1, 9) / np.sqrt(float(n + 1)) * 6]
    pieces += [peak - d for d in (10, 20, 40, 80)] + [peak + d for d in (8, 12, 16, 24, 40)]
    pieces = [*sorted(p for p in pieces if p < end), end]
    with mp.workdps(30):
        area = sum(_area(height, top, left, right) for left, right in itertools.pairwise(pieces))
    front = log_rising(r, n) - mp.loggamma(n + 1) + mp.log(s / beta)
    return stays + mp.exp(front + top) * area


def _area(height, top, left, right):
    """Integrate over one piece; always on (0, 1), because mpmath keeps the nodes of every interval it has seen."""
    width = right - left
    return width * mp.quad(lambda v: mp.exp(height(left + width * v) - top), [0, 1])


LAWS = {
    "bgnbd": lambda *args: geometric(*args, first=0),
    "mbgnbd": lambda *args: geometric(*args, first=1),
    "paretonbd": pareto,
}


def fresh_points(model, points, seed, *, counts=True):
    """Draw points (parameters log-uniform in 1e-3 … 1e3) and evaluate the model there: rows of floats."""
    rng = np.random.default_rng(seed)
    with mp.workdps(DIGITS):
        return [_row(model, rng, counts) for _ in range(points)]


def _row(model, rng, counts):
    theta = [float(f"{10 ** rng.uniform(-3, 3):.6g}") for _ in PARAMETERS[model]]
    x = int(10 ** rng.uniform(0, np.log10(2000))) if rng.random() < 0.8 else 0
    T = float(f"{10 ** rng.uniform(-1, 3):.6g}")
    t_x = 0.0 if x == 0 else T if rng.random() < 0.1 else float(f"{T * rng.uniform(0.01, 0.999):.6g}")
    t = float(f"{10 ** rng.uniform(-1, 3):.6g}")
    n = int(10 ** rng.uniform(0, np.log10(2000))) if rng.random() < 0.8 else 0
    values = LAWS[model](
        [mp.mpf(v) for v in theta], *(mp.mpf(v) for v in (x, t_x, T, t)), n if counts else None
    )
    return [*theta, x, t_x, T, t, n, *(float(value) for value in values)]


def main(points=2000, models=tuple(PARAMETERS)):
    for model in models:
        with (HERE / f"{model}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*PARAMETERS[model], *INPUTS, *OUTPUTS])
            parts = PARTS[model]
            for part in range(parts):
                writer.writerows(fresh_points(model, points // parts, seed=SEED + part))
                file.flush()


if __name__ == "__main__":
    main(*[int(arg) for arg in sys.argv[1:2]], *[sys.argv[2:] or tuple(PARAMETERS)][: len(sys.argv) > 1])
