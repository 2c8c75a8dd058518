import datetime as dt
from decimal import Decimal

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import segmentclient as sc
from segmentclient import frames


def people():
    dates = pd.to_datetime(["2024-02-29", "1999-12-31", "2000-03-01", None])
    return pd.DataFrame(
        {"customer_id": [3, 1, 2, 4], "day": dates, "x": [1.5, 2.5, 0.0, 4.0]}, index=list("abcd")
    )


def test_frames_come_back_as_the_callers_own_type(on_engine):
    table = on_engine(people())
    assert type(frames.give_back(frames.read(table).with_columns(y=nw.col("x") * 2))) is type(table)


@pytest.mark.parametrize("thing", [[1], {"a": [1]}, None, 3, "x", np.zeros(3), pd.Series([1])])
def test_what_is_no_table_is_refused(thing):
    with pytest.raises(sc.ColumnError, match="expected a table"):
        frames.read(thing)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["a", "a", "b"], "found twice: a"),
        ([1, 2, 3], "must be text"),
        (pd.MultiIndex.from_product([["a"], list("xyz")]), "2 levels"),
    ],
)
def test_odd_column_names_are_refused(columns, message):
    with pytest.raises(sc.ColumnError, match=message):
        frames.read(people().set_axis(columns, axis=1))


def test_days_count_from_the_year_zero_as_python_does(on_engine, back):
    counted = back(
        frames.give_back(
            frames.read(on_engine(people())).with_columns(n=frames.days(nw.col("day"), dtype=nw.Float64))
        )
    )
    expected = [
        dt.date(1999, 12, 31).toordinal(),
        dt.date(2000, 3, 1).toordinal(),
        dt.date(2024, 2, 29).toordinal(),
    ]
    assert counted["n"].tolist()[:3] == expected
    assert pd.isna(counted["n"].iloc[3])


def test_rows_get_what_numpy_computes_on_every_engine(on_engine, back):
    frame = frames.read(on_engine(people()))
    doubled = frames.map_rows(frame, ["x"], lambda keys: {"y": keys["x"] * 2, "z": keys["x"] ** 2})
    found = back(frames.give_back(doubled))
    assert found["y"].tolist() == [5.0, 0.0, 3.0, 8.0]
    assert frames.is_lazy(doubled) == frames.is_lazy(frame)


SUMS = {
    "polars": lambda con: pl.LazyFrame({"customer_id": range(50), "n_orders": 2}).with_columns(
        revenue=pl.col("customer_id").map_batches(
            lambda ids: ids + 0.1 + 1e-13 * np.random.default_rng().random(len(ids)), return_dtype=pl.Float64
        )
    ),
    "duckdb": lambda con: con.sql(
        "select range as customer_id, 2 as n_orders, range + 0.1 + 1e-13 * random() as revenue from range(50)"
    ),
}


@pytest.mark.parametrize("engine", SUMS)
@pytest.mark.parametrize("ids", ["number", "text", "twice"])
def test_sums_that_differ_in_their_last_bit_when_a_plan_runs_again_keep_their_answers(engine, ids, back):
    """Threads add in any order: joined by their sum, two customers in five found no answer on DuckDB."""
    frame = frames.read(SUMS[engine](duckdb.connect()))
    if ids == "text":
        frame = frame.with_columns(nw.col("customer_id").cast(nw.String))
    if ids == "twice":  # an id that tells no rows apart is not joined by, or its rows would multiply
        frame = frame.with_columns(customer_id=nw.lit(1), revenue=nw.col("revenue").round(6))
    doubled = frames.map_rows(
        frame, ["revenue"], lambda keys: {"double": 2 * keys["revenue"]}, apart="customer_id"
    )
    found = back(frames.give_back(doubled)).sort_values("revenue")
    np.testing.assert_allclose(found["double"], 2 * np.arange(50) + 0.2, rtol=1e-9)


def test_an_index_named_as_a_column_keeps_its_name():
    orders = pd.DataFrame(
        {
            "customer_id": [1, 1, 2],
            "date": pd.to_datetime(["2026-01-01", "2026-01-09", "2026-01-05"]),
            "amount": 10.0,
        }
    )
    customers = sc.summarize_customers(orders.set_index("customer_id", drop=False), gaps=True)
    assert customers["n_orders"].tolist() == [2, 1]
    people = pd.DataFrame({"customer_id": [2, 1], "city": ["Lyon", "Brest"]}).set_index(
        "customer_id", drop=False
    )
    keyed = customers.set_index(["customer_id", "n_orders"], drop=False)
    before = keyed.copy()
    joined = sc.join_people(keyed, people)
    assert joined["city"].tolist() == ["Brest", "Lyon"]
    assert list(joined.index.names) == ["customer_id", "n_orders"]
    pd.testing.assert_frame_equal(keyed, before)
    alive = sc.BGNBD.from_params(r=0.2, alpha=4.0, a=0.8, b=2.5).probability_alive(keyed)
    assert list(alive.index.names) == ["customer_id", "n_orders"]


