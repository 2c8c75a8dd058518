"""People who never bought, as rows of the customers table."""

from __future__ import annotations

import copy
import datetime as dt

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import segmentclient as sc

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b"],
        "first_order": pd.to_datetime(["2026-01-01", "2026-02-01"]),
        "n_orders": [3, 1],
        "days_since_last_order": [10, 20],
        "revenue": [90.0, 15.0],
        "region": ["Sud", "Nord"],
        "is_new": [True, False],
    }
)
PEOPLE = pd.DataFrame(
    {"customer_id": ["b", "z", "y", "z"], "region": ["Nord", "Est", None, "Est"], "age": [30, 40, 50, 40]}
)


def rows(table: object) -> list[tuple]:
    if isinstance(table, pl.LazyFrame):
        table = table.collect()
    if isinstance(table, duckdb.DuckDBPyRelation):
        return sorted(table.fetchall())
    if isinstance(table, pl.DataFrame):
        return sorted(table.rows())
    table = table.astype(object).where(table.notna(), None)
    return sorted(
        tuple(v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in row)
        for row in table.itertuples(index=False)
    )


EXPECTED = [
    ("a", dt.datetime(2026, 1, 1), 3, 10, 90.0, "Sud", True),
    ("b", dt.datetime(2026, 2, 1), 1, 20, 15.0, "Nord", False),
    ("y", None, 0, None, 0.0, None, None),
    ("z", None, 0, None, 0.0, "Est", None),
]


def _polars(table: pd.DataFrame) -> pl.DataFrame:
    return pl.from_pandas(table)


def test_same_rows_on_every_engine() -> None:
    connection = duckdb.connect()
    pairs = [
        (CUSTOMERS, PEOPLE),
        (_polars(CUSTOMERS), _polars(PEOPLE)),
        (_polars(CUSTOMERS).lazy(), _polars(PEOPLE).lazy()),
        (connection.from_df(CUSTOMERS), connection.from_df(PEOPLE)),
        (_polars(CUSTOMERS), PEOPLE),
        (_polars(CUSTOMERS).lazy(), _polars(PEOPLE)),
        (connection.from_df(CUSTOMERS), PEOPLE),
        (CUSTOMERS, _polars(PEOPLE)),
        (connection.from_df(CUSTOMERS), duckdb.connect().from_df(PEOPLE)),
    ]
    for customers, people in pairs:
        result = sc.add_prospects(customers, people)
        assert type(result) is type(customers)
        assert list(result.collect_schema() if isinstance(result, pl.LazyFrame) else result.columns) == list(
            CUSTOMERS.columns
        )
        assert rows(result) == EXPECTED


def test_customers_stay_as_they_are_and_the_index_goes_on() -> None:
    table = CUSTOMERS.set_index(pd.Index([5, 9]))
    before = table.copy()
    result = sc.add_prospects(table, PEOPLE)
    pd.testing.assert_frame_equal(table, before)
    assert list(result.index) == [5, 9, 10, 11]
    assert result.index.is_unique
    pd.testing.assert_frame_equal(sc.add_prospects(CUSTOMERS, PEOPLE.head(1)), CUSTOMERS)


def test_the_key_may_have_another_name_and_type() -> None:
    customers = pl.DataFrame({"customer_id": [1, 2], "n_orders": [1, 1]})
    people = pl.DataFrame({"id": [2, 3]}, schema={"id": pl.Int32})
    assert sc.add_prospects(customers, people, customer_id="id").rows() == [(1, 1), (2, 1), (3, 0)]


def test_clashing_keys_and_missing_ids() -> None:
    with pytest.raises(sc.ColumnError, match="cast one of them"):
        sc.add_prospects(CUSTOMERS, pd.DataFrame({"customer_id": [1, 2]}))
    with pytest.raises(sc.ColumnError, match="people: column 'customer_id' is missing"):
        sc.add_prospects(CUSTOMERS, pd.DataFrame({"id": ["a"]}))
    with pytest.warns(sc.SegmentClientWarning, match="1 rows without an id"):
        result = sc.add_prospects(CUSTOMERS, pd.DataFrame({"customer_id": ["z", None]}))
    assert result["customer_id"].tolist() == ["a", "b", "z"]


def test_later_steps_take_prospects() -> None:
    table = sc.add_prospects(
        CUSTOMERS.drop(columns="is_new").assign(last_order=CUSTOMERS["first_order"]), PEOPLE
    )
    table = sc.lifecycle(table, active_days=15, new_days=5)
    assert table["status"].tolist() == ["active", "inactive", "prospect", "prospect"]
    profile = sc.profile_segments(table, "status").set_index("status")
    assert profile.loc["prospect", ["n_customers", "revenue", "n_orders"]].tolist() == [2, 0.0, 0]


def test_people_whose_id_is_blank_are_nobody():
    people = pd.DataFrame({"customer_id": ["z", "", " ", None, "\u00a0"]})
    for table, others in (
        (CUSTOMERS, people),
        (pl.DataFrame(CUSTOMERS.to_dict("list")), pl.from_pandas(people)),
    ):
        with pytest.warns(sc.SegmentClientWarning, match="4 rows without an id"):
            assert list(sc.add_prospects(table, others)["customer_id"]) == ["a", "b", "z"]


