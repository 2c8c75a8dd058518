"""Covariates: what they are read as, on every engine, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import ColumnError, ModelError
from segmentclient.lifetime.covariates import learn_covariates

BAND = ["north", "south", "west"]


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(6)
    table = sc.datasets.load_cdnow_summary().head(240)
    return table.assign(
        age=rng.uniform(20, 60, 240).round(1), vip=rng.random(240) < 0.5, band=rng.choice(BAND, 240)
    )


@pytest.fixture(scope="module")
def by_hand(customers):
    """The same design in numbers alone: one column of 0 and 1 for each level but the first of the alphabet."""
    plain = customers.assign(
        vip=customers["vip"].astype(float),
        south=(customers["band"] == "south").astype(float),
        west=(customers["band"] == "west").astype(float),
    )
    return sc.MBGNBD(time_unit="W").fit(plain, covariates=["age", "vip", "south", "west"])


def test_booleans_and_texts_are_numbers_in_the_end(customers, by_hand, on_engine):
    fitted = sc.MBGNBD(time_unit="W").fit(on_engine(customers), covariates=["age", "vip", "band"])
    labels = ["age", "vip", "band=south", "band=west"]
    assert fitted.params_.index.tolist()[4:] == [
        f"{process}[{label}]" for process in ("purchase", "dropout") for label in labels
    ]
    np.testing.assert_allclose(fitted.params_, by_hand.params_, rtol=1e-6)
    found = fitted.expected_purchases_new_customer(39.0, covariates={"age": 30, "vip": True, "band": "west"})
    same = by_hand.expected_purchases_new_customer(
        39.0, covariates={"age": 30, "vip": 1.0, "south": 0.0, "west": 1.0}
    )
    assert found == pytest.approx(same, rel=1e-6)


def but_three(customers, name, missing):
    return customers[name].astype(object).where(np.arange(len(customers)) > 2, missing)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("kind", [object, "string", "category"])
def test_a_text_that_is_missing_is_asked_for(customers, missing, kind):
    gaps = customers.assign(band=but_three(customers, "band", missing).astype(kind))
    with pytest.raises(ColumnError, match=r"^customers: column 'band': 3 rows miss a covariate; give them a"):
        sc.MBGNBD().fit(gaps, covariates=["band"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("age", "240 rows with nan; expected finite numbers, none missing"),
        ("band", "240 rows miss a covariate"),
    ],
)
def test_an_engine_counts_customers_not_kinds_of_customers(customers, name, told):
    alike = pl.from_pandas(customers.assign(frequency=1, recency=3.0, T=30.0)).lazy()
    gap = pl.lit(None, pl.Float64 if name == "age" else pl.String).alias(name)
    with pytest.raises(ColumnError, match=f"column '{name}': {told}"):
        sc.MBGNBD().fit(alike.with_columns(gap), covariates=[name])


def test_every_column_that_cannot_explain_is_named(customers):
    table = customers.assign(one=7.0, alone="x", each=[f"c{i}" for i in range(240)], none=None)
    with pytest.raises(ColumnError) as raised:
        sc.MBGNBD().fit(table, covariates=["one", "alone", "each", "none", "age"])
    assert str(raised.value).splitlines() == [
        "customers: 4 problems",
        "  - covariate 'one' has the same value everywhere",
        "  - covariate 'alone' has 1 levels; accepted: 2 to 50 (group them first)",
        "  - covariate 'each' has 240 levels; accepted: 2 to 50 (group them first)",
        "  - column 'none': 240 rows miss a covariate; give them a level of their own",
    ]


def test_fifty_levels_are_learnt():
    table = {"c": pd.Series([f"{i % 50:02d}" for i in range(240)])}
    levels = learn_covariates(table, ["c"], np.ones(240))
    assert levels.labels == [f"c={i:02d}" for i in range(1, 50)]


@pytest.mark.parametrize("name", ["age", "vip", "band"])
def test_no_customer_is_said_before_no_level(customers, name):
    with pytest.raises(ColumnError, match="the table has no rows"):
        sc.MBGNBD().fit(customers.head(0), covariates=[name])


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("age", np.nan, "column 'age': 240 rows with nan; expected finite numbers, none missing"),
        ("age", np.inf, "column 'age': 240 rows with inf; expected finite numbers, none missing"),
        (
            "age",
            "old",
            "covariate 'age' holds no numbers, and the fit had numbers there (cast the column first)",
        ),
        ("band", "up", "column 'band' has levels the fit did not see: up; seen: north, south, west"),
        ("band", 7, "column 'band' has levels the fit did not see: 7; seen: north, south, west"),
        ("band", None, "column 'band' has levels the fit did not see: None; seen: north, south, west"),
    ],
)
def test_what_the_fit_did_not_see_is_refused(customers, name, values, told):
    fitted = sc.MBGNBD(time_unit="W").fit(customers, covariates=["age", "band"])
    with pytest.raises(ColumnError) as raised:
        fitted.predict(customers.assign(**{name: values}), t=13.0)
    assert str(raised.value) == f"customers: {told}"


def test_dates_are_no_numbers_on_any_engine(customers, on_engine):
    fitted = sc.MBGNBD(time_unit="W").fit(customers, covariates=["age"])
    dated = on_engine(customers.assign(age=pd.Timestamp("2024-01-01")))
    with pytest.raises(ColumnError, match="covariate 'age' holds no numbers"):
        fitted.predict(dated, t=13.0)


def test_numbers_among_objects_are_numbers(customers):
    """As a table of mixed cells holds them."""
    fitted = sc.MBGNBD(time_unit="W").fit(customers, covariates=["age", "vip"])
    mixed = customers.assign(age=customers["age"].astype(object), vip=customers["vip"].astype(object))
    pd.testing.assert_series_equal(
        fitted.predict(mixed, t=13.0)["expected_purchases"],
        fitted.predict(customers, t=13.0)["expected_purchases"],
    )


@pytest.mark.parametrize("given", [{"covariates": ["age"]}, {"weights": "age"}])
def test_lifetimes_takes_neither_covariates_nor_weights(customers, given):
    with pytest.raises(ModelError, match="takes neither covariates nor weights"):
        sc.MBGNBD().fit(customers, engine="lifetimes", **given)
