"""The model of spend is fitted, and its assumption checked: spend and frequency of repeat buyers are independent."""

import warnings

import numpy as np
import pandas as pd
import pytest

import segmentclient as sc
from segmentclient.lifetime.spending import fit_spend, spend_frequency_correlation

REPEAT = pd.DataFrame({"frequency": [1, 1, 2, 3, 5, 8], "monetary_value": [0.25, 4.0, 0.5, 9.0, 30.0, 7.0]})
SILENT = pd.DataFrame({"frequency": [0, 0, 4, 6], "monetary_value": [0.0, 50.0, 0.0, -3.0]})


def test_the_correlation_is_that_of_repeat_buyers_who_spent_something(on_engine):
    """However little, and however rarely they came back: against numpy, plain and of logarithms."""
    found = spend_frequency_correlation(on_engine(pd.concat([REPEAT, SILENT], ignore_index=True)))
    x, m = REPEAT.to_numpy().T
    assert found["repeaters"] == 6
    assert found["plain"] == pytest.approx(np.corrcoef(x, m)[0, 1], rel=1e-9)
    assert found["logs"] == pytest.approx(np.corrcoef(np.log(x), np.log(m))[0, 1], rel=1e-9)


@pytest.mark.parametrize(
    "table", [REPEAT.head(2), REPEAT.assign(frequency=3), REPEAT.assign(monetary_value=0.1), SILENT]
)
def test_where_nothing_varies_nothing_correlates(table):
    found = spend_frequency_correlation(table)
    assert (found["plain"], found["logs"]) == (0.0, 0.0)


def repeat_buyers(number, slope, seed=1):
    """Their log spend is `slope` times their log frequency and noise of one: a correlation of about the slope · 0.8."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 12, number)
    return pd.DataFrame(
        {"frequency": x, "monetary_value": np.exp(slope * np.log(x) + rng.normal(size=number))}
    )


def warned(table):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit_spend(table, "gamma_gamma", "D")
    return [str(one.message) for one in caught if "correlated" in str(one.message)]


def test_a_correlation_that_chance_may_make_is_not_told():
    many, few = repeat_buyers(400, -0.6), repeat_buyers(20, -0.6)
    for table in (many, few):
        logs = np.corrcoef(np.log(table["frequency"]), np.log(table["monetary_value"]))[0, 1]
        assert logs < -0.2
    plain, logs = np.corrcoef(many.T)[0, 1], np.corrcoef(np.log(many.T))[0, 1]
    assert warned(many)[0].startswith(
        f"spend and frequency are correlated ({plain:+.2f}, of logarithms {logs:+.2f}, over 400 repeat buyers), and Gamma-Gamma"
    )
    assert warned(few) == []
    assert warned(repeat_buyers(4000, 0.1)) == []  # sure, and too little to matter


def test_a_purchase_brings_the_mean_where_nobody_came_back(on_engine):
    """All orders share the money: 6 orders brought 90, refunds taken off."""
    once = pd.DataFrame({"frequency": [0, 0, 0, 0, 1], "monetary_value": [0.0] * 4 + [-1.0]})
    once = once.assign(revenue=[10.0, 20.0, 60.0, 5.0, -5.0])
    with pytest.warns(
        sc.SegmentClientWarning, match=r"^Nobody bought again: .* to bring the mean, 15\.00\.$"
    ):
        model, sentences = fit_spend(on_engine(once), "gamma_gamma", "W")
    assert len(sentences) == 1
    p, q, v = model.params_
    assert p * v / (q - 1) == pytest.approx(15.0)
    assert model.time_unit == "W"
