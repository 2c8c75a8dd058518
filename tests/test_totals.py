import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import ColumnError, LifetimeModels, ModelError, frames
from segmentclient.lifetime.futures import draw_futures
from segmentclient.lifetime.groups import Group
from segmentclient.lifetime.money import Terms
from segmentclient.lifetime.outlook import Process
from segmentclient.lifetime.rows import Span, spend_table
from segmentclient.lifetime.simulation import Plan, expected_sums


@pytest.fixture(scope="module")
def customers(cdnow):
    table = sc.split_periods(cdnow, calibration_end="1997-09-30").iloc[::4]
    kind = np.where(table["frequency"] == 0, "once", np.where(table["frequency"] < 3, "some", "many"))
    return table.assign(segment=kind)


@pytest.fixture(scope="module")
def models(cdnow):
    return sc.fit_lifetime_models(sc.split_periods(cdnow, calibration_end="1997-09-30"))


def test_totals_are_the_sums_of_the_customers(customers, models):
    options = {"models": models, "horizon": "39W", "acquisition_cost": 3.0, "annual_discount_rate": 0.1}
    table = sc.value_by_segment(customers, n_draws=20, **options).set_index("segment")
    rows = sc.predict_lifetime_value(customers, **options)
    sums = rows.groupby("segment")[["expected_purchases", "lifetime_value"]].sum()
    np.testing.assert_allclose(table.loc[sums.index, sums.columns], sums, rtol=1e-9)
    np.testing.assert_allclose(table.loc["total", sums.columns].to_numpy(float), sums.sum(), rtol=1e-9)
    assert table["customers"].tolist() == [*customers["segment"].value_counts().sort_index(), len(customers)]


def test_refunded_and_only_purchases_are_totalled_at_the_mean(customers, models):
    """Nothing is known of what they spend a time: one who came back twice and gave all back, one who came once."""
    x, money = customers["frequency"], customers["monetary_value"]
    odd = customers.assign(monetary_value=np.where(x == 2, 0.0, np.where(x == 0, 500.0, money)))
    table = sc.value_by_segment(odd, models=models, horizon="39W", n_draws=2).set_index("segment")
    rows = sc.predict_lifetime_value(odd, models=models, horizon="39W", interval=None)
    sums = rows.groupby("segment")["lifetime_value"].sum()
    np.testing.assert_allclose(table.loc[sums.index, "lifetime_value"], sums, rtol=1e-9)
    unknown = rows[x.isin([0, 2]).to_numpy()]
    p, q, v = models.spend.params_
    np.testing.assert_allclose(
        unknown["lifetime_value"], unknown["expected_purchases"] * p * v / (q - 1), rtol=1e-9
    )


def test_other_parameters_move_the_expected_totals_as_another_model_would(customers, models):
    """Doubt about the parameters is measured so: who is alive, what is bought and what it brings, all under the others."""
    own = models.purchase
    purchase = type(own).from_params(**own.params_ * [1.3, 0.8, 1.5, 0.7])
    other = LifetimeModels(purchase, sc.GammaGamma.from_params(p=5.0, q=4.0, v=12.0))
    terms = Terms.checked(0.4, 0.0, 0.0)
    group = Group.read(frames.read(customers), "segment", terms)
    law = purchase.params_.to_numpy(), spend_table(other.spend)
    found = expected_sums(Plan(models, Span(273.0, 0.0, 1.0), terms, group), group, law, 273.0)
    rows = sc.predict_lifetime_value(customers, models=other, horizon="273D", margin=0.4, interval=None)
    sums = rows.groupby("segment")[["expected_purchases", "lifetime_value"]].sum()
    np.testing.assert_allclose(found.T, sums, rtol=1e-9)


def test_bounds_of_a_total_are_no_sums_of_bounds(customers, models):
    table = sc.value_by_segment(customers, models=models, horizon="39W", n_draws=60).set_index("segment")
    rows = sc.predict_lifetime_value(customers, models=models, horizon="39W")
    total = table.loc["total"]
    assert total["lifetime_value_low"] < total["lifetime_value"] < total["lifetime_value_high"]
    assert total["lifetime_value_high"] < rows["lifetime_value_high"].sum() / 2
    width = table["lifetime_value_high"] - table["lifetime_value_low"]
    assert width["total"] < width[["many", "once", "some"]].sum()


