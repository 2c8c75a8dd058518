"""Ids of customers and orders: which are one, which are none, which cannot be read."""

import datetime as dt
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import segmentclient as sc
from orders import COLUMNS, Mute, audit_of, made, orders


def test_ids_that_read_like_nothing_are_kept_and_counted(on_engine):
    clean = sc.clean_transactions(on_engine(orders(who=["NULL", "nan", "x"])), **COLUMNS)
    assert audit_of(clean)["kept"][0] == 3
    assert clean.notes["rows_of_ids_like_none"] == 2
    programs = [
        "#",
        "(not set)",
        "\\N",
        "Guest",
        "00000000-0000-0000-0000-000000000000",
        "#7",
    ]  # SAP, Google, Hive, shops
    log = pd.DataFrame({"who": programs, "day": "2026-01-01", "total": 1.0})
    assert sc.clean_transactions(on_engine(log), **COLUMNS).notes["rows_of_ids_like_none"] == 5


def test_object_ids_decimals_and_categories(back):
    import uuid

    ids = [uuid.UUID(int=1), uuid.UUID(int=1), uuid.UUID(int=2)]
    raw = orders(
        who=pd.Series(ids, dtype=object),
        total=pd.Series([Decimal("1.10"), Decimal("2.20"), None], dtype=object),
    )
    kept = sc.clean_transactions(raw.astype({"total": "float64"}), **COLUMNS).transactions
    assert kept["customer_id"].tolist() == [str(uuid.UUID(int=1))] * 2
    assert sc.clean_transactions(orders().astype({"who": "category"}), **COLUMNS).kept_rows == 3


def test_ids_of_half_characters_are_set_aside():
    """What remains of a file that was read in the wrong encoding has no name in any file."""
    ids = pd.Series(["a\ud800", "b", None, " b "], dtype=object)
    clean = sc.clean_transactions(
        pd.DataFrame({"customer_id": ids, "date": "2026-01-01", "amount": [1.0, 2, 4, 8]})
    )
    audit = clean.audit.set_index("reason")["amount"].to_dict()
    assert audit == {"kept": 10.0, "missing_customer_id": 4.0, "unreadable_customer_id": 1.0}


ORDERS = [20260101123456789.0, 20260101123456999.0, np.nan, 1.5, 2.5, 7.0, 7.0]


def test_order_ids_that_cannot_be_read_are_set_aside_and_no_order_of_the_day(on_engine, back):
    """One day: the order of a line without id, and order 7; four lines whose order no number tells."""
    raw = made(amount=[2.0**power for power in range(7)], o=ORDERS).assign(date=dt.datetime(2026, 1, 1))
    clean = sc.clean_transactions(on_engine(raw), order_id="o")
    assert audit_of(clean) == {"kept": (3, 4.0 + 32 + 64), "unreadable_order_id": (4, 1.0 + 2 + 8 + 16)}
    assert sorted(back(clean.transactions)["order_id"]) == ["2026-01-01", "7", "7"]
    assert back(sc.summarize_customers(clean.transactions))["n_orders"].tolist() == [2]


def test_order_ids_of_numbers_beside_texts_are_told_apart_as_a_person_would():
    """A workbook whose cancellations begin with a C holds both."""
    ids = pd.Series([536365, "C536379", 536365.0, "536365", None], dtype=object)
    raw = made(amount=1.0, o=ids).assign(date=dt.datetime(2026, 1, 1))
    kept = sc.clean_transactions(raw, order_id="o").transactions
    assert kept["order_id"].tolist() == ["536365", "C536379", "536365", "536365", "2026-01-01"]


