"""BG/CNBD-k and MBG/CNBD-k: k = 1 is BG/NBD and MBG/NBD, and simulated rhythms are found."""

import mpmath as mp
import numpy as np
import pandas as pd
import polars as pl
import pytest

from reference import agreement
from segmentclient import summarize_customers
from segmentclient.errors import ColumnError, ModelError, SegmentClientWarning
from segmentclient.lifetime import BGCNBD, BGNBD, MBGCNBD, MBGNBD
from segmentclient.lifetime.diagnosis import estimate_regularity
from segmentclient.lifetime.horizons import days_a_unit


def simulate(k, n=4000, seed=1, T=50.0):
    """Draw customers whose gaps are Erlang(k), and who may leave after any purchase."""
    rng = np.random.default_rng(seed)
    rate, p = rng.gamma(0.8, 1 / 0.5, n), rng.beta(0.7, 2.0, n)
    rows = []
    for i in range(n):
        clock, x, t_x, logs = 0.0, 0, 0.0, 0.0
        while rng.random() >= p[i]:
            gap = rng.gamma(k, 1 / rate[i])
            clock += gap
            if clock > T:
                break
            x, t_x, logs = x + 1, clock, logs + np.log(gap)
        rows.append((x, t_x, T, logs))
    return pd.DataFrame(rows, columns=["frequency", "recency", "T", "sum_log_gaps"])


@pytest.mark.parametrize(("regular", "plain"), [(BGCNBD, BGNBD), (MBGCNBD, MBGNBD)])
def test_without_rhythm_it_is_the_plain_model(regular, plain):
    table = agreement.cdnow()
    one, other = regular(k=1, time_unit="W").fit(table), plain(time_unit="W").fit(table)
    np.testing.assert_allclose(one.params_, other.params_, rtol=1e-6)
    np.testing.assert_allclose(one.standard_errors_, other.standard_errors_, rtol=1e-5)
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, abs=1e-7)
    given = regular.from_params(k=1, **other.params_)
    np.testing.assert_allclose(given.predict(table, t=39), other.predict(table, t=39), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        given.conditional_pmf(table, 2, t=39), other.conditional_pmf(table, 2, t=39), rtol=1e-9
    )


def test_the_rhythm_is_found():
    model = MBGCNBD().fit(simulate(3))
    assert model.k_ == 3
    assert (np.abs(model.params_ - [0.8, 0.5, 0.7, 2.0]) < 3.5 * model.standard_errors_).all()
    again = MBGCNBD.from_json(model.to_json())
    assert again.k_ == 3
    table = simulate(3, n=20)
    pd.testing.assert_frame_equal(again.predict(table, t=9.0), model.predict(table, t=9.0))


def test_weeks_find_the_same_rhythm_as_days():
    table = simulate(2, n=1500)
    in_days = table.assign(
        recency=table["recency"] * 7,
        T=table["T"] * 7,
        sum_log_gaps=table["sum_log_gaps"] + table["frequency"] * np.log(7),
    )
    weeks = MBGCNBD(time_unit="W").fit(table.assign(sum_log_gaps=in_days["sum_log_gaps"]))
    days = MBGCNBD().fit(in_days)
    assert weeks.k_ == days.k_ == 2
    np.testing.assert_allclose(days.params_ / [1, 7, 1, 1], weeks.params_, rtol=1e-5)


@pytest.mark.parametrize("model", [BGCNBD, MBGCNBD])
def test_counts_sum_to_one_and_to_the_mean(model):
    regular, n = model.from_params(k=3, r=0.5, alpha=2.0, a=0.7, b=2.0), np.arange(200)
    some = pd.DataFrame({"frequency": [0, 2, 7], "recency": [0.0, 30, 29], "T": [38.0, 38, 40]})
    chances = np.array([regular.conditional_pmf(some, int(k), t=20) for k in n])
    np.testing.assert_allclose(chances.sum(axis=0), 1.0, rtol=1e-10)
    np.testing.assert_allclose(n @ chances, regular.expected_purchases(some, t=20), rtol=1e-8)


def test_one_customers_score_does_not_depend_on_the_others():
    model = BGCNBD.from_params(k=2, r=0.5, alpha=2.0, a=0.7, b=2.0)
    table = agreement.cdnow().head(50)
    alone = [model.predict(table.iloc[[i]], t=10.0)["expected_purchases"].iloc[0] for i in (0, 7, 20)]
    np.testing.assert_allclose(
        model.predict(table, t=10.0)["expected_purchases"].iloc[[0, 7, 20]], alone, rtol=1e-12
    )