def test_same_seed_same_table_whatever_the_order_and_engine(customers, models):
    one = sc.value_by_segment(customers, models=models, n_draws=10)
    other = sc.value_by_segment(
        pl.from_pandas(customers.sample(frac=1, random_state=3)).lazy(), models=models, n_draws=10
    )
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


def test_payback_is_when_the_profit_covers_the_cost(customers, models):
    cost = 60.0
    table = sc.value_by_segment(customers, models=models, acquisition_cost=cost, n_draws=2).set_index(
        "segment"
    )
    days = table.loc["many", "payback_days"]
    many = customers[customers["segment"] == "many"]
    models_of_days = sc.predict_lifetime_value(many, models=models, horizon=f"{round(days)}D", interval=None)
    assert models_of_days["lifetime_value"].mean() == pytest.approx(cost, rel=0.01)
    dear = sc.value_by_segment(customers, models=models, acquisition_cost=1e6, n_draws=2)
    assert dear["payback_days"].isna().all()
    assert "payback_days" not in sc.value_by_segment(customers, models=models, n_draws=2)


def test_prospects_count_as_customers_and_bring_nothing(customers, models):
    prospects = pd.DataFrame({"segment": ["prospects"] * 2})
    both = pd.concat([customers, prospects], ignore_index=True)
    table = sc.value_by_segment(both, models=models, n_draws=5).set_index("segment")
    assert table.loc["prospects", "customers"] == 2
    assert table.loc["prospects", "lifetime_value"] == 0.0


def test_large_segments_are_scaled_from_a_sample(customers, models, monkeypatch):
    whole = sc.value_by_segment(customers, models=models, n_draws=150).set_index("segment")
    monkeypatch.setattr("segmentclient.lifetime.simulation._SAMPLE", 80)
    part = sc.value_by_segment(customers, models=models, n_draws=150).set_index("segment")
    np.testing.assert_allclose(part["lifetime_value"], whole["lifetime_value"])
    widths = [
        t.loc["total", "lifetime_value_high"] - t.loc["total", "lifetime_value_low"] for t in (part, whole)
    ]
    assert widths[0] == pytest.approx(widths[1], rel=0.35)


def test_refusals(customers, models):
    with pytest.raises(ColumnError, match="'tribe' is missing"):
        sc.value_by_segment(customers, by="tribe", models=models)
    with pytest.raises(ColumnError, match="'segment' is missing in 1 rows"):
        sc.value_by_segment(customers.assign(segment=[None, *customers["segment"][1:]]), models=models)
    with pytest.raises(ModelError, match="interval"):
        sc.value_by_segment(customers, models=models, interval=90)
    with pytest.raises(ModelError, match=r"LifetimeModels\(purchase, spend\)"):
        sc.value_by_segment(customers, models=models.purchase)


def test_draws_have_a_least_and_a_most(customers, models, monkeypatch):
    monkeypatch.setattr("segmentclient.lifetime.totals.MOST_DRAWS", 3)
    for n_draws in (1, 3):
        assert len(sc.value_by_segment(customers.iloc[:9], models=models, n_draws=n_draws)) >= 2
    for wrong in ({"n_draws": 0}, {"n_draws": 4}, {"random_state": -1}):
        with pytest.raises(ModelError, match="expected 1 to 3 draws and a seed of 0 or more"):
            sc.value_by_segment(customers, models=models, **{"n_draws": 2, **wrong})


def test_a_segment_called_as_the_row_of_all_is_refused(customers, models):
    with pytest.raises(ColumnError, match="has segments called total"):
        sc.value_by_segment(customers.assign(segment="total"), models=models)


