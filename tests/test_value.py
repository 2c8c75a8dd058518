import datetime as dt
import math
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import segmentclient as sc
from segmentclient import ColumnError, LifetimeModels, ModelError, SegmentClientWarning
from segmentclient.lifetime.futures import draw_futures
from segmentclient.lifetime.outlook import Process

MODELS = LifetimeModels(
    sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W"),
    sc.GammaGamma.from_params(p=6.25, q=3.74, v=15.44),
)
PREDICTIONS = ["p_alive", "expected_purchases", "expected_purchase_value", "lifetime_value"]


@pytest.fixture
def five():
    """Histories in weeks, without dates."""
    return pd.DataFrame(
        {
            "customer_id": list("abcde"),
            "frequency": [2, 0, 26, 10, 1],
            "recency": [30.43, 0.0, 30.857142857142858, 20.0, 5.0],
            "T": [38.86, 38.86, 31.0, 39.0, 39.0],
            "monetary_value": [22.35, 0.0, 73.74, 25.55, -4.0],
            "n_orders": [3, 1, 27, 22, 2],
        }
    )


@pytest.fixture(scope="module")
def calibration(cdnow):
    return sc.split_periods(cdnow, calibration_end="1997-09-30")


@pytest.fixture(scope="module")
def fitted(calibration):
    return sc.fit_lifetime_models(calibration)


def value(table, **options):
    return sc.predict_lifetime_value(
        table, **{"models": MODELS, "time_unit": "W", "interval": None, **options}
    )


# ---------------------------------------------------------------- numbers


def test_undiscounted_value_is_margin_times_spend_times_purchases(five):
    found = value(five, horizon="52W", margin=0.35)
    published = [1.55872080643209, 0.252073022282459, 25.7564922153781, 0.347399762708559]
    np.testing.assert_allclose(found["expected_purchases"][:4], published, rtol=1e-11)
    spend = [24.663714, 35.218978, 73.0, None, 35.218978]
    np.testing.assert_allclose(
        found["expected_purchase_value"][[0, 1, 4]], [spend[i] for i in (0, 1, 4)], rtol=1e-6
    )
    product = 0.35 * found["expected_purchases"] * found["expected_purchase_value"]
    np.testing.assert_allclose(found["lifetime_value"], product, rtol=1e-13)
    np.testing.assert_allclose(found["expected_orders"][:4], found["expected_purchases"][:4] * [1, 1, 1, 2])


