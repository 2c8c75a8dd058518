"""Gamma-Gamma against published numbers and direct arithmetic."""

import warnings

import mpmath as mp
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from reference import agreement
from segmentclient.errors import ColumnError, ModelError, SegmentClientWarning
from segmentclient.lifetime import GammaGamma, GammaGammaByFrequency

POINTS = pd.DataFrame({"frequency": [2, 1, 0, 7, 2], "monetary_value": [22.35, 11.77, 0.0, 73.74, 25.55]})


@pytest.fixture(scope="module")
def fitted():
    return GammaGamma().fit(agreement.cdnow_exact())


def test_cdnow(fitted):
    np.testing.assert_allclose(fitted.params_, [6.2495723, 3.7442247, 15.4435209], rtol=1e-5)
    assert fitted.log_likelihood_ == pytest.approx(-4055.917695, abs=1e-5)
    assert fitted.n_customers_ == 946


def test_cdnow_with_the_first_order():
    table = agreement.cdnow_exact()
    table = table[table["value_all"] > 0].assign(
        frequency=lambda t: t["frequency"] + 1, monetary_value=table["value_all"]
    )
    model = GammaGamma().fit(table)
    np.testing.assert_allclose(model.params_, [9.8812862, 3.3987575, 7.9285692], rtol=1e-5)
    assert model.log_likelihood_ == pytest.approx(-9898.450937, abs=1e-5)


def test_published_points():
    model = GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
    expected = [24.663714, 18.916852, 35.218978, 71.469671, 27.288386]
    np.testing.assert_allclose(model.expected_purchase_value(POINTS), expected, rtol=1e-7)
    assert model.expected_purchase_value_new_customer() == pytest.approx(6.25 * 15.44 / 2.74)


def test_likelihood_against_50_digits():
    rng = np.random.default_rng(3)
    with mp.workdps(50):
        for _ in range(50):
            p, q, v = (float(value) for value in 10 ** rng.uniform(-3, 3, 3))
            x, m = int(10 ** rng.uniform(0, 3.3)), float(10 ** rng.uniform(-2, 4))
            model = GammaGamma.from_params(p=p, q=q, v=v)
            found = model.log_likelihood(pd.DataFrame({"frequency": [x], "monetary_value": [m]})).iloc[0]
            px, xm = mp.mpf(p) * x, mp.mpf(x) * m
            exact = (
                mp.loggamma(px + q) - mp.loggamma(px) - mp.loggamma(q) + q * mp.log(v) + (px - 1) * mp.log(m)
            )
            exact = float(exact + px * mp.log(x) - (px + q) * mp.log(v + xm))
            assert found == pytest.approx(exact, abs=1e-9 * max(1.0, abs(exact)))


def test_an_infinite_mean_is_said():
    model = GammaGamma.from_params(p=2.0, q=0.8, v=5.0)
    assert model.expected_purchase_value(POINTS.iloc[[3]]).iloc[0] == pytest.approx(
        2 * (5 + 7 * 73.74) / 13.8
    )
    with pytest.raises(ModelError, match=r"q = 0.8 ≤ 1"):
        model.expected_purchase_value(POINTS)
    model.mean_purchase_value_ = 30.0
    with pytest.warns(SegmentClientWarning, match="infinite for 1 customers"):
        values = model.expected_purchase_value(POINTS)
    assert values.iloc[2] == 30.0
    x, m = (POINTS[name].drop(2) for name in ("frequency", "monetary_value"))
    np.testing.assert_allclose(values.drop(2), 2 * (5 + x * m) / (2 * x - 0.2))


def test_the_mean_is_infinite_from_q_1_on():
    border = GammaGamma.from_params(p=2.0, q=1.0, v=5.0)
    border.mean_purchase_value_ = 30.0
    with pytest.warns(SegmentClientWarning, match="infinite for 1 customers"):
        values = border.expected_purchase_value(POINTS)
    assert values.iloc[2] == 30.0


def test_refunds_and_one_time_buyers():
    table = pd.concat(
        [agreement.cdnow_exact(), pd.DataFrame({"frequency": [3, 0], "monetary_value": [-5.0, 0.0]})]
    )
    with pytest.warns(SegmentClientWarning, match="1 repeat buyers"):
        model = GammaGamma().fit(table)
    assert model.n_customers_ == 946
    values = model.expected_purchase_value(table.tail(2))
    np.testing.assert_allclose(values, model.expected_purchase_value_new_customer())


def test_the_likelihood_is_silent_on_whom_the_model_leaves_out():
    model = GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
    table = pd.DataFrame({"frequency": [0, 3, 3, 0, 3], "monetary_value": [20.0, 0.0, -5.0, 0.0, 20.0]})
    found = model.log_likelihood(table)
    assert found.head(4).tolist() == [0.0] * 4
    assert found.iloc[4] < 0