def test_a_column_that_the_key_would_take_the_name_of_is_named():
    people = pd.DataFrame({"id": ["z"], "customer_id": ["q"]})
    with pytest.raises(sc.ColumnError, match="'customer_id' would be overwritten by 'id'"):
        sc.add_prospects(CUSTOMERS, people, customer_id="id")


def test_an_index_that_has_no_next_number_is_begun_again():
    customers = CUSTOMERS.set_axis([1, 2**63 - 1])
    assert sc.add_prospects(customers, PEOPLE).index.tolist() == [1, 2**63 - 1, 0, 1]


def test_columns_of_any_type_of_arrow_are_missing_for_prospects():
    table = pa.table(
        {
            "customer_id": pa.array(["a"], pa.large_string()),
            "segment": pa.array(["x"], pa.large_string()),
            "region": pa.array(["Sud"]).dictionary_encode(),
            "first_order": pa.array([0], pa.timestamp("s", "UTC")),
            "revenue": pa.array([1.0]),
            "basket": pa.array([["x"]]),
        }
    )
    for people in (PEOPLE[["customer_id"]], pa.table({"customer_id": ["b", "z", "y"]})):
        both = sc.add_prospects(table, people)
        assert both.schema == table.schema
        assert sorted(both["customer_id"].to_pylist()) == ["a", "b", "y", "z"]
        assert both["revenue"].to_pylist() == [1.0, 0.0, 0.0, 0.0]
        assert both["segment"].null_count == both["basket"].null_count == both["first_order"].null_count == 3


@pytest.mark.parametrize("zoned", [True, False])
def test_times_of_a_zone_beside_times_without_one_are_refused_on_every_engine(zoned: bool) -> None:
    plain = pd.to_datetime(["2026-01-01 23:30", "2026-02-01 23:30"])
    paris = plain.tz_localize("Europe/Paris")
    customers = CUSTOMERS.assign(seen=paris if zoned else plain)
    people = pd.DataFrame({"customer_id": ["y", "z"], "seen": plain if zoned else paris})
    connection = duckdb.connect()
    connection.register("c", customers)
    connection.register("p", people)
    for one, other in (
        (customers, people),
        (_polars(customers), _polars(people)),
        (_polars(customers).lazy(), _polars(people).lazy()),
        (connection.table("c"), connection.table("p")),
    ):
        with pytest.raises(
            sc.ColumnError, match=r"column 'seen' holds Datetime.*in customers; cast one of them"
        ):
            sc.add_prospects(one, other)


def test_lists_are_no_text_for_prospects() -> None:
    customers = pl.from_pandas(CUSTOMERS)
    people = pl.DataFrame({"customer_id": ["z"], "region": [["Sud"]]})
    for one, other in ((customers, people), (customers.lazy(), people.lazy())):
        with pytest.raises(
            sc.ColumnError, match=r"column 'region' holds List\(String\), and String in customers"
        ):
            sc.add_prospects(one, other)


@pytest.fixture(scope="module")
def weekly(cdnow) -> pd.DataFrame:
    whole = sc.summarize_customers(cdnow, as_of="1998-06-30", period="W", gaps=True).head(400)
    return whole.assign(sum_log_gaps=0.0, size=[1, 2, 3, 4] * 100)


MODELS = [sc.BGNBD(), sc.MBGNBD(), sc.ParetoNBD(), sc.BGCNBD(k=1), sc.BGBB(), sc.GammaGamma(), sc.GammaGammaByFrequency()]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_prospects_teach_a_model_nothing(weekly, on_engine, model) -> None:
    """As `fit_lifetime_models` has it, and as the models' predictions do: prospects are nobody to a fit."""
    people = pd.DataFrame({"customer_id": range(-50, 0)})
    everybody = on_engine(sc.add_prospects(weekly, people))
    without, fitted = (copy.copy(model).fit(table) for table in (weekly, everybody))
    assert fitted.n_customers_ == without.n_customers_
    assert fitted.log_likelihood_ == pytest.approx(without.log_likelihood_, abs=1e-6)


@pytest.mark.parametrize("model", [sc.MBGNBD, sc.GammaGamma])
def test_the_weights_of_prospects_go_with_them(weekly, model) -> None:
    everybody = sc.add_prospects(weekly, pd.DataFrame({"customer_id": range(-50, 0)}))
    without, named = (model().fit(table, weights="size") for table in (weekly, everybody))
    listed = model().fit(everybody, weights=[*weekly["size"], *[7.0] * 50])
    assert named.params_.tolist() == without.params_.tolist() == listed.params_.tolist()
    with pytest.raises(sc.ModelError, match="weights has 400 values for 450 customers"):
        model().fit(everybody, weights=weekly["size"].to_numpy())


def test_a_history_with_a_hole_is_no_prospect_and_nobody_but_prospects_is_nobody(weekly) -> None:
    with pytest.raises(sc.ColumnError, match="column 'T': 1 rows with nan"):
        sc.MBGNBD().fit(weekly.assign(T=weekly["T"].where(weekly.index != weekly.index[3])))
    nobody = sc.add_prospects(weekly.head(0), pd.DataFrame({"customer_id": [1, 2]}))
    with pytest.raises(sc.ColumnError, match="no rows with a purchase history"):
        sc.MBGNBD().fit(nobody)
    with pytest.raises(sc.ModelError, match="nobody has frequency > 0"):
        sc.GammaGamma().fit(nobody)
