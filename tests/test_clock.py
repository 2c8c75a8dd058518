"""The day a customers table was made: found in its dates, compared with `as_of`, and with the unit of `T`."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import frames
from segmentclient.lifetime.clock import read_as_of

END = dt.date(2026, 3, 31)
DAYS = {"D": 1.0, "W": 7.0, "M": 365.2425 / 12, "Y": 365.2425}
WORDS = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}


def customers(unit=1.0):
    """Two customers up to 31 March 2026: 454 days since the first order and 30 since the last; an order of that day."""
    return pd.DataFrame(
        {
            "customer_id": [1, 2],
            "first_order": pd.to_datetime(["2025-01-01", "2026-03-31"]),
            "last_order": pd.to_datetime(["2026-03-01", "2026-03-31"]),
            "days_since_last_order": [30.0, 0.0],
            "recency": np.array([424.0, 0.0]) / unit,
            "T": np.array([454.0, 0.0]) / unit,
        }
    )


def found(table, unit=1.0, as_of=None):
    return read_as_of(frames.read(table), unit, as_of)


def said(table, unit=1.0, as_of=None):
    with pytest.raises(sc.ColumnError) as caught:
        found(table, unit, as_of)
    return str(caught.value).partition("\nExplained")[0]


@pytest.mark.parametrize(
    "left_out",
    [[], ["days_since_last_order"], ["last_order"], ["last_order", "days_since_last_order"]],
    ids=str,
)
def test_the_last_day_is_found_in_the_dates(on_engine, left_out):
    for unit in (1.0, 7.0):
        assert found(on_engine(customers(unit).drop(columns=left_out)), unit) == END


def test_dates_without_a_time_are_read_too():
    table = customers()
    plain = pl.from_pandas(table).with_columns(pl.col("first_order", "last_order").cast(pl.Date))
    days = {"first_order": "date32[pyarrow]", "last_order": "date32[pyarrow]"}
    for kind in (plain, plain.lazy(), plain.to_arrow(), table.astype(days)):
        assert found(kind) == END
    assert said(plain, 7.0) == said(table.astype(days), 7.0) == said(table, 7.0)


def test_without_dates_the_given_day_stands(on_engine):
    for table in (
        customers().drop(columns="first_order"),
        customers().head(0),
        customers().assign(first_order=pd.Series([None, None], dtype="datetime64[ns]")),
    ):
        assert found(on_engine(table)) is None
        assert found(on_engine(table), as_of="2026-01-31") == dt.date(2026, 1, 31)


@pytest.mark.parametrize(
    ("left_out", "near", "far"),
    [
        ([], (-1, 0, 1), ("2026-04-02", "2026-03-29")),
        (["days_since_last_order"], (-31, 0, 31), ("2026-05-02", "2026-02-27")),
    ],
)
def test_a_given_day_is_that_of_the_table(on_engine, left_out, near, far):
    """To the day where the table tells it; `T` alone may be floored to months."""
    table = on_engine(customers().drop(columns=left_out))
    for days in near:
        day = END + dt.timedelta(days)
        assert found(table, as_of=day) == day
    for day in far:
        assert said(table, as_of=day) == (
            f"customers: as_of={day} was given, but the dates of the table end on 2026-03-31"
        )
    with pytest.raises(sc.SegmentClientError, match="as_of='soon' is not a day"):
        found(table, as_of="soon")


def test_customers_end_on_one_day(on_engine):
    """To the day where the table tells it; `T` alone may be floored to months."""
    floored = customers().assign(T=[454.0, 31.0]).drop(columns="days_since_last_order")
    assert found(on_engine(floored)) == dt.date(2026, 5, 1)
    assert found(on_engine(customers().assign(days_since_last_order=[30.0, 1.0]))) == dt.date(2026, 4, 1)
    further = customers().assign(days_since_last_order=[30.0, 2.0])
    assert said(on_engine(further)) == (
        "customers: the customers do not end on one day: from 2026-03-31 to 2026-04-02 with a unit of 1 day; "
        "all customers must be summarized up to one day (summarize_customers does)"
    )


@pytest.mark.parametrize(("holds", "read"), list(itertools.permutations(DAYS, 2)))
def test_the_unit_that_would_fit_is_named(holds, read):
    table = customers(DAYS[holds])
    hint = f"does not fit the order dates when its unit is {DAYS[read]:g} day{'s' * (read != 'D')}"
    rest = f"; it holds {WORDS[holds]}: give time_unit='{holds}'"
    expected = [
        "customers: 2 problems", f"  - column 'T' {hint}{rest}", f"  - column 'recency' {hint}{rest}"
    ]  # fmt: skip
    for kind in (table, pl.from_pandas(table).lazy()):
        assert said(kind, DAYS[read]).splitlines() == expected


def test_where_no_unit_fits_none_is_named(on_engine):
    table = customers()
    assert said(on_engine(table.assign(recency=table["recency"] * 3.5))) == (
        "customers: column 'recency' does not fit the order dates when its unit is 1 day; accepted: the columns as "
        "summarize_customers makes them, with the same time_unit"
    )
    assert found(on_engine(table.assign(recency=table["recency"] - 31, T=table["T"] + 31))) == END
    short = customers().assign(first_order=pd.to_datetime(["2026-01-26", "2026-03-31"]), T=[64.0, 0.0])
    short["recency"] = [34.0, 0.0]
    assert found(on_engine(short)) == END
    assert "'T' does not fit" in said(on_engine(short.assign(T=[64.0 / 7, 0.0])))


def test_days_that_cannot_be_told_are_refused(on_engine):
    table = customers().drop(columns=["last_order", "days_since_last_order", "recency"])
    for ages in ([1e9, 1e9], [454.0, 1e9], [454.0, -1e9]):
        assert said(on_engine(table.assign(T=ages))).startswith("customers: the last day cannot be told, for")


def test_days_of_a_zone_are_those_of_its_wall_clock(on_engine):
    table = customers()
    noon = table[["first_order", "last_order"]] + pd.Timedelta(
        hours=12
    )  # the same day in Tokyo and Greenwich
    zoned = {name: noon[name].dt.tz_localize("Asia/Tokyo") for name in noon}
    assert found(on_engine(table.assign(**zoned))) == END


def test_a_model_of_weeks_on_a_table_of_days_is_warned_of(on_engine, recwarn):
    log = sc.datasets.load_cdnow().head(3_000)
    days, weeks = (on_engine(sc.summarize_customers(log, time_unit=unit)) for unit in ("D", "W"))
    model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    model.predict(weeks, t=4)
    assert not [one for one in recwarn if "is applied to a table" in str(one.message)]
    with pytest.warns(sc.SegmentClientWarning, match="whose recency and T count days"):
        model.predict(days, t=4)


def test_opportunities_are_no_unit_of_time(recwarn):
    donors = pd.DataFrame({"frequency": [2, 3], "recency": [5, 6], "T": [6, 6]}).assign(
        first_order=pd.Timestamp("1996-01-01"), last_order=pd.Timestamp("2001-01-01")
    )
    sc.BGBB.from_params(alpha=1.2, beta=0.75, gamma=0.66, delta=2.78).predict(donors, t=3)
    assert not recwarn
