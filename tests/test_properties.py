"""What holds for every table: the input stays as it was, the order of rows is irrelevant, other columns come along."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segmentclient as sc

sys.path.insert(0, str(Path(__file__).parent / "bad_inputs"))
import functions

FAST = settings(max_examples=8, deadline=None, derandomize=True)
STEPS = {
    "score_rfm": lambda t: sc.score_rfm(t, bins=3),
    "lifecycle": sc.lifecycle,
    "segment_by_rules": lambda t: sc.segment_by_rules(t, functions.RULES),
    "segment_kmeans": lambda t: sc.segment_kmeans(t, functions.FEATURES, n_clusters=3),
    "predict_lifetime_value": lambda t: sc.predict_lifetime_value(t, models=functions.MODELS),
    "join_people": lambda t: sc.join_people(t, functions.people()),
}  # fmt: skip
CUSTOMERS = sc.summarize_customers(functions.orders())
INDEXES = {
    "text": lambda n: pd.Index([f"r{one}" for one in range(n)]),
    "repeated": lambda n: pd.Index([1] * n),
    "dates": lambda n: pd.date_range("2026-01-01", periods=n),
    "levels": lambda n: pd.MultiIndex.from_arrays([range(n), ["x"] * n]),
}
IDS = {
    "text": str,
    "numbers": lambda one: int(one[1:]),
    "uuid": lambda one: f"00000000-0000-0000-0000-0000000{one[1:].zfill(5)}",
    "numbers beyond those of floats": lambda one: 2**60 + int(one[1:]),
    "composite": lambda one: f"shop 1|{one}|é'\"",
}


@pytest.mark.parametrize("name", STEPS)
@FAST
@given(seed=st.integers(0, 10_000))
def test_rows_in_any_order_with_any_company(name, seed):
    table = CUSTOMERS.assign(note=[f"n{one}" for one in range(len(CUSTOMERS))], **{"odd name $": 1.5})
    shuffled = table.sample(frac=1, random_state=seed)
    before = shuffled.copy()
    found = STEPS[name](shuffled)
    pd.testing.assert_frame_equal(shuffled, before)
    pd.testing.assert_index_equal(found.index, shuffled.index)
    pd.testing.assert_frame_equal(found[list(table.columns)], shuffled)
    expected = STEPS[name](table)
    pd.testing.assert_frame_equal(found.loc[table.index], expected, check_categorical=False, rtol=1e-9)


WHOLE = {
    **{name: (function, functions.customers) for name, (function, _) in functions.ON_CUSTOMERS.items()},
    **{name: (function, functions.orders) for name, function in functions.ON_ORDERS.items()},
    **{name: (function, functions.people) for name, function in functions.ON_PEOPLE.items()},
}  # reports and exports are held to their bytes in test_atomic_writes.py; how `lifetimes` searches is its own


@pytest.mark.parametrize(
    "name", [name for name in WHOLE if not name.startswith(("build_report", "export_", "fit_with", "plot."))]
)
def test_every_function_gives_one_answer_whatever_the_order_of_rows(name):
    function, make = WHOLE[name]
    table = make()
    shuffled = table.sample(frac=1, random_state=3)
    before = shuffled.copy()
    one, other = (as_told(function(rows), table) for rows in (table, shuffled))
    pd.testing.assert_frame_equal(shuffled, before)
    assert_alike(one, other)


def as_told(result, table):
    """A table in the order of its index (or ids), a model as its stored numbers, anything else as it is shown."""
    if isinstance(result, pd.DataFrame) and "customer_id" in result and len(result) > len(table):
        return result.sort_values("customer_id", ignore_index=True)
    if isinstance(result, pd.DataFrame | pd.Series):
        return result.sort_index() if set(result.index) == set(table.index) else result
    if isinstance(result, np.ndarray):
        return sorted(result.tolist())
    if hasattr(result, "to_json"):
        return json.loads(result.to_json())
    return result._repr_html_() if hasattr(result, "_repr_html_") else repr(result)


def assert_alike(one, other):
    """Equal, numbers to nine digits."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_categorical=False, rtol=1e-9)
    elif isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, other, rtol=1e-9)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_alike(one[key], other[key])
    elif isinstance(one, list):
        for left, right in zip(one, other, strict=True):
            assert_alike(left, right)
    else:
        assert other == (pytest.approx(one, rel=1e-9, nan_ok=True) if isinstance(one, float) else one)


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("name", STEPS)
def test_any_index_stays(name, index):
    table = CUSTOMERS.set_index(INDEXES[index](len(CUSTOMERS)))
    found = STEPS[name](table)
    pd.testing.assert_index_equal(found.index, table.index)
    plain = STEPS[name](CUSTOMERS)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), plain, check_categorical=False)


@pytest.mark.parametrize("ids", IDS)
def test_any_kind_of_id_gives_the_same_numbers(ids):
    log = functions.orders()
    other = log.assign(customer_id=log["customer_id"].map(IDS[ids]))
    one, two = (sc.score_rfm(sc.summarize_customers(table, gaps=True), bins=3) for table in (log, other))
    assert two["customer_id"].tolist() == one["customer_id"].map(IDS[ids]).tolist()
    pd.testing.assert_frame_equal(two.drop(columns="customer_id"), one.drop(columns="customer_id"))


@FAST
@given(seed=st.integers(0, 10_000))
def test_orders_in_any_order(seed):
    log = functions.orders()
    pd.testing.assert_frame_equal(
        sc.summarize_customers(log.sample(frac=1, random_state=seed)), sc.summarize_customers(log), rtol=1e-12
    )


@pytest.mark.parametrize("kind", ["float64", "float32", "Float64", "object", "double[pyarrow]"])
def test_any_kind_of_money(kind):
    log = functions.orders().assign(amount=np.round(functions.orders()["amount"]))
    other = sc.clean_transactions(log.assign(amount=log["amount"].astype(kind))).transactions
    found = sc.summarize_customers(other)["revenue"].to_numpy(float)
    assert found == pytest.approx(sc.summarize_customers(log)["revenue"].to_numpy(float))
