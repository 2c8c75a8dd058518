import dataclasses
import datetime as dt
import zoneinfo
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segmentclient as sc

COLUMNS = {"customer_id": "who", "date": "day", "amount": "total"}


def orders(**columns):
    table = {
        "who": ["a", "a", "b"],
        "day": ["2026-01-01", "2026-01-02", "2026-01-03"],
        "total": [10.0, 20.0, 30.0],
    }
    return pd.DataFrame({**table, **columns})


def audit_of(clean):
    return {row.reason: (row.rows, row.amount) for row in clean.audit.itertuples()}


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


def test_duplicates_are_counted_or_dropped(on_engine):
    raw = on_engine(pd.concat([orders(), orders(), orders().head(1)], ignore_index=True))
    kept = sc.clean_transactions(raw, **COLUMNS)
    assert kept.notes["exact_duplicates_kept"] == 4
    dropped = sc.clean_transactions(raw, **COLUMNS, duplicates="drop")
    assert audit_of(dropped) == {"kept": (3, 60.0), "duplicate": (4, 70.0)}


def test_exclude_ids_or_by_column(on_engine):
    raw = on_engine(orders(staff=[True, False, False]))
    assert audit_of(sc.clean_transactions(raw, **COLUMNS, exclude=["b"]))["excluded"] == (1, 30.0)
    assert audit_of(sc.clean_transactions(raw, **COLUMNS, exclude="staff"))["excluded"] == (1, 10.0)
    words = on_engine(orders(staff=[None, "Oui", "false"]))
    assert audit_of(sc.clean_transactions(words, **COLUMNS, exclude="staff"))["excluded"] == (1, 20.0)
    with pytest.raises(sc.ColumnError, match=r"'staff' \(exclude=\) holds 'perhaps', expected true or false"):
        sc.clean_transactions(on_engine(orders(staff=["perhaps", None, "no"])), **COLUMNS, exclude="staff")
    with pytest.raises(sc.ColumnError, match="write the ids in the same type"):
        sc.clean_transactions(raw, **COLUMNS, exclude=[7])


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1 234,56", ",", 1234.56),
        ("1\N{NARROW NO-BREAK SPACE}234,5", ",", 1234.5),
        ("1.234,56", ",", 1234.56),
        ("-3", ",", -3.0),
        ("1,234.56", ".", 1234.56),
        ("1'234.5", ".", 1234.5),
        ("1e3", ".", 1000.0),
        (".5", ".", 0.5),
        ("-,25", ",", -0.25),
        ("12.", ".", 12.0),
    ],
)
def test_amounts_in_text(on_engine, back, text, decimal, value):
    raw = on_engine(orders(total=[text, "5", "6"]))
    kept = back(sc.clean_transactions(raw, **COLUMNS, decimal=decimal, returns="net").transactions)
    assert kept["amount"].iloc[0] == pytest.approx(value)


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


@pytest.mark.parametrize("text", ["1,2", "1 234,56", ".", "abc", "1.2.3", "--1", "12 €", "1,23,456.0"])
def test_amounts_that_cannot_be_read(on_engine, text):
    clean = sc.clean_transactions(on_engine(orders(total=[text, "5", "6"])), **COLUMNS)
    assert audit_of(clean)["unreadable_amount"] == (1, 0.0)


@pytest.mark.parametrize(
    ("text", "date_format", "day"),
    [
        ("31/12/2025", "%d/%m/%Y", dt.datetime(2025, 12, 31)),
        ("1/2/2025", "%d/%m/%Y", dt.datetime(2025, 2, 1)),
        ("2/1/25 8:05", "%m/%d/%y %H:%M", dt.datetime(2025, 2, 1, 8, 5)),
        ("20250201", "%Y%m%d", dt.datetime(2025, 2, 1)),
        ("2025-02-01T10:11:12.5Z", None, dt.datetime(2025, 2, 1, 10, 11, 12)),
        ("2024-02-29 10:11", None, dt.datetime(2024, 2, 29, 10, 11)),
        ("2024-02-29 10:11+05:45", None, dt.datetime(2024, 2, 29, 10, 11)),
    ],
)
def test_dates_in_text(on_engine, back, text, date_format, day):
    raw = on_engine(orders(day=[text, text, text]))
    kept = back(sc.clean_transactions(raw, **COLUMNS, date_format=date_format).transactions)
    assert kept["date"].iloc[0] == day


def test_dates_with_a_time_zone_take_the_wall_clock_asked_for(on_engine, back):
    late = pd.to_datetime(["2026-03-28 23:30", "2026-03-29 00:30", "2026-03-29 01:30"]).tz_localize("UTC")
    raw = on_engine(orders(day=late))
    kept = back(sc.clean_transactions(raw, **COLUMNS, timezone="Europe/Paris").transactions)
    assert kept["date"].tolist() == [
        dt.datetime(2026, 3, 29, 0, 30),
        dt.datetime(2026, 3, 29, 1, 30),
        dt.datetime(2026, 3, 29, 3, 30),
    ]


