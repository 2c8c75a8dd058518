import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import ColumnError, ModelError, SegmentClientWarning
from segmentclient.lifetime.scores import area_under_roc, rank_correlation

CALIBRATION = "1997-09-30"


@pytest.fixture(scope="module")
def compared(cdnow):
    return sc.compare_models(cdnow, calibration_end=CALIBRATION, time_unit="W").set_index("model")


def test_published_fits_and_holdout_errors(compared):
    published = pd.DataFrame(
        {
            "log_likelihood": [-9582.429207, -9582.135716, -9594.976179, -9763.657615],
            "expected": [1653.409, 1576.728, 1665.513, np.nan],
            "mae": [0.785454, 0.764779, 0.754523, np.nan],
            "rmse": [1.607982, 1.607183, 1.602848, np.nan],
        },
        index=["bgnbd", "mbgnbd", "pareto_nbd", "nbd"],
    )
    known = published.notna()
    found = compared.loc[published.index, published.columns]
    np.testing.assert_allclose(found.where(known), published, rtol=2e-5)
    assert (compared["purchases"] == 1882).all()
    np.testing.assert_allclose(compared["bias"], compared["expected"] / 1882 - 1)


def test_what_mae_hides(compared):
    """ "Nobody buys" is hardly worse by MAE; P(alive) of BG/NBD ranks worse than chance; expected purchases rank equally well."""
    assert compared.loc["bgnbd", "mae_of_nobody"] == pytest.approx(0.798, abs=5e-4)
    assert compared.loc["bgnbd", "auc_alive"] == pytest.approx(0.32, abs=0.005)
    assert compared.loc["mbgnbd", "auc_alive"] == pytest.approx(0.69, abs=0.005)
    assert compared.loc["bgnbd", "auc"] == pytest.approx(0.77, abs=0.006)
    assert compared.loc["mbgnbd", "auc"] == pytest.approx(0.77, abs=0.006)


def test_criteria_are_arithmetic(compared):
    np.testing.assert_allclose(compared.loc["bgnbd", "aic"], 8 - 2 * compared.loc["bgnbd", "log_likelihood"])
    np.testing.assert_allclose(
        compared.loc["nbd", "bic"], 2 * np.log(2357) - 2 * compared.loc["nbd", "log_likelihood"]
    )


def test_unknown_models_are_refused(cdnow):
    for wrong in (["prophet"], ["bgbb"], []):
        with pytest.raises(ModelError, match="accepted: bgnbd"):
            sc.compare_models(cdnow, calibration_end=CALIBRATION, models=wrong)


def test_deciles_hold_everyone_once(cdnow, compared):
    table = sc.calibration_by_decile(cdnow, "bgnbd", calibration_end=CALIBRATION)
    assert table["customers"].sum() == 2357
    assert (table["actual"] * table["customers"]).sum() == pytest.approx(1882)
    assert (table["expected"] * table["customers"]).sum() == pytest.approx(
        compared.loc["bgnbd", "expected"], rel=1e-3
    )
    assert table["expected"].is_monotonic_increasing
    assert table["actual"].iloc[-1] > table["actual"].iloc[0]


def test_deciles_end_with_the_holdout(cdnow):
    """What first buyers until the end of September bought on later days until the end of March, once a day."""
    table = sc.calibration_by_decile(cdnow, "nbd", calibration_end=CALIBRATION, holdout_end="1998-03-31")
    days = cdnow.assign(date=cdnow["date"].dt.normalize()).drop_duplicates(["customer_id", "date"])
    bought = days["date"].between("1997-10-01", "1998-03-31").sum()
    assert (table["actual"] * table["customers"]).sum() == pytest.approx(bought)


