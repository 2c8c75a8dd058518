"""Exact duplicates: found whatever stands beside them, counted as they are dropped."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import segmentclient as sc
from orders import COLUMNS, Mute, as_engines, audit_of, orders


def test_duplicates_are_counted_or_dropped(on_engine):
    raw = on_engine(pd.concat([orders(), orders(), orders().head(1)], ignore_index=True))
    kept = sc.clean_transactions(raw, **COLUMNS)
    assert kept.notes["exact_duplicates_kept"] == 4
    dropped = sc.clean_transactions(raw, **COLUMNS, duplicates="drop")
    assert audit_of(dropped) == {"kept": (3, 60.0), "duplicate": (4, 70.0)}


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


def test_zeros_of_both_signs_are_duplicates_on_every_engine():
    data = {
        "customer_id": ["a"] * 4,
        "date": ["2026-01-01"] * 4,
        "amount": [0.0, -0.0, -0.0, 0.0],
        "discount": [-0.0, 0.0, -0.0, 0.0],
    }
    for table in [*as_engines(data), pd.DataFrame(data).convert_dtypes(dtype_backend="pyarrow")]:
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
