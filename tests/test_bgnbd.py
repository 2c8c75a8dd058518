"""BG/NBD against published numbers, 60-digit arithmetic, and itself by simulation."""

import numpy as np
import pandas as pd
import pytest

from reference import agreement
from segmentclient.errors import ColumnError, ModelError
from segmentclient.lifetime import BGNBD, laws
from segmentclient.lifetime.histories import history

PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
POINTS = pd.DataFrame(
    [
        (0, 0, 38.86, -0.554713276438158, 1, 0.195098052011263, 0.252073022282459),
        (2, 30.43, 38.86, -9.45860630706627, 0.726578570080673, 1.22602817476714, 1.55872080643209),
        (26, 30.857142857142858, 31, -37.726513328333, 0.968851562851896, 20.7483536943379, 25.7564922153781),
        (10, 20, 39, -24.2833153776333, 0.0381143132120363, 0.276653661812924, 0.347399762708559),
        (25, 20, 39, -31.5082128826308, 1.6301660423713e-5, 2.86375550020125e-4, 3.58332461911217e-4),
        (200, 38, 40, 98.804174928869, 0.0243852313579879, 3.29402731812961, 4.11521464085975),
        (2000, 38, 39, 5690.75400689254, 1.44034758986607e-17, 1.97519820537214e-14, 2.46463356816841e-14),
    ],
    columns=["frequency", "recency", "T", "log_likelihood", "p_alive", "t39", "t52"],
)


@pytest.fixture(scope="module")
def fitted():
    return BGNBD(time_unit="W").fit(agreement.cdnow())


@pytest.fixture
def published():
    return BGNBD.from_params(**PUBLISHED, time_unit="W")


def test_cdnow_rounded_weeks(fitted):
    np.testing.assert_allclose(fitted.params_, [0.2425929, 4.4135316, 0.7928861, 2.4257534], rtol=1e-5)
    np.testing.assert_allclose(fitted.standard_errors_, [0.012557, 0.378221, 0.185719, 0.705346], rtol=1e-4)
    assert fitted.log_likelihood_ == pytest.approx(-9582.425561, abs=1e-5)
    assert fitted.converged_
    assert fitted.n_customers_ == 2357
    assert fitted.aic_ == pytest.approx(2 * 4 + 2 * 9582.425561, abs=1e-4)
    assert fitted.bic_ == pytest.approx(4 * np.log(2357) + 2 * 9582.425561, abs=1e-4)


def test_cdnow_exact_weeks():
    model = BGNBD(time_unit="W").fit(agreement.cdnow_exact())
    np.testing.assert_allclose(model.params_, [0.2425945, 4.4136020, 0.7929220, 2.4259068], rtol=1e-5)
    assert model.log_likelihood_ == pytest.approx(-9582.429207, abs=1e-5)


def test_time_unit_only_rescales(fitted):
    days = agreement.cdnow().assign(recency=lambda t: t["recency"] * 7, T=lambda t: t["T"] * 7)
    model = BGNBD().fit(days)
    np.testing.assert_allclose(model.params_ / [1, 7, 1, 1], fitted.params_, rtol=1e-6)


def test_published_points(published):
    np.testing.assert_allclose(published.log_likelihood(POINTS), POINTS["log_likelihood"], rtol=1e-12)
    np.testing.assert_allclose(published.probability_alive(POINTS), POINTS["p_alive"], rtol=1e-12)
    np.testing.assert_allclose(published.expected_purchases(POINTS, t=39), POINTS["t39"], rtol=1e-11)
    np.testing.assert_allclose(published.expected_purchases(POINTS, t=52), POINTS["t52"], rtol=1e-11)