def test_thousands_of_different_values_reach_the_maximum():
    """The search begins on 2,000 of the rows; it must end where an optimiser without derivatives ends."""
    rng = np.random.default_rng(5)
    x = rng.integers(1, 30, 6000)
    rate = rng.gamma(4.0, 1 / 15.0, x.size)
    table = pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(6.0 * x) / (x * rate)})
    model = GammaGamma().fit(table)

    def minus(point):
        p, q, v = np.exp(point)
        m, px = table["monetary_value"], p * x
        parts = special.gammaln(px + q) - special.gammaln(px) - special.gammaln(q) + q * np.log(v)
        return -(parts + (px - 1) * np.log(m) + px * np.log(x) - (px + q) * np.log(v + x * m)).sum()

    other = optimize.minimize(minus, np.log([6.0, 4.0, 15.0]), method="Nelder-Mead", options={"xatol": 1e-7})
    np.testing.assert_allclose(model.params_, np.exp(other.x), rtol=1e-4)
    assert model.log_likelihood_ == pytest.approx(-other.fun, abs=1e-5)


def test_bad_tables():
    with pytest.raises(ModelError, match="no repeat purchase to learn from"):
        GammaGamma().fit(POINTS.iloc[[2]])
    with pytest.raises(ColumnError, match="column 'monetary_value' is missing"):
        GammaGamma().fit(POINTS[["frequency"]])
    with pytest.raises(ColumnError, match=r"^customers.*2 problems"):
        GammaGamma().fit(POINTS.assign(frequency=np.nan, monetary_value=np.inf))


def test_weights_are_customers(fitted):
    table = agreement.cdnow_exact()
    weighted = GammaGamma().fit(table.assign(w=2.0), weights="w")
    np.testing.assert_allclose(weighted.params_, fitted.params_, rtol=1e-6)
    np.testing.assert_allclose(weighted.standard_errors_ * np.sqrt(2), fitted.standard_errors_, rtol=1e-5)


def test_posterior_and_file(fitted):
    draws = fitted.sample_posterior(500)
    assert fitted.posterior_diagnostics_["k_hat"] < 0.7
    table = fitted.expected_purchase_value(POINTS, draws=draws)
    assert list(table.columns) == [f"expected_purchase_value{end}" for end in ("", "_low", "_high")]
    again = GammaGamma.from_json(fitted.to_json())
    pd.testing.assert_series_equal(again.params_, fitted.params_)
    assert again.mean_purchase_value_ == fitted.mean_purchase_value_


def test_any_engine(fitted, on_engine, back):
    table = POINTS.assign(customer_id=range(5))
    found = back(fitted.predict(on_engine(table)))
    np.testing.assert_allclose(found["expected_purchase_value"], fitted.expected_purchase_value(table))


def test_spend_that_tells_nothing_of_differences_warns():
    """Two repeat buyers have one mean each: any q with the right p and v fits them as well."""
    two = pd.DataFrame({"frequency": [3, 4], "monetary_value": [20.0, 30.0]})
    with pytest.warns(SegmentClientWarning, match="how far customers differ in what they spend is not known"):
        GammaGamma().fit(two)


def test_bands_of_frequency_read_money_as_the_plain_model_does():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"frequency": 1 + np.arange(100) % 8, "monetary_value": rng.gamma(5.0, 4.0, 100)})
    with pytest.warns(SegmentClientWarning, match="1 repeat buyers with monetary_value ≤ 0"):
        bands = GammaGammaByFrequency().fit(table.assign(monetary_value=[-5.0, *table["monetary_value"][1:]]))
    assert bands.n_customers_ == 99
    with pytest.raises(ColumnError, match="'monetary_value': 1 rows with nan"):
        GammaGammaByFrequency().fit(table.assign(monetary_value=[np.nan, *table["monetary_value"][1:]]))


def spending_more_the_more_often():
    """400 customers with 1 to 4 repeat purchases of about 20, and 400 with 5 to 8 of about 60."""
    rng = np.random.default_rng(8)
    frequency = 1 + np.arange(800) // 100
    level = np.where(frequency < 5, 20.0, 60.0) * 5.0 / rng.gamma(6.0, size=800)
    return pd.DataFrame(
        {"frequency": frequency, "monetary_value": level * rng.gamma(4.0 * frequency) / (4.0 * frequency)}
    )