def test_the_engine_of_a_lazy_table_sums_the_gaps():
    table = simulate(2, n=300).assign(weight=lambda t: 1.0 + t["frequency"] % 2)
    twice = table.loc[table.index.repeat(table["weight"].astype(int))]
    for options, eager in (({}, table), ({"weights": "weight"}, twice)):
        lazy = MBGCNBD().fit(pl.from_pandas(table).lazy(), **options)
        here = MBGCNBD().fit(eager)
        assert lazy.k_ == here.k_ == 2
        assert lazy.log_likelihood_ == pytest.approx(here.log_likelihood_, rel=1e-9)
        np.testing.assert_allclose(lazy.params_, here.params_, rtol=1e-4)


@pytest.mark.parametrize("weights", ["weight", np.array([1.0, 2.0, 3.0] * 100), [1.0, 2.0, 3.0] * 100])
def test_gaps_count_as_often_as_their_customer(weights):
    """A row of weight 2 is two customers, whether the weights are a column, an array or a list."""
    table = simulate(2, n=300).assign(weight=[1.0, 2.0, 3.0] * 100)
    apart = table.loc[table.index.repeat(table["weight"].astype(int))]
    one, other = MBGCNBD().fit(table, weights=weights), MBGCNBD().fit(apart)
    assert one.k_ == other.k_ == 2
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=1e-9)


@pytest.mark.parametrize("there", [lambda table: table, lambda table: pl.from_pandas(table).lazy()])
def test_without_a_gap_nothing_is_added_to_the_likelihood(there):
    """The density of the ticks between purchases is left out of a row; where nobody came back there is none."""
    once = pd.DataFrame({"frequency": 0, "recency": 0.0, "T": np.arange(1.0, 40.0), "sum_log_gaps": 0.0})
    with pytest.warns(SegmentClientWarning):
        model = MBGCNBD(k=3, time_unit="W").fit(there(once))
    assert model.log_likelihood_ == pytest.approx(model.log_likelihood(once).sum(), rel=1e-9)


def integrated(k, first, theta, x, t_x, T):
    """Likelihood of "still here" and of "left at t_x", averaged over the rate of ticks and the chance of leaving."""
    r, alpha, a, b = map(mp.mpf, theta)
    n, ways = x + first, [1 / mp.factorial(j) for j in range(k)]

    def over_rates(function):
        def weighted(rate):
            return function(rate) * alpha**r * rate ** (r - 1) * mp.exp(-alpha * rate) / mp.gamma(r)

        return mp.quad(weighted, [0, 0.02, 0.2, 1, 4, mp.inf])

    def over_chances(function):
        return mp.quad(lambda p: function(p) * p ** (a - 1) * (1 - p) ** (b - 1), [0, 0.5, 1]) / mp.beta(a, b)

    here = over_rates(
        lambda rate: (
            rate ** (k * x) * mp.exp(-rate * T) * sum(c * (rate * (T - t_x)) ** j for j, c in enumerate(ways))
        )
    )
    left = over_rates(lambda rate: rate ** (k * x) * mp.exp(-rate * t_x))
    leaving = over_chances(lambda p: p * (1 - p) ** (n - 1)) if n else 0
    return here * over_chances(lambda p: (1 - p) ** n), left * leaving


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize(("model", "first"), [(BGCNBD, 0), (MBGCNBD, 1)])
@pytest.mark.parametrize("history", [(0, 0.0, 9.0), (1, 4.0, 5.5), (3, 6.0, 14.0)])
def test_likelihood_and_p_alive_are_integrals(k, model, first, history):
    theta = {"r": 0.7, "alpha": 3.0, "a": 0.8, "b": 2.5}
    here, left = integrated(k, first, theta.values(), *history)
    customer = pd.DataFrame([history], columns=["frequency", "recency", "T"])
    regular = model.from_params(k=k, **theta)
    assert regular.log_likelihood(customer).iloc[0] == pytest.approx(float(mp.log(here + left)), abs=1e-10)
    assert regular.probability_alive(customer).iloc[0] == pytest.approx(
        float(here / (here + left)), rel=1e-10
    )


@pytest.mark.parametrize("model", [BGCNBD, MBGCNBD])
def test_derivatives(model):
    regular = model(k=3)
    regular._beat(3)
    agreement.check_derivatives(regular, agreement.cdnow(), [0.5, 2.0, 0.7, 2.0])


