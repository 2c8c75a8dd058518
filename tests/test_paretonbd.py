"""Pareto/NBD against published numbers and 60-digit arithmetic."""

import numpy as np
import pandas as pd
import pytest

from reference import agreement
from segmentclient.lifetime import ParetoNBD, laws
from segmentclient.lifetime.histories import history
from segmentclient.lifetime.quadrature import discounted_power, tilted_nodes

POINTS = pd.DataFrame(
    [
        (0, 0, 38.86, -0.52104629408089, 0.295286604616894, 0.107081468215309),
        (2, 30.43, 38.86, -9.55428324515041, 0.869167559153011, 1.4551231932576),
        (26, 30.857142857142858, 31, -39.1316269761166, 0.997874260609941, 20.1161295984507),
        (10, 20, 39, -24.6712735541896, 0.0804345531607043, 0.555284192101691),
        (25, 20, 39, -34.4120202324583, 1.45436762408456e-4, 0.00243115591252423),
        (200, 38, 40, 76.3026092142996, 0.0921118448780194, 11.8802786078818),
        (2000, 38, 39, 5426.46503883253, 6.60027629132603e-15, 8.63791439421316e-12),
    ],
    columns=["frequency", "recency", "T", "log_likelihood", "p_alive", "t39"],
)


@pytest.fixture(scope="module")
def fitted():
    return ParetoNBD(time_unit="W").fit(agreement.cdnow_exact())


def test_cdnow_rounded_weeks():
    model = ParetoNBD(time_unit="W").fit(agreement.cdnow())
    np.testing.assert_allclose(model.params_, [0.5532755, 10.5776122, 0.6062136, 11.6679112], rtol=1e-5)
    np.testing.assert_allclose(model.standard_errors_, [0.047629, 0.842724, 0.187280, 6.211063], rtol=1e-4)
    assert model.log_likelihood_ == pytest.approx(-9594.973930, abs=1e-5)


def test_cdnow_exact_weeks(fitted):
    np.testing.assert_allclose(fitted.params_, [0.5532770, 10.5776835, 0.6062400, 11.6687352], rtol=1e-5)
    np.testing.assert_allclose(
        fitted.standard_errors_, [0.0476264, 0.8427222, 0.1872594, 6.2105448], rtol=1e-2
    )
    assert fitted.log_likelihood_ == pytest.approx(-9594.976179, abs=1e-5)
    assert fitted.expected_purchases_new_customer(52) == pytest.approx(1.473434, abs=1e-4)


def test_published_points():
    model = ParetoNBD.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669, time_unit="W")
    np.testing.assert_allclose(model.log_likelihood(POINTS), POINTS["log_likelihood"], rtol=1e-12)
    np.testing.assert_allclose(model.probability_alive(POINTS), POINTS["p_alive"], rtol=1e-11)
    np.testing.assert_allclose(model.expected_purchases(POINTS, t=39), POINTS["t39"], rtol=1e-11)


def test_the_paradox_of_increasing_frequency(fitted):
    busier = pd.DataFrame({"frequency": [10, 15, 20, 25], "recency": 20.0, "T": 39.0})
    found = fitted.expected_purchases(busier, t=52)
    np.testing.assert_allclose(found, [0.7062289, 0.1442396, 0.02250658, 0.00309267], rtol=1e-3)


def test_heavy_buyers_keep_their_probability():
    """Customers of CLVTools' issue 100."""
    model = ParetoNBD.from_params(r=0.5143, alpha=2.8845, s=0.2856, beta=14.1087)
    customers = pd.DataFrame(
        [
            (221, 103.42857, 103.57143),
            (254, 97.14286, 97.28571),
            (161, 94.71429, 98),
            (204, 98.57143, 99.42857),
        ],
        columns=["frequency", "recency", "T"],
    )
    expected = [0.999596052317938, 0.999558226123011, 0.749487752258105, 0.994255079637896]
    np.testing.assert_allclose(model.probability_alive(customers), expected, rtol=1e-11)


