import datetime as dt
import warnings

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import segmentclient as sc


def log(**columns):
    days = ["2026-01-01", "2026-01-01", "2026-01-08", "2026-01-20", "2026-01-05"]
    table = {
        "customer_id": ["a"] * 4 + ["b"],
        "date": pd.to_datetime(days),
        "amount": [10.0, 5.0, 20.0, 40.0, 7.0],
    }
    return pd.DataFrame({**table, **columns})


def test_the_words_on_a_small_log(on_engine, back):
    table = back(sc.summarize_customers(on_engine(log()), as_of="2026-01-29")).set_index("customer_id")
    a, b = table.loc["a"], table.loc["b"]
    assert (a["n_orders"], a["frequency"], a["recency"], a["T"], a["days_since_last_order"]) == (
        3,
        2,
        19,
        28,
        9,
    )
    assert (a["revenue"], a["monetary_value"], a["average_order_value"], a["first_day_revenue"]) == (
        75,
        30,
        25,
        15,
    )
    assert (b["n_orders"], b["frequency"], b["recency"], b["T"], b["monetary_value"]) == (1, 0, 0, 24, 0)
    assert a["first_order"] == dt.datetime(2026, 1, 1)


def test_refunds_lower_revenue_and_are_never_a_purchase(on_engine, back):
    refunds = log(amount=[10.0, -4.0, 20.0, -40.0, 7.0])
    a = back(sc.summarize_customers(on_engine(refunds))).set_index("customer_id").loc["a"]
    assert (a["n_orders"], a["frequency"], a["recency"], a["revenue"]) == (2, 1, 7, -14)
    assert a["monetary_value"] == -14 - (10 - 4)
    assert a["T"] == 19  # the refund of the 20th is still the last day in the data


def test_money_that_cancels_out_is_nought(on_engine, back):
    """0.1 + 0.7 + 0.3 − 0.3 leaves a trace in floating point, which is no spend to learn from."""
    returned = log(amount=[0.1, 0.7, 0.3, -0.3, 7.0])
    a = back(sc.summarize_customers(on_engine(returned))).set_index("customer_id").loc["a"]
    assert (a["frequency"], a["monetary_value"]) == (1, 0)


def test_orders_are_counted_by_order_id(on_engine, back):
    table = back(sc.summarize_customers(on_engine(log(order_id=["1", "1", "2", "3", "4"]))))
    assert table["n_orders"].tolist() == [3, 1]
    table = back(sc.summarize_customers(on_engine(log(order_id=["1", "2", "2", "3", "4"]))))
    assert table["n_orders"].tolist() == [3, 1]


def test_units_divide_and_periods_floor(on_engine, back):
    days = back(sc.summarize_customers(on_engine(log())))
    weeks = back(sc.summarize_customers(on_engine(log()), time_unit="W"))
    whole = back(sc.summarize_customers(on_engine(log()), period="W"))
    assert (weeks["recency"] == days["recency"] / 7).all()
    assert (weeks["frequency"] == days["frequency"]).all()
    assert (whole["recency"] == days["recency"] // 7).all()
    assert (whole["T"] == days["T"] // 7).all()
    assert whole["frequency"].tolist() == [2, 0]
    assert whole["monetary_value"].tolist() == [30.0, 0.0]
    month = back(sc.summarize_customers(on_engine(log()), period="30D"))
    assert month["frequency"].tolist() == [0, 0]
    assert month["n_orders"].tolist() == [3, 1]


def test_gaps(on_engine, back):
    table = back(sc.summarize_customers(on_engine(log()), as_of="2026-01-29", gaps=True))
    gaps = np.array([7, 12])
    assert table["gap_sd"].iloc[0] == pytest.approx(gaps.std(ddof=1))
    assert table["sum_log_gaps"].tolist() == pytest.approx([np.log(gaps).sum(), 0])
    shares = np.array([7, 12, 29 - 19]) / 29
    assert table["clumpiness"].iloc[0] == pytest.approx(1 + (shares * np.log(shares)).sum() / np.log(3))
    assert table.loc[1, ["gap_sd", "clumpiness"]].isna().all()


def test_later_rows_are_left_out_with_a_warning_that_counts_them(on_engine, back):
    with pytest.warns(
        sc.SegmentClientWarning, match=r"2 of 5 rows \(60.00 in money\) are dated after as_of=2026-01-05"
    ):
        table = back(sc.summarize_customers(on_engine(log()), as_of="2026-01-05"))
    assert table["revenue"].tolist() == [15, 7]
    with pytest.raises(sc.TransactionError, match="every row is dated after"):
        sc.summarize_customers(on_engine(log()), as_of="2025-01-01")


@pytest.mark.parametrize(
    "as_of",
    ["2026-01-29", dt.date(2026, 1, 29), pd.Timestamp("2026-01-29 14:00"), np.datetime64("2026-01-29")],
)
def test_as_of_takes_any_day(as_of):
    assert sc.summarize_customers(log(), as_of=as_of)["T"].tolist() == [28, 24]


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"date": ["x"] * 5}, {}, "'date' holds String, expected dates.*clean_transactions"),
        (
            {"amount": [1.0, np.nan, np.inf, 2.0, 3.0]},
            {},
            "'amount' has 2 missing or infinite cells in 5 rows",
        ),
        ({"customer_id": ["a", None, "a", "b", "c"]}, {}, "'customer_id' has 1 missing"),
        ({}, {"as_of": "soon"}, "as_of='soon' is not a day"),
        ({}, {"time_unit": "w"}, "time_unit='w'"),
        (
            {"customer_id": [1.0, np.inf, np.nan, 2.0, 2.0]},
            {},
            "'customer_id' has 2 missing or infinite cells",
        ),
        (
            {"order_id": pd.Series([1, None, "\ud800", 2, 3], dtype=object)},
            {},
            "'order_id' holds text of no encoding, which cannot be an id",
        ),
        ({}, {"period": "Q"}, "period='Q'"),
        ({}, {"period": "00D"}, "period='00D'"),
        ({}, {"period": "9" * 19 + "D"}, "accepted: 'D', 'W', or a number of days"),
        ({}, {"period": "W", "time_unit": "W"}, "leave time_unit out"),
    ],
)
def test_bad_input_is_one_error_of_ours(columns, options, message):
    with pytest.raises(sc.SegmentClientError, match=message):
        sc.summarize_customers(log(**columns), **options)


