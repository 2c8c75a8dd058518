import numpy as np
import pandas as pd
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
    assert "0.11" in found.loc["spend", "finding"]
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
    from segmentclient.lifetime.histories import COLUMNS, read_columns, read_histories

    model = sc.BGNBD().fit(calibration)
    observed, expected = frequency_classes(model, read_histories(*read_columns(calibration, COLUMNS)))
    assert observed.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    direct = [np.asarray(model.pmf(n, calibration["T"].to_numpy())).sum() for n in range(7)]
    np.testing.assert_allclose(expected[:7], direct, rtol=1e-10)
    assert expected.sum() == pytest.approx(2357)


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


def test_regular_buyers_and_contracts_are_told():
    model = sc.NBD.from_params(r=2.0, alpha=10.0, time_unit="W")
    regular = findings(model, erlang(3))
    assert regular.loc["regularity", "verdict"] == "doubt"
    assert "CNBD" in regular.loc["regularity", "finding"]
    billed = findings(model, erlang(60))
    assert billed.loc["contract", "verdict"] == "refused"


def test_too_few_to_tell():
    assert np.isnan(estimate_regularity(erlang(2, n=10)))


def test_a_border_is_named():
    model = sc.BGNBD.from_params(r=400.0, alpha=4000.0, a=1e-4, b=900.0)
    table = pd.DataFrame({"frequency": [3, 0], "recency": [20.0, 0.0], "T": [30.0, 30.0]})
    found = findings(model, table).loc["identification"]
    assert found["verdict"] == "doubt"
    assert "no drop-out" in found["finding"]
    assert "only the mean rate" in found["finding"]
    pareto = sc.ParetoNBD.from_params(r=1.0, alpha=10.0, s=1e-5, beta=1e5)
    assert "no drop-out" in findings(pareto, table).loc["identification", "finding"]


def test_french(calibration, log):
    french = findings(sc.BGNBD().fit(calibration), calibration, log, lang="fr")["finding"]
    english = findings(sc.BGNBD().fit(calibration), calibration, log)["finding"]
    assert (french != english).all()
    assert "58" in french["one_time_buyers"] or "59,9\N{NO-BREAK SPACE}%" in french["one_time_buyers"]


def test_a_model_that_expects_too_much_has_no_season_for_that():
    """60 customers buy at random every 60 days: four weeks of 28 purchases vary by chance, whatever a model expects."""
    rng = np.random.default_rng(0)
    days = [
        (who, day)
        for who in range(60)
        for day in np.unique(np.r_[0, np.cumsum(rng.exponential(60, 30)) // 1])
        if day < 700
    ]
    log = pd.DataFrame(days, columns=["customer_id", "day"]).assign(amount=10.0)
    log["date"] = pd.Timestamp("2022-01-01") + pd.to_timedelta(log["day"], "D")
    customers = sc.summarize_customers(log)
    for times in (1.0, 4.0):
        model = sc.NBD.from_params(r=1e4, alpha=6e5 / times)
        found = sc.check_fit(model, customers, log).set_index("check")
        assert found.loc["seasonality", "verdict"] == "fine"
        assert found.loc["tracking", "value"] == pytest.approx(times - 1, abs=0.15 * times)
