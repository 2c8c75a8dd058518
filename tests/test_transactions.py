"""Cleaning a log: what is kept, what is set aside and why; one error for a faulty column or table."""

import datetime as dt
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segmentclient as sc
from orders import COLUMNS, as_engines, audit_of, orders


def test_rows_are_set_aside_whole_with_the_first_reason_that_applies(on_engine, back):
    raw = pd.DataFrame(
        {
            "who": ["a", None, " ", "b", "c", None, "d"],
            "day": ["2026-01-01", "2026-01-01", "2026-01-01", "2026-02-30", None, "nonsense", "9999-12-31"],
            "total": [10.0, 1.0, 2.0, 4.0, 8.0, None, 16.0],
            "shop": ["x", "x", "y", "y", "z", "z", "z"],
        }
    )
    clean = sc.clean_transactions(on_engine(raw), **COLUMNS)
    assert audit_of(clean) == {
        "kept": (1, 10.0),
        "missing_customer_id": (3, 3.0),
        "missing_date": (1, 8.0),
        "unreadable_date": (1, 4.0),
        "date_out_of_range": (1, 16.0),
    }
    assert list(back(clean.transactions).columns) == ["customer_id", "date", "amount", "shop"]
    rejected = back(clean.rejected)
    assert list(rejected.columns) == ["who", "day", "total", "shop", "reason"]
    assert len(rejected) == 6
    assert set(rejected.loc[rejected["shop"] == "z", "reason"]) == {
        "missing_customer_id",
        "missing_date",
        "date_out_of_range",
    }


def test_tables_come_back_as_the_callers_own_type(on_engine):
    raw = on_engine(orders())
    clean = sc.clean_transactions(raw, **COLUMNS)
    assert type(clean.transactions) is type(raw)
    assert type(clean.rejected) is type(raw)


def test_quantity_times_price_and_refunds_net_of_revenue(on_engine, back):
    raw = pd.DataFrame(
        {
            "who": [1.0, 1.0, 2.0, np.nan],
            "day": pd.to_datetime(["2026-01-01", "2026-01-05", "2026-01-03", "2026-01-04"]),
            "n": [2, -1, -3, 1],
            "price": [5.0, 5.0, 7.0, 11.0],
        }
    )
    clean = sc.clean_transactions(
        on_engine(raw), customer_id="who", date="day", quantity="n", unit_price="price"
    )
    assert audit_of(clean) == {"kept": (2, 5.0), "missing_customer_id": (1, 11.0), "refunds_only": (1, -21.0)}
    kept = back(clean.transactions)
    assert kept["customer_id"].tolist() == [1, 1]
    assert kept["customer_id"].dtype.kind == "i"
    assert clean.notes["refund_rows"] == 1


def test_returns_drop_and_raise(on_engine):
    raw = on_engine(orders(total=[10.0, -4.0, 30.0]))
    assert audit_of(sc.clean_transactions(raw, **COLUMNS, returns="drop")) == {
        "kept": (2, 40.0),
        "refund": (1, -4.0),
    }
    with pytest.raises(sc.TransactionError, match="1 rows have a negative amount"):
        sc.clean_transactions(raw, **COLUMNS, returns="raise")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"day": ["31/12/2026"] * 3}, r"'day' holds nothing readable in 3 rows .*'31/12/2026'.*date_format="),
        ({"total": ["x", "y", None]}, "'total' holds nothing readable"),
        ({"total": [True, False, True]}, "expected amounts"),
        ({"day": [45000, 45001, 45002]}, "Excel"),
        ({"who": [None, None, None]}, "'who' holds nothing readable.*every cell is empty"),
        ({"date": [1, 2, 3]}, "'date' of the input would be overwritten by 'day'"),
        ({"reason": [1, 2, 3]}, "'reason' of the input would be overwritten"),
    ],
)
def test_a_faulty_column_is_one_error_that_names_it(on_engine, columns, message):
    with pytest.raises(sc.ColumnError, match=message):
        sc.clean_transactions(on_engine(orders(**columns)), **COLUMNS)


def test_all_problems_come_at_once():
    with pytest.raises(
        sc.ColumnError,
        match=r"(?s)3 problems.*'whose' is missing.*'days' is missing.*did you mean 'day'.*'price' is missing",
    ):
        sc.clean_transactions(orders(), customer_id="whose", date="days", amount="price")


def test_a_column_of_another_name_is_told_by_its_option():
    with pytest.raises(sc.ColumnError) as told:
        sc.clean_transactions(orders().rename(columns={"total": "montant"}))
    for option in ("customer_id", "date", "amount"):
        assert f"column '{option}' is missing (name yours in {option}=)" in str(told.value)
    with pytest.raises(sc.ColumnError, match=r"column 'q' is missing \(name yours in quantity=\)"):
        sc.clean_transactions(orders(), **COLUMNS, quantity="q", unit_price="total")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"returns": "nett"}, "returns='nett'"),
        ({"timezone": "Mars/Olympus"}, "timezone='Mars/Olympus' is not known"),
        ({"quantity": "total"}, "go together"),
        ({"date_format": "%d %B %Y"}, "uses %B"),
        ({"date_format": "%d-%m"}, "needs a day, a month and one year"),
        ({"exclude": "nobody"}, "'nobody' is missing"),
    ],
)
def test_faulty_options_are_refused(options, message):
    with pytest.raises(sc.SegmentClientError, match=message):
        sc.clean_transactions(orders(), **COLUMNS, **options)


