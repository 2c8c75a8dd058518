"""BG/BB against the published donations, and direct enumeration."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from reference import agreement
from segmentclient.errors import ColumnError, ModelError
from segmentclient.lifetime import BGBB
from segmentclient.lifetime.bgbb import _silences
from segmentclient.lifetime.histories import history

PARAMS = {"alpha": 1.203522, "beta": 0.749716, "gamma": 0.656718, "delta": 2.783442}


def donations():
    return pd.read_csv(agreement.lifetimes_file("donations.csv")).rename(columns={"periods": "T"})


@pytest.fixture(scope="module")
def fitted():
    return BGBB(time_unit="Y").fit(donations(), weights="weights")


def test_donations(fitted):
    np.testing.assert_allclose(fitted.params_, [1.2035224, 0.7497164, 0.6567182, 2.7834422], rtol=1e-5)
    np.testing.assert_allclose(fitted.standard_errors_, [0.069391, 0.029448, 0.051010, 0.320819], rtol=1e-4)
    assert fitted.log_likelihood_ == pytest.approx(-33225.581274, abs=1e-5)
    assert fitted.n_customers_ == 11104


def test_new_donors(fitted):
    expected = [0.498543, 0.923349, 1.296874, 1.632310, 1.938137, 2.220169]
    expected += [2.482581, 2.728487, 2.960276, 3.179829, 3.388654]
    np.testing.assert_allclose(fitted.expected_purchases_new_customer(np.arange(1, 12)), expected, atol=2e-6)


def test_known_donors(fitted):
    table = donations()
    total = float(fitted.expected_purchases(table, t=5) @ table["weights"])
    assert total == pytest.approx(12884.2, abs=0.1)
    ten = pd.DataFrame({"frequency": [0, 4], "recency": [0, 5], "T": 6})
    np.testing.assert_allclose(fitted.expected_purchases(ten, t=10), [0.1302169, 3.627858], rtol=1e-4)
    some = pd.DataFrame({"frequency": [0, 2, 6], "recency": [0, 4, 6], "T": 6})
    np.testing.assert_allclose(fitted.probability_alive(some), [0.11, 0.59, 0.93], atol=0.005)


def test_likelihood_against_lifetimes_conventions():
    model = BGBB.from_params(**PARAMS)
    some = pd.DataFrame({"frequency": [6, 0], "recency": [6, 0], "T": 6})
    np.testing.assert_allclose(model.log_likelihood(some), [-2.18167018824, -1.16751622367], atol=1e-5)


def enumerate_histories(opportunities):
    rows = []
    for pattern in range(2**opportunities):
        bought = [i + 1 for i in range(opportunities) if pattern >> i & 1]
        rows.append((len(bought), max(bought, default=0), opportunities))
    return pd.DataFrame(rows, columns=["frequency", "recency", "T"])


def test_likelihoods_of_all_histories_sum_to_one():
    model, every = BGBB.from_params(**PARAMS), enumerate_histories(7)
    likelihood = np.exp(model.log_likelihood(every))
    assert likelihood.sum() == pytest.approx(1.0, rel=1e-12)
    by_count = likelihood.groupby(every["frequency"]).sum()
    np.testing.assert_allclose(model.pmf(np.arange(8), t=7), by_count, rtol=1e-10)


def test_conditional_counts():
    model, n = BGBB.from_params(**PARAMS), np.arange(13)
    some = pd.DataFrame({"frequency": [0, 2, 6], "recency": [0, 4, 6], "T": 6})
    chances = np.array([model.conditional_pmf(some, int(k), t=12) for k in n])
    np.testing.assert_allclose(chances.sum(axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(n @ chances, model.expected_purchases(some, t=12), rtol=1e-11)


def test_long_silences_do_not_underflow():
    model = BGBB.from_params(alpha=0.5, beta=300.0, gamma=0.2, delta=5.0)
    some = pd.DataFrame({"frequency": [0, 1, 500], "recency": [0, 1, 900], "T": [5000, 5000, 5000]})
    assert np.isfinite(model.log_likelihood(some)).all()
    answer = model.predict(some, t=1000)
    assert np.isfinite(answer.to_numpy(float)).all()
    assert (answer["p_alive"] < 1).all()
    theta = tuple(model.params_)
    direct = special.betaln(theta[0], theta[1] + np.arange(5001.0)) - special.betaln(*theta[:2])
    direct = (
        direct[:-1] + special.betaln(theta[2] + 1, theta[3] + np.arange(5000.0)) - special.betaln(*theta[2:])
    )
    last = special.betaln(theta[0], theta[1] + 5000) - special.betaln(*theta[:2])
    last += special.betaln(theta[2], theta[3] + 5000) - special.betaln(*theta[2:])
    assert model.log_likelihood(some).iloc[0] == pytest.approx(special.logsumexp([*direct, last]), rel=1e-11)


def test_derivatives():
    agreement.check_derivatives(BGBB(), donations(), list(PARAMS.values()))


def test_what_cannot_be():
    bad = pd.DataFrame({"frequency": [3, 1], "recency": [2.0, 1.5], "T": [6.5, 6.0]})
    with pytest.raises(ColumnError, match="3 problems"):
        BGBB().fit(bad)
    with pytest.raises(ColumnError) as caught:
        BGBB().fit(pd.concat([bad, bad.head(1)]))
    for counted in ("'frequency': 2 rows with 3", "'recency': 1 rows with 1.5", "'T': 2 rows with 6.5"):
        assert counted in str(caught.value)


LIVING = tuple(
    np.array(values) for values in ([1.2, 2.5, 0.4], [0.75, 9.0, 3.1], [0.657, 1.0, 3.2], [2.78, 40.0, 0.3])
)


def there(j):
    """P(there at the j-th coming opportunity), for each row of LIVING."""
    gamma, delta = (value[:, None] for value in LIVING[2:])
    return np.exp(special.betaln(gamma, delta + j) - special.betaln(gamma, delta))


def test_expected_and_discounted_purchases_are_sums_over_opportunities():
    buys, j = LIVING[0] / (LIVING[0] + LIVING[1]), np.arange(5_000)
    for t in (0, 1, 2.9, 60, 5_000):
        summed = there(j[: int(t)]).sum(axis=1)
        np.testing.assert_allclose(BGBB.law.expected(LIVING, t), buys * summed, rtol=1e-11)
    for rate in (0.01, 0.5, 3.0):
        summed = (there(j) * np.exp(-rate * (j + 1))).sum(axis=1)
        np.testing.assert_allclose(BGBB.law.discounted(LIVING, rate), buys * summed, rtol=1e-11)


def test_any_number_of_opportunities_has_an_answer():
    """With gamma = delta = 1 a new customer is there at the j-th opportunity with probability 1 / (j + 1)."""
    model = BGBB.from_params(alpha=1, beta=1, gamma=1, delta=1)
    harmonic = special.digamma(1e12 + 2) + np.euler_gamma
    assert model.expected_purchases_new_customer(1e12) == pytest.approx((harmonic - 1) / 2, rel=1e-11)
    one = pd.DataFrame({"frequency": [2], "recency": [4], "T": [6]})
    assert model.next_purchase(one, probability=0.99).tolist() == [np.inf]
    with pytest.raises(ModelError, match="one by one"):
        model.conditional_pmf(one, 1, t=1e9)


def test_the_next_purchase_is_where_its_chance_is_reached():
    within = 1 - np.array([BGBB.law.pmf(LIVING, 0, t) for t in range(400)])
    for probability in (0.1, 0.3, 0.5):
        expected = (within < probability).sum(axis=0)
        expected = np.where(expected < 400, expected, np.inf)
        np.testing.assert_array_equal(BGBB.law.waiting(LIVING, probability), expected)


def test_histories_on_one_line_are_as_when_alone():
    """500 purchases in 5,000 opportunities, the last ever later: weights too far apart for one line of doubles."""
    theta = (0.5, 300.0, 0.2, 5.0)
    model = BGBB.from_params(**dict(zip(("alpha", "beta", "gamma", "delta"), theta, strict=True)))
    last = np.array([500, 900, 2500, 4000, 4900, 5000])
    table = pd.DataFrame({"frequency": 500, "recency": last, "T": 5000})
    dead = np.arange(500.0, 5001.0)
    bought = special.betaln(theta[0] + 500, theta[1] + dead - 500) - special.betaln(*theta[:2])
    left = bought + special.betaln(theta[2] + 1, theta[3] + dead) - special.betaln(*theta[2:])
    here = bought[-1] + special.betaln(theta[2], theta[3] + 5001) - special.betaln(*theta[2:])
    expected = [special.logsumexp([*left[dead >= at], here]) for at in last]
    np.testing.assert_allclose(model.log_likelihood(table), expected, rtol=1e-11)
    agreement.check_derivatives(BGBB(), table, list(theta))


def test_more_opportunities_than_can_be_counted_are_named():
    many = pd.DataFrame({"frequency": [2, 2], "recency": [4, 4], "T": [6, 3_000_000]})
    told = r"column 'T': 1 rows with 3e\+06; expected at most 1,000,000 opportunities"
    with pytest.raises(ColumnError, match=told):
        BGBB.from_params(**PARAMS).log_likelihood(many)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_equal_histories_under_other_parameters_share_nothing(number):
    theta = np.array([[1.2, 0.7, 0.6, 2.8], [0.4, 1.5, 2.0, 0.9], [3.0, 3.0, 1.0, 8.0]])[:number]
    one, several = history(2.0, 4.0, 6.0), history([2.0] * number, [4.0] * number, [6.0] * number)
    alone = [BGBB.law.log_likelihood(tuple(np.array([v]) for v in row), one)[0] for row in theta]
    np.testing.assert_allclose(BGBB.law.log_likelihood(tuple(theta.T), several), alone, rtol=1e-12)


def shop_of_days(n=20_000, most=2_000):
    """Customers who each began on a day of their own: nearly as many histories as customers."""
    rng = np.random.default_rng(0)
    T = rng.integers(2, most, n)
    stayed = np.minimum(rng.geometric(rng.beta(0.7, 60, n)) - 1, T)
    bought = rng.binomial(stayed, rng.beta(0.8, 8.0, n))
    gap = rng.integers(0, np.maximum(stayed - bought, 0) + 1)
    return pd.DataFrame({"frequency": bought, "recency": np.where(bought > 0, stayed - gap, 0), "T": T})


def test_histories_of_different_length_are_as_when_alone():
    """Every sum that a line of many T shares, against the sum over the moments of that customer alone."""
    theta = (0.8, 8.0, 0.7, 60.0)
    model = BGBB.from_params(**dict(zip(("alpha", "beta", "gamma", "delta"), theta, strict=True)))
    some = shop_of_days(300)
    expected = []
    for x, t_x, T in some.itertuples(index=False):
        dead = np.arange(t_x, T + 1.0)
        bought = special.betaln(theta[0] + x, theta[1] + dead - x) - special.betaln(*theta[:2])
        left = bought + special.betaln(theta[2] + 1, theta[3] + dead) - special.betaln(*theta[2:])
        here = bought[-1] + special.betaln(theta[2], theta[3] + T + 1) - special.betaln(*theta[2:])
        expected.append(special.logsumexp([*left, here]))
    np.testing.assert_allclose(model.log_likelihood(some), expected, rtol=1e-10)
    agreement.check_derivatives(BGBB(), some.head(40), list(theta))


def test_twenty_thousand_customers_with_a_length_of_their_own_share_their_sums():
    """One line of moments a frequency, whatever the number of customers: two thousand days are no matter of minutes."""
    some = shop_of_days()
    h = history(some["frequency"], some["recency"], some["T"])
    theta = tuple(np.array([value]) for value in (0.8, 8.0, 0.7, 60.0))
    blocks = list(_silences(theta, h))
    assert sum(block.weight.size for block in blocks) < 3_000 * some["frequency"].nunique()
    assert sorted(np.concatenate([block.rows for block in blocks])) == list(range(len(some)))
    fitted = BGBB().fit(some)
    assert fitted.converged_
    again = BGBB.from_params(**fitted.params_).log_likelihood(some).sum()
    assert fitted.log_likelihood_ == pytest.approx(again, rel=1e-12)