def test_each_band_is_the_plain_model_of_its_customers():
    table = spending_more_the_more_often()
    bands = GammaGammaByFrequency().fit(table)
    lows = [1, *bands.edges_]
    own = np.searchsorted(bands.edges_, table["frequency"], side="right")  # the last edge not beyond
    plain = [GammaGamma().fit(table[own == number]) for number in range(len(lows))]
    assert len(lows) > 1
    assert bands.band_of(table["frequency"].to_numpy()).tolist() == own.tolist()
    for number, model in enumerate(plain):
        some = table[own == number]
        found = np.asarray(bands.expected_purchase_value(table))[own == number]
        np.testing.assert_allclose(found, model.expected_purchase_value(some), rtol=1e-12)
    ascent = sum(model.log_likelihood_ for model in plain)
    assert bands.bic_ == pytest.approx(3 * len(lows) * np.log(800) - 2 * ascent, rel=1e-12)
    assert bands.summary()["customers"].tolist() == np.bincount(own).tolist()


def test_bands_are_the_same_after_a_file(on_engine):
    table = spending_more_the_more_often()
    bands = GammaGammaByFrequency("W").fit(on_engine(table))
    again = GammaGammaByFrequency.from_json(bands.to_json())
    pd.testing.assert_frame_equal(again.summary(), bands.summary())
    assert (again.edges_, again.time_unit, again.bic_) == (bands.edges_, "W", bands.bic_)


@pytest.mark.parametrize("first", [0.0, 500.0, np.nan])
def test_who_bought_once_teaches_a_band_nothing(first):
    """Whatever stands there: the mean over no repeat purchase, or the amount of the only one."""
    table = spending_more_the_more_often()
    once = pd.DataFrame({"frequency": [0] * 50, "monetary_value": first})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bands = GammaGammaByFrequency().fit(pd.concat([once, table]))
    pd.testing.assert_frame_equal(bands.summary(), GammaGammaByFrequency().fit(table).summary())


def test_bands_tell_the_doubts_of_the_split_that_is_kept():
    two = pd.DataFrame({"frequency": [3, 4], "monetary_value": [20.0, 30.0]})
    with pytest.warns(SegmentClientWarning, match="GammaGammaByFrequency: .* what they spend is not known"):
        GammaGammaByFrequency().fit(two)


def test_every_customer_of_a_plan_gets_a_value(fitted):
    """A plan is worked out twice, and threads add sums in any order: the means differ in their last bits."""
    import duckdb

    plan = duckdb.sql(
        "select range as customer_id, 2 as frequency, range + 5.1 + 1e-13 * random() as monetary_value from range(40)"
    )
    assert fitted.predict(plan).df()["expected_purchase_value"].notna().all()


def test_a_mean_over_no_purchase_may_be_missing(fitted, on_engine, back):
    """As an average in SQL, or in pandas, gives it."""
    zero = pd.DataFrame(
        {"customer_id": range(4), "frequency": [2, 0, 0, 5], "monetary_value": [22.35, 0.0, 0.0, 40.0]}
    )
    missing = zero.assign(monetary_value=[22.35, np.nan, 0.0, 40.0])
    found = back(fitted.predict(on_engine(missing)))
    np.testing.assert_allclose(found["expected_purchase_value"], fitted.expected_purchase_value(zero))
    assert fitted.expected_purchase_value(missing).tolist() == fitted.expected_purchase_value(zero).tolist()
    assert fitted.log_likelihood(missing).tolist() == fitted.log_likelihood(zero).tolist()
    cdnow = agreement.cdnow_exact()
    table = cdnow.assign(monetary_value=cdnow["monetary_value"].where(cdnow["frequency"] > 0))
    assert GammaGamma().fit(on_engine(table)).log_likelihood_ == pytest.approx(fitted.log_likelihood_)
    silent = missing.assign(monetary_value=[np.nan, np.nan, 0.0, 40.0])
    with pytest.raises(ColumnError, match="'monetary_value': 1 rows with nan"):
        fitted.predict(on_engine(silent))


@pytest.mark.parametrize("use", ["fit", "predict", "expected_purchase_value", "log_likelihood"])
def test_half_a_purchase_is_none(fitted, use):
    table = POINTS.assign(frequency=POINTS["frequency"] + 0.5)
    with pytest.raises(
        ColumnError, match=r"'frequency': 5 rows with 2\.5, 1\.5, 0\.5 …; expected whole numbers"
    ):
        getattr(GammaGamma() if use == "fit" else fitted, use)(table)


def test_predict_writes_over_nothing(fitted, on_engine):
    table = on_engine(POINTS.assign(expected_purchase_value=1.0))
    with pytest.raises(ColumnError, match="already has expected_purchase_value"):
        fitted.predict(table)


@pytest.mark.parametrize("weight", [-1.0, 0.0, np.nan, np.inf])
def test_weights_that_are_none_are_refused_on_every_engine(weight, on_engine):
    """A sum would have hidden them where an engine groups the rows."""
    table = agreement.cdnow_exact().assign(w=2.0)
    table.loc[table.index[0], "w"] = weight
    with pytest.raises(ColumnError, match=r"column 'w': 1 rows .*expected numbers above 0"):
        GammaGamma().fit(on_engine(table), weights="w")