def test_mixed_offsets_in_text_are_one_error(on_engine):
    raw = on_engine(
        orders(day=["2026-01-01T10:00:00+01:00", "2026-07-01T10:00:00+02:00", "2026-01-01T10:00:00+01:00"])
    )
    with pytest.raises(sc.ColumnError, match="mixes time zones"):
        sc.clean_transactions(raw, **COLUMNS)


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


def test_ids_of_half_characters_are_set_aside():
    """What remains of a file that was read in the wrong encoding has no name in any file."""
    ids = pd.Series(["a\ud800", "b", None, " b "], dtype=object)
    clean = sc.clean_transactions(
        pd.DataFrame({"customer_id": ids, "date": "2026-01-01", "amount": [1.0, 2, 4, 8]})
    )
    audit = clean.audit.set_index("reason")["amount"].to_dict()
    assert audit == {"kept": 10.0, "missing_customer_id": 4.0, "unreadable_customer_id": 1.0}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-01-31T23:30:00Z", "2026-01-31T23:30:15Z"),
        ("2026-01-31T23:30:00.123Z", "2026-01-31 23:30:07.456Z"),
        ("2026-01-31T23:30:00+0100", "2026-01-31T23:30:15+01:00"),
        ("2026-01-31T23:30Z", "2026-01-31T23:30:15+00:00"),
    ],
)
def test_one_offset_is_no_mixture_whatever_the_seconds_and_its_spelling(on_engine, back, first, second):
    kept = back(sc.clean_transactions(on_engine(orders(day=[first, first, second])), **COLUMNS).transactions)
    assert kept["date"].iloc[0] == dt.datetime(2026, 1, 31, 23, 30)
    assert kept["date"].iloc[2].minute == 30


@pytest.mark.parametrize(
    "day", ["2026-01-01", "2026-01-01T10:00:00", "2026-01-01T10:00:00-01:00", "2026-01-01 10:00Z"]
)
def test_an_offset_beside_another_or_none_is_one_error(on_engine, day):
    raw = on_engine(orders(day=["2026-01-01T10:00:00+0100", day, day]))
    with pytest.raises(sc.ColumnError, match=r"'day' mixes time zones \((none|[+-]\d{4}) and [+-]\d{4}\)"):
        sc.clean_transactions(raw, **COLUMNS)


def made(**columns):
    """A log of one customer, a day a row."""
    rows = max(len(column) for column in columns.values() if not isinstance(column, float))
    days = pd.date_range("2026-01-01", periods=rows)
    return pd.DataFrame({"customer_id": "a", "date": days, **columns})


NUMBERS = [Decimal("1.125"), 1.125, 2, np.float32(0.5), np.int64(3), "1,5", " 1.234,5 ", None, float("nan")]
READ = [1.125, 1.125, 2.0, 0.5, 3.0, 1.5, 1234.5]


@pytest.mark.parametrize("decimal", [",", "."])
@pytest.mark.parametrize(
    "cells", [[Decimal("1.125"), Decimal("2")], [1.125, 2], [np.float64(0.25), Decimal("4")], [3, 4]]
)
def test_cells_that_are_numbers_are_no_text(cells, decimal):
    amounts = pd.Series(cells, dtype=object)
    clean = sc.clean_transactions(made(amount=amounts), decimal=decimal)
    assert clean.transactions["amount"].tolist() == [float(cell) for cell in cells]
    lines = made(n=pd.Series([2, 3], dtype=object), price=amounts)
    clean = sc.clean_transactions(lines, quantity="n", unit_price="price", decimal=decimal)
    assert clean.transactions["amount"].tolist() == [2 * float(cells[0]), 3 * float(cells[1])]


def test_numbers_and_texts_in_one_column_are_each_read_as_what_they_are():
    clean = sc.clean_transactions(made(amount=pd.Series(NUMBERS, dtype=object)), decimal=",")
    assert clean.transactions["amount"].tolist() == READ
    assert audit_of(clean) == {"kept": (7, sum(READ)), "missing_amount": (2, 0.0)}
    odd = pd.Series([1.0, "x", float("inf"), True, 10**400, Decimal("Infinity")], dtype=object)
    assert audit_of(sc.clean_transactions(made(amount=odd))) == {
        "kept": (1, 1.0),
        "unreadable_amount": (5, 0.0),
    }


BLANKS = [" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}"]


