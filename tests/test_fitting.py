"""What every model shares: any table, any order, weights, checks, files, scikit-learn's conventions, the optimum."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

from reference import agreement
from segmentclient.errors import ColumnError, ModelError, SegmentClientWarning
from segmentclient.lifetime import BGBB, BGNBD, MBGNBD, NBD, ParetoNBD, fitting
from segmentclient.lifetime.comparison import likelihood_ratio

MODELS = [BGNBD, MBGNBD, ParetoNBD, NBD]


@pytest.fixture(scope="module")
def customers():
    table = agreement.cdnow().rename(columns={"ID": "customer_id"})
    table.index = table.index * 3 + 11
    return table


@pytest.fixture(scope="module")
def fitted(customers):
    return MBGNBD(time_unit="W").fit(customers)


def test_any_engine(fitted, customers, on_engine, back):
    table = on_engine(customers)
    np.testing.assert_allclose(MBGNBD(time_unit="W").fit(table).params_, fitted.params_, rtol=1e-9)
    found, expected = (
        back(fitted.predict(table, t=39.0, interval=0.8)),
        fitted.predict(customers, t=39.0, interval=0.8),
    )
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True), check_dtype=False)


def test_lazy_stays_lazy(fitted, customers):
    table = pl.from_pandas(customers).lazy()
    assert isinstance(fitted.predict(table, t=5.0), pl.LazyFrame)
    with pytest.raises(ModelError, match=r"MBGNBD.expected_purchases .* model.predict\(customers, ...\)"):
        fitted.expected_purchases(table, t=5.0)


def test_index_order_and_input(fitted, customers):
    before = customers.copy()
    answer = fitted.predict(customers, t=39.0)
    pd.testing.assert_frame_equal(customers, before)
    pd.testing.assert_frame_equal(answer[list(customers.columns)], customers)
    mixed = customers.sample(frac=1.0, random_state=0)
    pd.testing.assert_frame_equal(fitted.predict(mixed, t=39.0).loc[customers.index], answer)
    assert MBGNBD(time_unit="W").fit(mixed).params_.equals(fitted.params_)
    pd.testing.assert_index_equal(fitted.probability_alive(mixed).index, mixed.index)
    assert isinstance(fitted.probability_alive(pl.from_pandas(customers)), pl.Series)


def test_nothing_is_overwritten(fitted, customers):
    with pytest.raises(ColumnError, match="already has p_alive, expected_purchases; drop them first"):
        fitted.predict(fitted.predict(customers, t=5.0), t=5.0)


def test_weights_are_customers(customers, fitted):
    columns = ["frequency", "recency", "T"]
    grouped = customers.groupby(columns, as_index=False).agg(people=("customer_id", "size"))
    by_name = MBGNBD(time_unit="W").fit(grouped, weights="people")
    by_array = MBGNBD(time_unit="W").fit(grouped, weights=grouped["people"].to_numpy())
    lazy = MBGNBD(time_unit="W").fit(pl.from_pandas(grouped).lazy(), weights="people")
    for model in (by_name, by_array, lazy):
        np.testing.assert_allclose(model.params_, fitted.params_, rtol=1e-9)
        assert model.log_likelihood_ == pytest.approx(fitted.log_likelihood_)
        assert model.n_customers_ == 2357
    with pytest.raises(
        ColumnError, match=r"^customers: column 'weights': .* -1.*; expected numbers above 0\n"
    ):
        MBGNBD().fit(grouped, weights=-grouped["people"])


@pytest.mark.parametrize("times", [1, 3])
def test_all_problems_in_one_message(times):
    """Customers are counted, however many of them have one history."""
    bad = pd.DataFrame(
        {"frequency": [1.5, -2, 0, 1, 2, 0], "recency": [3.0, 1, 2, 0, 9, 0], "T": [5.0, 5, 5, 5, 5, -1]}
    )
    with pytest.raises(ColumnError) as error:
        BGNBD().fit(pd.concat([bad] * times))
    assert str(error.value).splitlines()[1:6] == [
        f"  - column 'frequency': {2 * times} rows with -2, 1.5; expected whole numbers ≥ 0 (repeat purchase periods)",
        f"  - column 'T': {times} rows with -1; expected numbers ≥ 0",
        f"  - column 'recency': {times} rows with 9; expected recency ≤ T",
        f"  - column 'recency': {times} rows with 2; expected 0 where frequency is 0",
        f"  - column 'recency': {times} rows with 0; expected more than 0 where frequency is above 0",
    ]
    with pytest.raises(ColumnError):
        BGNBD.from_params(r=1, alpha=1, a=1, b=1).predict(bad, t=1.0)


@pytest.mark.parametrize(
    ("ages", "shown"),
    [([-1, -2, -3, -1], "4 rows with -3, -2, -1;"), ([-1, -2, -3, -4], "4 rows with -4, -3, -2 …;")],
)
def test_three_different_bad_values_are_shown(ages, shown):
    table = pd.DataFrame({"frequency": 0, "recency": 0.0, "T": ages})
    with pytest.raises(ColumnError, match=f"'T': {shown}"):
        BGNBD().fit(table)


@pytest.mark.parametrize("missing", [np.nan, np.inf, None])
@pytest.mark.parametrize("column", ["frequency", "recency", "T"])
def test_missing_values_are_named(customers, column, missing):
    bad = customers.astype({column: object}).assign(**{column: [missing, *customers[column].iloc[1:]]})
    bad[column] = bad[column].astype(float)
    with pytest.raises(
        ColumnError, match=f"column '{column}': 1 rows with (nan|inf); expected finite numbers"
    ):
        BGNBD().fit(bad)


def test_nullable_and_decimal_columns(customers, fitted):
    table = customers.astype({"frequency": "Int64", "recency": "Float64"})
    np.testing.assert_allclose(fitted.probability_alive(table), fitted.probability_alive(customers))
    table.loc[table.index[0], "frequency"] = pd.NA
    with pytest.raises(ColumnError, match="1 rows with nan"):
        fitted.probability_alive(table)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "rows", [[(0, 0, 10.0)], [(0, 0, 10.0)] * 5, [(1, 10, 10.0)], [(3, 2.0, 2.0)], [(0, 0, 0.0)]]
)
def test_valid_extremes_give_a_result_and_a_doubt(model, rows):
    table = pd.DataFrame(rows, columns=["frequency", "recency", "T"])
    with pytest.warns(SegmentClientWarning, match=f"^{model.__name__}: these customers do not determine"):
        fitted = model().fit(table)
    answer = fitted.predict(table, t=5.0)[["p_alive", "expected_purchases"]].to_numpy()
    assert np.isfinite(answer).all()
    assert (answer >= 0).all()
    assert np.isfinite(fitted.standard_errors_).all()


def test_empty_tables(fitted, customers):
    with pytest.raises(ColumnError, match="at least one customer"):
        BGNBD().fit(customers.head(0))
    assert fitted.predict(customers.head(0), t=3.0).shape == (0, 6)


def test_files(fitted, customers):
    text = fitted.to_json()
    assert not any(name in text for name in ("customer_id", "frequency", "recency"))
    again = MBGNBD.from_json(text)
    pd.testing.assert_series_equal(again.params_, fitted.params_)
    pd.testing.assert_frame_equal(again.summary(), fitted.summary())
    pd.testing.assert_frame_equal(again.predict(customers, t=9.0), fitted.predict(customers, t=9.0))
    assert (again.time_unit, again.aic_, again.converged_) == ("W", fitted.aic_, True)
    given = MBGNBD.from_params(r=1, alpha=2, a=3, b=4)
    assert MBGNBD.from_json(given.to_json()).params_.equals(given.params_)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "BGNBD"}, "BGNBD.from_json"),
        ({"version": 99}, "version 99 found"),
        ({"params": {"r": 1.0, "alpha": 2.0}}, "expected first"),
        ({"params": {"r": -1.0, "alpha": 2.0, "a": 1.0, "b": 1.0}}, "positive finite"),
        ({"covariance": [[1.0]]}, "covariance of shape"),
        ({"options": {"colour": "red"}}, "not a whole MBGNBD"),
    ],
)
def test_spoilt_files(fitted, change, message):
    text = json.dumps({**json.loads(fitted.to_json()), **change})
    with pytest.raises(ModelError, match=message):
        MBGNBD.from_json(text)
    with pytest.raises(ModelError, match="from_json takes the text"):
        MBGNBD.from_json("not json")


def test_from_params_says_all_that_is_wrong():
    with pytest.raises(
        ModelError, match=r"b is missing; s is unknown; alpha=-1 is not a positive finite number"
    ):
        BGNBD.from_params(r=1, alpha=-1, a=1, s=2)


def test_conventions_of_scikit_learn(customers):
    from sklearn.exceptions import NotFittedError
    from sklearn.pipeline import make_pipeline

    model = BGNBD(time_unit="W")
    twin = clone(model)
    assert twin.get_params() == {"time_unit": "W"}
    assert twin.set_params(time_unit="M").time_unit == "M"
    with pytest.raises(NotFittedError, match="BGNBD is not fitted yet"):
        model.predict(customers, t=3.0)
    with pytest.raises(ModelError, match="no option"):
        model.set_params(colour="red")
    pipeline = make_pipeline(BGNBD(time_unit="W")).fit(customers)
    assert pipeline[-1].converged_


def test_summary(fitted):
    table = fitted.summary()
    assert list(table.columns) == ["estimate", "standard_error", "low", "high"]
    ratio = np.exp(1.959964 * table["standard_error"] / table["estimate"])
    np.testing.assert_allclose(table["low"], table["estimate"] / ratio, rtol=1e-6)
    np.testing.assert_allclose(table["high"], table["estimate"] * ratio, rtol=1e-6)
    covariance = fitted.covariance_.to_numpy()
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), fitted.standard_errors_)
    np.testing.assert_allclose(covariance, covariance.T)
    assert list(fitted.covariance_.index) == list(fitted.covariance_.columns) == list(fitted.names)
    assert fitted.params_.name == "estimate"
    assert MBGNBD.from_params(**fitted.params_).n_customers_ == 0
    html = fitted._repr_html_()
    assert "log-likelihood -9,582.133" in html or "log-likelihood -9582.133" in html
    assert all(f">{head}<" in html for head in table.columns.str.replace("_", " "))
    assert "MBGNBD" in repr(fitted)
    assert "not fitted" in MBGNBD()._repr_html_()


def test_covariance_off_the_diagonal(fitted):
    """Against the Hessian in the parameters themselves, by differences of log-likelihoods."""
    theta, h, step = fitted.params_.to_numpy(), fitted._histories, 1e-4

    def value(shift):
        return float(fitted.law.log_likelihood(tuple(theta * (1 + shift)), h) @ h.counts)

    unit = np.eye(4) * step
    hessian = np.array(
        [[value(i + j) - value(i - j) - value(j - i) + value(-i - j) for j in unit] for i in unit]
    ) / (4 * step**2 * np.outer(theta, theta))
    np.testing.assert_allclose(np.linalg.inv(-hessian), fitted.covariance_, rtol=5e-3)


def test_the_search_stops_at_the_maximum():
    def bowl(point):
        apart = point - [1.0, -2.0]
        return (
            -0.5 * float(apart @ apart) - 0.25 * float((apart**4).sum()),
            -apart - apart**3,
            -np.diag(1 + 3 * apart**2),
        )

    far = np.full(2, 10.0)
    optimum = fitting.climb(bowl, 1.0, np.array([8.0, 8.0]), -far, far)
    np.testing.assert_allclose(optimum.point, [1.0, -2.0], atol=1e-6)
    assert optimum.converged
    assert not optimum.at_border.any()
    stopped = fitting.climb(bowl, 1.0, np.array([8.0, 8.0]), np.array([3.0, -10.0]), far)
    np.testing.assert_allclose(stopped.point, [3.0, -2.0], atol=1e-6)
    assert stopped.at_border.tolist() == [True, False]


def test_a_saddle_is_left():
    def saddle(point):
        x, y = point
        value = x**2 - x**4 - y**2
        return value, np.array([2 * x - 4 * x**3, -2 * y]), np.diag([2 - 12 * x**2, -2.0])

    found = fitting.climb(saddle, 1.0, np.array([1e-3, 0.5]), np.full(2, -5.0), np.full(2, 5.0))
    assert abs(found.point[0]) == pytest.approx(np.sqrt(0.5), rel=1e-6)


def test_nested_fits_only(customers, fitted):
    with pytest.raises(ModelError, match="compare the aic_"):
        likelihood_ratio(NBD(time_unit="W").fit(customers), fitted)


def test_next_purchase(customers):
    model = NBD.from_params(r=2.0, alpha=10.0)
    wait = model.next_purchase(customers, probability=0.5)
    alpha, r = 10.0 + customers["T"], 2.0 + customers["frequency"]
    np.testing.assert_allclose(wait, alpha * (2 ** (1 / r) - 1), rtol=1e-9)
    dates = model.next_purchase(customers, as_of="2024-01-01")
    assert (dates == pd.Timestamp("2024-01-01") + pd.to_timedelta(np.ceil(wait), unit="D")).all()
    never = ParetoNBD.from_params(r=0.5, alpha=100.0, s=50.0, beta=1.0)
    some = customers.head(20)
    assert np.isinf(never.next_purchase(some)).all()
    assert never.next_purchase(some, as_of="2024-01-01").isna().all()


def test_purchase_interval(customers, fitted):
    some = customers.head(30)
    bounds = fitted.purchase_interval(some, t=39.0, level=0.8)
    below = sum(fitted.conditional_pmf(some, n, t=39.0) * (n < bounds["purchases_low"]) for n in range(60))
    within = sum(fitted.conditional_pmf(some, n, t=39.0) * (n <= bounds["purchases_high"]) for n in range(60))
    assert (below < 0.1).all()
    assert (within >= 0.9 - 1e-9).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, c: m.predict(c, t=-1), "t=-1"),
        (lambda m, c: m.predict(c, t=np.nan), "t=nan"),
        (lambda m, c: m.predict(c, t="12M"), "t='12M'"),
        (lambda m, c: m.pmf(None, t=1), "n=None"),
        (lambda m, c: m.conditional_pmf(c, 1.5, t=1), "n=1.5"),
        (lambda m, c: m.pmf(-1, t=1), "n=-1"),
        (lambda m, c: m.next_purchase(c, probability=1.0), "probability=1.0"),
        (lambda m, c: m.discounted_purchases(c, rate=0.0), "rate=0.0"),
        (lambda m, c: m.predict(c, t=1, interval=2.0), "between 0 and 1"),
        (lambda m, c: m.fit(c, engine="R"), "engine='R'"),
        (lambda m, c: BGBB().fit(c, covariates=["T"]), "takes no covariates"),
    ],
)
def test_questions_without_an_answer(customers, call, message):
    model = BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    with pytest.raises((ModelError, ColumnError), match=message):
        call(model, customers)


def test_fit_by_lifetimes(customers):
    ours, theirs = (
        BGNBD(time_unit="W").fit(customers, engine=engine) for engine in ("segmentclient", "lifetimes")
    )
    np.testing.assert_allclose(theirs.params_, ours.params_, rtol=1e-4)
    np.testing.assert_allclose(theirs.standard_errors_, ours.standard_errors_, rtol=1e-3)
    assert theirs.converged_


def test_a_search_that_stops_short_has_not_converged(customers, monkeypatch):
    search = BGNBD._search
    monkeypatch.setattr(BGNBD, "_search", lambda model, some: replace(search(model, some), converged=False))
    with pytest.warns(SegmentClientWarning, match="^BGNBD: the likelihood still rises from r = 0.2"):
        model = BGNBD(time_unit="W").fit(customers)
    assert not model.converged_
    assert not BGNBD.from_json(model.to_json()).converged_


def test_covariates_that_cannot_explain(customers):
    with pytest.raises(ColumnError, match="same value everywhere"):
        BGNBD().fit(customers.assign(one=1.0), covariates=["one"])
    with pytest.raises(ColumnError, match="has 1 levels"):
        BGNBD().fit(customers.assign(one="x"), covariates=["one"])
    with pytest.raises(ColumnError, match="column 'band' is missing"):
        BGNBD().fit(customers, covariates=["band"])


def test_nothing_is_said_where_there_is_no_doubt(customers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model in MODELS:
            model(time_unit="W").fit(customers)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"converged": "false"}, "converged: true or false is expected"),
        ({"n_customers": -5}, "n_customers: a number ≥ 0 is expected"),
        ({"options": {"time_unit": 5}}, "time_unit: text is expected"),
        (
            {"covariance": [[1.0, 0.5, 0.0, 0.0], *([0.0] * 4 for _ in range(3))]},
            "the covariance is not symmetric",
        ),
    ],
)
def test_a_stored_model_whose_facts_cannot_be_is_refused(change, says):
    """The text "false" is true to Python: a model that had not converged seemed to have."""
    content = json.loads(MBGNBD.from_params(r=0.5, alpha=6.0, a=0.9, b=1.6).to_json())
    with pytest.raises(ModelError, match=says):
        MBGNBD.from_json(json.dumps(content | change))


def test_recency_above_T_by_rounding_is_told_as_such(customers):
    """Both read 39 in a message of six digits."""
    table = customers.assign(recency=39.0000000001, T=39.0, frequency=1)
    with pytest.raises(
        ColumnError, match="expected recency ≤ T, which they exceed by 1e-10 at most: round both"
    ):
        MBGNBD().fit(table)
