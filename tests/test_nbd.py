"""NBD against published numbers and the negative binomial of scipy."""

import numpy as np
import pytest
from scipy import stats

from reference import agreement
from segmentclient.lifetime import NBD


def test_cdnow():
    model = NBD(time_unit="W").fit(agreement.cdnow())
    np.testing.assert_allclose(model.params_, [0.3847677, 12.0720850], rtol=1e-5)
    assert model.log_likelihood_ == pytest.approx(-9763.660222, abs=1e-5)
    exact = NBD(time_unit="W").fit(agreement.cdnow_exact())
    np.testing.assert_allclose(exact.params_, [0.3847661, 12.0720228], rtol=1e-5)
    assert exact.log_likelihood_ == pytest.approx(-9763.657615, abs=1e-5)


def test_counts_are_negative_binomial():
    model = NBD.from_params(r=0.4, alpha=12.0)
    n = np.arange(50)
    np.testing.assert_allclose(model.pmf(n, t=39), stats.nbinom(0.4, 12 / 51).pmf(n), rtol=1e-10)
    customers = agreement.cdnow().head(4)
    ahead = stats.nbinom(0.4 + customers["frequency"], (12 + customers["T"]) / (12 + customers["T"] + 10))
    np.testing.assert_allclose(model.conditional_pmf(customers, 2, t=10), ahead.pmf(2), rtol=1e-10)
    np.testing.assert_allclose(model.expected_purchases(customers, t=10), ahead.mean(), rtol=1e-12)
    assert (model.probability_alive(customers) == 1.0).all()


def test_derivatives_and_extremes():
    agreement.check_derivatives(NBD(), agreement.cdnow(), [0.5, 3.0])
    agreement.check_range(NBD.law)
