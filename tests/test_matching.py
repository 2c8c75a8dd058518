"""Ids that are equal to a person meet, whatever type each table holds them in."""

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import segmentclient as sc
from conftest import DUCKDB
from segmentclient import frames

TO_ENGINE = {
    "polars": lambda table: table,
    "polars-lazy": lambda table: table.lazy(),
    "pyarrow": lambda table: table.to_arrow(),
    "pandas": lambda table: table.to_pandas(),
    "duckdb": lambda table: DUCKDB.from_arrow(table.to_arrow()),
}
WHOLE = {"int32": pl.Int32, "int64": pl.Int64, "uint8": pl.UInt8, "double": pl.Float64}
TEXT = {"text": pl.String, "categories": pl.Categorical, "enumeration": pl.Enum(["1", "2", "9"])}


def held_as(dtype, table):
    id_ = pl.col("customer_id")
    return table.with_columns(id_.cast(dtype) if dtype.is_numeric() else id_.cast(pl.String).cast(dtype))


def reads_unsigned_dictionaries():
    try:
        pa.DictionaryArray.from_arrays(pa.array([0], pa.uint32()), ["x"]).to_pandas()
    except pa.ArrowTypeError:
        return False
    return True


def log(ids, day, amounts):
    return pl.DataFrame({"customer_id": ids, "date": [pd.Timestamp(day)] * len(ids), "amount": amounts})


@pytest.mark.parametrize("kinds", [WHOLE, TEXT], ids=["numbers", "texts"])
@pytest.mark.parametrize("engine", TO_ENGINE)
def test_equal_ids_of_two_months_meet(engine, kinds, back):
    for held, coming in itertools.pairwise([*kinds.values(), *kinds.values()][: len(kinds) + 1]):
        bought = TO_ENGINE[engine](held_as(held, log([1, 2], "2025-01-01", [1.0, 2.0])))
        later = TO_ENGINE[engine](held_as(coming, log([2, 9], "2025-02-01", [-1.0, 3.0])))
        old = sc.summarize_customers(bought)
        new = sc.clean_transactions(later, known_customers=old).transactions
        found = back(sc.update_customers(old, new))
        assert found["customer_id"].astype(float).tolist() == [1.0, 2.0, 9.0]
        assert found["revenue"].tolist() == [1.0, 1.0, 3.0]


@pytest.mark.parametrize("kinds", [WHOLE, TEXT], ids=["numbers", "texts"])
@pytest.mark.parametrize("engine", TO_ENGINE)
def test_equal_ids_of_customers_and_people_meet(engine, kinds, back):
    if engine == "pyarrow" and kinds is TEXT and not reads_unsigned_dictionaries():
        pytest.skip("this pyarrow hands no categories with unsigned numbers, as polars makes them, to pandas")
    few = pl.DataFrame({"customer_id": [1, 2], "segment": ["a", "b"], "revenue": [1.0, 2.0]})
    known = pl.DataFrame({"customer_id": [2, 9], "age": [30.0, 50.0]})
    contacts = pl.DataFrame({"customer_id": [2, 2, 9], "kind": ["visit"] * 3})
    for held, coming in itertools.pairwise([*kinds.values(), *kinds.values()][: len(kinds) + 1]):
        customers = TO_ENGINE[engine](held_as(held, few))
        people, log_ = (TO_ENGINE[engine](held_as(coming, table)) for table in (known, contacts))
        joined = back(sc.join_people(customers, people, log_))
        assert joined["age"].fillna(0).tolist() == [0.0, 30.0]
        assert joined["n_visit"].tolist() == [0, 2]
        profile = back(sc.profile_segments(customers, attributes=people)).set_index("segment")
        assert profile.loc["b", "mean_age"] == 30.0


@pytest.mark.parametrize("engine", TO_ENGINE)
def test_a_value_that_does_not_fit_is_an_error_and_never_cut(engine):
    buyers = sc.summarize_customers(TO_ENGINE[engine](log([1, 2], "2025-01-01", [1.0, 2.0])))
    people = TO_ENGINE[engine](pl.DataFrame({"customer_id": [1.5, 9.0]}))
    with pytest.raises(sc.ColumnError, match=r"'customer_id'.*cannot hold.*cast one of them"):
        sc.add_prospects(buyers, people)


