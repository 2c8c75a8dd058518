"""The default priors are the laws that their descriptions name: summed over a fine grid of log-parameters."""

import numpy as np
import pytest
from scipy.stats import norm

import segmentclient as sc
from segmentclient.lifetime.bgbb import BetaBernoulli
from segmentclient.lifetime.bgnbd import BetaGeometric
from segmentclient.lifetime.erlang_geometric import ErlangGeometric
from segmentclient.lifetime.paretonbd import ParetoExponential
from segmentclient.lifetime.priors import rate_prior, share_prior


def share(weight, event):
    return float(weight[event].sum() / weight.sum())


def test_rates():
    """ln shape ~ N(0, 2²), ln(mean · scale) ~ N(0, 3²), each without the other."""
    scale = 7.0
    shape, rate = np.exp(np.meshgrid(np.linspace(-14, 14, 901), np.linspace(-30, 30, 901), indexing="ij"))
    weight = np.exp(rate_prior(shape, rate, scale))
    log_shape, log_events = np.log(shape), np.log(scale * shape / rate)
    for z in (-1.0, 0.5, 2.0):
        assert share(weight, log_shape < 2 * z + 1e-3) == pytest.approx(norm.cdf(z), abs=0.004)
        assert share(weight, log_events < 3 * z + 1e-3) == pytest.approx(norm.cdf(z), abs=0.006)
        both = share(weight, (log_shape < 2 * z) & (log_events < 3))
        assert both == pytest.approx(norm.cdf(z) * norm.cdf(1), abs=0.008)
    assert share(weight, (log_events > -np.log(400)) & (log_events < np.log(400))) == pytest.approx(
        0.95, abs=0.006
    )


def test_shares():
    """a/(a + b) uniform, ln(a + b) ~ N(1, 2²), each without the other."""
    a, b = np.exp(np.meshgrid(np.linspace(-25, 12, 1601), np.linspace(-25, 12, 1601), indexing="ij"))
    weight = np.exp(share_prior(a, b))
    mean, log_size = a / (a + b), np.log(a + b)
    for quantile in (0.1, 0.5, 0.8):
        assert share(weight, mean < quantile) == pytest.approx(quantile, abs=0.01)
        assert share(weight, (mean < quantile) & (log_size < 3)) == pytest.approx(
            quantile * norm.cdf(1), abs=0.01
        )
    for z in (-1.0, 0.0, 1.0):
        assert share(weight, log_size < 1 + 2 * z) == pytest.approx(norm.cdf(z), abs=0.01)


def two(a, b):
    """Log-density of (ln a, ln b): that of (share, ln size), times share · (1 − share)."""
    part = a / (a + b)
    return np.log(part * (1 - part)) + norm.logpdf(np.log(a + b), 1, 2)


def rates(shape, rate, scale):
    return norm.logpdf(np.log(shape), 0, 2) + norm.logpdf(np.log(scale * shape / rate), 0, 3)


@pytest.mark.parametrize(
    ("law", "density"),
    [
        (BetaGeometric(0), lambda r, alpha, a, b, scale: rates(r, alpha, scale) + two(a, b)),
        (ErlangGeometric(1, 3), lambda r, alpha, a, b, scale: rates(r, 3 * alpha, scale) + two(a, b)),
        (
            ParetoExponential(),
            lambda r, alpha, s, beta, scale: rates(r, alpha, scale) + rates(s, beta, scale),
        ),
        (BetaBernoulli(), lambda alpha, beta, gamma, delta, scale: two(alpha, beta) + two(gamma, delta)),
    ],
)
def test_every_law_has_the_prior_of_its_parts(law, density):
    """Up to a constant; a purchase of a regular buyer is k ticks."""
    thetas, scale = np.random.default_rng(1).lognormal(0, 2, (20, 4)), 26.0
    found = np.array([law.log_prior(tuple(theta), scale) - density(*theta, scale) for theta in thetas])
    np.testing.assert_allclose(found, found[0], atol=1e-9)


def test_the_prior_of_a_coefficient_knows_the_spread_of_its_column():
    """N(0, 2²) on the coefficient times the standard deviation over customers, however many a row stands for."""
    rng = np.random.default_rng(3)
    table = sc.datasets.load_cdnow_summary().head(300)
    table = table.assign(age=rng.gamma(2.0, 9.0, 300), many=rng.integers(1, 9, 300))
    model = sc.MBGNBD(time_unit="W").fit(table, weights="many", covariates=["age"])
    spread = np.repeat(table["age"], table["many"]).std(ddof=0)
    points = np.array([[0.0, 0.0], [0.02, -0.1], [1.5, 0.3]])
    expected = (norm.logpdf(points * spread, 0, 2) - norm.logpdf(0, 0, 2)).sum(axis=1)
    np.testing.assert_allclose(model._coefficient_prior(points), expected, rtol=1e-12)
