import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import ModelError


@pytest.fixture(scope="module")
def summary():
    return sc.datasets.load_cdnow_summary()


@pytest.mark.parametrize("model", [sc.BGNBD, sc.MBGNBD, sc.ParetoNBD])
def test_the_fitter_predicts_the_same_numbers(model, summary):
    fitted = model(time_unit="W").fit(summary)
    fitter = sc.to_lifetimes(fitted)
    history = summary["frequency"], summary["recency"], summary["T"]
    np.testing.assert_allclose(
        fitter.predict(39, *history), fitted.expected_purchases(summary, t=39), rtol=1e-8
    )
    np.testing.assert_allclose(
        np.asarray(fitter.conditional_probability_alive(*history)),
        fitted.probability_alive(summary),
        rtol=1e-8,
    )
    assert fitter.summary["se(coef)"].tolist() == fitted.standard_errors_.tolist()
    assert str(fitter).startswith("<lifetimes.")
    assert sc.from_lifetimes(fitter, time_unit="W").params_.equals(fitted.params_)


def test_gamma_gamma_too(summary):
    fitted = sc.GammaGamma().fit(summary)
    fitter = sc.to_lifetimes(fitted)
    again = summary[summary["frequency"] > 0]
    theirs = fitter.conditional_expected_average_profit(again["frequency"], again["monetary_value"])
    np.testing.assert_allclose(theirs, fitted.expected_purchase_value(again), rtol=1e-12)
    assert sc.from_lifetimes(fitter).params_.equals(fitted.params_)


def test_bgbb_too():
    donations = sc.datasets.load_donations()
    model = sc.BGBB.from_params(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
    fitter = sc.to_lifetimes(model)
    names = ["frequency", "recency"]
    periods = "T" if "T" in donations else "periods"
    theirs = fitter.conditional_expected_number_of_purchases_up_to_time(
        5, *(donations[name] for name in names), donations[periods]
    )
    ours = model.expected_purchases(donations.rename(columns={periods: "T"}), t=5)
    np.testing.assert_allclose(np.asarray(theirs), np.asarray(ours), rtol=1e-8)


def test_fitting_with_lifetimes_finds_the_same_maximum(summary):
    ours = sc.BGNBD(time_unit="W").fit(summary)
    theirs = sc.fit_with_lifetimes("bgnbd", summary, time_unit="W")
    np.testing.assert_allclose(theirs.params_, ours.params_, rtol=2e-4)
    spend = sc.fit_with_lifetimes("gamma_gamma", summary)
    np.testing.assert_allclose(spend.params_, sc.GammaGamma().fit(summary).params_, rtol=2e-3)


def test_refusals(summary):
    with pytest.raises(ModelError, match="NBD has no counterpart"):
        sc.to_lifetimes(sc.NBD.from_params(r=1.0, alpha=2.0))
    with pytest.raises(ModelError, match="not fitted"):
        sc.to_lifetimes(sc.BGNBD())
    with pytest.raises(ModelError, match="not a fitter"):
        sc.from_lifetimes(summary)
    empty = sc.to_lifetimes(sc.BGNBD.from_params(r=1.0, alpha=2.0, a=1.0, b=2.0))
    del empty.params_
    with pytest.raises(ModelError, match="not fitted yet"):
        sc.from_lifetimes(empty)
    with pytest.raises(ModelError, match="accepted: 'bgnbd'"):
        sc.fit_with_lifetimes("nbd", summary)
    covariate = sc.BGNBD(time_unit="W").fit(summary.assign(big=summary["T"] > 33), covariates=["big"])
    with pytest.raises(ModelError, match="no covariates"):
        sc.to_lifetimes(covariate)


def test_spend_of_one_time_buyers_cannot_be_learnt():
    once = pd.DataFrame({"frequency": [0, 0], "recency": 0.0, "T": [9.0, 30.0], "monetary_value": 0.0})
    with pytest.raises(ModelError, match="no repeat purchase to learn from"):
        sc.fit_with_lifetimes("gamma_gamma", once)


def test_lazy_tables_and_missing_amounts_are_read_as_by_our_own_fits(summary):
    few = summary.head(300)
    lazy = sc.BGNBD(time_unit="W").fit(pl.from_pandas(few).lazy(), engine="lifetimes")
    assert lazy.params_.equals(sc.BGNBD(time_unit="W").fit(few, engine="lifetimes").params_)
    with pytest.raises(ModelError, match="neither covariates nor weights"):
        sc.BGNBD(time_unit="W").fit(few, weights=[1.0] * 300, engine="lifetimes")
    again = (few["frequency"] > 0).sum()  # what nobody bought again may be missing
    with pytest.raises(sc.ColumnError, match=f"'monetary_value': {again} rows with nan"):
        sc.fit_with_lifetimes("gamma_gamma", few.assign(monetary_value=np.nan))