def test_a_key_that_does_not_fit_equals_nobody():
    ours, theirs = (
        frames.read(pl.DataFrame({"k": values})) for values in ([1, 2], [1.0, 1.5, 2.0**60, float("nan")])
    )
    found = frames.collect(frames.keyed_like(ours, theirs, "k"))["k"]
    assert found.isna().tolist() == [False, True, True, True]


@pytest.mark.parametrize("engine", TO_ENGINE)
def test_ids_beyond_what_a_double_holds_stay_apart(engine, back):
    """Ids of 62 bits, one apart: as doubles they would all be one customer."""
    rng, base = np.random.default_rng(0), 2**62
    few = pl.DataFrame(
        {
            "customer_id": rng.integers(0, 12, 200),
            "date": np.datetime64("2025-01-01", "us") + rng.integers(0, 300, 200).astype("timedelta64[D]"),
            "amount": rng.uniform(1, 9, 200).round(2),
        }
    )
    large = few.with_columns(pl.col("customer_id") + base)
    one, other = (back(sc.summarize_customers(TO_ENGINE[engine](log_), gaps=True)) for log_ in (few, large))
    assert (other["customer_id"] - base).tolist() == one["customer_id"].tolist()
    pd.testing.assert_frame_equal(one.drop(columns="customer_id"), other.drop(columns="customer_id"))
    people = TO_ENGINE[engine](pl.DataFrame({"customer_id": base + np.arange(12), "age": np.arange(12.0)}))
    joined = back(sc.join_people(sc.summarize_customers(TO_ENGINE[engine](large)), people))
    assert (joined["customer_id"] - base).tolist() == joined["age"].tolist()
    early, late = (
        large.filter((pl.col("date") < pl.datetime(2025, 7, 1)) == is_early) for is_early in (True, False)
    )
    old = sc.summarize_customers(TO_ENGINE[engine](early))
    found = back(sc.update_customers(old, TO_ENGINE[engine](late)))
    assert (found["customer_id"] - base).tolist() == one["customer_id"].tolist()
    np.testing.assert_allclose(found["revenue"], one["revenue"])


@pytest.mark.parametrize("engine", TO_ENGINE)
@pytest.mark.parametrize("turned", [False, True], ids=["whole first", "double first"])
def test_whole_numbers_and_doubles_that_are_not_equal_stay_apart(engine, turned, back):
    """2^53 + 1 is no double: as one it would be 2^53, somebody else."""
    big = 2**53
    held = [pl.Series([big + 1, big, 7]), pl.Series([float(big), 5.0, 7.0])][:: -1 if turned else 1]
    customers = pl.DataFrame({"customer_id": held[0], "revenue": [1.0, 2.0, 3.0]})
    people = pl.DataFrame({"customer_id": held[1], "x": [1, 2, 3]})
    if engine == "pyarrow" and turned:  # it casts all or nothing
        with pytest.raises(sc.ColumnError, match="cannot hold all of it"):
            sc.join_people(TO_ENGINE[engine](customers), TO_ENGINE[engine](people))
        return
    found = back(sc.join_people(TO_ENGINE[engine](customers), TO_ENGINE[engine](people)))
    known = dict(zip(found["customer_id"].astype(int), found["x"], strict=True))
    assert known[7] == 3
    if turned:
        assert known[big] == 2  # of people
        assert pd.isna(known[5])
    else:
        assert known[big] == 1
        assert pd.isna(known[big + 1])


def test_two_periods_do_not_take_neighbours_for_one():
    before = pd.DataFrame({"customer_id": [2**53 + 1, 7], "segment": ["a", "b"], "revenue": [1.0, 2.0]})
    after = before.assign(customer_id=[2.0**53, 7.0])
    found = sc.compare_periods(before, after)
    assert found.matrix.loc["b", "b"] == 1
    assert found.matrix.loc["a", "(absent)"] == found.matrix.loc["(absent)", "a"] == 1
    with pytest.raises(sc.ColumnError, match="Float64, its type in customers, cannot hold 1 of its values"):
        sc.compare_periods(after, before)
