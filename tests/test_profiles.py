"""Profiles against plain group-by, on every engine."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc


def base(n: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(5)
    n_orders = random.integers(0, 6, n)
    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "segment": random.choice(["gold", "iron", "new", None], n, p=[0.2, 0.5, 0.2, 0.1]),
            "market": random.choice(["FR", "BE"], n),
            "n_orders": n_orders,
            "revenue": np.round(random.gamma(2, 40, n) * n_orders, 2),
            "days_since_last_order": np.where(n_orders > 0, random.integers(0, 400, n).astype(float), np.nan),
            "lifetime_value": random.gamma(2, 30, n),
            "city": random.choice(["Lyon", "Nice", "Paris", None], n),
            "age": np.where(random.random(n) < 0.2, np.nan, random.integers(18, 80, n)),
            "is_new": random.random(n) < 0.3,
        }
    )


ENGINES = {
    "pandas": lambda table: table,
    "polars": lambda table: pl.from_pandas(table),
    "nullable": lambda table: table.convert_dtypes(),
    "arrow dtypes": lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
    "polars nan": lambda table: pl.from_pandas(table, nan_to_null=False),
    "lazy": lambda table: pl.from_pandas(table).lazy(),
    "duckdb": lambda table: duckdb.connect().from_df(table),
    "pyarrow": lambda table: pl.from_pandas(table).to_arrow(),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_profiles_agree_with_a_plain_group_by(engine: str) -> None:
    table = base()
    profile = sc.profile_segments(ENGINES[engine](table), attributes=["city", "age", "is_new"])
    assert type(profile) is pd.DataFrame
    assert len(profile) == 4
    assert profile["share_customers"].sum() == pytest.approx(1)
    assert profile["share_revenue"].sum() == pytest.approx(1)
    assert profile["revenue"].is_monotonic_decreasing
    for row in profile.to_dict("records"):
        rows = table[
            table["segment"].isna() if pd.isna(row["segment"]) else table["segment"] == row["segment"]
        ]
        assert row["n_customers"] == len(rows)
        assert row["share_customers"] == pytest.approx(len(rows) / len(table))
        assert row["n_orders"] == rows["n_orders"].sum()
        assert row["revenue"] == pytest.approx(rows["revenue"].sum())
        assert row["share_revenue"] == pytest.approx(rows["revenue"].sum() / table["revenue"].sum())
        assert row["average_order_value"] == pytest.approx(rows["revenue"].sum() / rows["n_orders"].sum())
        assert row["mean_revenue"] == pytest.approx(rows["revenue"].mean())
        for name in ("days_since_last_order", "n_orders", "revenue", "lifetime_value"):
            assert row[f"median_{name}"] == pytest.approx(rows[name].median())
        assert row["lifetime_value"] == pytest.approx(rows["lifetime_value"].sum())
        assert row["mean_age"] == pytest.approx(rows["age"].mean())
        assert row["mean_is_new"] == pytest.approx(rows["is_new"].mean())
        counts = rows["city"].value_counts()
        assert row["mode_city"] == min(counts[counts == counts.max()].index)
        assert row["mode_share_city"] == pytest.approx(counts.max() / counts.sum())


@pytest.mark.parametrize("engine", ENGINES)
def test_markets_side_by_side(engine: str) -> None:
    table = base()
    profile = sc.profile_segments(ENGINES[engine](table), groupby="market", attributes="city")
    assert list(profile.columns[:2]) == ["market", "segment"]
    assert profile.groupby("market")["share_customers"].sum().tolist() == pytest.approx([1, 1])
    assert profile.groupby("market")["share_revenue"].sum().tolist() == pytest.approx([1, 1])
    alone = sc.profile_segments(table[table["market"] == "BE"], attributes="city")
    together = profile[profile["market"] == "BE"].drop(columns="market").reset_index(drop=True)
    pd.testing.assert_frame_equal(together, alone, check_dtype=False)


@pytest.mark.parametrize("engine", ENGINES)
def test_attributes_may_come_from_a_table_of_people(engine: str) -> None:
    table = base()
    people = table[["customer_id", "city", "age"]].sample(frac=1, random_state=1)
    expected = sc.profile_segments(table, attributes=["city", "age"])
    found = sc.profile_segments(ENGINES[engine](table.drop(columns=["city", "age"])), attributes=people)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_a_table_with_segments_only() -> None:
    profile = sc.profile_segments(pd.DataFrame({"cluster": ["c2", "c1", "c1"]}), "cluster")
    assert profile.to_dict("list") == {
        "cluster": ["c1", "c2"],
        "n_customers": [2, 1],
        "share_customers": [2 / 3, 1 / 3],
    }


def test_keys_and_people_with_awkward_columns() -> None:
    table = base().rename(columns={"segment": "n_group"})
    people = table[["customer_id", "n_group", "city"]].assign(born=pd.Timestamp("1990-01-01"))
    profile = sc.profile_segments(table.drop(columns="city"), "n_group", attributes=people)
    assert list(profile.columns[:2]) == ["n_group", "n_customers"]
    assert list(profile.columns[-2:]) == ["mode_city", "mode_share_city"]


def test_prospects_and_totals_of_zero() -> None:
    table = pd.DataFrame(
        {
            "segment": ["p", "p"],
            "n_orders": [0, 0],
            "revenue": [0.0, 0.0],
            "days_since_last_order": [np.nan, np.nan],
        }
    )
    row = sc.profile_segments(table).iloc[0]
    assert row["n_customers"] == 2
    assert np.isnan(row["average_order_value"])
    assert np.isnan(row["share_revenue"])
    assert np.isnan(row["median_days_since_last_order"])


def test_faults() -> None:
    with pytest.raises(sc.ColumnError, match="segment_rfm makes it"):
        sc.profile_segments(base().drop(columns="segment"))
    with pytest.raises(sc.ColumnError, match="did you mean 'city'"):
        sc.profile_segments(base(), attributes=["citi"])
    with pytest.raises(sc.ColumnError, match="twice"):
        sc.profile_segments(base(), groupby="segment")


def test_an_attribute_that_the_profile_holds_already_is_told_once():
    customers = pd.DataFrame({"segment": ["a", "a", "b"], "revenue": [1.0, 2.0, 3.0], "age": [30, 40, 50]})
    profile = sc.profile_segments(customers, attributes=["revenue", "age", "age"]).set_index("segment")
    assert list(profile.columns).count("mean_revenue") == list(profile.columns).count("mean_age") == 1
    assert profile.loc["a", ["mean_revenue", "mean_age"]].tolist() == [1.5, 35.0]


def test_a_person_described_in_two_ways_is_refused_and_equal_rows_count_once(on_engine):
    customers = pd.DataFrame({"customer_id": [1, 2], "segment": ["a", "a"], "revenue": [1.0, 2.0]})
    people = pd.DataFrame({"customer_id": [1, 1, 2], "age": [20, 20, 30]})
    assert sc.profile_segments(on_engine(customers), attributes=on_engine(people))["mean_age"].tolist() == [
        25.0
    ]
    with pytest.raises(sc.ColumnError, match=r"3 different rows for 2 ids; join_people"):
        sc.profile_segments(on_engine(customers), attributes=on_engine(people.assign(age=[20, 60, 30])))


def test_a_column_that_both_tables_have_is_refused():
    customers = pd.DataFrame({"customer_id": [1], "segment": ["a"], "revenue": [1.0], "city": ["Lyon"]})
    people = pd.DataFrame({"customer_id": [1], "city": ["Nice"]})
    with pytest.raises(sc.ColumnError, match="attributes: column 'city' is in customers too"):
        sc.profile_segments(customers, attributes=people)


def test_a_total_that_cancels_out_has_no_shares():
    """0.1 + 0.2 − 0.3 is 6e-17 in floating point, and 0.2 of it were 3.6e15."""
    table = pd.DataFrame({"segment": list("abc"), "revenue": [0.1, 0.2, -0.3], "market": ["x"] * 3})
    assert sc.profile_segments(table)["share_revenue"].isna().all()
    assert sc.profile_segments(table, groupby="market")["share_revenue"].isna().all()
    kept = sc.profile_segments(table.assign(revenue=[0.1, 0.2, -0.2]))["share_revenue"]
    assert kept.tolist() == pytest.approx([2, 1, -2])


def test_endless_revenue_has_no_shares():
    table = pd.DataFrame({"segment": list("ab"), "revenue": [1.0, np.inf]})
    assert sc.profile_segments(table)["share_revenue"].isna().all()


def test_truth_values_that_pandas_holds_as_objects_have_a_mean():
    table = pd.DataFrame({"customer_id": range(4), "segment": ["a", "a", "a", "b"]})
    people = pd.DataFrame(
        {"customer_id": range(4), "flag": pd.Series([True, None, False, True], dtype=object)}
    )
    assert sc.profile_segments(table, attributes=people)["mean_flag"].tolist() == [0.5, 1.0]
    assert sc.profile_segments(table.merge(people), attributes=["flag"])["mean_flag"].tolist() == [0.5, 1.0]


def test_people_of_whom_nobody_is_a_customer_are_refused(on_engine):
    """Every attribute of every segment was missing, without a word."""
    customers = pd.DataFrame({"customer_id": ["007", "008"], "segment": ["a", "b"], "n_orders": [1, 2]})
    people = pd.DataFrame({"customer_id": ["7", "8"], "age": [30, 40]})
    with pytest.raises(sc.ColumnError, match="no customer_id of the customers is found among the people"):
        sc.profile_segments(on_engine(customers), attributes=on_engine(people))
    nobody = people.head(0).astype(
        {"customer_id": "string"}
    )  # DuckDB takes objects without a value for numbers
    found = sc.profile_segments(on_engine(customers), attributes=on_engine(nobody))
    assert len(found) == 2


@pytest.mark.parametrize("name", ["_revenue", "_n_orders", "_value", "_n", "_all"])
def test_segments_may_be_called_as_a_column_within_was(name):
    customers = pd.DataFrame(
        {
            "customer_id": [1, 2, 3],
            "segment": ["a", "b", "a"],
            "revenue": [1.0, 2.0, 4.0],
            "n_orders": [1, 2, 3],
            "town": list("xyx"),
        }
    ).assign(**{name: lambda t: t["segment"]})
    plain = sc.profile_segments(customers, attributes=["town"])
    named = sc.profile_segments(customers, by=name, attributes=["town"])
    pd.testing.assert_frame_equal(named.rename(columns={name: "segment"}), plain)


@pytest.mark.parametrize("name", ["n_customers", "share_customers", "median_revenue", "mode_town"])
def test_segments_are_not_named_by_a_column_of_the_profile(name):
    customers = pd.DataFrame(
        {"customer_id": [1, 2], "revenue": [1.0, 2.0], "town": ["x", "y"], name: ["a", "b"]}
    )
    with pytest.raises(sc.ColumnError, match=f"'{name}' is a measure of each segment"):
        sc.profile_segments(customers, by=name, attributes=["town"])
