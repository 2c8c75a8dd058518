"""Who and what is excluded from a log: ids of any type, columns of words."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import segmentclient as sc
from orders import COLUMNS, as_engines, audit_of, orders


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
    for table in as_engines(data):
        assert sc.clean_transactions(table, exclude="staff").audit["rows"].tolist() == [1, 1]


def test_ids_to_exclude_of_which_none_is_in_the_log_are_told(on_engine):
    with pytest.warns(sc.SegmentClientWarning, match="none of the ids of exclude= is in the log"):
        clean = sc.clean_transactions(on_engine(orders(who=["007", "7a", "b"])), **COLUMNS, exclude=["7"])
    assert clean.kept_rows == 3
