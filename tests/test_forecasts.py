"""What a model says of customers, new ones too: covariates moved by hand, draws averaged by hand, refusals."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from reference import agreement
from segmentclient.errors import ColumnError, ModelError
from segmentclient.lifetime import BGCNBD, BGNBD, NBD

SOME = pd.DataFrame({"frequency": [0, 2, 7], "recency": [0.0, 30.0, 20.0], "T": [38.0, 38.0, 40.0]})
DRAWS = pd.DataFrame({"r": [1.0, 2.0, 4.0], "alpha": [10.0, 10.0, 10.0]}, index=[5, 8, 9])
MODEL = NBD.from_params(r=2.0, alpha=10.0)


def bounds(values):
    """Mean and the 5 % and 95 % points of three ordered numbers: a tenth of the way in from either end."""
    low, middle, high = values
    return {
        "": (low + middle + high) / 3,
        "_low": low + 0.1 * (middle - low),
        "_high": high - 0.1 * (high - middle),
    }


def check(found, name, values):
    for end, expected in bounds(values).items():
        np.testing.assert_allclose(found[f"{name}{end}"], expected, rtol=1e-9)


@pytest.fixture(scope="module")
def by_age():
    table = agreement.cdnow().head(300)
    table["age"] = np.random.default_rng(0).uniform(-1, 1, len(table))
    table["band"] = np.where(np.arange(len(table)) % 3, "old", "young")
    return BGNBD().fit(table, covariates=["age", "band"])


@pytest.mark.parametrize("given", [{"age": 0.5, "band": "young"}, {"band": "old", "age": -2.0}], ids=str)
def test_a_new_customer_is_moved_by_her_covariates(by_age, given):
    """Who buys exp(c) times as often has her α divided by it; who leaves sooner has her a multiplied."""
    fitted, is_young = by_age.params_, given["band"] == "young"
    often, soon = (
        np.exp(given["age"] * fitted[f"{what}[age]"] + is_young * fitted[f"{what}[band=young]"])
        for what in ("purchase", "dropout")
    )
    moved = BGNBD.from_params(
        r=fitted["r"], alpha=fitted["alpha"] / often, a=fitted["a"] * soon, b=fitted["b"]
    )
    spans = np.array([[1.0, 30.0], [60.0, 90.0]])
    found = by_age.expected_purchases_new_customer(spans, covariates=given)
    np.testing.assert_allclose(found, moved.expected_purchases_new_customer(spans), rtol=1e-12)
    chances = by_age.pmf([0, 3], t=spans, covariates=given)
    np.testing.assert_allclose(chances, moved.pmf([0, 3], t=spans), rtol=1e-12)
    alpha = fitted["alpha"] / often
    np.testing.assert_allclose(chances[:, 0], (alpha / (alpha + spans[:, 0])) ** fitted["r"], rtol=1e-12)


def test_a_new_customer_without_her_covariates_is_refused(by_age):
    with pytest.raises(ModelError, match=r"give covariates=\{\.\.\.\} with band\n"):
        by_age.pmf(0, t=1.0, covariates={"age": 1.0})
    with pytest.raises(ModelError, match="with age, band"):
        by_age.expected_purchases_new_customer(1.0)


def test_a_new_customer_of_regular_gaps_has_just_bought():
    """Nothing within t: the sum of two exponentials is above t, e^(−λt)(1 + λt), averaged over λ ~ Gamma(r, α)."""
    model = BGCNBD.from_params(r=0.6, alpha=3.0, a=0.8, b=2.4, k=2)
    for t in (0.0, 1.0, 10.0):
        nothing = (3.0 / (3.0 + t)) ** 0.6 * (1 + 0.6 * t / (3.0 + t))
        assert model.pmf(0, t=t) == pytest.approx(nothing, rel=1e-8)
    counts = np.arange(300)
    mean = counts @ model.pmf(counts, t=10.0)
    assert model.expected_purchases_new_customer(10.0) == pytest.approx(mean, rel=1e-6)


def test_means_and_bounds_over_draws_are_those_of_their_values():
    """Under NBD the purchases ahead are negative binomial, with (r + x, α + T)."""
    r, alpha = DRAWS["r"].to_numpy()[:, None] + [0, 2, 7], 10.0 + SOME["T"].to_numpy()
    law = stats.nbinom(r, alpha / (alpha + 20.0))
    check(MODEL.conditional_pmf(SOME, 9, t=20.0, draws=DRAWS), "probability", np.sort(law.pmf(9), axis=0))
    found = MODEL.discounted_purchases(SOME, rate=0.01, draws=DRAWS)
    check(found, "discounted_purchases", r / alpha / 0.01)
    spans = np.array([5.0, 40.0])
    found = MODEL.expected_purchases_new_customer(spans, draws=DRAWS)
    check(found, "expected_purchases", DRAWS["r"].to_numpy()[:, None] / 10.0 * spans)
    new = stats.nbinom.pmf(1, DRAWS["r"].to_numpy(), 10.0 / 15.0)
    check(MODEL.pmf(1, t=5.0, draws=DRAWS), "probability", np.sort(new))


def test_counts_over_draws_lie_within_the_bounds_of_their_mean_law():
    r, alpha = DRAWS["r"].to_numpy()[:, None] + [0, 2, 7], 10.0 + SOME["T"].to_numpy()
    counts = np.arange(200)[:, None, None]
    below = stats.nbinom.cdf(counts, r, alpha / (alpha + 20.0)).mean(axis=1)
    many = pd.concat([DRAWS] * 60)  # at most 100 of them are used, from the first to the last
    for level, draws, slack in ((0.9, DRAWS, 0), (0.6, DRAWS, 0), (0.9, many, 1)):
        found = MODEL.purchase_interval(SOME, t=20.0, level=level, draws=draws)
        for name, share in (("purchases_low", 0.5 - level / 2), ("purchases_high", 0.5 + level / 2)):
            assert (abs(found[name] - (below < share).sum(axis=0)) <= slack).all()
    predicted = MODEL.predict(SOME, t=20.0, draws=DRAWS)
    np.testing.assert_array_equal(predicted["expected_purchases_low"], (below < 0.05).sum(axis=0))
    np.testing.assert_allclose(predicted["expected_purchases"], (r / alpha * 20.0).mean(axis=0), rtol=1e-9)


def test_draws_are_numbers_in_columns_of_any_order():
    expected = MODEL.expected_purchases(SOME, t=5.0, draws=DRAWS)
    for draws in (
        DRAWS.astype(object),
        DRAWS.astype("float32"),
        DRAWS[["alpha", "r"]],
        DRAWS.assign(more=1.0),
    ):
        found = MODEL.expected_purchases(SOME, t=5.0, draws=draws)
        pd.testing.assert_frame_equal(found, expected, rtol=1e-14)
    with pytest.raises(ModelError, match=r"no column r, alpha: make it with model\.sample_posterior"):
        MODEL.expected_purchases(SOME, t=5.0, draws=[1.0, 2.0])
    with pytest.raises(ModelError, match="no column alpha:"):
        MODEL.probability_alive(SOME, draws=DRAWS[["r"]])


def test_each_customer_with_an_impossible_history_is_counted():
    twice = pd.concat([SOME, SOME.assign(recency=99.0)] * 2)
    with pytest.raises(ColumnError, match="6 rows with 99; expected recency ≤ T"):
        MODEL.probability_alive(twice)


ASKED = {
    "probability_alive": {},
    "expected_purchases": {"t": 5.0},
    "conditional_pmf": {"n": 2, "t": 5.0},
    "purchase_interval": {"t": 5.0},
    "discounted_purchases": {"rate": 0.01},
    "next_purchase": {},
    "log_likelihood": {},
}


@pytest.mark.parametrize("method", ASKED)
def test_one_value_a_row_needs_the_rows(method):
    with pytest.raises(ModelError, match=f"^NBD.{method} returns one value a row and cannot on a lazy table"):
        getattr(MODEL, method)(pl.from_pandas(SOME).lazy(), **ASKED[method])


@pytest.mark.parametrize(
    ("method", "option"),
    [
        ("predict", {"t": 5.0, "interval": "wide"}),
        ("purchase_interval", {"t": 5.0, "level": "wide"}),
        ("discounted_purchases", {"rate": "high"}),
        ("next_purchase", {"probability": "high"}),
    ],
)
def test_an_option_of_the_wrong_kind_is_an_error_of_models(method, option):
    with pytest.raises(ModelError, match=f"{list(option)[-1]}='(wide|high)'"):
        getattr(MODEL, method)(SOME, **option)
    with pytest.raises(ModelError, match="covariates=5"):
        MODEL.expected_purchases_new_customer(1.0, covariates=5)
    with pytest.raises(ModelError, match="covariates=5"):
        MODEL.pmf(1, t=1.0, covariates=5)


@pytest.mark.parametrize("name", ["p_alive", "expected_purchases"])
@pytest.mark.parametrize("end", ["", "_low", "_high"])
def test_no_column_of_an_earlier_prediction_is_overwritten(name, end):
    with pytest.raises(ColumnError, match=f"already has {name}{end}; drop it first"):
        MODEL.predict(SOME.assign(**{f"{name}{end}": 0.5}), t=5.0)


def test_the_day_of_the_next_purchase_counts_in_the_unit_of_the_model():
    """With r = 1 half buy again within alpha + T: 10 + 2 units of 30 days, which is 360 days."""
    model = NBD.from_params(r=1.0, alpha=10.0, time_unit="30D")
    once = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [2.0]})
    assert model.next_purchase(once, as_of="2026-01-01").tolist() == [pd.Timestamp("2026-12-27")]
    with pytest.raises(ModelError, match="time_unit='fortnight' is not known"):
        NBD.from_params(r=1.0, alpha=10.0, time_unit="fortnight").next_purchase(once, as_of="2026-01-01")
    late = NBD.from_params(r=1.0, alpha=1e6).next_purchase(once, as_of="2026-01-01")
    assert late.isna().all()


def test_intervals_of_counts_are_those_of_the_law_for_the_busiest_too():
    """Without drop-out the count is negative binomial; at a level of nearly 1 nobody's bound is that of somebody else."""
    busy = pd.DataFrame({"frequency": [0, 3, 50_000], "recency": [0.0, 20.0, 39.0], "T": [38.0, 38.0, 40.0]})
    law = stats.nbinom(busy["frequency"] + 2.0, (10 + busy["T"]) / (10 + busy["T"] + 20))
    found = MODEL.purchase_interval(busy, 20, level=0.8)
    assert found["purchases_low"].tolist() == law.ppf(0.1).tolist()
    assert found["purchases_high"].tolist() == law.ppf(0.9).tolist()
    alone = [
        MODEL.purchase_interval(busy.iloc[[row]], 20, level=1 - 1e-15).iloc[0].tolist() for row in (0, 1)
    ]
    assert MODEL.purchase_interval(busy.head(2), 20, level=1 - 1e-15).to_numpy().tolist() == alone