@pytest.mark.parametrize(
    ("texts", "decimal", "values"),
    [
        (["1,234.5", "12,345,678", "1'234.50", "1’234", "0.5", "00.5", "- 5"], ".",
         [1234.5, 12345678, 1234.5, 1234, 0.5, 0.5, -5]),
        (["1.234,5", "999.999", "0,500", "1234,5", "007"], ",", [1234.5, 999999, 0.5, 1234.5, 7]),
        ([f"12{blank}345{blank}678,9" for blank in BLANKS], ",", [12345678.9] * 4),
        ([f"{blank}-1{blank}234{blank}" for blank in BLANKS], ".", [-1234] * 4),
    ],
)  # fmt: skip
def test_groups_of_three_are_thousands(on_engine, back, texts, decimal, values):
    raw = on_engine(made(amount=[*texts, "1000000"]))
    clean = sc.clean_transactions(raw, decimal=decimal)
    found = back(clean.transactions).sort_values("date")["amount"].tolist()
    assert found == pytest.approx([*values, 1e6])


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["0,500", "00,125", "12 50", "1 2 3", "5 10", "1 2345", "1234,567", "12,34,567", "1 234,567"], "."),
        (["0.500", "00.125", "12 50", "1,234.5", "1.23", "1.234 567", "1'23", "1  234", "'5", "5,0 5"], ","),
    ],
)
def test_blanks_and_marks_that_group_no_thousands_are_no_number(on_engine, texts, decimal):
    clean = sc.clean_transactions(on_engine(made(amount=[*texts, "1"])), decimal=decimal)
    assert audit_of(clean) == {"kept": (1, 1.0), "unreadable_amount": (len(texts), 0.0)}


def test_amounts_beyond_all_numbers_are_set_aside(on_engine):
    raw = made(n=[1e200, -1e200, 2.0], price=[1e200, 1e200, 3.0], text=["1" + "0" * 400, "1e99", "6"])
    clean = sc.clean_transactions(on_engine(raw), quantity="n", unit_price="price")
    assert audit_of(clean) == {"kept": (1, 6.0), "unreadable_amount": (2, 0.0)}
    assert audit_of(sc.clean_transactions(on_engine(raw), amount="text"))["unreadable_amount"] == (1, 0.0)


@pytest.mark.parametrize(
    ("texts", "zone"),
    [
        (["2026-01-31T03:30:10+01:00", "2026-07-01T00:15:00+0200"], "America/New_York"),
        (["2026-01-31T23:30:00Z", "2026-06-30 22:30:00.5Z", "2026-03-29T00:59:59-00:00"], "Europe/Paris"),
        (["2026-01-31T00:10+05:45", "2026-10-25T03:30:00-03:30"], "Etc/GMT+5"),
        (["2026-12-31T20:00:00-05:00"], "Asia/Kathmandu"),
    ],
)
def test_text_dates_with_an_offset_take_the_wall_clock_asked_for(on_engine, back, texts, zone):
    """Several offsets are one clock then; Python's own calendar says what it shows."""
    raw = made(amount=[1.0] * len(texts)).assign(date=texts)
    clean = sc.clean_transactions(on_engine(raw), timezone=zone)
    moments = [dt.datetime.fromisoformat(text).astimezone(zoneinfo.ZoneInfo(zone)) for text in texts]
    walls = sorted(moment.replace(tzinfo=None, microsecond=0) for moment in moments)
    assert sorted(back(clean.transactions)["date"].tolist()) == walls


def test_text_dates_without_an_offset_keep_their_clock_whatever_the_zone(on_engine, back):
    raw = on_engine(orders(day=["2026-01-31T23:30:00", "2026-01-31", "2026-02-01"]))
    kept = back(sc.clean_transactions(raw, **COLUMNS, timezone="America/New_York").transactions)
    assert kept["date"].tolist()[0] == dt.datetime(2026, 1, 31, 23, 30)
    assert kept["date"].tolist()[1:] == [dt.datetime(2026, 1, 31), dt.datetime(2026, 2, 1)]


def test_dates_without_an_offset_beside_dates_with_one_are_refused_whatever_the_zone(on_engine):
    raw = on_engine(orders(day=["2026-01-31T23:30:00", "2026-01-31T23:30:00Z", "2026-02-01T10:00:00Z"]))
    with pytest.raises(sc.ColumnError, match=r"'day' mixes time zones \(none and \+0000\); give every date"):
        sc.clean_transactions(raw, **COLUMNS, timezone="Europe/Paris")


def test_a_clock_may_move_a_day_out_of_range_and_no_offset_has_30_hours(on_engine):
    days = ["2199-12-31T23:30:00-05:00", "2026-01-31T10:00:00-30:00", "2026-02-01T10:00:00-05:00"]
    clean = sc.clean_transactions(on_engine(orders(day=days)), **COLUMNS, timezone="UTC")
    assert audit_of(clean) == {
        "kept": (1, 30.0),
        "unreadable_date": (1, 20.0),
        "date_out_of_range": (1, 10.0),
    }


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


