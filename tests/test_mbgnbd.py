"""MBG/NBD against published numbers and 60-digit arithmetic."""

import numpy as np
import pandas as pd
import pytest

from reference import agreement
from segmentclient.lifetime import MBGNBD

POINTS = pd.DataFrame(
    [
        (0, 0, 38.86, -0.539837463531015, 0.389735080918763, 0.154012746675147),
        (2, 30.43, 38.86, -9.48555131453393, 0.706202265118487, 1.26296062326737),
        (26, 30.857142857142858, 31, -38.3220564277751, 0.965498054767583, 19.449351034495),
        (200, 38, 40, 91.7655593606266, 0.0305960686927882, 3.89271838417781),
    ],
    columns=["frequency", "recency", "T", "log_likelihood", "p_alive", "t39"],
)


def test_cdnow_rounded_weeks():
    model = MBGNBD(time_unit="W").fit(agreement.cdnow())
    np.testing.assert_allclose(model.params_, [0.5248380, 6.1829920, 0.8913562, 1.6139993], rtol=1e-5)
    assert model.log_likelihood_ == pytest.approx(-9582.132685, abs=1e-5)


def test_cdnow_exact_weeks():
    model = MBGNBD(time_unit="W").fit(agreement.cdnow_exact())
    np.testing.assert_allclose(model.params_, [0.5248432, 6.1830853, 0.8913594, 1.6140022], rtol=1e-5)
    assert model.log_likelihood_ == pytest.approx(-9582.135716, abs=1e-5)


def test_published_points():
    model = MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit="W")
    np.testing.assert_allclose(model.log_likelihood(POINTS), POINTS["log_likelihood"], rtol=1e-12)
    np.testing.assert_allclose(model.probability_alive(POINTS), POINTS["p_alive"], rtol=1e-12)
    np.testing.assert_allclose(model.expected_purchases(POINTS, t=39), POINTS["t39"], rtol=1e-11)


def test_counts_of_new_customers():
    model = MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614)
    n = np.arange(2000)
    chances = model.pmf(n, t=39)
    assert chances.sum() == pytest.approx(1.0, rel=1e-10)
    assert n @ chances == pytest.approx(model.expected_purchases_new_customer(39), rel=1e-8)
    assert model.pmf(0, t=0) == pytest.approx(1.0)


def test_stored_reference_values():
    agreement.check(MBGNBD.law, agreement.stored("mbgnbd"))


def test_fresh_reference_values():
    agreement.check(MBGNBD.law, agreement.fresh("mbgnbd", 50))


def test_extreme_grid():
    agreement.check_range(MBGNBD.law)


def test_derivatives():
    agreement.check_derivatives(MBGNBD(), agreement.cdnow(), [0.5, 3.0, 0.7, 2.0])