def test_regular_buyers_are_compared_and_judged_by_decile(cdnow):
    """Their k is chosen from the gaps between purchases, which both functions then make."""
    table = sc.compare_models(cdnow, calibration_end=CALIBRATION, models=["bgcnbd"], time_unit="W")
    assert table["log_likelihood"].iloc[0] == pytest.approx(-9582.4292, abs=1e-3)  # k = 1 is BG/NBD
    found = sc.calibration_by_decile(cdnow, "bgcnbd", calibration_end=CALIBRATION, groups=2)
    assert found["customers"].sum() == 2357


# ---------------------------------------------------------------- over time


def test_tracking_counts_published_purchases(cdnow):
    """Weeks 20 to 25 of the published walk-through; the last step adds up to calibration and holdout."""
    model = sc.BGNBD.from_params(r=0.2425945, alpha=4.4136020, a=0.7929220, b=2.4259068, time_unit="W")
    table = sc.track_purchases(cdnow, model, calibration_end=CALIBRATION)
    assert table["cumulative_actual"].iloc[19:25].tolist() == [1359, 1414, 1484, 1517, 1573, 1672]
    assert table["actual"].iloc[19:25].tolist() == [73, 55, 70, 33, 56, 99]
    assert table["cumulative_actual"].iloc[-1] == 2457 + 1882
    np.testing.assert_allclose(table["expected"].cumsum(), table["cumulative_expected"])
    published = [1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.6]
    np.testing.assert_allclose(table["cumulative_expected"].iloc[19:25], published, rtol=2e-5)


def test_tracking_of_pareto_nbd_is_the_published_one(cdnow):
    model = sc.ParetoNBD.from_params(
        r=0.5532770, alpha=10.5776835, s=0.6062400, beta=11.6687352, time_unit="W"
    )
    table = sc.track_purchases(cdnow, model, calibration_end=CALIBRATION).iloc[19:25]
    cumulative = [1308.856, 1385.275, 1459.923, 1532.906, 1604.32, 1674.253]
    np.testing.assert_allclose(table["cumulative_expected"], cumulative, rtol=5e-5)
    np.testing.assert_allclose(table["expected"], [78.308, 76.419, 74.648, 72.983, 71.414, 69.933], rtol=3e-4)


def test_tracking_counts_the_last_day_of_a_step_in_full(cdnow):
    customers = sc.split_periods(cdnow, calibration_end=CALIBRATION)
    model = sc.MBGNBD().fit(customers)
    table = sc.track_purchases(
        pl.from_pandas(cdnow).lazy(), model, calibration_end=CALIBRATION, step_days=273
    )
    direct = np.asarray(model.expected_purchases_new_customer(customers["T"].to_numpy() + 1)).sum()
    assert table["cumulative_expected"].iloc[0] == pytest.approx(direct, rel=1e-12)
    assert table["phase"].tolist() == ["calibration", "holdout"]


def test_tracking_refuses_a_log_that_is_too_short(cdnow):
    model = sc.BGNBD.from_params(r=0.2, alpha=4.0, a=0.8, b=2.4)
    with pytest.raises(ModelError, match="step_days"):
        sc.track_purchases(cdnow.iloc[:2], model, step_days=1000)


@pytest.mark.parametrize("period", ["M", "Q", "W", "Y"])
def test_cohorts_are_a_plain_pivot(cdnow, period):
    table = sc.cohort_retention(cdnow, period=period)
    days = cdnow.assign(when=cdnow["date"].dt.to_period({"W": "W-SUN"}.get(period, period)))[
        ["customer_id", "when"]
    ].drop_duplicates()
    days["cohort"] = days.groupby("customer_id")["when"].transform("min")
    days["age"] = (days["when"] - days["cohort"]).map(lambda gap: gap.n)
    expected = days.groupby(["cohort", "age"]).size()
    found = table[table["active"] > 0].set_index(["cohort", "age"])["active"]
    assert found.tolist() == expected.tolist()
    assert [day.date() for day in found.index.get_level_values(0).unique()] == [
        p.start_time.date() for p in expected.index.levels[0]
    ]
    assert (table.loc[table["age"] == 0, "retention"] == 1).all()
    ages = [(days["when"].max() - cohort).n + 1 for cohort in expected.index.levels[0]]  # none beyond the log
    assert table.groupby("cohort").size().tolist() == ages