def test_two_negatives_are_no_sale(on_engine):
    raw = on_engine(made(n=[-1, -1, 1, 2], price=[-10.0, 10.0, -4.0, 5.0]))
    clean = sc.clean_transactions(raw, quantity="n", unit_price="price")
    assert audit_of(clean) == {"kept": (3, -10.0 - 4 + 10), "negative_quantity_and_price": (1, 10.0)}


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


def test_duplicates_dropped_are_those_that_the_notes_count(on_engine):
    raw = on_engine(
        pd.DataFrame(
            {
                "who": ["a", "a ", "a", "a", "b", None, None],
                "day": ["2026-01-01", "2026-01-01 00:00", "2026-01-01", "2026-01-01"] + ["2026-01-02"] * 3,
                "total": ["1.0", "1.00", " 1", "1.0", "1", "1", "1"],
                "shop": ["x", "x", "x", "y", "x", "x", "x"],
            }
        )
    )
    assert sc.clean_transactions(raw, **COLUMNS).notes["exact_duplicates_kept"] == 2
    dropped = sc.clean_transactions(raw, **COLUMNS, duplicates="drop")
    assert audit_of(dropped) == {"kept": (3, 3.0), "missing_customer_id": (2, 2.0), "duplicate": (2, 2.0)}
    assert dropped.notes["exact_duplicates_kept"] == 0


def test_text_dates_a_fraction_of_a_second_apart_are_no_duplicates(on_engine):
    times = ["10:00:00.5", "10:00:00.500", "10:00:00,5", "10:00:00.25", "10:00:00", "10:00:00.000", "10:00"]
    raw = on_engine(
        pd.DataFrame({"id": 1, "day": [f"2026-01-02T{time}+01:00" for time in times], "total": 9.0})
    )
    dropped = sc.clean_transactions(raw, customer_id="id", date="day", amount="total", duplicates="drop")
    assert dropped.kept_rows == 3


def test_duplicates_of_lines_without_an_order_id_are_those_of_the_order_of_the_day(on_engine):
    raw = on_engine(orders(who="a", day="2026-01-01", total=1.0, o=["2026-01-01", None, "7"]))
    kept = sc.clean_transactions(raw, **COLUMNS, order_id="o")
    dropped = sc.clean_transactions(raw, **COLUMNS, order_id="o", duplicates="drop")
    assert (kept.notes["exact_duplicates_kept"], dropped.kept_rows) == (1, 2)


def test_numbers_that_tell_no_id_are_set_aside_beside_texts_too():
    """1.5 is nobody, and beyond 2^53 a double stands for several numbers."""
    ids = pd.Series([7, "C7", 1.5, 2.0**53, Decimal("1.5"), "1.5"], dtype=object)
    raw = made(amount=1.0, o=ids).assign(customer_id=ids)
    clean = sc.clean_transactions(raw)
    assert clean.transactions["customer_id"].tolist() == ["7", "C7", "1.5"]
    assert audit_of(clean) == {"kept": (3, 3.0), "unreadable_customer_id": (3, 3.0)}
    orders = sc.clean_transactions(raw.assign(customer_id="a"), order_id="o")
    assert audit_of(orders) == {"kept": (3, 3.0), "unreadable_order_id": (3, 3.0)}


def joins_large_texts():
    """Whether this pandas can add a text to long texts of Arrow."""
    try:
        return len(pd.Series(["a"], dtype=pd.ArrowDtype(pa.large_string())) + "-") == 1
    except pa.ArrowNotImplementedError:
        return False


def casts_views():
    """Whether this pyarrow can make other texts of text views."""
    try:
        return len(pa.array(["a"], type=pa.string_view()).cast(pa.large_string())) == 1
    except pa.ArrowNotImplementedError:
        return False


def test_text_dates_that_pandas_keeps_in_arrow_are_read(back):
    """As pandas.read_csv(..., dtype_backend="pyarrow") gives them."""
    raw = orders(day=["2024-02-29", "2026-02-29", None]).convert_dtypes(dtype_backend="pyarrow")
    large = [pd.ArrowDtype(pa.large_string())] if joins_large_texts() else []
    for kept_as in ("string[pyarrow]", pd.ArrowDtype(pa.string()), *large):
        clean = sc.clean_transactions(raw.astype({"day": kept_as}), **COLUMNS)
        assert audit_of(clean) == {"kept": (1, 10.0), "missing_date": (1, 30.0), "unreadable_date": (1, 20.0)}


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


