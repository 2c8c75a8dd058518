"""Amounts as people and programs write them, and what is none."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import segmentclient as sc
from orders import COLUMNS, audit_of, made, orders


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


@pytest.mark.parametrize("text", ["1,2", "1 234,56", ".", "abc", "1.2.3", "--1", "12 €", "1,23,456.0"])
def test_amounts_that_cannot_be_read(on_engine, text):
    clean = sc.clean_transactions(on_engine(orders(total=[text, "5", "6"])), **COLUMNS)
    assert audit_of(clean)["unreadable_amount"] == (1, 0.0)


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


def test_two_negatives_are_no_sale(on_engine):
    raw = on_engine(made(n=[-1, -1, 1, 2], price=[-10.0, 10.0, -4.0, 5.0]))
    clean = sc.clean_transactions(raw, quantity="n", unit_price="price")
    assert audit_of(clean) == {"kept": (3, -10.0 - 4 + 10), "negative_quantity_and_price": (1, 10.0)}


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