def test_empty_logs_are_refused_and_one_row_is_enough():
    with pytest.raises(sc.TransactionError, match="empty"):
        sc.summarize_customers(log().head(0))
    assert sc.summarize_customers(log().head(1))["T"].tolist() == [0]


def test_cdnow_equals_lifetimes_for_every_customer(cdnow, cdnow_customers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifetimes is archived and warns on import
        from lifetimes.utils import summary_data_from_transaction_data
    theirs = summary_data_from_transaction_data(
        cdnow, "customer_id", "date", "amount", observation_period_end="1998-06-30"
    )
    ours = cdnow_customers.set_index("customer_id")
    for column in ("frequency", "recency", "T"):
        assert (ours[column] == theirs[column]).all()
    np.testing.assert_allclose(ours["monetary_value"], theirs["monetary_value"], rtol=1e-12)


def test_row_order_and_input_do_not_matter(cdnow, cdnow_customers):
    shuffled = cdnow.sample(frac=1, random_state=1)
    before = shuffled.copy()
    pd.testing.assert_frame_equal(sc.summarize_customers(shuffled, as_of="1998-06-30"), cdnow_customers)
    pd.testing.assert_frame_equal(shuffled, before)


def test_split_periods_counts_the_holdout(on_engine, back, cdnow):
    table = back(sc.split_periods(on_engine(cdnow), calibration_end="1997-09-30"))
    assert len(table) == 2357
    assert (table["frequency"].sum(), table["holdout_purchases"].sum()) == (2457, 1882)
    later = cdnow[cdnow["date"] > "1997-09-30"]
    assert table["holdout_revenue"].sum() == pytest.approx(later["amount"].sum())
    assert (table["holdout_days"] == 273).all()


def test_update_equals_a_full_rebuild(on_engine, back, cdnow):
    cut = "1998-01-31"
    with_refunds = cdnow.assign(amount=cdnow["amount"].where(np.arange(len(cdnow)) % 11 > 0, -3.0))
    whole = sc.summarize_customers(with_refunds)
    known = set(sc.summarize_customers(with_refunds[with_refunds["date"] <= cut])["customer_id"])
    full = with_refunds[with_refunds["customer_id"].isin(known)]
    old = sc.summarize_customers(on_engine(full[full["date"] <= cut]))
    new = back(sc.update_customers(old, on_engine(full[full["date"] > cut]), as_of=cdnow["date"].max()))
    expected = whole[whole["customer_id"].isin(known)].reset_index(drop=True)
    pd.testing.assert_frame_equal(new, expected, check_dtype=False)


def test_update_refuses_days_that_are_counted_already(cdnow):
    old = sc.summarize_customers(cdnow)
    with pytest.raises(sc.TransactionError, match="already covers every day up to"):
        sc.update_customers(old, cdnow.tail(5))


def test_native_plans_equal_the_portable_steps(on_engine, back):
    from segmentclient import frames
    from segmentclient.customers.log import daily_lines, read_log
    from segmentclient.customers.native import native_totals
    from segmentclient.customers.totals import portable_totals

    rng = np.random.default_rng(0)
    n = 3000
    table = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in rng.integers(0, 400, n)],
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500 * 24, n), unit="h"),
            "amount": np.round(rng.normal(20, 25, n), 2),
            "order_id": rng.integers(0, 900, n),
        }
    )
    for has_orders in (True, False):
        log = read_log(on_engine(table if has_orders else table.drop(columns="order_id")), None)
        lines = daily_lines(log)
        native = native_totals(lines, has_orders=has_orders)
        if native is None:
            return
        bought = back(frames.give_back(native)).dropna(subset="first_order").reset_index(drop=True)
        plain = back(frames.give_back(portable_totals(lines, log, 1)))
        pd.testing.assert_frame_equal(bought[plain.columns], plain, check_dtype=False, rtol=1e-12)