def test_object_ids_that_are_equal_numbers_are_one_customer():
    ids = pd.Series([7, 7.0, Decimal("7"), Decimal("7.00"), np.int64(7), 1.5, 2.0**53, None], dtype=object)
    clean = sc.clean_transactions(made(amount=1.0, o=ids).assign(customer_id=ids))
    assert clean.transactions["customer_id"].tolist() == ["7"] * 5
    assert audit_of(clean) == {
        "kept": (5, 5.0),
        "missing_customer_id": (1, 1.0),
        "unreadable_customer_id": (2, 2.0),
    }


def test_numbers_beside_texts_are_one_customer_where_they_are_equal():
    """As a workbook holds them; text keeps its zeros, for 007 is somebody else."""
    ids = pd.Series([7, "7", 7.0, Decimal("7"), " 7 ", "007", "C7", None], dtype=object)
    clean = sc.clean_transactions(made(amount=1.0, o=ids).assign(customer_id=ids))
    assert clean.transactions["customer_id"].tolist() == ["7"] * 5 + ["007", "C7"]
    assert audit_of(clean) == {"kept": (7, 7.0), "missing_customer_id": (1, 1.0)}


@pytest.mark.parametrize(
    ("ids", "types"),
    [
        ([dt.date(2026, 1, 1), "2026-01-01"], "date beside str"),
        ([True, "True"], "bool beside str"),
    ],
)
def test_customer_ids_of_several_types_are_one_error_as_in_an_export(ids, types):
    raw = made(amount=[1.0] * len(ids)).assign(customer_id=pd.Series(ids, dtype=object))
    with pytest.raises(sc.ColumnError, match=f"'customer_id' holds {types}; accepted: values of one type"):
        sc.clean_transactions(raw)


@pytest.mark.parametrize(
    "blank", ["\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}", "\N{IDEOGRAPHIC SPACE}", "\N{ZERO WIDTH SPACE}", "\x1f", "\v"]
)  # fmt: skip
def test_blanks_of_any_kind_around_ids_are_no_part_of_them(on_engine, back, blank):
    raw = on_engine(orders(who=["a b", f"{blank}a b{blank}", blank]))
    clean = sc.clean_transactions(raw, **COLUMNS)
    assert back(clean.transactions)["customer_id"].tolist() == ["a b", "a b"]
    assert audit_of(clean)["missing_customer_id"] == (1, 30.0)
    with pytest.raises(sc.TransactionError, match="excluded 2"):
        sc.clean_transactions(raw, **COLUMNS, exclude=[f"a b{blank}"])


def test_numbers_that_tell_no_id_are_set_aside_beside_texts_too():
    """1.5 is nobody, and beyond 2^53 a double stands for several numbers."""
    ids = pd.Series([7, "C7", 1.5, 2.0**53, Decimal("1.5"), "1.5"], dtype=object)
    raw = made(amount=1.0, o=ids).assign(customer_id=ids)
    clean = sc.clean_transactions(raw)
    assert clean.transactions["customer_id"].tolist() == ["7", "C7", "1.5"]
    assert audit_of(clean) == {"kept": (3, 3.0), "unreadable_customer_id": (3, 3.0)}
    orders = sc.clean_transactions(raw.assign(customer_id="a"), order_id="o")
    assert audit_of(orders) == {"kept": (3, 3.0), "unreadable_order_id": (3, 3.0)}


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([True, False, None], "bool"),
        ([b"\xff", b"b", None], "bytes"),
        ([[1], [2], None], "list"),
        ([{"a": 1}, {"b": 1}, None], "dict"),
        ([dt.date(2026, 1, 1)] * 3, "date"),
        ([Mute(), Mute(), None], "Mute"),
        ([int, str, None], "type"),
        ([1j, 2j, None], "complex"),
        ([frozenset("ab"), frozenset("b"), None], "frozenset"),
    ],
)
def test_objects_that_are_nobodys_id_are_refused_as_on_other_engines(cells, found):
    for option, column in (("customer_id", "who"), ("order_id", "o")):
        raw = orders(o=1).assign(**{column: pd.Series(cells, dtype=object)})
        with pytest.raises(
            sc.ColumnError, match=f"'{column}' holds {found}, which cannot be an id; accepted: text"
        ):
            sc.clean_transactions(raw, **{**COLUMNS, option: column})


