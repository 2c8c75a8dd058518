"""Movement between two periods against counting by hand."""

from __future__ import annotations

import html
import re

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc

BEFORE = pd.DataFrame(
    {
        "customer_id": [1, 2, 3, 4, 5, 6, 7],
        "segment": ["gold", "gold", "iron", "iron", "iron", "tin", "none"],
        "revenue": [100.0, 120.0, 50.0, 40.0, 45.0, 10.0, 0.0],
        "status": ["active", "active", "active", "inactive", "active", "active", "prospect"],
    }
)
AFTER = pd.DataFrame(
    {
        "customer_id": [8, 7, 6, 5, 4, 2, 1],
        "segment": ["tin", "tin", "iron", "tin", "iron", "gold", "iron"],
        "revenue": [12.0, 5.0, 60.0, 45.0, 90.0, 120.0, 110.0],
        "status": ["active", "active", "active", "inactive", "active", "active", "active"],
    }
)
ENGINES = {
    "pandas": lambda table: table,
    "nullable": lambda table: table.convert_dtypes(),
    "arrow dtypes": lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
    "polars": lambda table: pl.from_pandas(table),
    "lazy": lambda table: pl.from_pandas(table).lazy(),
    "duckdb": lambda table: duckdb.connect().from_df(table),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_customer_gets_the_right_move(engine: str) -> None:
    migration = sc.compare_periods(ENGINES[engine](BEFORE), ENGINES[engine](AFTER))
    assert migration.order == ("gold", "iron", "tin", "none")
    moves = dict(zip(migration.movers["customer_id"], migration.movers["move"], strict=True))
    assert moves == {
        1: "downgraded",
        3: "lost",
        4: "reactivated",
        5: "lost",
        6: "upgraded",
        7: "new",
        8: "new",
    }
    assert migration.moves.set_index("move")["n_customers"].to_dict() == {
        "upgraded": 1, "downgraded": 1, "new": 2, "lost": 2, "reactivated": 1, "stayed": 1,
    }  # fmt: skip
    assert migration.moves["share"].sum() == pytest.approx(1)


def test_the_matrix_counts_everybody_once() -> None:
    matrix = sc.compare_periods(BEFORE, AFTER).matrix
    assert list(matrix.index) == ["gold", "iron", "tin", "none", "(absent)"]
    assert matrix.to_numpy().tolist() == [
        [1, 1, 0, 0, 0],
        [0, 1, 1, 0, 1],
        [0, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 1, 0, 0],
    ]
    assert matrix.to_numpy().sum() == len({*BEFORE["customer_id"], *AFTER["customer_id"]})
    rates = sc.compare_periods(BEFORE, AFTER).rates
    assert rates.sum(axis=1).tolist() == pytest.approx([1] * 5)


def test_values_reconcile_with_both_tables() -> None:
    migration = sc.compare_periods(BEFORE, AFTER)
    flow = migration.value_flow
    assert flow["value_before"].sum() == BEFORE["revenue"].sum()
    assert flow["value_after"].sum() == AFTER["revenue"].sum()
    assert flow["change"].sum() == AFTER["revenue"].sum() - BEFORE["revenue"].sum()
    assert flow["n_customers"].sum() == 8
    assert migration.movers["change"].abs().is_monotonic_decreasing
    assert migration.moves["change"].sum() == flow["change"].sum()


def test_psi_by_hand() -> None:
    half = pd.DataFrame({"customer_id": range(10), "segment": ["a"] * 5 + ["b"] * 5, "revenue": 1.0})
    other = pd.DataFrame({"customer_id": range(10), "segment": ["a"] * 4 + ["b"] * 6, "revenue": 1.0})
    assert sc.compare_periods(half, half).psi == 0
    expected = -0.1 * np.log(0.4 / 0.5) + 0.1 * np.log(0.6 / 0.5)
    assert sc.compare_periods(half, other).psi == pytest.approx(expected)
    assert sc.compare_periods(
        half, pd.concat([other, other.assign(customer_id=range(10, 20))])
    ).psi == pytest.approx(expected)
    gone = half.assign(segment="a")  # nobody left in b: half a customer of ten
    expected = 0.5 * np.log(1 / 0.5) + (0.05 - 0.5) * np.log(0.05 / 0.5)
    assert sc.compare_periods(half, gone).psi == pytest.approx(expected)


def test_without_status_days_tell_who_is_back() -> None:
    random = np.random.default_rng(0)
    n = 60
    first = pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 30, n), unit="D")
    last = first + pd.to_timedelta(random.integers(20, 100, n), unit="D")
    before = pd.DataFrame(
        {
            "customer_id": range(n),
            "segment": "x",
            "revenue": 1.0,
            "n_orders": 3,
            "first_order": first,
            "last_order": last,
        }
    )
    before["days_since_last_order"] = (pd.Timestamp("2025-06-01") - last).days
    after = before.assign(days_since_last_order=before["days_since_last_order"] + 100)
    window = sc.lifecycle_thresholds(before).active_days
    active = before["days_since_last_order"] <= window
    after.loc[~active, "days_since_last_order"] = 0
    moves = sc.compare_periods(before, after).movers.set_index("customer_id")["move"]
    expected = np.where(
        active, np.where(after["days_since_last_order"] <= window, "stayed", "lost"), "reactivated"
    )
    assert {n: move for n, move in enumerate(expected) if move != "stayed"} == moves.to_dict()