def test_where_hypergeometric_functions_overflow():
    model = ParetoNBD.from_params(r=0.5, alpha=1.0, s=0.5, beta=1000.0)
    one = pd.DataFrame({"frequency": [500], "recency": [1.0], "T": [37.0]})
    assert model.log_likelihood(one).iloc[0] == pytest.approx(2247.607507458239, rel=1e-13)


def test_discounted_purchases():
    model = ParetoNBD.from_params(r=0.5629966, alpha=12.5590370, s=0.4081095, beta=10.5148048)
    customers = pd.DataFrame({"frequency": [7, 1, 2, 3], "recency": [35.0, 30, 30, 30], "T": 77.86})
    expected = [1.86418332807133, 2.19915544970496, 2.84353440606573, 2.86712839120616]
    np.testing.assert_allclose(model.discounted_purchases(customers, rate=0.0027), expected, rtol=1e-11)
    without = history(customers["frequency"], customers["recency"], customers["T"])
    numeric = laws.p_alive(model.law, model._theta(without), without) * laws.discounted_by_parts(
        model.law, model.law.living(model._theta(without), without), 0.0027
    )
    np.testing.assert_allclose(numeric, expected, rtol=1e-8)


@pytest.mark.parametrize(("kappa", "s"), [(1e-6, 0.3), (0.01, 1.0), (2.0, 5.0), (1e4, 0.5), (1e-5, 100.0)])
def test_discounting_is_tricomi_u(kappa, s):
    import mpmath as mp

    with mp.workdps(40):
        assert float(discounted_power(kappa, s)) == pytest.approx(
            float(mp.hyperu(1, 2 - mp.mpf(s), kappa)), rel=1e-11
        )


def test_counts_sum_to_one_and_to_the_mean():
    model = ParetoNBD.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    some, n = POINTS.head(4), np.arange(120)
    chances = np.array([model.conditional_pmf(some, int(k), t=39) for k in n])
    np.testing.assert_allclose(chances.sum(axis=0), 1.0, rtol=1e-10)
    np.testing.assert_allclose(n @ chances, model.expected_purchases(some, t=39), rtol=1e-8)


def test_stored_reference_values():
    agreement.check(ParetoNBD.law, agreement.stored("paretonbd"))


def test_fresh_reference_values():
    agreement.check(
        ParetoNBD.law,
        agreement.fresh("paretonbd", 50, counts=False),
        ("log_likelihood", "p_alive", "expected_purchases"),
    )
    agreement.check(ParetoNBD.law, agreement.fresh("paretonbd", 2))


def test_extreme_grid():
    agreement.check_range(ParetoNBD.law)


def test_limits_are_not_special():
    """alpha = beta, s = 1, t_x = T: neighbours agree with the point itself."""
    theta, near = (0.5, 10.0, 1.0, 10.0), (0.5, 10.0, 1.0 + 1e-9, 10.0 + 1e-8)
    h = history([2.0, 2.0, 0.0], [30.0, 39.0, 0.0], [39.0, 39.0, 0.0])
    for function in (laws.p_alive, ParetoNBD.law.__class__.log_likelihood):
        first = function(ParetoNBD.law, theta, h)
        np.testing.assert_allclose(first, function(ParetoNBD.law, near, h), rtol=1e-7)
        assert np.isfinite(first).all()
    expected = [laws.expected_purchases(ParetoNBD.law, point, h, 39.0) for point in (theta, near)]
    np.testing.assert_allclose(*expected, rtol=1e-7)


def test_derivatives():
    agreement.check_derivatives(ParetoNBD(), agreement.cdnow(), [0.5, 3.0, 0.7, 2.0])
    agreement.check_derivatives(ParetoNBD(), agreement.cdnow(), [0.5, 2.0, 0.7, 30.0])


def test_quadrature_of_a_known_integral():
    length = np.array([0.5, 3.0, 12.0])
    total = np.zeros(3)
    for nodes in tilted_nodes(np.full(3, -2.0), np.full(3, 1.0), np.full(3, 1.0), length, length):
        total[nodes.rows] = np.exp(nodes.log_weight).sum(axis=1)
    np.testing.assert_allclose(total, -np.expm1(-3.0 * length) / 3.0, rtol=1e-12)