def test_new_customers(published):
    weeks = [0.1429, 1, 3, 31.8571, 32, 78]
    expected = [
        0.00782834751607,
        0.0532678911717,
        0.150865230893,
        1.04199606085,
        1.04524332837,
        1.86051905794,
    ]
    np.testing.assert_allclose(published.expected_purchases_new_customer(weeks), expected, rtol=1e-11)
    assert published.expected_purchases_new_customer(0) == 0.0
    assert published.pmf(10, t=2) == pytest.approx(1.07868964037e-7, rel=1e-10)
    assert published.pmf(0, t=39) == pytest.approx(0.573786352096, rel=1e-11)
    found = published.pmf([11, 12, 13, 20], t=30)
    np.testing.assert_allclose(
        found, [0.00199952144748, 0.00151702362996, 0.00116331500666, 2.22226048007e-4], rtol=1e-10
    )
    assert published.pmf(200, t=500) == pytest.approx(1.028295383e-5, rel=1e-8)


def test_counts_sum_to_one_and_to_the_mean(published):
    some = POINTS.head(4)
    n = np.arange(200)
    chances = np.array([published.conditional_pmf(some, int(k), t=39) for k in n])
    np.testing.assert_allclose(chances.sum(axis=0), 1.0, rtol=1e-10)
    np.testing.assert_allclose(n @ chances, published.expected_purchases(some, t=39), rtol=1e-8)


def test_stored_reference_values():
    agreement.check(BGNBD.law, agreement.stored("bgnbd"))


def test_fresh_reference_values():
    agreement.check(BGNBD.law, agreement.fresh("bgnbd", 50))


def test_extreme_grid():
    agreement.check_range(BGNBD.law)


@pytest.mark.parametrize(
    ("a", "expected"), [(1.0, 1.10213678603996), (1 + 1e-9, 1.10213678603996), (1 - 1e-12, 1.10213678603996)]
)
def test_the_singular_point_is_not_special(a, expected):
    model = BGNBD.from_params(r=0.243, alpha=4.414, a=a, b=2.426)
    assert model.expected_purchases(POINTS.iloc[[1]], t=39).iloc[0] == pytest.approx(expected, rel=1e-8)


def test_one_time_buyer_where_a_plus_b_is_below_one():
    """The case in which lifetimes gives NaN (its issue 302)."""
    model = BGNBD.from_params(r=0.3, alpha=8.0, a=0.2, b=0.5)
    value = model.expected_purchases(POINTS.iloc[[0]], t=39).iloc[0]
    theta, h = (0.3, 8.0, 0.2, 0.5), history(0, 0, 38.86)
    n = np.arange(5000.0)
    tail = laws.pmf(
        BGNBD.law, tuple(np.full(n.size, v) for v in theta), history(0 * n, 0 * n, 38.86 + 0 * n), n, 39.0
    )
    assert value == pytest.approx(float(n @ tail), rel=1e-8)
    assert h.T[0] == 38.86


def test_heavy_buyers_are_never_nan(fitted):
    """Customers with 88 to 312 purchase days (lifetimes' issue 332)."""
    heavy = pd.DataFrame({"frequency": [88, 150, 220, 312], "recency": 38.0, "T": [38.2, 38.5, 39.0, 40.0]})
    answer = fitted.predict(heavy, t=52.0, interval=0.9)
    assert np.isfinite(answer.to_numpy(float)).all()
    assert (answer["expected_purchases_low"] <= answer["expected_purchases_high"]).all()


def test_derivatives():
    agreement.check_derivatives(BGNBD(), agreement.cdnow(), [0.5, 3.0, 0.7, 2.0])


def test_derivatives_with_covariates():
    table = agreement.cdnow().head(300)
    table["age"] = np.random.default_rng(0).uniform(-1, 1, len(table))
    agreement.check_derivatives(BGNBD(), table, [0.5, 3.0, 0.7, 2.0], ["age"])