def test_order_may_be_given_and_must_be_whole() -> None:
    moves = sc.compare_periods(BEFORE, AFTER, order=["tin", "iron", "gold", "none"]).movers.set_index(
        "customer_id"
    )["move"]
    assert moves[1] == "upgraded"
    assert moves[6] == "downgraded"
    with pytest.raises(sc.ColumnError, match="'none'"):
        sc.compare_periods(BEFORE, AFTER, order=["tin", "iron", "gold"])


def test_segments_of_the_library_keep_their_own_order_whatever_they_brought():
    """At risk brought least and lost most here; still nobody rises from at risk to lost."""
    before = pd.DataFrame(
        {
            "customer_id": [1, 2, 3, 4],
            "segment": ["at_risk", "about_to_sleep", "loyal", "lost"],
            "revenue": [5.0, 6.0, 7.0, 900.0],
        }
    )
    after = before.assign(segment=["cant_lose", "lost", "at_risk", "champions"])
    found = sc.compare_periods(before, after)
    assert found.order == ("champions", "loyal", "about_to_sleep", "at_risk", "cant_lose", "lost")
    assert found.ordered_by == "segments"
    assert found.movers.set_index("customer_id")["move"].to_dict() == {
        1: "downgraded", 2: "downgraded", 3: "downgraded", 4: "upgraded",
    }  # fmt: skip


@pytest.mark.parametrize(
    "preset", ["standard", "rf_grid", "shopify", "klaviyo", "r_rfm", "heavy_medium_light"]
)
def test_the_order_of_every_map_puts_late_buyers_last(preset):
    """The highest scores come first, the lowest last, and the long absent after all the others."""
    grid = sc.SegmentMap.preset(preset)
    table = pd.DataFrame(
        [(cell, key, sum(map(int, cell)), int(cell[0])) for cell, key in grid.grid().items()],
        columns=["customer_id", "segment", "revenue", "recency"],
    )
    found = sc.compare_periods(table, table)
    assert found.ordered_by == "segments"
    means = table.groupby("segment")[["recency", "revenue"]].mean().loc[list(found.order)]
    assert means["revenue"].idxmax() == found.order[0]
    assert means["revenue"].idxmin() == found.order[-1]
    if preset not in {"klaviyo", "heavy_medium_light"}:  # of three scores: too few to tell the silent apart
        assert (means["recency"] < 2.5).is_monotonic_increasing


def test_own_segments_take_their_place_by_what_they_bring():
    table = pd.DataFrame(
        {
            "customer_id": [1, 2, 3, 4],
            "segment": ["lost", "vip", "small", "champions"],
            "revenue": [10.0, 500.0, 1.0, 50.0],
        }
    )
    found = sc.compare_periods(table, table)
    assert (found.order, found.ordered_by) == (("vip", "champions", "lost", "small"), "both")
    assert sc.compare_periods(BEFORE, AFTER).ordered_by == "value"
    assert sc.compare_periods(BEFORE, AFTER, order=["gold", "iron", "tin", "none"]).ordered_by == "given"