def test_ids_kept_as_categories_of_decimals_are_whole_numbers_again():
    """17850.0 is 17850, as in any other column; 2.5 is nobody."""
    clean = sc.clean_transactions(orders(who=pd.Categorical([17850.0, 2.5, None])), **COLUMNS)
    assert clean.transactions["customer_id"].tolist() == ["17850"]
    assert audit_of(clean) == {
        "kept": (1, 10.0),
        "missing_customer_id": (1, 30.0),
        "unreadable_customer_id": (1, 20.0),
    }


def test_order_ids_of_half_characters_are_set_aside():
    for ids in (["x\ud800", "y", None], ["x\ud800", 7, None]):
        clean = sc.clean_transactions(orders(o=pd.Series(ids, dtype=object)), **COLUMNS, order_id="o")
        assert audit_of(clean) == {"kept": (2, 50.0), "unreadable_order_id": (1, 10.0)}


WAREHOUSE = [730912345678901234, 730912345678901235, 17, None, 2**63 - 1, 2**63, -5]


@pytest.mark.parametrize("digits", [38, 20, 19])
def test_ids_of_a_warehouse_keep_all_their_digits(back, digits):
    """NUMBER(38, 0) comes as decimals, which are exact: two ids above 2^53 that differ by one are two customers."""
    log = pa.table(
        {
            "customer_id": pa.array([one and Decimal(one) for one in WAREHOUSE], pa.decimal128(digits, 0)),
            "date": [dt.datetime(2026, 1, day) for day in range(1, 8)],
            "amount": [2.0**place for place in range(7)],
        }
    )
    connection = duckdb.connect()
    tables = [
        log, log.to_pandas(types_mapper=pd.ArrowDtype), pl.from_arrow(log), pl.from_arrow(log).lazy(), connection.from_arrow(log),
    ]  # fmt: skip
    for table in tables:
        clean = sc.clean_transactions(table, exclude=[WAREHOUSE[1], 17])
        audit = {"kept": (3, 81), "missing_customer_id": (1, 8), "unreadable_customer_id": (1, 32)}
        assert audit_of(clean) == {**audit, "excluded": (2, 6)}
        assert sorted(back(clean.transactions)["customer_id"]) == [-5, WAREHOUSE[0], 2**63 - 1]


def test_orders_of_a_warehouse_keep_all_their_digits(on_engine):
    log = pl.DataFrame(
        {
            "customer_id": ["a"] * 3,
            "date": [dt.date(2026, 1, 1)] * 3,
            "amount": [1.0, 2.0, 4.0],
            "order_id": pl.Series(map(Decimal, [2**60, 2**60 + 1, 2**60]), dtype=pl.Decimal(38, 0)),
        }
    )
    for table in (log, log.lazy(), duckdb.sql("select * from log")):
        customers = sc.summarize_customers(
            sc.clean_transactions(table, order_id="order_id").transactions, as_of="2026-01-01"
        )
        counted = duckdb.sql("select n_orders, revenue from customers").fetchall() if not isinstance(
            customers, duckdb.DuckDBPyRelation
        ) else customers.project("n_orders, revenue").fetchall()  # fmt: skip
        assert counted == [(2, 7.0)]


def test_known_customers_with_blanks_around_their_ids_are_told():
    refunds = orders(total=[-10.0, -20.0, 30.0])
    with pytest.warns(
        sc.SegmentClientWarning,
        match=r"known_customers: 1 ids have blanks around them \(for instance 'a  '\)",
    ):
        clean = sc.clean_transactions(
            refunds, **COLUMNS, known_customers=pd.DataFrame({"customer_id": ["a  "]})
        )
    assert audit_of(clean)["refunds_only"] == (2, -30.0)