def test_empty_tables_and_tables_of_nobody():
    with pytest.raises(sc.ColumnError, match="empty"):
        sc.clean_transactions(orders().head(0), **COLUMNS)
    with pytest.raises(sc.TransactionError, match=r"no row is left, all 3 were set aside \(excluded 3\)"):
        sc.clean_transactions(orders(), **COLUMNS, exclude=["a", "b"])
    with pytest.raises(sc.ColumnError, match="expected a table"):
        sc.clean_transactions([1, 2], **COLUMNS)


def test_pandas_index_extra_columns_and_input_stay(back):
    raw = orders(note=["é", "ü", "ß"]).set_index(pd.Index([7, 7, 9]))
    before = raw.copy()
    clean = sc.clean_transactions(raw, **COLUMNS)
    pd.testing.assert_frame_equal(raw, before)
    assert clean.transactions.index.tolist() == [7, 7, 9]
    assert clean.transactions["note"].tolist() == ["é", "ü", "ß"]


cells = st.one_of(st.none(), st.floats(-1e6, 1e6).map(lambda value: round(value, 2)))
days = st.sampled_from(["2026-01-01", "2026-02-29", "2026-02-28", "", None, "x", "0001-01-01"])
rows = st.tuples(st.sampled_from(["a", "b", " ", None]), days, cells)


@settings(max_examples=25, deadline=None)
@given(st.lists(rows, min_size=1, max_size=30))
def test_nothing_is_lost(table):
    raw = pd.DataFrame([("sure", "2026-01-01", 1.0), *table], columns=["who", "day", "total"])
    clean = sc.clean_transactions(raw, **COLUMNS)
    assert len(clean.transactions) + len(clean.rejected) == len(raw) == clean.audit["rows"].sum()
    assert clean.audit["amount"].sum() == pytest.approx(raw["total"].sum(), abs=0.005)
    assert set(clean.transactions.index) | set(clean.rejected.index) == set(raw.index)


def test_the_card_and_the_text_tell_the_counts():
    clean = sc.clean_transactions(orders(who=["a", None, "b"]), **COLUMNS)
    assert repr(clean) == "CleanTransactions(2 of 3 rows kept; set aside: missing_customer_id 1)"
    assert "no customer id" in clean._repr_html_()


def casts_views():
    """Whether this pyarrow can make other texts of text views."""
    try:
        return len(pa.array(["a"], type=pa.string_view()).cast(pa.large_string())) == 1
    except pa.ArrowNotImplementedError:
        return False


SMALL_DECIMAL = pa.decimal32(5, 2) if hasattr(pa, "decimal32") else None


@pytest.mark.parametrize(
    ("column", "cells", "held", "kept"),
    [
        ("day", ["2026-01-01", None, "x"], pa.string_view(), 1),
        ("who", ["a", None, " b "], pa.string_view(), 2),
        ("total", ["1.5", None, "x"], pa.string_view(), 1),
        ("day", [dt.datetime(2026, 1, 1), None, dt.datetime(2026, 1, 2)], pa.date64(), 2),
        pytest.param(
            "total",
            [Decimal("1.10"), None, Decimal("2.20")],
            SMALL_DECIMAL or pa.null(),
            2,
            marks=pytest.mark.skipif(SMALL_DECIMAL is None, reason="this pyarrow has no small decimals"),
        ),
        ("total", [Decimal("1.10"), None, Decimal("2.20")], pa.decimal256(50, 2), 2),
        ("total", np.array([1.5, 2.5, np.inf], dtype=np.float16), pa.float16(), 2),
    ],
)
def test_rare_types_of_arrow_are_read(column, cells, held, kept):
    if held == pa.string_view() and not casts_views():
        pytest.skip("this pyarrow neither trims text views nor makes other texts of them")
    table = pa.Table.from_pandas(orders())
    table = table.set_column(table.column_names.index(column), column, pa.array(cells, type=held))
    for raw in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        clean = sc.clean_transactions(raw, **COLUMNS)
        assert (clean.kept_rows, clean.rows) == (kept, 3)


