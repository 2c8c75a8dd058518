"""Dates as shops, databases and people write them; the clock that decides the day."""

import datetime as dt
import zoneinfo

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import segmentclient as sc
from orders import COLUMNS, as_engines, audit_of, made, orders


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


def joins_large_texts():
    """Whether this pandas can add a text to long texts of Arrow."""
    try:
        return len(pd.Series(["a"], dtype=pd.ArrowDtype(pa.large_string())) + "-") == 1
    except pa.ArrowNotImplementedError:
        return False


def test_text_dates_that_pandas_keeps_in_arrow_are_read(back):
    """As pandas.read_csv(..., dtype_backend="pyarrow") gives them."""
    raw = orders(day=["2024-02-29", "2026-02-29", None]).convert_dtypes(dtype_backend="pyarrow")
    large = [pd.ArrowDtype(pa.large_string())] if joins_large_texts() else []
    for kept_as in ("string[pyarrow]", pd.ArrowDtype(pa.string()), *large):
        clean = sc.clean_transactions(raw.astype({"day": kept_as}), **COLUMNS)
        assert audit_of(clean) == {"kept": (1, 10.0), "missing_date": (1, 30.0), "unreadable_date": (1, 20.0)}


def test_times_of_a_zone_in_nanoseconds_are_read_on_duckdb(back):
    """The default of pandas 2 and of its Parquet files."""
    zoned = pd.to_datetime(["2026-01-01T23:30", None, "2026-01-03T10:00"]).tz_localize("UTC").as_unit("ns")
    raw = duckdb.connect().from_arrow(pa.Table.from_pandas(orders(day=zoned)))
    kept = back(sc.clean_transactions(raw, **COLUMNS, timezone="Europe/Paris").transactions)
    assert kept["date"].tolist() == [pd.Timestamp("2026-01-02 00:30"), pd.Timestamp("2026-01-03 11:00")]
    with pytest.raises(sc.ColumnError, match="'day' holds TIME_NS, expected dates"):
        sc.clean_transactions(raw.project("who, total, cast('10:00' as time_ns) as day"), **COLUMNS)


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
    for table in as_engines(data):
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


def test_an_endless_day_of_duckdb_sets_its_row_aside():
    log = duckdb.connect().sql(
        "select * from (values ('a', date '2026-01-01', 1.0), ('b', 'infinity'::date, 2.0), "
        "('c', '-infinity'::date, 4.0), ('d', null, 8.0)) as t(customer_id, date, amount)"
    )
    audit = sc.clean_transactions(log).audit
    assert audit["reason"].tolist() == ["kept", "missing_date", "date_out_of_range"]
    assert audit["amount"].tolist() == [1.0, 8.0, 6.0]