def test_times_of_a_zone_in_nanoseconds_are_read_on_duckdb(back):
    """The default of pandas 2 and of its Parquet files."""
    zoned = pd.to_datetime(["2026-01-01T23:30", None, "2026-01-03T10:00"]).tz_localize("UTC").as_unit("ns")
    raw = duckdb.connect().from_arrow(pa.Table.from_pandas(orders(day=zoned)))
    kept = back(sc.clean_transactions(raw, **COLUMNS, timezone="Europe/Paris").transactions)
    assert kept["date"].tolist() == [pd.Timestamp("2026-01-02 00:30"), pd.Timestamp("2026-01-03 11:00")]
    with pytest.raises(sc.ColumnError, match="'day' holds TIME_NS, expected dates"):
        sc.clean_transactions(raw.project("who, total, cast('10:00' as time_ns) as day"), **COLUMNS)


class Mute:
    """An object that says nothing of what it holds."""


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
    ],
)
def test_objects_that_are_nobodys_id_are_refused_as_on_other_engines(cells, found):
    for option, column in (("customer_id", "who"), ("order_id", "o")):
        raw = orders(o=1).assign(**{column: pd.Series(cells, dtype=object)})
        with pytest.raises(
            sc.ColumnError, match=f"'{column}' holds {found}, which cannot be an id; accepted: text"
        ):
            sc.clean_transactions(raw, **{**COLUMNS, option: column})


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


@pytest.mark.parametrize("ids", [[7, 8, 9], [7.0, 8.0, np.nan]])
@pytest.mark.parametrize("exclude", [[7], [7.0], np.array([7]), {Decimal("7")}, [7, 2**70], pd.Series([7])])
def test_whole_numbers_to_exclude_are_compared_as_numbers(on_engine, ids, exclude):
    clean = sc.clean_transactions(on_engine(orders(who=ids)), **COLUMNS, exclude=exclude)
    assert audit_of(clean)["excluded"] == (1, 10.0)


@pytest.mark.parametrize("odd", [1.5, True, None, float("nan"), "7"])
def test_what_is_no_whole_number_excludes_nobody_and_is_refused(on_engine, odd):
    with pytest.raises(sc.ColumnError, match="but column 'who' holds whole numbers"):
        sc.clean_transactions(on_engine(orders(who=[7, 8, 9])), **COLUMNS, exclude=[odd])


def test_nobody_to_exclude_is_everybody_kept(on_engine):
    for ids in ([7, 8, 9], ["7", "8", "9"]):
        assert sc.clean_transactions(on_engine(orders(who=ids)), **COLUMNS, exclude=[]).kept_rows == 3


def test_columns_of_the_input_may_bear_any_name_but_those_that_are_needed_here(on_engine, back):
    raw = orders(total=[10.0, -2.0, -30.0], _refunds=1, _purchases=1, _known=1, _first=1, _right=1)
    clean = sc.clean_transactions(on_engine(pd.concat([raw, raw])), **COLUMNS, duplicates="drop")
    assert audit_of(clean) == {"kept": (2, 8.0), "duplicate": (3, -22.0), "refunds_only": (1, -30.0)}
    assert list(back(clean.transactions).columns)[3:] == list(raw.columns)[3:]
    with pytest.raises(
        sc.ColumnError, match="begin with _segmentclient_ are needed here, found _segmentclient_id"
    ):
        sc.clean_transactions(on_engine(orders(_segmentclient_id=1)), **COLUMNS)


@pytest.mark.parametrize(
    "extra",
    [
        [[1, 2], [1, 2], None],
        [{"a": 1}, {"a": 1}, None],
        [{1}, {1}, None],
        [np.arange(2000), np.arange(2000), None],
        ["\ud800", "\ud800", None],
        [("a", [1]), ("a", [1]), None],
    ],
)
def test_duplicates_are_found_beside_cells_that_pandas_cannot_hash(extra):
    raw = orders(day="2026-01-01", total=1.0).assign(x=pd.Series(extra, dtype=object))
    assert sc.clean_transactions(raw, **COLUMNS).notes["exact_duplicates_kept"] == 1
    dropped = sc.clean_transactions(raw, **COLUMNS, duplicates="drop")
    assert audit_of(dropped) == {"kept": (2, 2.0), "duplicate": (1, 1.0)}
    assert dropped.transactions["x"].iloc[0] is extra[0]


def test_arrays_that_differ_far_from_their_ends_are_no_duplicates():
    other = np.arange(2000)
    other[1000] = 7
    raw = orders(who=["a"] * 3, day="2026-01-01", total=1.0).assign(
        x=pd.Series([np.arange(2000), other, Mute()], dtype=object)
    )
    assert sc.clean_transactions(raw, **COLUMNS, duplicates="drop").kept_rows == 3