def test_refunds_are_no_purchases_and_lazy_is_the_same(cdnow):
    refunds = cdnow.iloc[:5].assign(amount=-1.0, date=pd.Timestamp("1998-06-29"), customer_id=[1, 2, 3, 4, 5])
    table = sc.cohort_retention(pd.concat([cdnow, refunds]))
    pd.testing.assert_frame_equal(table, sc.cohort_retention(pl.from_pandas(cdnow).lazy()))
    with pytest.raises(ColumnError, match="period='D'"):
        sc.cohort_retention(cdnow, period="D")


# ---------------------------------------------------------------- bootstrap and scores


def test_a_model_with_covariates_is_not_resampled_without_them():
    customers = pd.DataFrame({"frequency": [0, 2, 1, 4, 0, 3], "recency": [0.0, 9, 4, 20, 0, 15], "T": 30.0})
    customers["club"] = [True, False, True, True, False, False]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sc.SegmentClientWarning)  # six customers
        model = sc.MBGNBD().fit(customers, covariates=["club"])
    with pytest.raises(sc.ModelError, match=r"with covariates \(club\); accepted: one fitted without"):
        sc.bootstrap_parameters(model, customers, n=2)


def test_bootstrap_errors_are_those_of_the_hessian(cdnow):
    customers = sc.split_periods(cdnow, calibration_end=CALIBRATION, time_unit="W")
    model = sc.BGNBD(time_unit="W").fit(customers)
    draws = sc.bootstrap_parameters(model, customers, n=40, random_state=1)
    assert draws.columns.tolist() == ["r", "alpha", "a", "b"]
    assert draws["r"].std() == pytest.approx(model.standard_errors_["r"], rel=0.5)
    pd.testing.assert_frame_equal(
        draws, sc.bootstrap_parameters(model, customers.sample(frac=1, random_state=2), n=40, random_state=1)
    )


@pytest.mark.slow
def test_a_resample_chooses_its_own_rhythm():
    """Orders every tenth day, give or take one: as regular as a model can be, whoever is drawn."""
    rng = np.random.default_rng(3)
    log = pd.DataFrame(
        [
            (who, pd.Timestamp("2026-01-01") + pd.Timedelta(days=int(day)), 1.0)
            for who in range(15)
            for day in rng.integers(9, 12, rng.geometric(0.2)).cumsum()
        ],
        columns=["customer_id", "date", "amount"],
    )
    customers = sc.summarize_customers(log, gaps=True)
    draws = sc.bootstrap_parameters(sc.MBGCNBD(), customers, n=1)
    assert draws.columns.tolist() == ["r", "alpha", "a", "b", "k"]
    assert draws["k"].tolist() == [12]
    with pytest.raises(sc.ColumnError, match="sum_log_gaps"):
        sc.bootstrap_parameters(sc.MBGCNBD(), customers.drop(columns="sum_log_gaps"), n=3)


def test_scores():
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    score, actual = rng.integers(0, 8, 200), rng.poisson(1.0, 200)
    assert rank_correlation(score, actual) == pytest.approx(spearmanr(score, actual)[0], rel=1e-12)
    assert area_under_roc(score, actual > 0) == pytest.approx(roc_auc_score(actual > 0, score), rel=1e-12)
    assert np.isnan(area_under_roc([1, 2], [True, True]))
    assert np.isnan(rank_correlation([1, 1], [1, 2]))


GIVEN = sc.MBGNBD.from_params(r=0.5, alpha=60.0, a=0.6, b=2.0)


def test_one_customer_alone_has_no_interval(cdnow):
    some = cdnow[cdnow["customer_id"] < 5]
    found = sc.calibration_by_decile(some, GIVEN, calibration_end="1997-09-30", groups=100)
    assert found["low"].isna().tolist() == found["high"].isna().tolist() == (found["customers"] == 1).tolist()