def test_discounting_and_costs_against_a_fine_riemann_sum(five):
    """Purchases of many short steps from the model itself, each discounted at its middle, and P(alive) by its definition."""
    weeks, steps, yearly = 104, 2000, 0.15
    delta = math.log(1 + yearly) * 7 / 365.2425
    ends = np.linspace(0, weeks, steps + 1)
    model = MODELS.purchase
    some = five.iloc[[0, 2]]
    means = np.array([model.expected_purchases(some, t=end) for end in ends[:: steps // 50]])
    middles = (ends[:: steps // 50][1:] + ends[:: steps // 50][:-1]) / 2
    discounted = (np.diff(means, axis=0) * np.exp(-delta * middles)[:, None]).sum(axis=0)
    found = value(some, horizon="104W", annual_discount_rate=yearly, acquisition_cost=7.0)
    np.testing.assert_allclose(
        (found["lifetime_value"] + 7.0) / found["expected_purchase_value"], discounted, rtol=3e-5
    )


def test_service_cost_is_paid_while_alive():
    """Under NBD everyone stays, so a year of service costs a year; under BG/NBD less, and never without limit."""
    table = pd.DataFrame({"frequency": [3], "recency": [30.0], "T": [39.0], "monetary_value": [20.0]})
    nbd = LifetimeModels(sc.NBD.from_params(r=0.385, alpha=12.07, time_unit="W"), MODELS.spend)
    years = 104 * 7 / 365.2425
    plain, serviced = (
        value(table, models=nbd, horizon="104W", service_cost=c)["lifetime_value"][0] for c in (0.0, 5.0)
    )
    assert plain - serviced == pytest.approx(5.0 * years, rel=1e-12)
    plain, cheap, serviced = (
        value(table, horizon="104W", service_cost=cost)["lifetime_value"][0] for cost in (0.0, 0.5, 5.0)
    )
    assert 0 < plain - serviced < 5.0 * years
    assert plain - cheap == pytest.approx((plain - serviced) / 10, rel=1e-9)


def test_where_nobody_leaves_bounds_fall_by_the_service_cost():
    """Under NBD the cost is certain: every quantile of the profit falls by as much, that of no purchase too."""
    table = pd.DataFrame(
        {"frequency": [0, 3, 20], "recency": [0.0, 30.0, 38.0], "T": 39.0, "monetary_value": [0.0, 20.0, 5.0]}
    )
    nbd = LifetimeModels(sc.NBD.from_params(r=0.385, alpha=12.07, time_unit="W"), MODELS.spend)
    free, served = (
        value(table, models=nbd, horizon="104W", service_cost=cost, interval=0.9) for cost in (0.0, 5.0)
    )
    for end in ("_low", "_high"):
        fall = free[f"lifetime_value{end}"] - served[f"lifetime_value{end}"]
        np.testing.assert_allclose(fall, 5.0 * 104 * 7 / 365.2425, rtol=1e-9)
    assert free["lifetime_value_low"].tolist()[0] == 0.0
    assert free["lifetime_value_low"].tolist()[2] > 0.0


def test_the_upper_bound_falls_by_what_the_living_cost(five):
    """The mean falls by P(alive) times what a living customer costs, the bound (she lives) by that cost."""
    free, served = (value(five.iloc[[0, 2]], service_cost=cost, interval=0.9) for cost in (0.0, 5.0))
    cost = (free["lifetime_value"] - served["lifetime_value"]) / free["p_alive"]
    assert (free["p_alive"] < 0.99).all()
    fall = free["lifetime_value_high"] - served["lifetime_value_high"]
    np.testing.assert_allclose(fall, cost, rtol=1e-9)


def test_one_repeat_purchase_of_any_amount_counts(on_engine, back):
    """E[spend] = p (v + x·m) / (p·x + q − 1), and the bounds are in proportion to v + x·m; without m > 0, at x = 0."""
    money = [40.0, 0.5, 0.0, -3.0]
    table = pd.DataFrame(
        {"customer_id": range(4), "frequency": 1, "recency": 20.0, "T": 39.0, "monetary_value": money}
    )
    found = back(value(on_engine(table), interval=0.9))
    p, q, v = 6.25, 3.74, 15.44
    own = [p * (v + m) / (p + q - 1) for m in money[:2]]
    np.testing.assert_allclose(found["expected_purchase_value"], [*own, *[p * v / (q - 1)] * 2], rtol=1e-12)
    high = found["lifetime_value_high"].to_numpy()
    assert high[0] / high[1] == pytest.approx((v + 40.0) / (v + 0.5), rel=1e-12)
    assert high[2] == high[3] == pytest.approx(high[1] * v * (p + q - 1) / (q - 1) / (v + 0.5), rel=1e-12)


def test_a_long_horizon_tends_to_the_infinite_one(five):
    long = value(five, horizon="400Y", annual_discount_rate=0.1)
    endless = value(five, horizon="infinite", annual_discount_rate=0.1)
    np.testing.assert_allclose(endless["lifetime_value"], long["lifetime_value"], rtol=1e-9)


def test_infinite_pareto_equals_published_dert():
    model = sc.ParetoNBD.from_params(
        r=0.5629966, alpha=12.5590370, s=0.4081095, beta=10.5148048, time_unit="W"
    )
    table = pd.DataFrame({"frequency": [7], "recency": [35.0], "T": [77.86], "monetary_value": [30.0]})
    rate = math.expm1(0.0027 / 7 * 365.2425)
    found = value(
        table, models=LifetimeModels(model, MODELS.spend), horizon="infinite", annual_discount_rate=rate
    )
    assert found["expected_purchases"][0] == pytest.approx(1.86418332807133, rel=1e-9)


def test_lifetimes_agrees_where_the_definitions_do(five):
    """lifetimes steps by 30 days and discounts at the end of each step: without discount both are the same sum."""
    fitter, spend = sc.to_lifetimes(MODELS.purchase), sc.to_lifetimes(MODELS.spend)
    some = five.iloc[:4]
    weeks = 12 * 4.345
    theirs = spend.customer_lifetime_value(
        fitter,
        some["frequency"],
        some["recency"],
        some["T"],
        some["monetary_value"],
        time=12,
        discount_rate=0.0,
        freq="W",
    )
    found = MODELS.purchase.expected_purchases(some, t=weeks) * value(some)["expected_purchase_value"]
    np.testing.assert_allclose(theirs, found, rtol=1e-9)


@pytest.mark.parametrize(
    "model",
    [
        sc.BGCNBD.from_params(r=0.6, alpha=3.0, a=0.8, b=2.4, k=3, time_unit="W"),
        sc.MBGCNBD.from_params(r=0.6, alpha=3.0, a=0.8, b=2.4, k=2, time_unit="W"),
        sc.ParetoNBD.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669, time_unit="W"),
        sc.NBD.from_params(r=0.385, alpha=12.07, time_unit="W"),
    ],
)
def test_every_model_values_a_customer_as_it_expects_her(five, model):
    found = value(five, models=LifetimeModels(model, MODELS.spend), horizon="39W")
    np.testing.assert_allclose(found["p_alive"], model.probability_alive(five), rtol=1e-9)
    np.testing.assert_allclose(found["expected_purchases"], model.expected_purchases(five, t=39), rtol=1e-7)


@pytest.mark.slow
def test_every_model_values_cdnow(calibration):
    spend = sc.GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
    erlang = sc.BGCNBD(k=2).fit(calibration)
    for model in (
        sc.BGNBD().fit(calibration),
        sc.ParetoNBD().fit(calibration),
        sc.NBD().fit(calibration),
        erlang,
    ):
        found = sc.predict_lifetime_value(
            calibration, models=LifetimeModels(model, spend), horizon="39W", interval=None
        )
        np.testing.assert_allclose(
            found["expected_purchases"], model.expected_purchases(calibration, t=273), rtol=2e-9
        )
        assert np.isfinite(found["lifetime_value"]).all()


def test_published_holdout_sums(calibration, fitted):
    found = sc.predict_lifetime_value(calibration, models=fitted, horizon="1998-06-30", interval=None)
    assert found["expected_purchases"].sum() == pytest.approx(1576.728, abs=0.1)


# ---------------------------------------------------------------- time


def test_as_of_is_found_and_months_are_true(calibration, fitted):
    """A year after 1997-09-30 has 365 days; the same date and length give the same value."""
    year, days, date = (
        sc.predict_lifetime_value(calibration, models=fitted, horizon=h, interval=None)["lifetime_value"]
        for h in ("12M", "365D", dt.date(1998, 9, 30))
    )
    assert year.equals(days)
    assert year.equals(date)


def test_the_unit_does_not_matter(cdnow, fitted):
    weeks = sc.split_periods(cdnow, calibration_end="1997-09-30", time_unit="W")
    days = sc.split_periods(cdnow, calibration_end="1997-09-30")
    one = sc.predict_lifetime_value(weeks, models="mbgnbd", time_unit="W", annual_discount_rate=0.1)
    other = sc.predict_lifetime_value(days, models="mbgnbd", annual_discount_rate=0.1)
    np.testing.assert_allclose(one["lifetime_value"], other["lifetime_value"], rtol=1e-5)
    assert np.abs(one["expected_purchases_high"] - other["expected_purchases_high"]).mean() < 0.02


def test_weeks_read_as_days_are_an_error(cdnow, fitted):
    weeks = sc.split_periods(cdnow, calibration_end="1997-09-30", time_unit="W")
    for table in (weeks, pl.from_pandas(weeks).lazy()):
        with pytest.raises(ColumnError, match="it holds weeks: give time_unit='W'"):
            sc.predict_lifetime_value(table, models=fitted)


@pytest.mark.parametrize("engine", [lambda table: table, lambda table: pl.from_pandas(table).lazy()])
def test_a_horizon_below_a_period_brings_nothing(engine, back):
    """BG/BB counts whole periods: half a year of yearly ones holds no purchase."""
    models = LifetimeModels(
        sc.BGBB.from_params(alpha=1.2, beta=0.75, gamma=0.657, delta=2.783, time_unit="Y"), MODELS.spend
    )
    donors = pd.DataFrame(
        {"frequency": [3, 0], "recency": [5.0, 0.0], "T": 6.0, "monetary_value": [20.0, 0.0]}
    )
    found = back(value(engine(donors), models=models, time_unit="Y", horizon="6M", interval=0.9))
    assert (found.filter(regex="purchases|lifetime_value").to_numpy() == 0).all()


def test_as_of_must_agree_with_the_dates(calibration, fitted):
    with pytest.raises(ColumnError, match="end on 1997-09-30"):
        sc.predict_lifetime_value(calibration, models=fitted, as_of="1999-01-01")


def test_models_of_another_unit_warn(five):
    with pytest.warns(SegmentClientWarning, match="time unit is 'W'"):
        sc.predict_lifetime_value(five, models=MODELS, interval=None)


# ---------------------------------------------------------------- tables


def test_every_engine_gives_the_same(on_engine, back, calibration, fitted):
    calibration = calibration.iloc[:300].assign(rate=0.3)
    options = {
        "models": fitted,
        "margin": "rate",
        "acquisition_cost": 1.0,
        "service_cost": 2.0,
        "annual_discount_rate": 0.1,
    }
    expected = sc.predict_lifetime_value(calibration, **options)
    table = on_engine(calibration)
    found = sc.predict_lifetime_value(table, **options)
    assert type(found) is type(table)
    found = back(found)
    assert list(found.columns) == list(expected.columns)
    expected = expected.sort_values("customer_id", ignore_index=True)
    assert found["value_basis"].astype(str).tolist() == expected["value_basis"].astype(str).tolist()
    numbers = expected.columns[12:].drop("value_basis")
    np.testing.assert_allclose(found[numbers].to_numpy(float), expected[numbers].to_numpy(float), rtol=1e-10)


def test_input_unchanged_index_kept_order_irrelevant(five):
    five.index = list("vwxyz")
    before = five.copy()
    found = value(five, interval=0.9)
    pd.testing.assert_frame_equal(five, before)
    assert list(found.index) == list("vwxyz")
    turned = value(five.iloc[::-1], interval=0.9).iloc[::-1]
    pd.testing.assert_frame_equal(turned, found, rtol=1e-12)
    alone = value(five.iloc[[2]], interval=0.9)
    np.testing.assert_allclose(
        alone[PREDICTIONS].to_numpy(float), found[PREDICTIONS].iloc[[2]].to_numpy(float), rtol=1e-12
    )


@pytest.mark.parametrize("engine", ["pandas", "polars", "polars-lazy"])
def test_prospects_get_missing_values_and_the_reason(five, back, engine):
    prospect = pd.DataFrame(
        {
            "customer_id": ["p"],
            "frequency": [np.nan],
            "recency": [np.nan],
            "T": [np.nan],
            "monetary_value": [np.nan],
        }
    )
    both = pd.concat(
        [five.astype({"frequency": float}).drop(columns="n_orders"), prospect], ignore_index=True
    )
    table = both if engine == "pandas" else pl.from_pandas(both, nan_to_null=True)
    table = table.lazy() if engine == "polars-lazy" else table
    found = back(value(table, interval=0.9))
    assert len(found) == 6
    assert found["value_basis"].astype(str).tolist() == [
        "own_history",
        "average_customer",
        "own_history",
        "own_history",
        "average_customer",
        "no_order_yet",
    ]
    assert found[PREDICTIONS].iloc[5].isna().all()
    assert found[PREDICTIONS].iloc[:5].notna().all().all()
    if engine != "pandas":
        assert value(pl.from_pandas(both, nan_to_null=True))["lifetime_value"].null_count() == 1


def test_refusals(five):
    for options, error, text in (
        ({"margin": -0.1}, ModelError, "margin"),
        ({"service_cost": math.nan, "acquisition_cost": "much"}, ModelError, "2 problems"),
        ({"interval": 90}, ModelError, "interval"),
        ({"models": "prophet"}, ModelError, "accepted"),
        ({"models": MODELS.purchase}, ModelError, r"LifetimeModels\(purchase, spend\)"),
        ({"horizon": "infinite"}, ModelError, "annual_discount_rate"),
        ({"margin": "rate"}, ColumnError, "'rate' is missing"),
    ):
        with pytest.raises(error, match=text):
            value(five, **options)
    with pytest.raises(ColumnError, match="drop the old predictions"):
        value(value(five))
    with pytest.raises(ColumnError, match="'T' is missing"):
        value(five.drop(columns="T"))
    with pytest.raises(ColumnError, match="recency"):
        value(five.assign(recency=99.0))
    with pytest.raises(ColumnError, match="monetary_value"):
        value(five.assign(monetary_value=np.nan))


def test_repeat_buyers_without_an_amount_are_counted(five, on_engine):
    """One repeat purchase is enough to need an amount; none needs none."""
    table = five.assign(monetary_value=[np.nan, np.nan, 73.74, math.inf, np.nan])
    with pytest.raises(ColumnError, match="'monetary_value': 3 rows"):
        value(on_engine(table))


@pytest.mark.parametrize("column", ["n_orders", "days_since_last_order"])
def test_what_may_be_there_holds_numbers(five, on_engine, column):
    with pytest.raises(ColumnError, match=f"'{column}' holds .*expected numbers"):
        value(on_engine(five.assign(**{column: "two"})))


def test_each_amount_that_is_none_is_named(five):
    wrong = {"acquisition_cost": -1.0, "service_cost": math.inf, "margin": -0.5}
    with pytest.raises(ModelError) as caught:
        value(five, **wrong)
    assert str(caught.value).splitlines()[:4] == [
        "predict_lifetime_value: 3 problems",
        *(f"  - {name}={amount!r}: expected a finite number ≥ 0" for name, amount in wrong.items()),
    ]


@pytest.mark.parametrize("kind", [int, np.int64, np.float32, np.float64])
def test_amounts_are_numbers_of_any_type(five, on_engine, back, kind):
    """A value per unit of margin, less what the customer cost."""
    one = back(value(on_engine(five)))["lifetime_value"]
    found = back(value(on_engine(five), margin=kind(2), acquisition_cost=kind(3)))["lifetime_value"]
    np.testing.assert_allclose(found, 2 * one - 3, rtol=1e-12)


def test_q_of_at_most_one_has_a_stated_fallback(five):
    spend = sc.GammaGamma.from_params(p=2.0, q=0.9, v=10.0)
    with pytest.raises(ModelError, match=r"q = 0\.9"):
        value(five, models=LifetimeModels(MODELS.purchase, spend))
    spend.mean_purchase_value_ = 31.0
    found = value(five, models=LifetimeModels(MODELS.purchase, spend), interval=0.9)
    assert found["expected_purchase_value"][1] == 31.0
    assert found["expected_purchase_value"][0] == pytest.approx(2.0 * (10 + 2 * 22.35) / (4 + 0.9 - 1))
    assert np.isfinite(found.select_dtypes("number").to_numpy()).all()
    spend = sc.GammaGamma.from_params(
        p=0.05, q=0.9, v=10.0
    )  # after one purchase the mean still does not exist
    spend.mean_purchase_value_ = 31.0
    some = five.assign(frequency=[1, 0, 3, 2, 1], recency=[9.0, 0.0, 9.0, 9.0, 9.0])
    found = value(some, models=LifetimeModels(MODELS.purchase, spend))["expected_purchase_value"]
    np.testing.assert_allclose(found, [31.0, 31.0, 10 + 3 * 73.74, 31.0, 31.0], rtol=1e-12)


@pytest.mark.parametrize("engine", ["pandas", "polars-lazy"])
def test_covariates_move_each_customers_value(calibration, fitted, back, engine):
    customers = calibration.assign(big=np.where(calibration["first_day_revenue"] > 40, "yes", "no"))
    model = sc.MBGNBD().fit(customers, covariates=["big"])
    models = LifetimeModels(model, fitted.spend)
    table = pl.from_pandas(customers).lazy() if engine == "polars-lazy" else customers
    found = back(sc.predict_lifetime_value(table, models=models, horizon="39W"))
    np.testing.assert_allclose(
        found["expected_purchases"], model.expected_purchases(customers, t=273), rtol=1e-8
    )
    np.testing.assert_allclose(found["p_alive"], model.probability_alive(customers), rtol=1e-10)
    again = sc.predict_lifetime_value(
        customers, models=LifetimeModels.from_json(models.to_json()), horizon="39W"
    )
    np.testing.assert_allclose(found["lifetime_value_high"], again["lifetime_value_high"], rtol=1e-9)
    with pytest.raises(ColumnError, match="'big' is missing"):
        sc.predict_lifetime_value(calibration, models=models)
    with pytest.raises(ModelError, match="covariates"):
        sc.value_by_segment(customers, by="big", models=models)


# ---------------------------------------------------------------- intervals


def test_bounds_hold_the_mean_of_realised_values(five):
    found = value(five, interval=0.9, acquisition_cost=2.0)
    assert_held(found)
    assert found["lifetime_value_low"][1] == -2.0  # a one-time buyer may bring nothing
    wider = value(five, interval=0.99)
    assert (wider["lifetime_value_high"] >= value(five, interval=0.5)["lifetime_value_high"]).all()


def assert_held(found):
    for name in ("expected_purchases", "lifetime_value"):
        assert (found[f"{name}_low"] <= found[name]).all()
        assert (found[name] <= found[f"{name}_high"]).all()


@pytest.mark.parametrize("horizon", ["12M", "infinite"])
@pytest.mark.parametrize("interval", [0.02, 0.5, 0.9])
def test_bounds_hold_the_mean_of_those_who_have_left(interval, horizon, on_engine, back):
    """Of ten purchases and a long silence the 95 % quantile is 0, and the mean is not."""
    table = pd.DataFrame(
        {
            "customer_id": range(4),
            "frequency": [10, 25, 0, 40],
            "recency": [20.0, 20.0, 0.0, 38.5],
            "T": 39.0,
            "monetary_value": [30.0, 9.0, 0.0, 12.0],
            "segment": ["a", "b", "c", "d"],
        }
    )
    terms = {"horizon": horizon, "interval": interval, "annual_discount_rate": 0.1, "service_cost": 2.0}
    found = back(value(on_engine(table), **terms))
    assert_held(found)
    if horizon == "12M":
        assert (found["expected_purchases_high"] == np.ceil(found["expected_purchases_high"])).all()
        predicted = back(MODELS.purchase.predict(on_engine(table), t=52, interval=interval))
        assert (predicted["expected_purchases"] <= predicted["expected_purchases_high"]).all()
        assert_held(sc.value_by_segment(table, models=MODELS, time_unit="W", **terms))


@pytest.mark.parametrize("interval", [0.5, 0.9])
def test_bounds_of_those_who_stay_are_quantiles_of_their_law(five, interval):
    """Under NBD the purchases ahead are negative binomial."""
    nbd = LifetimeModels(sc.NBD.from_params(r=0.385, alpha=12.07, time_unit="W"), MODELS.spend)
    found = value(five, models=nbd, horizon="52W", interval=interval)
    scale = 12.07 + five["T"]
    law = stats.nbinom(0.385 + five["frequency"], scale / (scale + 52))
    low, high = (law.ppf((1 + sign * interval) / 2) for sign in (-1, 1))
    assert found["expected_purchases_low"].tolist() == np.minimum(low, np.floor(law.mean())).tolist()
    assert found["expected_purchases_high"].tolist() == np.maximum(high, np.ceil(law.mean())).tolist()


def test_bounds_of_an_endless_horizon_are_those_of_its_typical_length(five):
    """Where nobody leaves, as much is bought in 1 / δ as ever, discounted: here in 400 weeks."""
    nbd = LifetimeModels(sc.NBD.from_params(r=0.385, alpha=12.07, time_unit="W"), MODELS.spend)
    yearly = math.expm1(365.2425 / 7 / 400)
    endless = value(five, models=nbd, horizon="infinite", annual_discount_rate=yearly, interval=0.9)
    plain = value(five, models=nbd, horizon="400W", interval=0.9)
    bounds = [f"{name}_{end}" for name in ("expected_purchases", "lifetime_value") for end in ("low", "high")]
    np.testing.assert_allclose(endless[bounds], plain[bounds], rtol=1e-9)
    assert (endless["lifetime_value_high"] > 0).all()


def test_realised_values_fall_within_the_bounds():
    """Customers drawn from the model itself, costs and discount included: the 90 % intervals hold at least 90 % or so."""
    rng = np.random.default_rng(11)
    n = 4000
    process = Process(0.243, 4.414, "coin", 0.793, 2.426)
    T = np.full(n, 39.0)
    table = _drawn_histories(process, T, rng)
    alive = MODELS.purchase.probability_alive(table).to_numpy()
    x, spent = table["frequency"].to_numpy(float), table["monetary_value"].to_numpy()
    law = np.full(n, 6.25), 3.74 + 6.25 * x, 15.44 + x * spent
    delta = math.log(1.2) * 7 / 365.2425
    happened = draw_futures(process, alive, (x, table["recency"].to_numpy(), T), law, 52.0, delta, rng)
    realised = 0.5 * happened.spend - 3.0 * happened.time_alive * 7 / 365.2425
    found = value(table, horizon="52W", margin=0.5, annual_discount_rate=0.2, service_cost=3.0, interval=0.9)
    inside = (realised >= found["lifetime_value_low"] - 1e-9) & (
        realised <= found["lifetime_value_high"] + 1e-9
    )
    counted = (happened.purchases >= found["expected_purchases_low"]) & (
        happened.purchases <= found["expected_purchases_high"]
    )
    assert inside.mean() > 0.89
    assert counted.mean() > 0.89
    free = value(table, horizon="52W", annual_discount_rate=0.2, interval=0.9)
    above = happened.spend > free["lifetime_value_high"]
    assert 0.03 < above.mean() < 0.065


def _drawn_histories(process, T, rng):
    n = T.size
    rate, leaves = rng.gamma(process.r, size=n) / process.alpha, rng.beta(process.a, process.b, n)
    x, last, now, on = np.zeros(n), np.zeros(n), np.zeros(n), np.arange(n)
    while on.size:
        now[on] += rng.exponential(size=on.size) / np.maximum(rate[on], 1e-300)
        on = on[now[on] < T[on]]
        x[on] += 1
        last[on] = now[on]
        on = on[rng.random(on.size) >= leaves[on]]
    price = 15.44 / rng.gamma(3.74, size=n)
    money = np.where(x > 0, rng.gamma(np.maximum(6.25 * x, 1e-9)) * price / np.maximum(x, 1), 0.0)
    return pd.DataFrame({"frequency": x.astype(int), "recency": last, "T": T, "monetary_value": money})


# ---------------------------------------------------------------- choice


def test_default_is_mbgnbd_and_says_why(fitted):
    assert type(fitted.purchase) is sc.MBGNBD
    assert "one-time buyers" in fitted.reason
    assert fitted.draws == ()


def test_json_round_trip(calibration, fitted):
    again = LifetimeModels.from_json(fitted.to_json())
    assert again.to_json() == fitted.to_json()
    one, other = (sc.predict_lifetime_value(calibration, models=models) for models in (fitted, again))
    pd.testing.assert_frame_equal(one, other)
    for wrong in ("{}", "no", '{"version": 9}'):
        with pytest.raises(ModelError, match="LifetimeModels"):
            LifetimeModels.from_json(wrong)


def test_models_are_frozen(fitted):
    with pytest.raises(AttributeError):
        fitted.purchase = None


@pytest.fixture(scope="module")
def loyal():
    """Nobody leaves: gamma rates, no drop-out."""
    rng = np.random.default_rng(5)
    n = 600
    T = rng.uniform(20, 60, n)
    x = rng.poisson(rng.gamma(1.5, 1 / 10.0, n) * T)
    last = np.where(x > 0, T * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    price = 20 * rng.gamma(4.0, 1 / 4.0, n)
    return pd.DataFrame(
        {"frequency": x, "recency": last, "T": T, "monetary_value": np.where(x > 0, price, 0.0)}
    )


def test_without_dropout_auto_falls_back_to_nbd_and_says_so(loyal):
    with pytest.warns(SegmentClientWarning, match="leave|left|drop-out"):
        models = sc.fit_lifetime_models(loyal, time_unit="W")
    assert type(models.purchase) is sc.NBD
    assert "cannot tell who has left" in models.reason


def test_of_two_models_that_fit_alike_the_lower_aic_is_chosen():
    """One customer in six hundred leaves each week: two more parameters are just worth their price."""
    rng = np.random.default_rng(0)
    n, T = 600, rng.uniform(20, 60, 600)
    rate, life = rng.gamma(1.5, 0.1, n), np.minimum(T, rng.exponential(1 / 0.0016, n))
    x = rng.poisson(rate * life)
    last = np.where(x > 0, life * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    money = np.where(x > 0, 20 * rng.gamma(4.0, 0.25, n), 0.0)
    table = pd.DataFrame({"frequency": x, "recency": last, "T": T, "monetary_value": money})
    leaves, stays = (model(time_unit="W").fit(table) for model in (sc.MBGNBD, sc.NBD))
    assert 0 < stays.aic_ - leaves.aic_ < 1
    assert type(sc.fit_lifetime_models(table, time_unit="W").purchase) is sc.MBGNBD


def test_twenty_thousand_customers_leave_no_doubt_on_a_row(calibration, fitted):
    few, many = (sc.MBGNBD().fit(pd.concat([calibration] * times)) for times in (8, 9))
    assert [LifetimeModels(model, fitted.spend).is_certain for model in (few, many)] == [False, True]
    assert MODELS.is_certain  # where no errors are known


def test_asked_for_a_model_the_data_cannot_support_keeps_it_and_its_doubt(loyal):
    with pytest.warns(SegmentClientWarning, match="Intervals allow for it"):
        models = sc.fit_lifetime_models(loyal, purchase="mbgnbd", time_unit="W")
    assert type(models.purchase) is sc.MBGNBD
    assert models.reason.startswith("MBGNBD, as asked. ")
    assert len(models.draws) == 200
    again = LifetimeModels.from_json(models.to_json())
    assert again.draws == models.draws
    found = sc.predict_lifetime_value(loyal, models=models, time_unit="W")
    assert np.isfinite(found.select_dtypes("number").to_numpy()).all()


def test_correlated_spend_warns_with_the_number_and_has_a_remedy(loyal):
    rng = np.random.default_rng(6)
    money = np.where(
        loyal["frequency"] > 0, 10.0 * loyal["frequency"] * rng.gamma(20.0, 1 / 20.0, len(loyal)), 0.0
    )
    table = loyal.assign(monetary_value=money)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sc.fit_lifetime_models(table, purchase="nbd", time_unit="W")
    assert any("gamma_gamma_by_frequency" in str(warning.message) for warning in caught)
    models = sc.fit_lifetime_models(table, purchase="nbd", spend="gamma_gamma_by_frequency", time_unit="W")
    assert len(models.spend.edges_) >= 1
    found = sc.predict_lifetime_value(table, models=models, time_unit="W")
    again = sc.predict_lifetime_value(table, models=LifetimeModels.from_json(models.to_json()), time_unit="W")
    pd.testing.assert_frame_equal(found, again)
    own = models.spend.expected_purchase_value(table)
    np.testing.assert_allclose(found["expected_purchase_value"], own, rtol=1e-12)
    plain = sc.GammaGamma().fit(table)
    assert models.spend.bic_ < plain.bic_


def test_all_one_time_buyers_are_valued_at_the_mean(five):
    table = pd.DataFrame(
        {
            "frequency": 0,
            "recency": 0.0,
            "T": [10.0, 20.0, 30.0],
            "monetary_value": 0.0,
            "revenue": [10.0, 20.0, 60.0],
        }
    )
    with pytest.warns(SegmentClientWarning, match="Nobody bought again"):
        models = sc.fit_lifetime_models(table, purchase="nbd", time_unit="W")
    found = sc.predict_lifetime_value(table, models=models, time_unit="W")
    np.testing.assert_allclose(found["expected_purchase_value"], 30.0)
    assert np.isfinite(found.select_dtypes("number").to_numpy()).all()
    with pytest.raises(ModelError, match="unknown"):
        sc.fit_lifetime_models(table.drop(columns="revenue"), purchase="nbd")


def test_pymc_marketing_frames_are_accepted_as_they_are(cdnow):
    """rfm_summary gives these five columns."""
    weeks = sc.split_periods(cdnow, calibration_end="1997-09-30", time_unit="W")
    table = weeks[["customer_id", "frequency", "recency", "T", "monetary_value"]].astype({"frequency": float})
    models = sc.fit_lifetime_models(table, purchase="bgnbd", time_unit="W")
    assert models.purchase.params_["r"] == pytest.approx(0.2425945, rel=2e-3)
    assert len(sc.predict_lifetime_value(table, models=models, time_unit="W")) == 2357


def test_unknown_names_are_refused(five):
    with pytest.raises(ModelError, match="purchase='prophet'"):
        sc.fit_lifetime_models(five, purchase="prophet")
    with pytest.raises(ModelError, match="spend='mean'"):
        sc.fit_lifetime_models(five, spend="mean")


def test_the_reason_is_told_in_french_and_survives_json():
    customers = sc.summarize_customers(sc.datasets.load_cdnow())
    models = sc.LifetimeModels.from_json(sc.fit_lifetime_models(customers).to_json())
    assert models.reason_in("en") == models.reason
    assert models.reason_in("fr").startswith("MBG/NBD\N{NO-BREAK SPACE}: ceux qui")


@pytest.mark.parametrize("share", [-0.2, math.nan, math.inf, None])
@pytest.mark.parametrize(
    "engine", [lambda table: table, pl.from_pandas, lambda table: pl.from_pandas(table).lazy()]
)
def test_a_margin_that_is_none_is_refused_on_every_engine(five, share, engine):
    table = engine(five.assign(share=[0.3, 0.3, share, 0.3, 0.3], kind="all"))
    with pytest.raises(ColumnError, match="'share': 1 rows"):
        value(table, margin="share", interval=0.9)
    with pytest.raises(ColumnError, match="'share': 1 rows"):
        sc.value_by_segment(table, by="kind", models=MODELS, margin="share", time_unit="W", n_draws=2)


def test_a_frequency_that_is_nan_is_that_of_a_prospect_on_a_lazy_table_too(five):
    """polars tells NaN from null, and calls NaN greater than 0."""
    table = pl.DataFrame(
        {name: five[name].to_numpy(float) for name in ("frequency", "recency", "T", "monetary_value")}
    )
    table = pl.concat([table, pl.DataFrame({key: [math.nan] for key in table.columns})])
    lazy, eager = (table.sort("frequency") for table in (value(table.lazy()).collect(), value(table)))
    assert lazy["value_basis"].to_list() == eager["value_basis"].to_list()
    assert lazy.filter(pl.col("frequency").is_nan())["value_basis"].to_list() == ["no_order_yet"]
    np.testing.assert_allclose(
        lazy["lifetime_value"].to_numpy(), eager["lifetime_value"].to_numpy(), rtol=1e-12
    )


HISTORY = ["frequency", "recency", "T"]


@pytest.mark.parametrize("column", HISTORY)
def test_a_history_with_a_hole_is_refused_on_every_engine(five, column, on_engine):
    """A plan answered such customers with nothing, and one without a frequency was called nobody's customer."""
    table = five.astype(dict.fromkeys(HISTORY, float))
    table.loc[2, column] = np.nan
    message = f"column '{column}': 1 rows with nan; expected finite numbers"
    for predict in (value, lambda table: MODELS.purchase.predict(table, t=10)):
        with pytest.raises(ColumnError, match=message):
            predict(on_engine(table))
    with pytest.raises(ColumnError, match=message):
        sc.fit_lifetime_models(table)


def test_prospects_get_missing_values_from_every_method(five, on_engine, back):
    nobody = pd.DataFrame({"customer_id": ["p"], "n_orders": [0]})
    table = pd.concat([five.astype(dict.fromkeys(HISTORY, float)), nobody], ignore_index=True)
    model = MODELS.purchase
    found = back(model.predict(on_engine(table), t=10, interval=0.9))
    np.testing.assert_allclose(found["expected_purchases"][:5], model.expected_purchases(five, t=10))
    assert found.iloc[5, -4:].isna().all()
    spend = back(MODELS.spend.predict(on_engine(table)))["expected_purchase_value"]
    assert spend.isna().tolist() == [False] * 5 + [True]
    for answer in (model.probability_alive(table), model.next_purchase(table, as_of="2026-01-31")):
        assert answer.isna().tolist() == [False] * 5 + [True]


def test_purchases_do_not_depend_on_the_rate(five):
    """They stopped where e^(−40) is left of a discounted one: within a century at 50 % a year, some 22 years at 500 %."""
    for model in (
        MODELS.purchase,
        sc.MBGCNBD.from_params(k=2, r=0.5, alpha=6.0, a=0.9, b=1.6, time_unit="W"),
    ):
        models = LifetimeModels(model, MODELS.spend)
        plain, faded = (
            value(five, models=models, horizon="30Y", annual_discount_rate=rate, interval=None)
            for rate in (0.0, 5.0)
        )
        np.testing.assert_allclose(faded["expected_purchases"], plain["expected_purchases"], rtol=1e-9)


@pytest.mark.parametrize("name", ["_v", "_mean", "_late_high"])
def test_a_column_of_the_callers_own_changes_no_value(five, name, on_engine, back):
    options = {"interval": 0.9, "service_cost": 2.0, "margin": name}
    found = back(value(on_engine(five.assign(**{name: 0.5})), **options))
    wanted = value(five.assign(share=0.5), **options | {"margin": "share"})
    assert (found[name] == 0.5).all()
    for column in ("lifetime_value", "lifetime_value_low", "lifetime_value_high"):
        np.testing.assert_allclose(found[column], wanted[column], rtol=1e-9)


def test_numbers_and_days_of_numpy_are_numbers_and_days(five):
    rate, level = np.float32(0.125), np.float32(0.75)
    found = value(five, annual_discount_rate=rate, interval=level)
    pd.testing.assert_frame_equal(found, value(five, annual_discount_rate=0.125, interval=0.75))
    day = {"horizon": "2027-01-31", "as_of": "2026-01-31"}
    pd.testing.assert_frame_equal(
        value(five, **day), value(five, **{name: np.datetime64(text) for name, text in day.items()})
    )


@pytest.mark.parametrize("seed", [-1, 1.5, "x", [-3]])
def test_a_seed_that_is_none_is_refused(seed):
    history = pd.DataFrame({"frequency": [0, 3, 1], "recency": [0, 8, 2], "T": [9.0, 9, 9]})
    with warnings.catch_warnings(action="ignore", category=SegmentClientWarning):
        model = sc.NBD().fit(history)
    with pytest.raises(ModelError, match="random_state="):
        model.sample_posterior(5, random_state=seed)
    with pytest.raises(ModelError, match="random_state="):
        sc.bootstrap_parameters(model, history, random_state=seed)
