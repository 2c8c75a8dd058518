"""Futures given alive, against quadrature of their definition and against futures drawn one purchase at a time."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from segmentclient.lifetime import intervals
from segmentclient.lifetime.futures import draw_futures
from segmentclient.lifetime.intervals import quantiles_ahead
from segmentclient.lifetime.outlook import Process, ahead, count_grid, counts_at_least

COIN = Process(0.243, 4.414, "coin", 0.793, 2.426)
PROCESSES = {
    "bg": COIN,
    "mbg": Process(0.525, 6.183, "coin", 0.891, 1.614, shift=1),
    "pareto": Process(0.553, 10.578, "clock", 0.606, 11.669),
    "nbd": Process(0.5, 5.0, "never"),
    "cnbd": Process(0.6, 3.0, "coin", 0.8, 2.4, shift=0, k=3),
    "bgbb": Process(1.2, 0.75, "periods", 0.657, 2.783),
}


def one(*values):
    return tuple(np.array([float(value)]) for value in values)


@pytest.mark.parametrize(
    ("x", "T", "span", "rate"),
    [
        (0, 39, 52, 0.0),
        pytest.param(4, 39, 52, 0.002, marks=pytest.mark.slow),
        pytest.param(26, 31, 500, 0.01, marks=pytest.mark.slow),
        pytest.param(0, 0, 52, 0.1, marks=pytest.mark.slow),
    ],
)
def test_purchases_and_time_alive_are_their_integrals(x, T, span, rate):
    """E[λ e^(−λpu)] and E[e^(−λpu)] over p ~ Beta(a, b + x), λ ~ Gamma(r + x, alpha + T), integrated twice by scipy."""
    r, alpha, a, b = 0.243 + x, 4.414 + T, 0.793, 2.426 + x

    def average(power):
        def at(u):
            weight = stats.beta(a, b).pdf
            return integrate.quad(
                lambda q: weight(q**2) * 2 * q * (1 + q**2 * u / alpha) ** -power, 0, 1, epsrel=1e-11
            )[0]

        return at

    def total(function):
        return integrate.quad(lambda u: function(u) * math.exp(-rate * u), 0, span, epsrel=1e-9, limit=200)[0]

    found = ahead(COIN, *one(x, T, 0), span, rate)
    assert found.discounted[0] == pytest.approx(r / alpha * total(average(r + 1)), rel=1e-7)
    assert found.time_alive[0] == pytest.approx(total(average(r)), rel=1e-7)


def test_published_conditional_expectations():
    """Point values at 12 digits: P(alive) times the purchases of the living."""
    x, T = np.array([0.0, 2.0, 26.0, 10.0]), np.array([38.86, 38.86, 31.0, 39.0])
    alive = np.array([1.0, 0.726578570080673, 0.968851562851896, 0.0381143132120363])
    published = [0.252073022282459, 1.55872080643209, 25.7564922153781, 0.347399762708559]
    np.testing.assert_allclose(alive * ahead(COIN, x, T, 0 * T, 52.0, 0.0).purchases, published, rtol=1e-12)


@pytest.mark.parametrize("name", PROCESSES)
def test_counts_add_up_to_their_mean(name):
    process = PROCESSES[name]
    counts = np.arange(1.0, 53.0) if name == "bgbb" else np.arange(1.0, 600.0)
    at_least = counts_at_least(process, 3.0, *one(39, 9), 52.0, counts)[0]
    assert at_least.sum() == pytest.approx(ahead(process, *one(3, 39, 9), 52.0, 0.0).purchases[0], rel=1e-8)
    assert (np.diff(at_least) <= 1e-15).all()


@pytest.mark.parametrize("name", PROCESSES)
def test_drawn_futures_follow_the_formulas(name):
    process, n = PROCESSES[name], 40_000
    x, recency, T = (np.full(n, value) for value in (4.0, 30.0, 39.0))
    spend = np.full(n, 6.0), np.full(n, 8.0), np.full(n, 10.0)
    drawn = draw_futures(
        process, np.full(n, 0.7), (x, recency, T), spend, 52.0, 0.01, np.random.default_rng(3)
    )
    exact = ahead(process, *one(4, 39, 9), 52.0, 0.01)
    for values, mean in (
        (drawn.purchases, exact.purchases[0]),
        (drawn.discounted, exact.discounted[0]),
        (drawn.time_alive, exact.time_alive[0]),
        (drawn.spend, exact.discounted[0] * 6 * 10 / 7),
    ):
        assert abs(values.mean() - 0.7 * mean) < 4.5 * values.std() / math.sqrt(n)
    at_least = counts_at_least(process, 4.0, *one(39, 9), 52.0, np.arange(1.0, 53.0))[0]
    shares = np.array([(drawn.purchases >= count).mean() for count in (1, 2, 5)])
    np.testing.assert_allclose(shares, 0.7 * at_least[[0, 1, 4]], atol=4.5 * 0.5 / math.sqrt(n))


@pytest.mark.parametrize(("x", "alive"), [(0, 1.0), (4, 0.7), (40, 0.9), (300, 0.9)])
def test_quantiles_are_those_of_drawn_futures(x, alive):
    n = 30_000
    history = tuple(np.full(n, float(value)) for value in (x, 35 if x else 0, 39))
    spend = np.full(n, 6.25), np.full(n, 3.74 + 6.25 * x), np.ones(n)
    drawn = draw_futures(COIN, np.full(n, alive), history, spend, 52.0, 0.0, np.random.default_rng(1))
    levels = (0.05, 0.3, 0.5, 0.95)
    single = one(x, 35 if x else 0, 39)
    found = quantiles_ahead([COIN], single, np.array([alive]), (spend[0][:1], spend[1][:1]), 52.0, levels)
    for level, quantiles in zip(levels, found, strict=True):
        below = (drawn.purchases <= quantiles.count[0]).mean()
        assert below >= level - 0.012
        assert quantiles.count[0] == 0 or (drawn.purchases <= quantiles.count[0] - 1).mean() <= level + 0.012
        if quantiles.spend_late[0] > 0:
            assert (drawn.spend <= quantiles.spend_late[0]).mean() == pytest.approx(level, abs=0.012)


@pytest.mark.parametrize("pairs", [1, 2, 6])
def test_blocks_of_customers_change_nothing(monkeypatch, pairs):
    history = np.repeat([4.0, 0.0], [7, 2]), np.zeros(9), np.array([39, 20, 39, 60, 5, 39.5, 80, 9, 7.0])
    alive, spend = np.linspace(0.2, 1.0, 9), (np.full(9, 6.25), 3.74 + 6.25 * history[0])
    whole = quantiles_ahead([COIN], history, alive, spend, 52.0, (0.3, 0.9))
    monkeypatch.setattr(intervals, "_PAIRS", pairs)
    parts = quantiles_ahead([COIN], history, alive, spend, 52.0, (0.3, 0.9))
    for one, other in zip(whole, parts, strict=True):
        for name in ("count", "spend_late", "spend_early"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)
    assert (whole[1].count[:7] > 0).any()


@pytest.mark.parametrize("x", [0, 1, 300, 20_000])
@pytest.mark.parametrize(
    "process",
    [COIN, Process(500.0, 4000.0, "coin", 1e-3, 1e4), Process(1e-3, 1e3, "coin", 1e3, 1e-3, shift=1)],
)
def test_extremes_are_finite(process, x):
    found = ahead(process, *one(x, 700, 1), 365.0, 3e-4)
    for values in (found.purchases, found.discounted, found.time_alive):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert found.time_alive[0] <= 365.0 * (1 + 1e-12)
    grid = count_grid(process, float(x), np.array([700.0]), 365.0)
    at_least = counts_at_least(process, float(x), *one(700, 1), 365.0, grid)
    assert ((at_least >= 0) & (at_least <= 1 + 1e-12)).all()


def test_the_counts_of_thousands_of_purchases_are_their_integral():
    """P(N ≥ n) is the chance to live until the n-th arrival, alpha / (1 / y − 1) with y ~ Beta(n, r), whose peak is narrow."""
    x, T, span = 20_000.0, 40.0, 52.0
    pareto = PROCESSES["pareto"]
    counts = np.array([10_000.0, 19_000.0, 20_300.0, 20_600.0])
    found = counts_at_least(pareto, x, *one(T, 0), span, counts)[0]
    shape, scale = pareto.r + x, pareto.alpha + T

    def lives(y):
        return (1 + scale * y / (1 - y) / (pareto.b + T)) ** -pareto.a

    for n, chance in zip(counts, found, strict=True):
        law = stats.beta(n, shape)
        ends = law.ppf(1e-14), min(law.isf(1e-14), span / (scale + span))
        expected = integrate.quad(lambda y, law=law: law.pdf(y) * lives(y), *ends, epsrel=1e-10, limit=200)[0]
        assert chance == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("x", [1_000.0, 10_000.0, 1e6])
def test_intervals_of_those_who_buy_thousands_of_times_are_those_of_the_law(x):
    """Without drop-out the count is negative binomial, and known to a percent or less."""
    law = stats.nbinom(x + 0.5, 375 / 740)
    low, high = quantiles_ahead(
        [Process(0.5, 10.0, "never")], one(x, 365, 365), np.ones(1), one(6, 6 * x + 3.7), 365.0, (0.05, 0.95)
    )
    for found, level in ((low, 0.05), (high, 0.95)):
        assert found.count[0] == pytest.approx(law.ppf(level), abs=0.03 * law.std() + 1)


@pytest.mark.parametrize("span", [30.0, 52.0])
@pytest.mark.parametrize("name", PROCESSES)
def test_a_discount_rate_changes_no_count(name, span):
    """A discount that leaves e^−52 at the end leaves every purchase, and less money than half of that discount."""
    plain, dear, half = (ahead(PROCESSES[name], *one(3, 39, 9), span, rate) for rate in (0.0, 1.0, 0.5))
    np.testing.assert_allclose(dear.purchases, plain.purchases, rtol=1e-9)
    assert 0 < dear.discounted[0] < half.discounted[0] < plain.discounted[0]


@pytest.mark.parametrize("name", PROCESSES)
def test_an_endless_horizon_counts_what_is_discounted(name):
    endless, long = (ahead(PROCESSES[name], *one(3, 39, 9), span, 0.1) for span in (math.inf, 400.0))
    assert endless.purchases[0] == endless.discounted[0] == pytest.approx(long.discounted[0], rel=1e-12)


@pytest.mark.parametrize("span", [1, 12, 52])
def test_intervals_of_whole_periods_are_those_of_the_law(span):
    """Where nobody leaves, what is bought in whole periods is beta-binomial."""
    process, law = Process(1.2, 0.75, "periods", 1e-6, 1e9), stats.betabinom(span, 1.2 + 3, 0.75 + 6)
    levels = (0.05, 0.5, 0.95)
    found = quantiles_ahead([process], one(3, 8, 9), np.ones(1), one(6, 30), span + 0.4, levels)
    assert [quantiles.count[0] for quantiles in found] == [law.ppf(level) for level in levels]


def test_less_than_a_period_holds_no_purchase():
    """At most what the dead bring, and at least what the idle do."""
    low, high = quantiles_ahead(
        [PROCESSES["bgbb"]], one(3, 8, 9), np.array([0.7]), one(6, 30), 0.4, (0.05, 0.95)
    )
    assert low.count[0] == high.count[0] == low.spend_late[0] == high.spend_late[0] == 0.0
    assert (low.spend_early[0], high.spend_early[0]) == (0.0, math.inf)