def test_what_covariates_are_recovered():
    rng = np.random.default_rng(4)
    vip = rng.random(6000) < 0.5
    table = simulate(rng, 0.8, 6.0 * np.exp(-0.7 * vip), 0.6 * np.exp(0.5 * vip), 2.0, 6000).assign(
        vip=vip, band=np.where(vip, "b", "a")
    )
    plain = BGNBD().fit(table)
    full = BGNBD().fit(table, covariates=["vip"])
    coefficients = full.params_[["purchase[vip]", "dropout[vip]"]]
    errors = full.standard_errors_[coefficients.index]
    assert (np.abs(coefficients - [0.7, 0.5]) < 3.5 * errors).all()
    test = full.likelihood_ratio_test(plain)
    assert test.degrees_of_freedom == 2
    assert test.p_value < 1e-6
    by_text = BGNBD().fit(table, covariates=["band"])
    np.testing.assert_allclose(by_text.params_, full.params_, rtol=1e-5)
    assert list(by_text.params_.index[4:]) == ["purchase[band=b]", "dropout[band=b]"]
    again = BGNBD.from_json(by_text.to_json())
    pd.testing.assert_frame_equal(again.predict(table, t=5.0), by_text.predict(table, t=5.0))
    with pytest.raises(ColumnError, match="levels the fit did not see: z"):
        by_text.predict(table.assign(band="z"), t=5.0)
    with pytest.raises(ModelError, match="not nested"):
        plain.likelihood_ratio_test(full)


def simulate(rng, r, alpha, a, b, n, T=30.0, first=0):
    """Draw BG/NBD (first = 0) or MBG/NBD (first = 1) customers, purchase by purchase."""
    rate, p = rng.gamma(r, 1.0, n) / alpha, rng.beta(a, b, n)
    frequency, recency, clock = np.zeros(n), np.zeros(n), np.zeros(n)
    there = rng.random(n) >= p * first
    while there.any():
        clock = clock + rng.exponential(1.0, n) / np.maximum(rate, 1e-300)
        buys = there & (clock <= T)
        frequency, recency = frequency + buys, np.where(buys, clock, recency)
        there = buys & (rng.random(n) >= p)
    return pd.DataFrame({"frequency": frequency, "recency": recency, "T": T})


def test_simulated_customers_are_recovered():
    table = simulate(np.random.default_rng(5), 0.8, 5.0, 0.7, 2.5, 20000)
    model = BGNBD().fit(table)
    assert (np.abs(model.params_ - [0.8, 5.0, 0.7, 2.5]) < 3.5 * model.standard_errors_).all()


def with_income():
    rng = np.random.default_rng(1)
    recency = rng.uniform(0, 300, 200).round()
    frequency = np.where(recency > 0, rng.poisson(2, 200) + 1, 0)
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": recency,
            "T": 365.0,
            "income": rng.uniform(1, 3, 200),
            "member": frequency > 2,
        }
    )


def test_covariates_in_another_unit_than_the_fit_are_refused():
    customers = with_income()
    model = BGNBD().fit(customers, covariates=["income"])
    far = customers.assign(income=customers["income"] * 1e6)
    for ask in (
        lambda: model.predict(far, t=30),
        lambda: model.expected_purchases_new_customer(30, covariates={"income": 1e7}),
    ):
        with pytest.raises(ModelError, match="more than 1e100"):
            ask()


def test_a_covariate_that_has_become_text_is_refused():
    customers = with_income()
    model = BGNBD().fit(customers, covariates=["member"])
    with pytest.raises(ColumnError, match="'member' holds no numbers"):
        model.predict(customers.assign(member=customers["member"].astype(str)), t=30)


@pytest.mark.parametrize("unit", ["x", "weeks", ""])
def test_an_unknown_unit_of_time_is_refused(unit):
    with pytest.raises(ModelError, match="is not known; accepted: 'D'"):
        BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit=unit)


@pytest.mark.parametrize("level", [0, 1, 2.0, -1])
def test_an_interval_of_parameters_has_a_probability(level):
    with pytest.raises(ModelError, match="expected a probability"):
        BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426).summary(level=level)