def test_pandas_keeps_its_index():
    table = people()
    again = frames.give_back(frames.map_rows(frames.read(table), ["x"], lambda keys: {"y": keys["x"]}))
    assert again.index.tolist() == list("abcd")


def test_one_row_gives_plain_values(on_engine):
    row = frames.one_row(
        frames.read(on_engine(people())), n=nw.len(), most=nw.col("x").max(), last=nw.col("day").max()
    )
    assert (int(row["n"]), row["most"]) == (4, 4.0)
    assert row["last"] == pd.Timestamp("2024-02-29")


def test_small_frames_are_built_on_the_callers_engine(on_engine, back):
    frame = frames.read(on_engine(people()))
    small = frames.like(frame, {"customer_id": np.array([1, 2]), "label": ["é", "b"]})
    joined = back(frames.give_back(frame.join(small, on="customer_id", how="left")))
    assert joined["label"].tolist()[:2] == ["é", "b"]
    assert joined["label"].isna().tolist() == [False, False, True, True]


def test_signalling_nans_are_read_as_quiet_ones():
    """Decimal raises as soon as it compares or hashes them, so that pandas cannot even tell them missing."""
    table = pd.DataFrame({"customer_id": ["a", "b"], "x": [Decimal("sNaN"), Decimal("2.5")]})
    read = nw.to_native(frames.read(table))
    assert read["x"].isna().tolist() == [True, False]
    assert read["x"].iloc[1] == Decimal("2.5")
    assert table["x"].iloc[0].is_snan(), "the caller's table is as it was"


def test_a_cell_without_words_is_refused_by_its_place():
    class Mute:
        def __str__(self):
            raise ValueError("not today")

    table = pd.DataFrame({"customer_id": ["a", "b"], "x": ["said", Mute()]})
    with pytest.raises(sc.ColumnError, match=r"column 'x' holds a .*Mute in row 1 .*ValueError: not today"):
        frames.read(table)


def test_a_signalling_nan_sets_its_row_aside():
    day = pd.Timestamp("2026-01-01")
    log = pd.DataFrame(
        {"customer_id": ["a", "b"], "date": [day, day], "amount": [Decimal("sNaN"), Decimal("2.5")]}
    )
    clean = sc.clean_transactions(log)
    assert clean.transactions["amount"].tolist() == [2.5]
    assert clean.rejected["reason"].tolist() == ["missing_amount"]


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("America/New_York", -5), ("America/Sao_Paulo", -3), ("Etc/GMT+5", -5), ("America/Port-au-Prince", -5)],
)
def test_zones_named_with_other_signs_than_letters_keep_their_clock_and_name(zone, hours):
    noon = pd.to_datetime(["2026-01-10T12:00", "2026-01-20T01:00", None]).tz_localize("UTC").tz_convert(zone)
    orders = pd.DataFrame({"customer_id": ["a", "a", "b"], "date": noon, "amount": 1.0, "seen": noon})
    clean = sc.clean_transactions(orders)
    wall = [pd.Timestamp(2026, 1, 10, 12), pd.Timestamp(2026, 1, 20, 1)]
    assert clean.transactions["date"].tolist() == [time + pd.Timedelta(hours=hours) for time in wall]
    pd.testing.assert_series_equal(clean.transactions["seen"], orders["seen"].head(2))
    pd.testing.assert_series_equal(clean.rejected["date"], orders["date"].tail(1))
    customers = sc.summarize_customers(orders.head(2))
    assert customers["last_order"].tolist() == [pd.Timestamp(2026, 1, 19)]
    zoned = customers.assign(
        first_order=customers["first_order"].dt.tz_localize(zone),
        last_order=customers["last_order"].dt.tz_localize(zone),
    )
    assert sc.lifecycle(zoned, active_days=30, new_days=30)["last_order"].dt.tz == orders["date"].dt.tz


def test_names_that_occur_twice_on_pyarrow_are_refused():
    columns = [pa.array(["a"]), pa.array(["b"])]
    with pytest.raises(sc.ColumnError, match="found twice: customer_id"):
        frames.read(pa.Table.from_arrays(columns, names=["customer_id", "customer_id"]))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (lambda log: log.with_columns(pl.col("nowhere")), "could not read the table: .*nowhere"),
        (
            lambda log: log.with_columns(amount=pl.lit("x").str.to_integer()),
            "could not read the table: .*integer",
        ),
        (
            lambda log: log.with_columns(
                amount=pl.col("x").map_elements(lambda x: 1 / 0, return_dtype=pl.Float64)
            ),
            "could not .*: ZeroDivisionError: division by zero",
        ),
        (
            lambda log: log.map_batches(
                lambda table: table.select("customer_id"), validate_output_schema=False
            ),
            "could not",  # polars panics, which is no Exception of Python's
        ),
        (lambda log: pl.scan_csv("nowhere.csv"), "could not read the table: No such file"),
        (lambda log: pl.scan_parquet("nowhere.parquet"), "could not read the table: No such file"),
    ],
)
@pytest.mark.filterwarnings("ignore::polars.exceptions.PolarsInefficientMapWarning")
def test_a_lazy_table_that_cannot_be_computed_is_an_error_of_ours(plan, message):
    log = pl.LazyFrame({"customer_id": ["a"], "date": [dt.date(2026, 1, 1)], "amount": [1], "x": [1.0]})
    for function in (sc.clean_transactions, sc.summarize_customers):
        with pytest.raises(sc.ColumnError, match=message):
            function(plan(log))