def test_duplicates_are_found_beside_lists_and_structures_of_arrow():
    table = pa.Table.from_pandas(orders(day="2026-01-01", total=1.0))
    table = table.append_column("x", pa.array([[1], [1], None])).append_column("y", pa.nulls(3))
    table = table.append_column("z", pa.array([{"a": 1}, {"a": 1}, None]))
    for raw in (table, table.to_pandas(types_mapper=pd.ArrowDtype)):
        assert sc.clean_transactions(raw, **COLUMNS).notes["exact_duplicates_kept"] == 1
        assert sc.clean_transactions(raw, **COLUMNS, duplicates="drop").kept_rows == 2


def test_amounts_whose_sum_would_be_no_number_are_set_aside(on_engine):
    clean = sc.clean_transactions(on_engine(orders(total=[1e300, 1.7e308, -1.7e308])), **COLUMNS)
    assert audit_of(clean) == {"kept": (1, 1e300), "unreadable_amount": (2, 0.0)}


def test_currencies_are_told_whatever_holds_them(on_engine):
    with pytest.raises(sc.ColumnError, match="'c' names no currency in any row"):
        sc.clean_transactions(on_engine(orders(c=np.full(3, np.nan))), **COLUMNS, currency="c")
    with pytest.raises(sc.ColumnError, match="'c' holds list; accepted"):
        sc.clean_transactions(orders(c=[["EUR"]] * 3), **COLUMNS, currency="c")
    many = pd.DataFrame(
        {"who": "a", "day": "2026-01-01", "total": 1.0, "c": [f"{one:03}" for one in range(500)]}
    )
    with pytest.raises(sc.TransactionError, match=r"500 currencies \(rows: 000 1, .*, 009 1 \.\.\.\)"):
        sc.clean_transactions(on_engine(many), **COLUMNS, currency="c")


@pytest.mark.filterwarnings("ignore::Warning")  # Ibis warns about itself
def test_ibis_reads_text_and_refuses_zones_whose_clock_it_cannot_tell(back):
    ibis = pytest.importorskip("ibis", reason="Ibis is not installed")
    raw = orders(who=[" a", "a", np.nan], day=["2026-01-01", "2026-02-30", "x"], total=["1 234.5", "1", "1"])
    clean = sc.clean_transactions(ibis.memtable(raw), **COLUMNS)
    assert audit_of(clean) == {
        "kept": (1, 1234.5),
        "missing_customer_id": (1, 1.0),
        "unreadable_date": (1, 1.0),
    }
    assert back(clean.transactions)["customer_id"].tolist() == ["a"]
    numbers = sc.clean_transactions(ibis.memtable(orders(who=[7.0, np.inf, 1.5])), **COLUMNS)
    assert audit_of(numbers)["unreadable_customer_id"] == (2, 50.0)
    zoned = ibis.memtable(orders(day=pd.to_datetime(["2026-01-01T23:30Z"] * 3)))
    with pytest.raises(
        sc.ColumnError, match="'day' has a time zone, and Ibis cannot tell the clock of a zone"
    ):
        sc.clean_transactions(zoned, **COLUMNS)
    offsets = ibis.memtable(orders(day="2026-01-01T23:30Z"))
    with pytest.raises(sc.ColumnError, match="timezone='UTC' is asked for, and Ibis cannot tell"):
        sc.clean_transactions(offsets, **COLUMNS, timezone="UTC")


def test_the_order_of_the_day_is_that_of_the_clock_asked_for(on_engine, back):
    """Both lines are of 1 March in Paris, and so of one order."""
    raw = orders(who="b", day=["2026-02-28T23:30Z", "2026-03-01T09:00+01:00", "2026-03-01T23:30Z"], o=None)
    kept = sc.clean_transactions(
        on_engine(raw), **COLUMNS, order_id="o", timezone="Europe/Paris"
    ).transactions
    assert sorted(back(kept)["order_id"]) == ["2026-03-01", "2026-03-01", "2026-03-02"]
    assert back(sc.summarize_customers(kept))["n_orders"].tolist() == [2]


def test_a_date_without_end_is_out_of_range():
    """DuckDB's infinity, which has no year."""
    raw = duckdb.sql(
        "from (values ('a', 'infinity'::timestamp, 1), ('b', '2026-01-01', 2), ('c', null, 4)) t(who, day, total)"
    )
    clean = sc.clean_transactions(raw, **COLUMNS)
    assert audit_of(clean) == {"kept": (1, 2.0), "missing_date": (1, 4.0), "date_out_of_range": (1, 1.0)}


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