def test_a_holdout_beyond_the_log_is_doubted(cdnow):
    """Ten months without a row are no months without a purchase."""
    early = cdnow[cdnow["date"] < "1997-03-01"]
    ends = {"calibration_end": "1997-02-20", "holdout_end": "1997-12-31"}
    with pytest.warns(SegmentClientWarning, match="last row is of 1997-02-28 and holdout_end of 1997-12-31"):
        sc.compare_models(early, models=["nbd"], **ends)
    with pytest.warns(SegmentClientWarning, match="last row is of 1997-02-28"):
        sc.track_purchases(early, GIVEN, **ends)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sc.track_purchases(early, GIVEN, calibration_end="1997-02-20", holdout_end="1997-03-10")


def test_nobody_is_expected_before_she_comes():
    """A tenth of a purchase a day, from the day of the first on; one customer comes at once, the other after ten weeks."""
    model = sc.NBD.from_params(r=1.0, alpha=10.0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta([0, 70, 139], "D")
    log = pd.DataFrame({"customer_id": [1, 2, 1], "date": days, "amount": 10.0})
    table = sc.track_purchases(log, model)
    days_seen = 7.0 * np.arange(1, 21)
    expected = (days_seen + np.maximum(days_seen - 70.0, 0.0)) / 10.0
    np.testing.assert_allclose(table["cumulative_expected"], expected, rtol=1e-12)
    assert table["cumulative_actual"].tolist() == [0] * 19 + [1]


@pytest.mark.parametrize("name", ["calibration_end", "holdout_end"])
def test_a_day_that_is_none_is_named(cdnow, name):
    with pytest.raises(sc.SegmentClientError, match=f"{name}='the end'"):
        sc.track_purchases(cdnow, GIVEN, **{name: "the end"})


def test_nobody_to_track(cdnow):
    with pytest.raises(ModelError, match="nobody bought until 1990-09-30"):
        sc.track_purchases(cdnow, GIVEN, calibration_end="1990-09-30")


def test_a_hundred_customers_make_a_hundred_groups(cdnow):
    """7 of 100 is the 7th group, though 0.07 · 100 is a bit more than 7 in floating point."""
    some = cdnow[
        cdnow["customer_id"].isin(cdnow.groupby("customer_id")["date"].min().sort_values().index[:400])
    ]
    found = sc.calibration_by_decile(some, GIVEN, calibration_end="1997-09-30", groups=100)
    expected = GIVEN.expected_purchases(sc.split_periods(some, calibration_end="1997-09-30"), t=273.0)
    rank = pd.Series(np.asarray(expected)).rank() * 100
    wanted = -(-(rank * 2).astype(int) // (2 * len(rank)))
    assert found.set_index("group")["customers"].to_dict() == wanted.value_counts().sort_index().to_dict()


def test_a_bootstrap_needs_a_model_of_purchases_and_a_number_of_resamples():
    customers = pd.DataFrame({"frequency": [0, 2, 3], "recency": [0.0, 5.0, 8.0], "T": [9.0, 9.0, 9.0]})
    for other in ("bgnbd", sc.GammaGamma(), sc.BGNBD):
        with pytest.raises(ModelError, match="accepted: a model of purchases"):
            sc.bootstrap_parameters(other, customers, n=2)
    for n in (0, -1):
        with pytest.raises(ModelError, match="expected a whole number of at least 1"):
            sc.bootstrap_parameters(sc.BGNBD(), customers, n=n)


@pytest.mark.parametrize("groups", [0, -3])
def test_calibration_needs_a_group(groups):
    with pytest.raises(ModelError, match="expected a whole number of at least 1"):
        sc.calibration_by_decile(
            sc.datasets.load_cdnow(), "mbgnbd", calibration_end="1997-09-30", groups=groups
        )
