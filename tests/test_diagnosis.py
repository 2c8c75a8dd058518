import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient.lifetime.diagnosis import estimate_regularity


@pytest.fixture(scope="module")
def calibration(cdnow):
    return sc.split_periods(cdnow, calibration_end="1997-09-30")


@pytest.fixture(scope="module")
def log(cdnow):
    return cdnow[cdnow["date"] <= "1997-09-30"]


def findings(model, *tables, **options):
    return sc.check_fit(model, *tables, **options).set_index("check")


def test_cdnow_fits_but_for_its_season(calibration, log):
    found = findings(sc.BGNBD().fit(calibration), calibration, log)
    assert found.loc["identification", "verdict"] == "fine"
    assert "chi-square 4.8" in found.loc["frequencies", "finding"]  # 4.82 in Fader, Hardie and Lee (2005)
    assert found.loc["frequencies", "verdict"] == "fine"
    assert abs(found.loc["tracking", "value"]) < 0.05
    assert found.loc["seasonality", "verdict"] == "doubt"
    assert found.loc["spend", "value"] == pytest.approx(0.19, abs=0.01)
    assert "correlate at 0.11 (0.19 in logarithms) over 946 repeat" in found.loc["spend", "finding"]
    assert found.loc["regularity", "value"] == pytest.approx(1.02, abs=0.05)
    assert "contract" not in found.index


def test_bgnbd_is_told_that_it_calls_everyone_alive(calibration):
    found = findings(sc.BGNBD().fit(calibration), calibration)
    assert found.loc["one_time_buyers", "value"] == pytest.approx((calibration["frequency"] == 0).mean())
    assert "lost" in found.loc["one_time_buyers", "finding"]
    assert "one_time_buyers" not in findings(sc.MBGNBD().fit(calibration), calibration).index


def test_without_log_or_gaps_regularity_is_unknown(calibration):
    found = findings(sc.NBD().fit(calibration), calibration)
    assert found.loc["regularity", "verdict"] == "unknown"
    assert "tracking" not in found.index


def test_expected_classes_are_lifetimes_classes(calibration):
    """The same comparison from the definition: the sum over customers of P(X(T) = n)."""
    from segmentclient.lifetime.diagnosis import frequency_classes
    from segmentclient.lifetime.histories import read_columns, read_histories
    from segmentclient.lifetime.soundness import COLUMNS

    model = sc.BGNBD().fit(calibration)
    observed, expected = frequency_classes(model, read_histories(*read_columns(calibration, COLUMNS)))
    assert observed.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    direct = [np.asarray(model.pmf(n, calibration["T"].to_numpy())).sum() for n in range(7)]
    np.testing.assert_allclose(expected[:7], direct, rtol=1e-10)
    assert expected.sum() == pytest.approx(2357)


def test_thousands_of_ages_are_merged_without_harm():
    from segmentclient.lifetime.diagnosis import frequency_classes
    from segmentclient.lifetime.histories import history

    model = sc.BGNBD.from_params(r=0.5, alpha=10.0, a=0.8, b=2.5)
    T = np.linspace(30.0, 90.0, 1700)
    observed, expected = frequency_classes(model, history(np.arange(1700) % 9, T / 2, T))
    assert observed.tolist() == [189] * 7 + [377]
    direct = [np.asarray(model.pmf(n, T)).sum() for n in range(7)]
    np.testing.assert_allclose(expected[:7], direct, rtol=1e-5)
    assert expected.sum() == pytest.approx(1700)


def test_a_class_in_which_nobody_can_be_counts_for_nothing():
    """Who came on the last day has had no time to come back: neither expected nor there."""
    today = pd.DataFrame({"frequency": [0] * 40, "recency": 0.0, "T": 0.0})
    found = findings(sc.NBD.from_params(r=1.0, alpha=10.0), today).loc["frequencies"]
    assert (found["verdict"], found["value"]) == ("fine", 0.0)
    assert found["finding"].endswith("(chi-square 0.0, p = 1.000).")


