"""Life cycle: every label against plain arithmetic, every threshold against numpy, on every engine."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import lifecycle_thresholds

AS_OF = pd.Timestamp("2026-06-30")
NEW = ["status", "relation", "is_new", "soon_lost", "retention_due"]


def base(n: int = 400, seed: int = 3) -> pd.DataFrame:
    """Customers with and without repeats, and prospects."""
    random = np.random.default_rng(seed)
    n_orders = random.integers(0, 8, n)
    first = random.integers(30, 1500, n)
    last = (first * random.uniform(0, 1, n)).astype(int)
    last = np.where(n_orders == 1, first, last)
    bought = n_orders > 0

    def day(ago):
        return pd.Series(AS_OF - pd.to_timedelta(ago, unit="D")).where(bought)

    return pd.DataFrame(
        {
            "customer_id": np.arange(n),
            "first_order": day(first),
            "last_order": day(last),
            "n_orders": n_orders,
            "days_since_last_order": np.where(bought, last, np.nan),
            "revenue": np.round(random.gamma(2, 50, n), 2) * bought,
        }
    )


ENGINES = {
    "pandas": lambda table: table,
    "polars": lambda table: pl.from_pandas(table),
    "nullable": lambda table: table.convert_dtypes(),
    "arrow dtypes": lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
    "polars nan": lambda table: pl.from_pandas(table, nan_to_null=False),
    "lazy": lambda table: pl.from_pandas(table).lazy(),
    "duckdb": lambda table: duckdb.connect().from_df(table),
}


def as_pandas(table: object) -> pd.DataFrame:
    if isinstance(table, pl.LazyFrame):
        table = table.collect()
    if isinstance(table, pl.DataFrame):
        return table.to_pandas().sort_values("customer_id", ignore_index=True)
    if isinstance(table, duckdb.DuckDBPyRelation):
        table = table.df()
    return table.sort_values("customer_id", ignore_index=True)


def by_hand(table: pd.DataFrame, active_days: float, new_days: float) -> list[tuple]:
    """The rules again, one row at a time."""
    buyers = table[table["n_orders"] > 0]
    median = buyers["revenue"].median()
    rows = []
    for row in table.itertuples():
        if row.n_orders == 0:
            rows.append(("prospect", "potential", False, False, False))
            continue
        age = (AS_OF - row.first_order).days
        silence = (AS_OF - row.last_order).days
        gap = (age - silence) / (row.n_orders - 1) if row.n_orders > 1 and age > silence else None
        active = silence <= active_days
        loyal = active and row.n_orders >= 3 and gap is not None and gap <= active_days
        relation = "loyal" if loyal else "current" if active else "former"
        soon = active and gap is not None and silence > 3 * gap and row.revenue >= median
        rows.append(("active" if active else "inactive", relation, age <= new_days, soon, silence >= 1096))
    return rows


@pytest.mark.parametrize("engine", ENGINES)
def test_labels_agree_with_the_rules_one_row_at_a_time(engine: str) -> None:
    table = base()
    result = as_pandas(sc.lifecycle(ENGINES[engine](table), active_days=200, new_days=90))
    assert list(result.columns) == [*table.columns, *NEW]
    assert [tuple(row) for row in result[NEW].itertuples(index=False)] == by_hand(table, 200, 90)


@pytest.mark.parametrize("engine", ENGINES)
def test_thresholds_are_the_quantiles_of_the_mean_gaps(engine: str) -> None:
    table = base()
    learnt = lifecycle_thresholds(ENGINES[engine](table))
    again = table[(table["n_orders"] > 1) & (table["last_order"] > table["first_order"])]
    gaps = (again["last_order"] - again["first_order"]).dt.days / (again["n_orders"] - 1)
    assert learnt.n_repeaters == len(gaps)
    assert learnt.gap_p90 == pytest.approx(np.quantile(gaps, 0.9))
    assert learnt.active_days == np.ceil(np.quantile(gaps, 0.9))
    assert learnt.new_days == np.ceil(np.median(gaps))
    assert learnt.valuable_revenue == pytest.approx(table.loc[table["n_orders"] > 0, "revenue"].median())
    assert learnt.as_of == AS_OF.toordinal()
    assert learnt.source == {"active_days": "data", "new_days": "data"}
    result = as_pandas(sc.lifecycle(ENGINES[engine](table)))
    expected = by_hand(table, learnt.active_days, learnt.new_days)
    assert [tuple(row) for row in result[NEW].itertuples(index=False)] == expected


def test_order_of_rows_index_and_input() -> None:
    table = base()
    before = table.copy()
    result = sc.lifecycle(table)
    pd.testing.assert_frame_equal(table, before)
    shuffled = table.sample(frac=1, random_state=0)
    again = sc.lifecycle(shuffled)
    assert list(again.index) == list(shuffled.index)
    pd.testing.assert_frame_equal(again.loc[result.index], result)
    assert isinstance(sc.lifecycle(pl.from_pandas(table).lazy()), pl.LazyFrame)


def test_thresholds_can_be_kept_for_the_next_period() -> None:
    learnt = lifecycle_thresholds(base(seed=1))
    kept = sc.lifecycle(base(seed=2), thresholds=learnt)
    given = sc.lifecycle(base(seed=2), active_days=learnt.active_days, new_days=learnt.new_days)
    assert kept["status"].tolist() == given["status"].tolist()


def few() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": list("abcd"),
            "first_order": AS_OF - pd.to_timedelta([300, 300, 300, 300], unit="D"),
            "last_order": AS_OF - pd.to_timedelta([10, 10, 10, 10], unit="D"),
            "n_orders": [10, 10, 10, 10],
            "days_since_last_order": [10, 10, 10, 10],
        }
    )


def relations(**columns: list) -> list[str]:
    return sc.lifecycle(few().assign(**columns), active_days=60, new_days=30)["relation"].tolist()


def test_regularity_and_share_of_wallet_decide_on_loyalty() -> None:
    assert relations() == ["loyal"] * 4
    assert relations(gap_sd=[1.0, 32.2, 33.0, None]) == [
        "loyal",
        "loyal",
        "current",
        "loyal",
    ]  # mean gap 290 / 9
    assert relations(store_share=[0.5, 0.4, None, 1.0]) == ["loyal", "current", "loyal", "loyal"]
    shares = {"brand_share": [0.1, None, 0.1, 0.9], "store_share": [0.9, 0.1, None, None]}
    assert relations(**shares) == ["loyal", "current", "current", "loyal"]
    assert relations(frequency=[1, 2, 0, 9]) == ["current", "current", "current", "loyal"]


def test_without_dates() -> None:
    bare = pd.DataFrame({"n_orders": [0, 1, 1, 2, 5, 5], "days_since_last_order": [None, 5, 400, 5, 5, 400]})
    result = sc.lifecycle(bare, active_days=60, new_days=30)
    assert result["relation"].tolist() == ["potential", "current", "former", "current", "loyal", "former"]
    assert result["is_new"].tolist() == [False, True, False, False, False, False]
    told = sc.lifecycle(bare.assign(recency=[None, 0, 0, 20, 300, 100]), active_days=60, new_days=30)
    assert told["is_new"].tolist() == [False, True, False, True, False, False]
    assert told["relation"].tolist() == ["potential", "current", "former", "current", "current", "former"]


def test_p_alive_tells_who_is_soon_lost() -> None:
    table = few().assign(p_alive=[0.4, 0.5, None, 0.1], revenue=[100.0, 100.0, 100.0, 1.0])
    assert sc.lifecycle(table, active_days=60, new_days=30)["soon_lost"].tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_a_later_contact_keeps_the_data() -> None:
    table = few().assign(
        days_since_last_order=[2000.0, 2000.0, 100.0, None],
        last_order=[AS_OF - pd.Timedelta(days=d) if d else None for d in (2000, 2000, 100, None)],
        first_order=pd.Timestamp("2019-01-01"),
        n_orders=[1, 1, 1, 0],
        last_contact=[AS_OF - pd.Timedelta(days=d) if d else None for d in (50, None, 3000, 1200)],
    )
    assert sc.lifecycle(table, active_days=60, new_days=30)["retention_due"].tolist() == [
        False,
        True,
        False,
        True,
    ]


def test_too_few_to_learn_from() -> None:
    with pytest.warns(sc.SegmentClientWarning, match="365 is assumed"):
        learnt = lifecycle_thresholds(few())
    assert learnt.active_days == 365
    assert learnt.source == {"active_days": "assumed", "new_days": "assumed"}
    one = few().head(1).assign(n_orders=1, last_order=few()["first_order"])
    assert sc.lifecycle(one, active_days=30)["relation"].tolist() == ["current"]
    assert len(sc.lifecycle(few().head(0), active_days=30)) == 0


def test_faults() -> None:
    with pytest.raises(sc.ColumnError, match="there already"):
        sc.lifecycle(few().assign(status="active"), active_days=30)
    with pytest.raises(sc.ColumnError, match="days_since_last_order"):
        sc.lifecycle(few().drop(columns="days_since_last_order"))
    with pytest.raises(sc.ColumnError, match=r"'last_order' holds .*expected dates"):
        sc.lifecycle(few().assign(last_order="2026-06-20"))
    for wrong in (0, -1, float("nan"), "30", True):
        with pytest.raises(sc.SegmentClientError, match="active_days"):
            sc.lifecycle(few(), active_days=wrong)


def test_the_thresholds_in_words_and_as_a_table() -> None:
    learnt = lifecycle_thresholds(base())
    assert learnt.to_frame().set_index("threshold").loc["active_days", "value"] == learnt.active_days
    assert f"within {learnt.active_days:g} days" in learnt.sentences()[0]
    assert "dernière commande il y a" in learnt.sentences("fr")[0]
    assert "Cycle de vie" in learnt.to_html("fr")
    assert "active (days)" in learnt._repr_html_()


@pytest.mark.parametrize(
    "engine", [lambda table: table, pl.from_pandas, lambda table: pl.from_pandas(table).lazy()]
)
def test_who_bought_nobody_knows_when_is_not_called_inactive(engine):
    table = pd.DataFrame({"n_orders": [2, 1, 0], "days_since_last_order": [5.0, np.nan, np.nan]})
    with pytest.raises(
        sc.ColumnError,
        match="'days_since_last_order' has 1 missing or infinite cells where n_orders is above 0",
    ):
        sc.lifecycle(engine(table), active_days=90, new_days=30)


def test_thresholds_print_as_sentences() -> None:
    thresholds = lifecycle_thresholds(base(), active_days=30, new_days=10)
    assert str(thresholds).startswith("Active: last order within 30 days (chosen).")


@pytest.mark.parametrize("orders", [2, 0])
def test_numbers_that_no_customer_has_get_no_status(orders, on_engine):
    table = pd.DataFrame({"n_orders": [2, -1, 1], "days_since_last_order": [5.0, 7.0, np.inf]})
    table["n_orders"] = table["n_orders"].where(table["n_orders"] != 2, orders)
    with pytest.raises(sc.ColumnError, match="2 problems") as caught:
        sc.lifecycle(on_engine(table), active_days=90, new_days=30)
    assert "'days_since_last_order' has 1 missing or infinite cells" in str(caught.value)
    assert "'n_orders' has 1 cells below 0; expected counts of orders" in str(caught.value)


def test_days_may_be_numbers_of_numpy():
    table = pd.DataFrame({"n_orders": [2, 1], "days_since_last_order": [5.0, 95.0]})
    found = sc.lifecycle(table, active_days=np.int64(90), new_days=np.float32(30))
    assert found["status"].tolist() == ["active", "inactive"]