def _as_engines(data):
    table = pa.table(data)
    return [
        pd.DataFrame(data),
        pl.from_arrow(table),
        pl.from_arrow(table).lazy(),
        duckdb.connect().from_arrow(table),
        table,
    ]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["2026-01-05 23:30:00 +0100", "2026-01-06 10:00 +0100"], [5, 6]),  # Shopify
        (["2026-01-05 23:30:00+01", "2026-01-06 10:00:00.123+01"], [5, 6]),  # PostgreSQL
        (["2026-01-05 23:30:00 UTC", "2026-01-06 10:00:00-00"], [5, 6]),  # BigQuery, Rails
    ],
)
def test_offsets_are_read_as_shops_and_databases_write_them(texts, days):
    data = {"customer_id": ["a", "b"], "date": texts, "amount": [1.0, 2.0]}
    for table in _as_engines(data):
        clean = sc.clean_transactions(table)
        assert [clean.notes["first_day"].day, clean.notes["last_day"].day] == days
        assert clean.audit["amount"].tolist() == [3.0]
        in_tokyo = sc.clean_transactions(table, timezone="Asia/Tokyo")
        assert [in_tokyo.notes["first_day"].day, in_tokyo.notes["last_day"].day] == [6, 6]


def test_offsets_of_no_known_form_set_the_row_aside():
    odd = ["2026-01-05 10:00  +01", "2026-01-05 +01", "2026-01-05 10:00 CET", "2026-01-05 10:00+1"]
    log = pd.DataFrame({"customer_id": "a", "date": [*odd, "2026-01-05 10:00"], "amount": 1.0})
    assert sc.clean_transactions(log).audit["rows"].tolist() == [1, 4]


@pytest.mark.parametrize(
    ("text", "date_format", "day"),
    [
        ("2026013", "%Y%m%d", None), ("20260131", "%Y%m%d", 31), ("2026013110111", "%Y%m%d%H%M%S", None),
        ("20260131101112", "%Y%m%d%H%M%S", 31), ("31/1/6", "%d/%m/%y", None), ("31/1/26", "%d/%m/%y", 31),
        ("1/2/2026 9:5", "%d/%m/%Y %H:%M", 1), ("11226", "%d%m%y", None), ("011226", "%d%m%y", 1),
    ],
)  # fmt: skip
def test_a_date_that_was_cut_is_never_filled_up(on_engine, back, text, date_format, day):
    """20260131 that lost its last sign is not the third of January."""
    raw = on_engine(
        orders(
            day=[
                text,
                text,
                date_format.replace("%Y", "2026")
                .replace("%m", "02")
                .replace("%d", "07")
                .replace("%y", "26")
                .replace("%H", "00")
                .replace("%M", "00")
                .replace("%S", "00"),
            ]
        )
    )
    kept = back(sc.clean_transactions(raw, **COLUMNS, date_format=date_format).transactions)
    assert sorted(pd.to_datetime(kept["date"]).dt.day) == sorted([7, *([] if day is None else [day] * 2)])


def test_a_date_format_is_read_without_its_blanks_and_to_its_end():
    log = pd.DataFrame({"customer_id": ["a"], "date": [" 01/02/2026 "], "amount": [1.0]})
    assert sc.clean_transactions(log, date_format=" %d/%m/%Y ").kept_rows == 1
    with pytest.raises(sc.ColumnError, match="uses %; accepted, once each"):
        sc.clean_transactions(log, date_format="%d/%m/%Y%")


def test_signs_that_nobody_sees_around_a_cell_are_no_part_of_it():
    data = {
        "customer_id": ["\u200ea", "a\u2060", "\u202aa\u202c", "a\u00ad", "a\u200d", "a"],
        "date": ["\u200e2026-01-01"] * 6,
        "amount": ["\u200f1.5"] * 6,
    }
    for table in _as_engines(data):
        clean = sc.clean_transactions(table)
        assert clean.notes["customers"] == 1
        assert clean.audit["amount"].tolist() == [9.0]


@pytest.mark.parametrize("odd", [Decimal("Infinity"), Decimal("sNaN"), Decimal("1.5")])
def test_numbers_that_are_no_id_are_named_in_exclude(odd):
    log = pd.DataFrame({"customer_id": [1, 2], "date": "2026-01-01", "amount": 1.0})
    with pytest.raises(sc.ColumnError, match=r"exclude= lists Decimal.*holds whole numbers"):
        sc.clean_transactions(log, exclude=[odd])


def test_ids_to_exclude_are_found_whatever_holds_them():
    data = {"customer_id": [2**63, 1], "date": ["2026-01-01"] * 2, "amount": [1.0, 2.0]}
    huge = pa.table({**data, "customer_id": pa.array(data["customer_id"], pa.uint64())})
    assert sc.clean_transactions(huge, exclude=[2**63, -1]).audit["rows"].tolist() == [1, 1]
    for ids in ([1, "2"], pd.Categorical([1, 2])):
        log = pd.DataFrame({**data, "customer_id": ids})
        for listed in (1, "1", 1.0, Decimal(1), np.int8(1)):
            assert sc.clean_transactions(log, exclude=[listed]).audit["rows"].tolist() == [1, 1]


