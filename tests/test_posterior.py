"""Posterior draws: known targets, CDNOW, the unit of time, flat likelihoods, and calibration (slow)."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reference import agreement
from segmentclient.errors import ModelError, SegmentClientWarning
from segmentclient.lifetime import BGBB, BGNBD, MBGNBD, NBD, ParetoNBD
from segmentclient.lifetime.posterior import Target, _differences, pareto_smooth, sample_target


@pytest.fixture(scope="module")
def cdnow_fit():
    return BGNBD(time_unit="W").fit(agreement.cdnow())


def test_a_normal_target_is_recovered():
    covariance = np.array([[1.0, 0.8], [0.8, 2.0]])
    normal = stats.multivariate_normal([1.0, -2.0], covariance)
    points, found = sample_target(
        Target(normal.logpdf, np.array([1.0, -2.0]), covariance), 4000, np.random.default_rng(0)
    )
    assert found["sampler"] == "importance"
    assert found["k_hat"] < 0.5
    assert 0.5 * found["proposals"] < found["ess"] <= found["proposals"]
    np.testing.assert_allclose(points.mean(axis=0), [1.0, -2.0], atol=0.08)
    np.testing.assert_allclose(np.cov(points.T), covariance, atol=0.15)


def test_a_heavy_target_goes_to_the_ensemble():
    def cauchy(points):
        return stats.cauchy.logpdf(points).sum(axis=1)

    target = Target(cauchy, np.zeros(4), 0.05 * np.eye(4))
    points, found = sample_target(target, 400, np.random.default_rng(0))
    assert found["sampler"] == "emcee"
    assert found["k_hat"] > 0.7
    assert np.abs(np.median(points, axis=0)).max() < 0.5


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.9])
def test_k_hat_is_the_shape_of_the_tail(shape):
    rng = np.random.default_rng(1)
    weights = stats.genpareto(shape).rvs(40_000, random_state=rng)
    assert pareto_smooth(np.log(weights))[1] == pytest.approx(shape, abs=0.12)


def test_smoothing_keeps_the_order_and_the_sum():
    log_weights = np.random.default_rng(2).normal(size=2000) * 2
    weights, _ = pareto_smooth(log_weights)
    assert weights.sum() == pytest.approx(1.0)
    assert (np.diff(weights[np.argsort(log_weights)]) >= 0).all()


def test_equal_weights_have_no_tail_and_a_single_one_nothing_else():
    weights, k_hat = pareto_smooth(np.zeros(2000))
    assert k_hat == 0.0
    np.testing.assert_allclose(weights, 1 / 2000)
    assert pareto_smooth(np.r_[0.0, np.full(1999, -np.inf)])[1] == np.inf


def test_no_smoothed_weight_exceeds_the_largest():
    """Beside those that are not smoothed, which all keep their proportions."""
    raw = np.sort(stats.genpareto(0.9).rvs(40_000, random_state=np.random.default_rng(1)))
    weights, _ = pareto_smooth(np.log(raw))
    assert weights[-1] / weights[0] <= raw[-1] / raw[0] * (1 + 1e-12)


def test_differences_are_the_derivatives():
    bend = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 4.0]])
    point = np.array([0.4, -1.0, 2.0])
    value, gradient, hessian = _differences(lambda p: -0.5 * np.einsum("ij,jk,ik->i", p, bend, p), point)
    assert value == pytest.approx(-0.5 * point @ bend @ point)
    np.testing.assert_allclose(gradient, -bend @ point, rtol=1e-8)
    np.testing.assert_allclose(hessian, -bend, atol=1e-7)


def test_cdnow_flat(cdnow_fit):
    draws = cdnow_fit.sample_posterior(4000, prior="flat")
    found = cdnow_fit.posterior_diagnostics_
    assert found["ess"] >= 2000
    assert found["k_hat"] < 0.7
    assert draws.shape == (4000, 4)
    assert list(draws.columns) == ["r", "alpha", "a", "b"]
    deviations = (np.log(draws).mean() - np.log(cdnow_fit.params_)) / np.log(draws).std()
    assert (np.abs(deviations) < 0.5).all()
    errors = np.log(draws).std() / (cdnow_fit.standard_errors_ / cdnow_fit.params_)
    assert ((errors > 0.9) & (errors < 1.3)).all()


def test_same_seed_same_draws(cdnow_fit):
    one, two, other = (cdnow_fit.sample_posterior(200, random_state=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(other)


def test_the_default_prior_does_not_know_the_unit_of_time(cdnow_fit):
    days = agreement.cdnow().assign(recency=lambda t: t["recency"] * 7, T=lambda t: t["T"] * 7)
    in_days = BGNBD().fit(days).sample_posterior(500)
    np.testing.assert_allclose(in_days / [1, 7, 1, 1], cdnow_fit.sample_posterior(500), rtol=1e-3)


def test_the_default_prior_is_proper_where_the_likelihood_is_flat():
    rng = np.random.default_rng(0)
    x = rng.poisson(2.0, 300)
    table = pd.DataFrame({"frequency": x, "recency": np.where(x > 0, 29.0, 0.0), "T": 30.0})
    with pytest.warns(SegmentClientWarning, match="do not determine"):
        model = BGNBD().fit(table)
    draws = model.sample_posterior(300)
    assert np.isfinite(draws.to_numpy()).all()
    assert (draws["a"] / (draws["a"] + draws["b"])).quantile(0.9) < 0.2


@pytest.mark.parametrize("model", [MBGNBD, ParetoNBD, NBD])
def test_every_model_samples(model):
    fitted = model(time_unit="W").fit(agreement.cdnow())
    draws = fitted.sample_posterior(200)
    assert fitted.posterior_diagnostics_["k_hat"] < 0.7
    centre = (np.log(draws).median() - np.log(fitted.params_)) / (fitted.standard_errors_ / fitted.params_)
    assert (np.abs(centre) < 1.0).all()


def test_predictions_over_draws(cdnow_fit):
    table = agreement.cdnow().head(40)
    draws = cdnow_fit.sample_posterior(50)
    answer = cdnow_fit.predict(table, t=39.0, draws=draws)
    for name in ("p_alive", "expected_purchases"):
        assert (answer[f"{name}_low"] <= answer[f"{name}_high"]).all()
    assert ((answer["p_alive"] - cdnow_fit.predict(table, t=39.0)["p_alive"]).abs() < 0.05).all()
    frame = cdnow_fit.probability_alive(table, draws=draws)
    pd.testing.assert_series_equal(frame["p_alive"], answer["p_alive"])
    curve = cdnow_fit.expected_purchases_new_customer([10, 20, 40], draws=draws)
    assert (curve["expected_purchases_low"] < curve["expected_purchases"]).all()
    with pytest.raises(ModelError, match="draws has no column"):
        cdnow_fit.predict(table, t=39.0, draws=draws[["r"]])


def test_a_model_read_back_has_no_customers(cdnow_fit):
    with pytest.raises(ModelError, match="call fit in this session first"):
        BGNBD.from_json(cdnow_fit.to_json()).sample_posterior(10)
    with pytest.raises(ModelError, match="prior='wide'"):
        cdnow_fit.sample_posterior(10, prior="wide")


@pytest.mark.slow
def test_intervals_of_parameters_are_calibrated():
    """90 % intervals over 1,000 data sets of 1,500 BG/NBD customers hold the truth in 87 to 93 % of them."""
    from test_bgnbd import simulate

    rng, truth = np.random.default_rng(20240601), np.array([0.8, 5.0, 0.7, 2.5])
    inside = np.zeros(4)
    for _ in range(1000):
        table = simulate(rng, *truth, 1500)
        summary = (
            BGNBD()
            .fit(
                table.round(2).assign(
                    recency=lambda t: t["recency"].clip(0.01).where(t["frequency"] > 0, 0.0)
                )
            )
            .summary(level=0.9)
        )
        inside += (summary["low"] <= truth) & (truth <= summary["high"])
    assert ((inside / 1000 >= 0.87) & (inside / 1000 <= 0.93)).all(), inside / 1000


def test_discrete_opportunities_sample_too():
    table = pd.read_csv(agreement.lifetimes_file("donations.csv")).rename(columns={"periods": "T"})
    model = BGBB(time_unit="Y").fit(table, weights="weights")
    draws = model.sample_posterior(300)
    errors = draws.std() / model.standard_errors_
    assert ((errors > 0.8) & (errors < 1.25)).all()


@pytest.mark.parametrize(
    "spoil", [lambda d: -d, lambda d: d * np.nan, lambda d: d.head(0), lambda d: d.astype(str) + "x"]
)
def test_draws_that_are_no_parameters_are_refused(spoil):
    model = BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    customers = pd.DataFrame({"frequency": [0, 2], "recency": [0.0, 5.0], "T": [9.0, 9.0]})
    draws = spoil(pd.DataFrame([model.params_.tolist()], columns=list(model.params_.index)))
    with pytest.raises(ModelError, match="rows with finite numbers are expected"):
        model.predict(customers, t=3, draws=draws)