def test_notes_on_a_pandas_table_that_pandas_cannot_compare_are_left_out():
    log = pd.DataFrame({"customer_id": ["a", "b"], "date": ["2026-01-01"] * 2, "amount": [1.0, -1.0]})
    log.attrs = {"source": pd.DataFrame({"a": [1, 2]}), "points": np.array([1, 2])}
    clean = sc.clean_transactions(log, duplicates="drop")
    assert len(sc.summarize_customers(clean.transactions)) == 1
    assert set(log.attrs) == {"source", "points"}


def test_lists_and_empty_columns_of_pyarrow_come_through_joins():
    left = pa.table({"k": ["a", "b", "c"], "x": [[1], None, [2, 3]], "y": [1, 2, 3]})
    right = pa.table({"z": [{"n": 1}, None], "k": ["c", "a"], "n": pa.nulls(2), "t": ["u", "v"]})
    joined = nw.to_native(frames.joined(frames.read(left), frames.read(right), "k")).sort_by("k")
    assert joined.column_names == ["k", "x", "y", "z", "n", "t"]
    assert joined["x"].to_pylist() == [[1], None, [2, 3]]
    assert joined["z"].to_pylist() == [None, None, {"n": 1}]
    assert joined["t"].to_pylist() == ["v", None, "u"]
    only = nw.to_native(frames.joined(frames.read(left), frames.read(right), ["k"], "anti"))
    assert only.to_pylist() == [{"k": "b", "x": None, "y": 2}]


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
def test_a_left_join_on_polars_keeps_the_order_of_the_rows(lazy):
    ids = np.random.default_rng(0).permutation(200_000)
    customers = pl.DataFrame({"customer_id": ids})
    people = pl.DataFrame({"customer_id": np.sort(ids)[::2], "age": 1.0})
    tables = (table.lazy() if lazy else table for table in (customers, people))
    found = sc.join_people(*tables).lazy().collect()
    assert (found["customer_id"].to_numpy() == ids).all()


def test_a_connection_that_is_busy_is_an_error_of_ours_if_it_is_one():
    """DuckDB 2 asks for a result that was not fetched to be fetched first, when people of pandas are brought to it."""
    customers = pd.DataFrame({"customer_id": ["a"], "n_orders": [1], "revenue": [1.0]})
    people = pd.DataFrame({"customer_id": ["a", "b"]})
    connection = duckdb.connect()
    relation = connection.from_df(customers)
    connection.execute("select 1")
    for function in (sc.add_prospects, sc.join_people, lambda one, other: sc.join_people(other, one)):
        assert "unfinished result" in _said(function, relation, people)


def _said(function, *tables):
    try:
        function(*tables)
    except sc.ColumnError as error:
        return str(error)
    return "no unfinished result"


@pytest.mark.parametrize("column", ["", "*", "a\0b", "^a$"])
def test_a_new_column_has_a_name_that_every_engine_can_hold(on_engine, column):
    customers = on_engine(pd.DataFrame({"customer_id": [1, 2], "revenue": [1.0, 9.0]}))
    with pytest.raises(sc.ColumnError, match="every engine can hold"):
        sc.segment_by_rules(customers, [sc.Rule("big", "revenue > 5")], column=column)


@pytest.mark.parametrize(
    ("values", "remedy", "plain"),
    [
        (pd.arrays.SparseArray([90.0, 4.0, 0.0]), "sparse.to_dense()", lambda one: one.sparse.to_dense()),
        pytest.param(
            np.array([90, 4, 0], dtype=np.longdouble),
            'astype("float64")',
            lambda one: one.astype("float64"),
            marks=pytest.mark.skipif(np.longdouble(0).itemsize == 8, reason="float64 under another name"),
        ),
    ],
    ids=["sparse", "longdouble"],
)
def test_numbers_that_no_engine_works_on_are_refused_with_the_call_that_helps(values, remedy, plain):
    customers = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "n_orders": 1, "days_since_last_order": 1, "revenue": values}
    )
    uses = (
        sc.score_rfm,
        lambda table: sc.segment_kmeans(table, ["revenue"], n_clusters=2),
        lambda table: sc.segment_by_rules(table, [sc.Rule("big", "revenue > 50")]),
    )
    for use in uses:
        with pytest.raises(sc.SegmentClientError, match="'revenue' holds") as refused:
            use(customers)
        assert f"(column.{remedy} gives a plain column)" in str(refused.value)
        use(customers.assign(revenue=plain(customers["revenue"])))
    carried = sc.lifecycle(customers.drop(columns="revenue").assign(weight=values), active_days=30)
    assert carried["weight"].dtype == customers["revenue"].dtype  # what is not read is carried along as it is