def test_money_given_back_to_strangers_is_said_when_months_are_added():
    log = pd.DataFrame({"customer_id": ["a"], "date": pd.to_datetime(["2026-01-05"]), "amount": [10.0]})
    later = pd.DataFrame(
        {
            "customer_id": ["a", "z"],
            "date": pd.to_datetime(["2026-02-01", "2026-02-02"]),
            "amount": [5.0, -99.0],
        }
    )
    old = sc.summarize_customers(log)
    with pytest.warns(sc.SegmentClientWarning, match=r"1 customers have refunds and no purchase \(-99\.00"):
        new = sc.update_customers(old, later)
    with pytest.warns(sc.SegmentClientWarning, match=r"1 customers have refunds and no purchase \(-99\.00"):
        whole = sc.summarize_customers(pd.concat([log, later]))
    pd.testing.assert_frame_equal(new, whole)


def test_gaps_of_ids_beyond_64_bits():
    days = pd.to_datetime(["2026-01-01", "2026-01-05", "2026-01-09", "2026-01-01"])
    ids = pl.Series([2**70, 2**70, 2**70, 2**70 + 1], dtype=pl.Int128)
    log = pl.DataFrame({"customer_id": ids, "date": days, "amount": [1.0] * 4})
    found = sc.summarize_customers(log, gaps=True)
    assert found["sum_log_gaps"].to_list() == pytest.approx([2 * np.log(4), 0.0])


@pytest.mark.parametrize(
    "orders",
    [
        ["1", None, "1", None, None],
        [1.5, np.nan, 1.5, np.nan, np.nan],
        [None] * 5,
    ],
)
def test_lines_without_an_order_id_are_one_order_of_their_day(on_engine, back, orders):
    """As clean_transactions says it; on pandas such a line was once an order of another customer."""
    log = pd.DataFrame(
        {
            "customer_id": ["b", "a", "b", "a", "a"],
            "date": pd.to_datetime(
                ["2026-01-02", "2026-01-02T10:00:00", "2026-01-02", "2026-01-02T12:00:00", "2026-01-03"],
                format="ISO8601",
            ),
            "amount": 1.0,
            "order_id": orders,
        }
    )
    table = back(sc.summarize_customers(on_engine(log)))
    assert table["n_orders"].tolist() == [2, 1]
    weeks = back(sc.summarize_customers(on_engine(log), period="W"))
    assert weeks["n_orders"].tolist() == [2, 1]


def test_numbers_beside_texts_are_orders_whatever_is_missing():
    log = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b"],
            "date": pd.to_datetime(["2026-01-02"] * 4),
            "amount": 1.0,
            "order_id": pd.Series([536365, "C536379", None, "536365"], dtype=object),
        }
    )
    assert sc.summarize_customers(log)["n_orders"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("orders", "held"),
    [
        ([[1], [2]], "[Ll]ist"),
        ([b"\xff", b"b"], ".*[Bb]inary|bytes"),
        ([True, False], "Boolean"),
        (pd.to_datetime(["2026-01-02", "2026-01-03"]), "Date"),
    ],
)
def test_what_is_no_orders_id_is_refused(on_engine, orders, held):
    log = pd.DataFrame(
        {"customer_id": "a", "date": pd.to_datetime(["2026-01-02"] * 2), "amount": 1.0, "order_id": orders}
    )
    with pytest.raises(
        sc.ColumnError, match=f"'order_id' holds ({held}).*, which cannot be an id; accepted: text"
    ):
        sc.summarize_customers(on_engine(log))


def test_customers_without_a_row_cannot_be_brought_forward(on_engine):
    ids = [1, 1, 1, 1, 2]
    nobody = sc.summarize_customers(log(customer_id=ids)).head(0)
    later = log(customer_id=ids, date=pd.to_datetime(["2026-02-01"] * 5))
    with pytest.raises(sc.ColumnError, match="is not a day; rebuild with summarize_customers"):
        sc.update_customers(on_engine(nobody), on_engine(later))