def test_what_is_refused():
    with pytest.raises(ModelError, match="sum_log_gaps"):
        BGCNBD().fit(agreement.cdnow())
    with pytest.raises(ModelError, match="k=0"):
        BGCNBD.from_params(k=0, r=1.0, alpha=1.0, a=1.0, b=1.0)
    with pytest.raises(ModelError, match="takes no covariates"):
        BGCNBD(k=1).fit(agreement.cdnow(), covariates=["ID"])


def test_long_futures_forget_the_rhythm():
    model = BGCNBD.from_params(k=2, r=0.5, alpha=0.02, a=0.7, b=2.0)
    customer = pd.DataFrame({"frequency": [300], "recency": [9.9], "T": [10.0]})
    near, far = (model.expected_purchases(customer, t=t).iloc[0] for t in (150.0, 1e4))
    plain = BGNBD.from_params(r=0.5, alpha=0.04, a=0.7, b=2.0)
    assert 0 < near < far < np.inf
    alive = model.probability_alive(customer).iloc[0]
    assert far == pytest.approx(alive * plain.law.expected((600.5, 20.04, 0.7, 302.0), 1e4).item(), rel=0.02)


@pytest.mark.parametrize("model", [BGCNBD, MBGCNBD])
def test_extreme_customers(model):
    model = model.from_params(k=3, r=0.3, alpha=1e-3, a=1.0, b=0.2)
    rows = [
        (0, 0.0, 0.0),
        (0, 0.0, 1e4),
        (1, 5.0, 5.0),
        (312, 360.0, 365.0),
        (20000, 1.0, 1e4),
        (20000, 1e4, 1e4),
    ]
    table = pd.DataFrame(rows, columns=["frequency", "recency", "T"])
    answer = model.predict(table, t=365.0)[["p_alive", "expected_purchases"]].to_numpy()
    assert np.isfinite(answer).all()
    assert np.isfinite(model.log_likelihood(table)).all()


@pytest.mark.parametrize(
    ("kept", "unit"), [({"period": "30D"}, "30D"), ({"period": "W"}, "W"), ({"time_unit": "W"}, "D")]
)
def test_gaps_of_other_purchases_than_frequency_counts_are_refused(cdnow, kept, unit):
    """x gaps of t days in all have logarithms of at most x ln(t / x) in sum; k = 12 came out of more."""
    table = summarize_customers(cdnow, gaps=True, **kept)
    with pytest.raises(ColumnError, match="'sum_log_gaps' does not belong"):
        MBGCNBD(time_unit=unit).fit(table)
    with pytest.raises(ColumnError, match="'sum_log_gaps' does not belong"):
        MBGCNBD(time_unit=unit).fit(pl.from_pandas(table).lazy())
    with pytest.raises(ColumnError, match="'sum_log_gaps' does not belong"):
        estimate_regularity(table, unit_days=days_a_unit(unit))


def test_rows_whose_gaps_cannot_be_are_counted(on_engine):
    """Three gaps of thirty days in all have logarithms of 3 ln 10 or less in sum."""
    gaps = np.r_[np.full(35, 3 * np.log(10.0)), np.full(5, 7.0)]
    table = pd.DataFrame({"frequency": 3, "recency": 30.0, "T": 40.0, "sum_log_gaps": gaps})
    with pytest.raises(ColumnError, match="in 5 rows"):
        estimate_regularity(on_engine(table))


def test_equal_gaps_are_no_contradiction():
    even = pd.DataFrame({"frequency": [3, 7, 0], "recency": [30.0, 0.7, 0.0], "T": 40.0})
    gaps = [3 * np.log(30.0 / 3), 7 * np.log(0.7 / 7), 0.0]
    assert estimate_regularity(pd.concat([even.assign(sum_log_gaps=gaps)] * 20)) > 500


def test_any_number_of_days_is_a_unit():
    """Months of 30 days and days find the same rhythm and the same likelihood of it."""
    days = simulate(2, n=400, T=300.0)
    months = days.assign(recency=days["recency"] / 30, T=days["T"] / 30)
    one, other = MBGCNBD().fit(days), MBGCNBD(time_unit="30D").fit(months)
    assert one.k_ == other.k_
    bought = days["frequency"].sum()
    assert other.log_likelihood_ == pytest.approx(one.log_likelihood_ + bought * np.log(30), abs=1e-5)