def test_row_order_does_not_matter() -> None:
    one = sc.compare_periods(BEFORE, AFTER)
    two = sc.compare_periods(BEFORE.sample(frac=1, random_state=1), AFTER.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(one.movers, two.movers)
    pd.testing.assert_frame_equal(one.matrix, two.matrix)
    pd.testing.assert_frame_equal(one.value_flow, two.value_flow)


def test_missing_segments_other_values_and_text_keys() -> None:
    before = pd.DataFrame({"customer_id": ["a", "b"], "cluster": [None, "c1"], "lifetime_value": [5.0, None]})
    after = pl.DataFrame({"customer_id": ["a", "b"], "cluster": ["c1", None], "lifetime_value": [6.0, 2.0]})
    migration = sc.compare_periods(before, after, by="cluster", value="lifetime_value")
    assert migration.order == ("c1", "(missing)")
    assert migration.matrix.loc["(missing)", "c1"] == 1
    assert migration.value_flow["change"].sum() == 3


def test_empty_tables() -> None:
    empty = sc.compare_periods(BEFORE.head(0), AFTER)
    assert empty.moves.set_index("move").loc["new", "n_customers"] == 7
    assert np.isnan(empty.psi)
    assert isinstance(empty._repr_html_(), str)


def test_faults() -> None:
    with pytest.raises(sc.ColumnError, match="before: 1 customer_id are repeated"):
        sc.compare_periods(pd.concat([BEFORE, BEFORE.head(1)]), AFTER)
    with pytest.raises(sc.ColumnError, match="after: column 'segment' is missing"):
        sc.compare_periods(BEFORE, AFTER.drop(columns="segment"))
    with pytest.raises(sc.ColumnError, match="different kinds"):
        sc.compare_periods(BEFORE, AFTER.assign(customer_id=list("abcdefg")))


def test_shown_in_both_languages() -> None:
    migration = sc.compare_periods(BEFORE, AFTER)
    assert "7 customers before, 7 after." in str(migration)
    assert "réactivés" in migration.summary("fr")
    assert "(absents)" in migration.to_html("fr")
    assert "reactivated" in migration._repr_html_()


def test_the_card_names_segments_as_readers_know_them() -> None:
    before = pd.DataFrame({"customer_id": [1, 2], "segment": ["cant_lose", "c2"], "revenue": [2.0, 1.0]})
    migration = sc.compare_periods(before, before.assign(segment=["about_to_sleep", "c2"]))
    heads = {lang: re.findall(r"<th[^>]*>([^<]*)</th>", migration.to_html(lang)) for lang in ("en", "fr")}
    assert {html.unescape(name) for name in heads["en"]} >= {"Can't lose", "About to sleep", "Cluster 2"}
    assert {html.unescape(name) for name in heads["fr"]} >= {"À ne pas perdre", "En voie d’endormissement"}
    assert set(migration.matrix.index) >= {"cant_lose", "about_to_sleep", "c2"}


def test_numbered_clusters_are_the_same_as_whole_numbers_and_as_doubles(on_engine):
    """A column of clusters turns to doubles as soon as one customer has none."""
    before = pd.DataFrame({"customer_id": [1, 2, 3], "cluster": [0, 1, 1], "revenue": [1.0, 2.0, 3.0]})
    after = pd.DataFrame(
        {"customer_id": [1, 2, 3, 4], "cluster": [0, 1, 1, np.nan], "revenue": [1.0, 2.0, 3.0, 0.0]}
    )
    found = sc.compare_periods(on_engine(before), on_engine(after), by="cluster")
    assert found.moves.set_index("move")["n_customers"].to_dict()["stayed"] == 3
    assert set(found.order) == {"0", "1", "(missing)"}


@pytest.mark.parametrize("word", ["(absent)", "(missing)"])
def test_segments_called_like_our_own_words_are_refused(word):
    table = pd.DataFrame({"customer_id": [1, 2], "segment": [word, "b"], "revenue": [1.0, 2.0]})
    with pytest.raises(sc.ColumnError, match="give them other names"):
        sc.compare_periods(table, table)


def test_an_empty_period_is_not_called_stable():
    table = pd.DataFrame({"customer_id": [1, 2], "segment": ["a", "b"], "revenue": [1.0, 2.0]})
    found = sc.compare_periods(table, table.head(0))
    assert np.isnan(found.psi)
    assert "nothing can be said of a drift (PSI" in found.summary()
    assert "rien ne peut être dit" in found.to_html("fr")


def test_infinite_values_are_refused():
    table = pd.DataFrame({"customer_id": [1, 2], "segment": ["a", "b"], "revenue": [1.0, np.inf]})
    with pytest.raises(sc.ColumnError, match="after: column 'revenue' holds infinite values in 1 rows"):
        sc.compare_periods(table.assign(revenue=1.0), table)


def test_the_french_summary_has_french_colons():
    before = pd.DataFrame({"customer_id": [1], "segment": ["loyal"], "revenue": [1.0], "n_orders": [1]})
    told = sc.compare_periods(before, before).summary("fr")
    assert "1\N{NO-BREAK SPACE}client avant, 1\N{NO-BREAK SPACE}après." in told
    assert not re.search(r"\w:", told)