@pytest.mark.parametrize("as_of", [None, "2026-02-01"])
@pytest.mark.parametrize("odd", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_days_that_no_shop_knows_are_counted(on_engine, odd, as_of):
    days = np.array(["2026-01-01", odd, odd, "2026-01-03"], dtype="datetime64[us]")
    log = pd.DataFrame({"customer_id": list("abca"), "date": days, "amount": 1.0})
    with pytest.raises(
        sc.ColumnError, match="column 'date' has 2 days outside the years 1900 to 2199 in 4 rows"
    ):
        sc.summarize_customers(on_engine(log), as_of=as_of)


def test_both_zeros_are_one_customer(on_engine, back):
    days = pd.to_datetime(["2026-01-01", "2026-01-02"])
    log = pd.DataFrame({"customer_id": [0.0, -0.0], "date": days, "amount": 1.0})
    assert back(sc.summarize_customers(on_engine(log)))["frequency"].tolist() == [1]


def test_categories_that_pandas_keeps_in_arrow_are_customers():
    days = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-03"])
    ids = pd.array(["b", "a", "b"], dtype=pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string())))
    table = sc.summarize_customers(pd.DataFrame({"customer_id": ids, "date": days, "amount": 1.0}))
    assert dict(zip(table["customer_id"], table["frequency"], strict=True)) == {"a": 0, "b": 1}


def _two_months():
    days = pd.to_datetime(["2026-01-02", "2026-01-03", "2026-01-20", "2026-02-02", "2026-02-03"])
    log = pd.DataFrame({"customer_id": list("abaab"), "date": days, "amount": 1.0})
    return log[:3], log[3:]


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("T", lambda old, log: sc.summarize_customers(log, period="W")),
        ("T", lambda old, log: sc.summarize_customers(log, time_unit="W")),
        ("T", lambda old, log: old.assign(days_since_last_order=-1, T=0.0)),
        ("n_orders", lambda old, log: old.assign(n_orders=0)),
        ("n_orders", lambda old, log: old.assign(n_orders=1.5)),
        ("frequency", lambda old, log: old.assign(frequency=-3)),
        ("frequency", lambda old, log: old.assign(frequency=0.5)),
    ],
)
def test_a_table_that_is_not_daily_is_not_brought_forward(on_engine, column, change):
    log, new = _two_months()
    old = change(sc.summarize_customers(log), log)
    with pytest.raises(
        sc.ColumnError, match=f"column '{column}' has . values that are no count of days or orders"
    ):
        sc.update_customers(on_engine(old), on_engine(new))


def test_a_customer_who_stands_twice_is_not_brought_forward(on_engine):
    log, new = _two_months()
    old = sc.summarize_customers(log)
    with pytest.raises(
        sc.ColumnError, match="1 rows have the customer_id of another; expected one row a customer"
    ):
        sc.update_customers(on_engine(pd.concat([old, old[:1]])), on_engine(new))


def test_known_customers_have_ids():
    log, new = _two_months()
    known = sc.summarize_customers(log).assign(customer_id=[["a"], ["b"]])
    with pytest.raises(sc.ColumnError, match="known_customers: column 'customer_id' holds list"):
        sc.clean_transactions(new.assign(amount=-1.0), known_customers=known)


def test_two_parts_of_one_duckdb_table_meet():
    connection = duckdb.connect()
    connection.execute(
        "create table orders as select * from (values ('a', timestamp '2026-01-01', 1.0), "
        "('a', timestamp '2026-02-01', 2.0), ('b', timestamp '2026-02-02', 4.0)) as t(customer_id, date, amount)"
    )
    orders = connection.table("orders")
    january, february = orders.filter("month(date) = 1"), orders.filter("month(date) = 2")
    updated = sc.update_customers(sc.summarize_customers(january), february)
    assert sorted(updated.project("customer_id, revenue").fetchall()) == [("a", 3.0), ("b", 4.0)]
    known = sc.clean_transactions(february, known_customers=orders.filter("amount < 2"))
    assert known.kept_rows == 2


def test_a_calibration_that_ends_before_the_log_says_so():
    log = pd.DataFrame(
        {"customer_id": ["a", "a"], "amount": 1.0, "date": pd.to_datetime(["2026-01-05", "2026-02-05"])}
    )
    with pytest.raises(
        sc.TransactionError, match="dated after calibration_end=2026-01-04; the first is of 2026-01-05"
    ):
        sc.split_periods(log, calibration_end="2026-01-04")


def test_an_endless_day_of_duckdb_is_a_missing_one():
    log = duckdb.connect().sql(
        "select * from (values ('a', date '2026-01-01', 1.0), ('b', 'infinity'::date, 2.0)) t(customer_id, date, amount)"
    )
    for function in (sc.summarize_customers, sc.cohort_retention):
        with pytest.raises(sc.ColumnError, match="'date' has 1 missing or infinite cells"):
            function(log)