def test_words_of_an_exclusion_are_read_without_blanks_on_every_engine():
    data = {
        "customer_id": ["a", "b"],
        "date": ["2026-01-01"] * 2,
        "amount": [1.0, 2.0],
        "staff": ["yes\u00a0", "\u200bno"],
    }
    for table in _as_engines(data):
        assert sc.clean_transactions(table, exclude="staff").audit["rows"].tolist() == [1, 1]


def test_columns_that_an_engine_takes_for_several_are_named():
    data = {"customer_id": ["a"], "date": ["2026-01-01"], "amount": [1.0], "*": [1]}
    pandas, polars, lazy, relation, arrow = _as_engines(data)
    for table in (polars, lazy, relation):
        with pytest.raises(sc.ColumnError, match=r"columns called \* stand for several columns"):
            sc.clean_transactions(table)
    for table in (pandas, arrow):
        assert sc.clean_transactions(table, duplicates="drop").kept_rows == 1
    with pytest.raises(sc.ColumnError, match=r"columns called \^a.\$ stand"):
        sc.summarize_customers(polars.rename({"*": "^a.$"}))


def test_zeros_of_both_signs_are_duplicates_on_every_engine():
    data = {
        "customer_id": ["a"] * 4,
        "date": ["2026-01-01"] * 4,
        "amount": [0.0, -0.0, -0.0, 0.0],
        "discount": [-0.0, 0.0, -0.0, 0.0],
    }
    for table in [*_as_engines(data), pd.DataFrame(data).convert_dtypes(dtype_backend="pyarrow")]:
        assert sc.clean_transactions(table, duplicates="drop").audit["rows"].tolist() == [1, 3]
        assert sc.clean_transactions(table).notes["exact_duplicates_kept"] == 3


@dataclasses.dataclass(frozen=True)
class Basket:
    lines: list[str]


def test_duplicates_are_found_beside_cells_that_refuse_to_be_compared():
    records = list(np.array([(1, 2.0), (1, 2.0), (1, 3.0)], dtype=[("n", "i4"), ("x", "f8")]))
    for cells in (
        np.array([1, 1, 2], dtype="float16"),
        records,
        [Basket(["x"]), Basket(["x"]), Basket(["y"])],
    ):
        log = pd.DataFrame({"customer_id": "a", "date": "2026-01-01", "amount": 1.0, "cell": cells})
        assert sc.clean_transactions(log, duplicates="drop").audit["rows"].tolist() == [2, 1]


def test_one_currency_in_several_spellings_is_one_and_a_blank_is_none():
    log = pd.DataFrame({"customer_id": ["a"] * 4, "date": "2026-01-01", "amount": 1.0})
    for spelt in (["EUR", "eur", "EUR ", "Eur\u00a0"], [978] * 4):
        assert sc.clean_transactions(log.assign(paid_in=spelt), currency="paid_in").kept_rows == 4
    with pytest.raises(sc.ColumnError, match="names no currency in any row"):
        sc.clean_transactions(log.assign(paid_in=["", " ", None, ""]), currency="paid_in")
    with pytest.raises(
        sc.TransactionError, match=r"without a currency \(rows: EUR 3, missing 1\); fill the column"
    ):
        sc.clean_transactions(log.assign(paid_in=["EUR", "", "eur", "EUR"]), currency="paid_in")
    with pytest.raises(sc.TransactionError, match=r"\(rows: missing 2, EUR 1, USD 1\)"):
        sc.clean_transactions(log.assign(paid_in=["EUR", "usd", "", None]), currency="paid_in")


def test_an_endless_day_of_duckdb_sets_its_row_aside():
    log = duckdb.connect().sql(
        "select * from (values ('a', date '2026-01-01', 1.0), ('b', 'infinity'::date, 2.0), "
        "('c', '-infinity'::date, 4.0), ('d', null, 8.0)) as t(customer_id, date, amount)"
    )
    audit = sc.clean_transactions(log).audit
    assert audit["reason"].tolist() == ["kept", "missing_date", "date_out_of_range"]
    assert audit["amount"].tolist() == [1.0, 8.0, 6.0]


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


def test_ids_to_exclude_of_which_none_is_in_the_log_are_told(on_engine):
    with pytest.warns(sc.SegmentClientWarning, match="none of the ids of exclude= is in the log"):
        clean = sc.clean_transactions(on_engine(orders(who=["007", "7a", "b"])), **COLUMNS, exclude=["7"])
    assert clean.kept_rows == 3


def test_a_column_under_another_name_is_asked_for_by_its_option():
    with pytest.raises(sc.ColumnError) as raised:
        sc.clean_transactions(orders(), quantity="n", unit_price="price")
    for option in ("customer_id", "date", "quantity", "unit_price"):
        assert f"is missing (name yours in {option}=)" in str(raised.value)


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
