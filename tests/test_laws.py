"""What follows from any law, against closed forms and sums over nodes of the mixing laws."""

import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

from segmentclient.lifetime import laws
from segmentclient.lifetime.bgnbd import BetaGeometric
from segmentclient.lifetime.histories import history
from segmentclient.lifetime.nbd import NegativeBinomial
from segmentclient.lifetime.paretonbd import ParetoExponential

SOME = history([0, 2, 7], [0.0, 30.0, 20.0], [38.0, 38.0, 40.0])
RATES, CHANCES = (0.5, 3.0), (0.8, 2.5)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("probability", [0.05, 0.5, 0.99])
def test_the_wait_of_the_living_is_a_pareto_quantile(first, probability):
    """While alive she buys at her rate: P(no purchase within t) = (α/(α + t))^r."""
    found = laws.waiting_time(BetaGeometric(first), (*RATES, *CHANCES), SOME, probability)
    r, alpha = RATES[0] + SOME.frequency, RATES[1] + SOME.T
    np.testing.assert_allclose(found, stats.lomax.ppf(probability, r, scale=alpha), rtol=1e-9)


def test_who_may_leave_first_never_buys_again_with_some_probability():
    """P(ever) is the mean of λ/(λ + μ); below it the wait is finite, above it infinite."""
    law, theta, new = ParetoExponential(), (0.5, 3.0, 1.4, 2.0), history(0.0, 0.0, [0.0])
    r, alpha, s, beta = map(mp.mpf, theta)

    def ever_at(u):
        """The ratio λ/(λ + μ) of two Gammas, by μ = λ(1 − u)/u."""
        inner = mp.gamma(r + s) / (mp.gamma(r) * mp.gamma(s)) * alpha**r * beta**s
        return u * inner * u ** (r - 1) * (1 - u) ** (s - 1) / (alpha * u + beta * (1 - u)) ** (r + s)

    ever = float(mp.quad(ever_at, [0, 0.5, 1]))
    assert np.isfinite(laws.waiting_time(law, theta, new, ever - 1e-7)).all()
    assert np.isinf(laws.waiting_time(law, theta, new, ever + 1e-7)).all()


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_intervals_of_counts_are_quantiles_of_the_negative_binomial(level):
    law, t = NegativeBinomial(), 60.0
    r, alpha = RATES[0] + SOME.frequency, RATES[1] + SOME.T
    low, high = laws.count_interval(law, [RATES], SOME, t, level)
    for bound, share in ((low, 0.5 - level / 2), (high, 0.5 + level / 2)):
        np.testing.assert_array_equal(bound, stats.nbinom.ppf(share, r, alpha / (alpha + t)))


def test_intervals_over_draws_are_quantiles_of_the_mean_law():
    law, t, thetas = NegativeBinomial(), 60.0, [(0.5, 3.0), (4.0, 2.0)]
    low, high = laws.count_interval(law, thetas, SOME, t, 0.9)
    counts = np.arange(400)
    cdf = np.mean(
        [
            stats.nbinom.cdf(counts[:, None], r + SOME.frequency, (alpha + SOME.T) / (alpha + SOME.T + t))
            for r, alpha in thetas
        ],
        axis=0,
    )
    np.testing.assert_array_equal(low, (cdf < 0.05).sum(axis=0))
    np.testing.assert_array_equal(high, (cdf < 0.95).sum(axis=0))


@pytest.mark.parametrize("rate", [0.002, 0.05, 1.0])
def test_discounted_purchases_are_the_mean_over_rates_and_chances(rate):
    """A living customer is worth ∫ λ exp(−(λp + δ)v) dv = λ/(λp + δ): summed over Gauss nodes of λ and p."""
    law, theta = BetaGeometric(1), (1.5, 3.0, 2.0, 2.5)
    r, alpha, a, b = law.living(theta, SOME)
    for i in range(3):
        x, wx = special.roots_genlaguerre(80, r[i] - 1)
        y, wy = special.roots_jacobi(60, b[i] - 1, a - 1)
        purchases, leaves = x[:, None] / alpha[i], (1 + y) / 2
        mean = (wx / wx.sum()) @ (purchases / (purchases * leaves + rate)) @ (wy / wy.sum())
        found = laws.discounted_purchases(law, theta, SOME, rate)[i] / laws.p_alive(law, theta, SOME)[i]
        assert found == pytest.approx(mean, rel=1e-6)


def test_discounting_without_leaving_is_a_perpetuity():
    found = laws.discounted_purchases(NegativeBinomial(), RATES, SOME, 0.01)
    np.testing.assert_allclose(found, (RATES[0] + SOME.frequency) / (RATES[1] + SOME.T) / 0.01, rtol=1e-9)


def test_grouping_equal_customers_changes_nothing():
    """Six hundred customers of three kinds, one parameter a row for some."""
    law, many = BetaGeometric(0), np.tile(np.arange(3), 200)
    theta = (RATES[0] * (1 + many), RATES[1], *CHANCES)
    wide = laws.expected_purchases(law, theta, SOME.take(many), 39.0)
    one = [
        laws.expected_purchases(law, (RATES[0] * (1 + i), RATES[1], *CHANCES), SOME.take([i]), 39.0)[0]
        for i in range(3)
    ]
    np.testing.assert_allclose(wide, np.tile(one, 200), rtol=1e-12)
