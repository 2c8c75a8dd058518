import narwhals.stable.v2 as nw
import pandas as pd
import pytest

import segmentclient as sc
from segmentclient.schema import COLUMNS, check_columns, kind_of, nearest

SCHEMA = {"revenu": nw.Float64(), "segment": nw.Int64(), "first_order": nw.Datetime()}


def test_every_problem_is_listed_with_its_help():
    with pytest.raises(sc.ColumnError) as caught:
        check_columns(SCHEMA, ["revenue", "segment", "first_order", "p_alive"])
    message = str(caught.value)
    assert "3 problems" in message
    assert "'revenue' is missing (summarize_customers makes it); did you mean 'revenu'?" in message
    assert "'segment' holds Int64, expected text" in message
    assert "'p_alive' is missing (predict_lifetime_value makes it)" in message
    assert "Columns found: revenu, segment, first_order" in message


def test_kinds():
    kinds = {
        nw.Int8(): "number",
        nw.Decimal(): "number",
        nw.Date(): "date",
        nw.Boolean(): "boolean",
        nw.Categorical(): "text",
    }
    assert all(kind_of(dtype) == kind for dtype, kind in kinds.items())
    assert kind_of(nw.List(nw.Int64)) == "any"


def test_every_word_has_a_meaning_and_a_maker():
    for column in COLUMNS.values():
        assert column.meaning
        assert hasattr(sc, column.made_by.split("(")[0])


def test_nearest_says_nothing_when_nothing_is_near():
    assert nearest("revenue", ["zzz"]) == ""


def test_a_log_under_other_names_is_sent_to_the_function_that_reads_them():
    log = pd.DataFrame({"customer_id": [1], "order_date": [pd.Timestamp("2025-01-01")], "amount": [1.0]})
    with pytest.raises(
        sc.ColumnError, match=r"'date' is missing .clean_transactions makes it from a column of yours"
    ):
        sc.summarize_customers(log)