def _histories(rng, n, ends):
    """MBG/NBD customers followed to the end of calibration, and on: frequency, recency, T, purchases held out."""
    r, alpha, a, b = 0.8, 8.0, 1.2, 3.0
    T, span = rng.uniform(20, 60, n), ends
    rate, leaves = rng.gamma(r, size=n) / alpha, rng.beta(a, b, n)
    x, last, later, now = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    on = np.flatnonzero(rng.random(n) >= leaves)
    while on.size:
        now[on] += rng.exponential(size=on.size) / np.maximum(rate[on], 1e-300)
        on = on[now[on] < T[on] + span]
        early = on[now[on] < T[on]]
        x[early] += 1
        last[early] = now[early]
        later[on[now[on] >= T[on]]] += 1
        on = on[rng.random(on.size) >= leaves[on]]
    money = np.where(x > 0, 20.0, 0.0)
    return pd.DataFrame(
        {"frequency": x.astype(int), "recency": last, "T": T, "monetary_value": money}
    ), later.sum()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "seed", "simulated"), [(200, 11, None), (600, 2024, None), (600, 2024, 150), (2000, 12, None)]
)
def test_group_intervals_hold_nine_times_in_ten(size, seed, simulated, monkeypatch):
    """1,000 data sets of MBG/NBD(0.8, 8, 1.2, 3) customers: 90 % intervals of the group's purchases in 26 weeks.

    Where only some customers are simulated, their chance is scaled, as in large segments.
    """
    if simulated:
        monkeypatch.setattr("segmentclient.lifetime.simulation._SAMPLE", simulated)
        monkeypatch.setattr("segmentclient.lifetime.simulation._FEW", simulated // 2)
    rng = np.random.default_rng(seed)
    spend = sc.GammaGamma.from_params(p=6.0, q=4.0, v=15.0)
    inside = 0
    for _ in range(1000):
        table, happened = _histories(rng, size, 26.0)
        models = LifetimeModels(sc.MBGNBD(time_unit="W").fit(table), spend)
        found = sc.value_by_segment(
            table.assign(segment="all"), models=models, horizon="26W", time_unit="W", n_draws=100
        ).iloc[-1]
        inside += found["expected_purchases_low"] <= happened <= found["expected_purchases_high"]
    assert 870 <= inside <= 930


def test_doubt_about_the_parameters_stays_in_a_total_of_any_size(customers, models):
    """Neither the chance of n purchases nor the doubt of n customers averages out of a sum: both shrink as 1 / √n."""
    many = pd.concat([customers.assign(segment="all")] * 40, ignore_index=True)
    fitted = sc.MBGNBD().fit(many)
    known = sc.MBGNBD.from_params(**fitted.params_)
    widths = []
    for purchase in (fitted, known):
        chosen = LifetimeModels(purchase, models.spend)
        total = sc.value_by_segment(many, models=chosen, horizon="39W", n_draws=100).iloc[-1]
        widths.append(total["expected_purchases_high"] - total["expected_purchases_low"])
    assert len(many) > 20_000
    assert widths[0] > 1.1 * widths[1]


@pytest.mark.parametrize("drop", ["never", "coin", "clock"])
def test_purchases_drawn_together_follow_the_law_of_those_drawn_one_by_one(drop, monkeypatch):
    process = Process(8.0, 4.0, drop, 1.5, 200.0)
    n, span, rate = 4000, 300.0, 0.002
    history = np.full(n, 40.0), np.full(n, 20.0), np.full(n, 20.0)
    spend = np.full(n, 2.0), np.full(n, 9.0), np.full(n, 40.0)
    found = []
    for often in (0.0, np.inf):
        monkeypatch.setattr("segmentclient.lifetime.futures._OFTEN", often)
        future = draw_futures(process, np.full(n, 0.8), history, spend, span, rate, np.random.default_rng(7))
        columns = np.array([future.purchases, future.discounted, future.spend, future.time_alive])
        found.append((columns.mean(axis=1), columns.std(axis=1)))
    (together, spread), (apart, width) = found
    assert (np.abs(together - apart) < 4.0 * width * np.sqrt(2.0 / n)).all()
    np.testing.assert_allclose(spread, width, rtol=0.06)


def test_one_order_alone_has_a_future_that_can_be_drawn():
    """No time has passed and nothing is known of any rate: about a purchase a year, with bounds that say how little is known."""
    raw = pd.DataFrame({"customer_id": ["a"], "date": ["2024-01-05"], "amount": [20.0]})
    customers = sc.summarize_customers(sc.clean_transactions(raw).transactions).assign(segment="all")
    with pytest.warns(sc.SegmentClientWarning):
        total = sc.value_by_segment(customers).iloc[-1]
    assert 0.5 < total["expected_purchases"] < 2.0
    assert total["expected_purchases_low"] == 0.0
    assert total["expected_purchases_high"] > 20.0