def at_random(customers, every, days, seed=0):
    """Who buys on which day, from day 0 on."""
    rng = np.random.default_rng(seed)
    bought = [np.unique(np.r_[0, np.cumsum(rng.exponential(every, 60)) // 1]) for _ in range(customers)]
    table = pd.DataFrame([(who, day) for who, some in enumerate(bought) for day in some if day < days])
    return table.set_axis(["customer_id", "day"], axis=1)


def dated(log):
    return log.assign(amount=10.0, date=pd.Timestamp("2022-01-03") + pd.to_timedelta(log["day"], "D"))


@pytest.mark.parametrize("what", ["nothing", "a lot", "as ever"])
def test_the_four_weeks_that_miss_are_named(what):
    """200 customers buy every 20 days at random, but not (or every second day) on days 168 to 195."""
    log = at_random(200, 20, 364)
    busy = pd.DataFrame([(who, day) for who in range(200) for day in range(168, 196, 2)], columns=log.columns)
    season = log["day"].between(168, 195)
    log = dated(
        {"nothing": log[~season], "a lot": pd.concat([log[~season], busy]), "as ever": log}[what].sort_values(
            "day"
        )
    )
    found = findings(sc.NBD.from_params(r=1e4, alpha=2e5), sc.summarize_customers(log), log).loc[
        "seasonality"
    ]
    value, told = found["value"], found["finding"]
    if what == "as ever":
        assert (found["verdict"], told) == ("fine", "No four weeks miss by more than 20% beyond chance.")
        return
    assert (
        value == -1.0 if what == "nothing" else 3.0 < value < 9.0
    )  # 14 purchases instead of 1.4, less what the level rose
    more = "more" if value > 0 else "fewer"
    assert f"The four weeks to 17 Jul 2022 brought {abs(value):.1%} {more} purchases than their level" in told
    assert found["verdict"] == "doubt"


def erlang(k, n=400, seed=0):
    rng = np.random.default_rng(seed)
    gaps = [np.round(rng.gamma(k, 30.0 / k, rng.integers(3, 15))).clip(1) for _ in range(n)]
    return pd.DataFrame(
        {
            "frequency": [len(g) for g in gaps],
            "recency": [g.sum() / 7 for g in gaps],
            "T": [g.sum() / 7 + 5 for g in gaps],
            "sum_log_gaps": [np.log(g).sum() for g in gaps],
        }
    )


@pytest.mark.parametrize("k", [1, 2, 4, 50])
def test_regularity_is_found_again(k):
    assert estimate_regularity(erlang(k), unit_days=7.0) == pytest.approx(k, rel=0.12)


def test_regularity_is_the_same_on_every_engine(on_engine):
    table = erlang(2)
    here = estimate_regularity(table, unit_days=7.0)
    assert estimate_regularity(on_engine(table), unit_days=7.0) == pytest.approx(here, rel=1e-9)
    nullable = table.convert_dtypes().convert_dtypes(dtype_backend="pyarrow")
    assert estimate_regularity(on_engine(nullable), unit_days=7.0) == pytest.approx(here, rel=1e-9)


def test_regularity_of_decimals():
    table = erlang(2)
    decimal = pl.from_pandas(table).with_columns(pl.col("recency", "sum_log_gaps").cast(pl.Decimal(30, 12)))
    found = estimate_regularity(decimal, unit_days=7.0)
    assert found == pytest.approx(estimate_regularity(table, unit_days=7.0), rel=1e-9)


def test_regular_buyers_and_contracts_are_told():
    model = sc.NBD.from_params(r=2.0, alpha=10.0, time_unit="W")
    regular = findings(model, erlang(3))
    assert regular.loc["regularity", "verdict"] == "doubt"
    random, more = findings(model, erlang(1)).loc["regularity"], regular.loc["regularity"]
    assert random["finding"] == f"Purchases come at random times (Erlang shape {random['value']:.2f})."
    told = f"Purchases come more regularly than at random (Erlang shape {more['value']:.2f}): BG/CNBD-k or"
    assert more["finding"] == f"{told} MBG/CNBD-k suits better."
    billed = findings(model, erlang(60))
    assert billed.loc["contract", "verdict"] == "refused"


def test_too_few_to_tell():
    assert np.isnan(estimate_regularity(erlang(2, n=29)))
    assert estimate_regularity(erlang(2, n=30), unit_days=7.0) > 1
    found = findings(sc.NBD.from_params(r=2.0, alpha=10.0, time_unit="W"), erlang(2, n=29)).loc["regularity"]
    assert found["verdict"] == "unknown"
    assert found["finding"] == "Too few customers bought often enough to tell."


def test_a_border_is_named():
    model = sc.BGNBD.from_params(r=400.0, alpha=4000.0, a=1e-4, b=900.0)
    table = pd.DataFrame({"frequency": [3, 0], "recency": [20.0, 0.0], "T": [30.0, 30.0]})
    found = findings(model, table).loc["identification"]
    assert found["verdict"] == "doubt"
    assert "no drop-out" in found["finding"]
    assert "only the mean rate" in found["finding"]
    pareto = sc.ParetoNBD.from_params(r=1.0, alpha=10.0, s=1e-5, beta=1e5)
    assert "no drop-out" in findings(pareto, table).loc["identification", "finding"]


TWO = pd.DataFrame({"frequency": [3, 0], "recency": [20.0, 0.0], "T": [30.0, 30.0]})
NO_DROPOUT = "The data show no drop-out ({}): who has left cannot be told from who is slow."
ONE_RATE = "Customers hardly differ in how often they buy (r = {}): only the mean rate r / alpha is known, not r and alpha apart."
ONE_CHANCE = "Customers do not differ in how readily they leave (a + b = {}): only the mean chance a / (a + b) is known."
ROUGH = "How customers leave is hardly known ({} only within a factor of {})."


def identification(model):
    return findings(model, TWO).loc["identification", ["value", "finding"]].tolist()


def coin(a, b, r=1.0, alpha=9.0):
    return sc.BGNBD.from_params(r=r, alpha=alpha, a=a, b=b)


def clock(s, beta, r=2.0, alpha=10.0):
    return sc.ParetoNBD.from_params(r=r, alpha=alpha, s=s, beta=beta)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (coin(1.0, 999.0, r=100.0), []),  # 1 in 1,000 of 1,000, and a shape of 100: not yet
        (coin(0.5, 9999.5), [NO_DROPOUT.format("a / (a + b) = 5e-05")]),
        (coin(400.0, 1100.4), [ONE_CHANCE.format("1,500")]),
        (coin(2.0, 5.0, r=120.3), [ONE_RATE.format(120)]),
        (sc.NBD.from_params(r=101.0, alpha=9.0), [ONE_RATE.format(101)]),
        (clock(0.3, 1000.0), []),  # 3 in 10,000 against 2 in 10
        (clock(0.1, 1000.0), [NO_DROPOUT.format("s / beta = 0.0001")]),
        (clock(2.0, 9.0, r=300.0), [ONE_RATE.format(300)]),
    ],
)
def test_each_doubt_about_the_parameters_has_its_sentence(model, told):
    expected = " ".join(told) or "The data determine every parameter."
    assert identification(model) == [len(told), expected]


@pytest.mark.parametrize(
    ("model", "errors", "told"),
    [
        (coin(2.0, 5.0), (3.0, 7.5), []),  # 1.5 of each
        (coin(2.0, 5.0), (4.0, 7.0), [ROUGH.format("a", 55)]),  # e^(2·2) = 54.6
        (coin(2.0, 5.0), (4.0, 10.0), [ROUGH.format("a and b", 55)]),
        (clock(1.0, 4.0), (0.1, 40.0), [ROUGH.format("beta", "1,000,000")]),
    ],
)
def test_parameters_known_within_a_factor_are_named_with_it(model, errors, told):
    """Two standard errors of a logarithm either way, e^20 cut to a million."""
    content = json.loads(model.to_json())
    content["covariance"] = np.diag([0.01, 0.01, *np.square(errors)]).tolist()
    expected = " ".join(told) or "The data determine every parameter."
    assert identification(model.from_json(json.dumps(content))) == [len(told), expected]


def test_a_search_that_did_not_arrive_is_told():
    content = json.loads(sc.NBD.from_params(r=1.0, alpha=9.0).to_json())
    found = identification(sc.NBD.from_json(json.dumps(content | {"converged": False})))
    assert found == [1, "The search for the best parameters did not reach a maximum."]


def test_french(calibration, log):
    french = findings(sc.BGNBD().fit(calibration), calibration, log, lang="fr")["finding"]
    english = findings(sc.BGNBD().fit(calibration), calibration, log)["finding"]
    assert (french != english).all()
    assert "58" in french["one_time_buyers"] or "59,9\N{NO-BREAK SPACE}%" in french["one_time_buyers"]


def test_a_model_that_expects_too_much_has_no_season_for_that():
    """60 customers buy at random every 60 days: four weeks of 28 purchases vary by chance, whatever a model expects."""
    log = dated(at_random(60, 60, 700))
    customers = sc.summarize_customers(log)
    for times in (0.25, 1.0, 4.0):
        model = sc.NBD.from_params(r=1e4, alpha=6e5 / times)
        found = sc.check_fit(model, customers, log).set_index("check")
        assert found.loc["seasonality", "verdict"] == "fine"
        assert found.loc["tracking", "value"] == pytest.approx(times - 1, abs=0.15 * times)
        share, more = f"{abs(found.loc['tracking', 'value']):.1%}", "more" if times > 1 else "fewer"
        if times != 1:
            told = f"Over the whole log the model expects {share} {more} purchases than were made."
            assert found.loc["tracking", "finding"] == told