@pytest.mark.parametrize(
    ("column", "values", "held"),
    [
        (
            "who",
            pd.arrays.SparseArray([1, 1, 2]),
            r"Sparse\[int64, 0\] \(column.sparse.to_dense\(\) gives a plain column\), which cannot be an id",
        ),
        ("who", pd.period_range("2026-01", periods=3, freq="M"), r"period\[M\], which cannot be an id"),
        (
            "total",
            pd.arrays.SparseArray([1.0, 1.0, 2.0]),
            r"Sparse\[float64, nan\] \(column.sparse.to_dense\(\) gives a plain column\), expected amounts",
        ),
        ("day", pd.period_range("2026-01", periods=3, freq="M"), r"period\[M\], expected dates, or text"),
        ("day", pd.array([None] * 3, dtype=pd.ArrowDtype(pa.null())), r"null\[pyarrow\], expected dates"),
        ("day", [b"2026-01-01", b"\xff", None], r"bytes; accepted: text"),
        ("total", [b"1", 2.0, None], r"bytes; accepted: text"),
    ],
)
def test_types_that_cannot_be_read_are_called_what_the_engine_calls_them(column, values, held):
    with pytest.raises(sc.ColumnError, match=f"column '{column}' holds {held}"):
        sc.clean_transactions(orders().assign(**{column: values}), **COLUMNS)


def test_what_is_missing_and_what_is_of_no_use_come_at_once(on_engine):
    raw = on_engine(
        pd.DataFrame({"who": [True, False], "day": [46000, 46001], "q": [True, True], "p": [1, 2]})
    )
    with pytest.raises(sc.ColumnError) as error:
        sc.clean_transactions(
            raw, customer_id="who", date="day", order_id="nowhere", quantity="q", unit_price="p"
        )
    for part in (
        "4 problems",
        "'nowhere' is missing",
        "'who' holds Boolean",
        "'day' holds Int64",
        "'q' holds Boolean",
    ):
        assert part in str(error.value)


def test_a_table_without_rows_is_called_empty_whatever_its_types(on_engine):
    with pytest.raises(sc.ColumnError, match=r"the table is empty \(0 rows\)"):
        sc.clean_transactions(
            on_engine(pd.DataFrame({"who": [1.5], "day": [1.5], "total": [1.5]}).iloc[:0]), **COLUMNS
        )


def test_columns_of_the_input_may_bear_any_name_but_those_that_are_needed_here(on_engine, back):
    raw = orders(total=[10.0, -2.0, -30.0], _refunds=1, _purchases=1, _known=1, _first=1, _right=1)
    clean = sc.clean_transactions(on_engine(pd.concat([raw, raw])), **COLUMNS, duplicates="drop")
    assert audit_of(clean) == {"kept": (2, 8.0), "duplicate": (3, -22.0), "refunds_only": (1, -30.0)}
    assert list(back(clean.transactions).columns)[3:] == list(raw.columns)[3:]
    with pytest.raises(
        sc.ColumnError, match="begin with _segmentclient_ are needed here, found _segmentclient_id"
    ):
        sc.clean_transactions(on_engine(orders(_segmentclient_id=1)), **COLUMNS)


@pytest.mark.parametrize("name", ["Amount", "DATE", "Customer_ID", "Order_id", "Reason"])
def test_capitals_are_no_difference_to_duckdb(on_engine, back, name):
    """It would call the second one Amount_1, or the reason reason_1; elsewhere both have their place."""
    raw = on_engine(orders(o="1", **{name: "x"}))
    if isinstance(raw, duckdb.DuckDBPyRelation):
        with pytest.raises(sc.ColumnError, match=f"column '{name}' of the input would be overwritten by"):
            sc.clean_transactions(raw, **COLUMNS, order_id="o")
    else:
        kept = back(sc.clean_transactions(raw, **COLUMNS, order_id="o").transactions)
        assert list(kept) == ["customer_id", "date", "amount", "order_id", name]


def test_signs_that_nobody_sees_around_a_cell_are_no_part_of_it():
    data = {
        "customer_id": ["\u200ea", "a\u2060", "\u202aa\u202c", "a\u00ad", "a\u200d", "a"],
        "date": ["\u200e2026-01-01"] * 6,
        "amount": ["\u200f1.5"] * 6,
    }
    for table in as_engines(data):
        clean = sc.clean_transactions(table)
        assert clean.notes["customers"] == 1
        assert clean.audit["amount"].tolist() == [9.0]


def test_columns_that_an_engine_takes_for_several_are_named():
    data = {"customer_id": ["a"], "date": ["2026-01-01"], "amount": [1.0], "*": [1]}
    pandas, polars, lazy, relation, arrow = as_engines(data)
    for table in (polars, lazy, relation):
        with pytest.raises(sc.ColumnError, match=r"columns called \* stand for several columns"):
            sc.clean_transactions(table)
    for table in (pandas, arrow):
        assert sc.clean_transactions(table, duplicates="drop").kept_rows == 1
    with pytest.raises(sc.ColumnError, match=r"columns called \^a.\$ stand"):
        sc.summarize_customers(polars.rename({"*": "^a.$"}))


def test_a_column_under_another_name_is_asked_for_by_its_option():
    with pytest.raises(sc.ColumnError) as raised:
        sc.clean_transactions(orders(), quantity="n", unit_price="price")
    for option in ("customer_id", "date", "quantity", "unit_price"):
        assert f"is missing (name yours in {option}=)" in str(raised.value)
