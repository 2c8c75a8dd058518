"""What sets segments apart: effects, intervals and tests against scipy and simulation; the tree read out."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import segmentclient as sc
from segmentclient.segments.effects import _lift_interval, _ratio_of_means, holm


def base(n: int = 600) -> pd.DataFrame:
    random = np.random.default_rng(2)
    segment = random.choice(["gold", "iron", "tin"], n, p=[0.2, 0.5, 0.3])
    spend = random.normal(50, 10, n) + 25 * (segment == "gold")
    city = np.where(
        (segment == "tin") & (random.random(n) < 0.7), "Lyon", random.choice(["Nice", "Paris"], n)
    )
    return pd.DataFrame(
        {
            "segment": segment,
            "spend": spend,
            "noise": random.normal(0, 1, n),
            "city": city,
            "app": random.random(n) < np.where(segment == "gold", 0.8, 0.3),
        }
    )


FEATURES = ["spend", "noise", "city", "app"]


def row(table: pd.DataFrame, segment: str, feature: str, category: str | None = None) -> pd.Series:
    rows = table[(table["segment"] == segment) & (table["feature"] == feature)]
    return (rows if category is None else rows[rows["category"] == category]).iloc[0]


def test_numbers_agree_with_scipy() -> None:
    data = base()
    found = row(sc.explain_segments(data, "segment", FEATURES).table, "gold", "spend")
    ours, theirs = data.loc[data["segment"] == "gold", "spend"], data.loc[data["segment"] != "gold", "spend"]
    n, m = len(ours), len(theirs)
    pooled = np.sqrt(((n - 1) * ours.var() + (m - 1) * theirs.var()) / (n + m - 2))
    hedges = (ours.mean() - theirs.mean()) / pooled * (1 - 3 / (4 * (n + m) - 9))
    assert found["effect"] == pytest.approx(hedges)
    assert found["p_value"] == pytest.approx(stats.ttest_ind(ours, theirs, equal_var=False).pvalue)
    assert found["lift"] == pytest.approx(ours.mean() / data["spend"].mean())
    assert found["effect_low"] < hedges < found["effect_high"]
    assert found["magnitude"] == "large"


def test_categories_agree_with_scipy() -> None:
    data = base()
    found = row(sc.explain_segments(data, "segment", FEATURES).table, "tin", "city", "Lyon")
    counts = pd.crosstab(data["segment"] == "tin", data["city"] == "Lyon").to_numpy()
    inside, outside = counts[1, 1] / counts[1].sum(), counts[0, 1] / counts[0].sum()
    assert found["p_value"] == pytest.approx(stats.chi2_contingency(counts, correction=False).pvalue)
    assert found["inside"] == pytest.approx(inside)
    assert found["lift"] == pytest.approx(inside / (data["city"] == "Lyon").mean())
    assert found["effect"] == pytest.approx(2 * np.arcsin(np.sqrt(inside)) - 2 * np.arcsin(np.sqrt(outside)))
    assert found["lift_low"] < found["lift"] < found["lift_high"]


def test_small_tables_use_the_exact_test() -> None:
    data = pd.DataFrame({"segment": ["a"] * 5 + ["b"] * 6, "city": ["x"] * 4 + ["y"] * 6 + ["x"]})
    found = row(sc.explain_segments(data, "segment", ["city"]).table, "a", "city", "x")
    assert found["p_value"] == pytest.approx(stats.fisher_exact([[4, 1], [1, 5]]).pvalue)


def test_holm_by_hand() -> None:
    adjusted = holm(np.array([0.01, 0.04, np.nan, 0.03, 0.5]))
    assert adjusted[[0, 1, 3, 4]].tolist() == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert np.isnan(adjusted[2])


def test_the_interval_of_a_lift_covers_nineteen_times_in_twenty() -> None:
    random = np.random.default_rng(7)
    cells = np.array([0.12, 0.18, 0.2, 0.5])
    truth = cells[0] / (cells[0] + cells[1]) / (cells[0] + cells[2])
    intervals = [_lift_interval(*map(float, random.multinomial(500, cells)), 1.96) for _ in range(2000)]
    assert np.mean([low < truth < high for low, high in intervals]) == pytest.approx(0.95, abs=0.015)


def test_the_error_of_a_ratio_of_means() -> None:
    random = np.random.default_rng(8)
    ratios = []
    for _ in range(2000):
        ours, theirs = random.normal(30, 10, 80), random.normal(20, 10, 120)
        ratios.append(_ratio_of_means(ours, theirs))
    ratios = np.array(ratios)
    assert ratios[:, 0].std() == pytest.approx(ratios[:, 1].mean(), rel=0.05)
    assert ratios[:, 0].mean() == pytest.approx(30 / 24, rel=0.01)


def test_noise_is_not_called_distinctive() -> None:
    explanation = sc.explain_segments(base(), "segment", FEATURES)
    noise = explanation.table[explanation.table["feature"] == "noise"]
    assert (noise["p_adjusted"] > 0.05).all()
    assert not any("noise" in sentence for sentence in explanation.sentences()[:4])


def test_the_tree_is_faithful_where_segments_are_rules() -> None:
    data = base().assign(
        segment=lambda table: np.where(
            table["spend"] > 60, "high", np.where(table["city"] == "Lyon", "lyon", "rest")
        )
    )
    explanation = sc.explain_segments(data, "segment", ["spend", "city"])
    assert explanation.fidelity == 1.0
    assert explanation.baseline == data["segment"].value_counts(normalize=True).max()
    rules = {rule.segment: rule for rule in explanation.rules}
    assert rules["high"].recall == 1.0
    assert rules["high"].sentence().startswith("high: mostly spend above")
    assert "city is Lyon" in rules["lyon"].sentence()
    assert "ville vaut Lyon" in rules["lyon"].sentence("fr", {"city": "ville"})
    assert "city vaut Lyon" in rules["lyon"].sentence("fr")


def test_bounds_are_said_once_and_whole_numbers_stay_whole() -> None:
    data = pd.DataFrame(
        {
            "n": [*range(90)],
            "segment": ["low"] * 30 + ["middle"] * 30 + ["high"] * 30,
            "vip": [False] * 60 + [True] * 30,
        }
    )
    rules = {rule.segment: rule.sentence() for rule in sc.explain_segments(data, "segment", ["n"]).rules}
    assert rules["middle"].startswith("middle: mostly n above 29, up to 59 (100%")
    explanation = sc.explain_segments(data, "segment", ["vip"])
    assert row(explanation.table, "high", "vip")["inside"] == 1.0
    assert any("vip is true" in sentence for sentence in explanation.sentences())
    assert any("vip vaut vrai" in sentence for sentence in explanation.sentences("fr"))


def test_engines_and_row_order_agree() -> None:
    data = base()
    expected = sc.explain_segments(data, "segment", FEATURES)
    for table in (
        pl.from_pandas(data),
        pl.from_pandas(data).lazy(),
        duckdb.connect().from_df(data),
        data.convert_dtypes(dtype_backend="pyarrow"),
        data.sample(frac=1, random_state=0),
    ):
        found = sc.explain_segments(table, "segment", FEATURES)
        pd.testing.assert_frame_equal(found.table, expected.table)
        assert found.rules == expected.rules
        assert found.fidelity == expected.fidelity


def test_missing_values_infinities_and_constants() -> None:
    data = base(60)
    data.loc[::3, "spend"] = np.nan
    data.loc[1, "spend"] = np.inf
    data["same"] = 1.0
    data["city"] = data["city"].where(data.index % 4 > 0)
    data["segment"] = data["segment"].where(data.index % 10 > 0)
    table = sc.explain_segments(data, "segment", ["spend", "same", "city"]).table
    assert (table.loc[table["feature"] == "same", "effect"] == 0).all()
    assert (table.loc[table["feature"] == "same", "p_value"] == 1).all()
    assert np.isfinite(table["inside"]).all()


def test_one_customer_in_a_segment() -> None:
    data = pd.DataFrame(
        {"segment": ["a", "b", "b", "b"], "x": [1.0, 2.0, 3.0, 4.0], "city": ["u", "v", "v", "u"]}
    )
    table = sc.explain_segments(data, "segment", ["x", "city"]).table
    assert np.isnan(row(table, "a", "x")["effect"])
    assert row(table, "a", "x")["inside"] == 1.0


def test_faults() -> None:
    with pytest.raises(sc.ColumnError, match="two at least"):
        sc.explain_segments(base().assign(segment="a"), "segment", ["spend"])
    with pytest.raises(sc.ColumnError, match="features is empty"):
        sc.explain_segments(base(), "segment", [])
    with pytest.raises(sc.ColumnError, match="did you mean 'spend'"):
        sc.explain_segments(base(), "segment", ["spent"])
    with pytest.raises(sc.ColumnError, match="dates"):
        sc.explain_segments(base().assign(day=pd.Timestamp("2026-01-01")), "segment", ["day"])
    with pytest.raises(sc.ColumnError, match="explain itself"):
        sc.explain_segments(base(), "segment", ["segment"])


def test_shown_in_both_languages() -> None:
    explanation = sc.explain_segments(base(), "segment", FEATURES)
    assert any("spend is high" in sentence for sentence in explanation.sentences())
    assert any("est élevé" in sentence for sentence in explanation.sentences("fr"))
    assert "Segments explained" in explanation._repr_html_()


def test_a_terminal_shows_sentences() -> None:
    found = sc.explain_segments(base().replace("gold", "cant_lose"), features=["spend"])
    assert "Can't lose: spend is high" in str(found)
    assert repr(found) == f"Explanation: {found}"


def test_the_card_names_segments_as_readers_know_them():
    data = pd.DataFrame({"segment": ["cant_lose"] * 30 + ["c1"] * 30, "n": [*range(30), *range(20, 50)]})
    explanation = sc.explain_segments(data, "segment", ["n"])
    assert "À ne pas perdre" in explanation.to_html("fr")
    assert "cant_lose" not in explanation.to_html("fr")
    assert any(sentence.startswith("cant_lose: ") for sentence in explanation.sentences())


@pytest.mark.parametrize("value", [0.1, 1e6 + 0.1, 1e-9])
def test_a_column_that_is_the_same_for_all_tells_nobody_apart(value):
    """Means of 67 and of 133 equal numbers differ in their last digits: by "large" effects, once."""
    same = pd.DataFrame({"segment": ["a", "b", "b"] * 67, "size": value})
    found = sc.explain_segments(same, "segment", ["size"]).table
    assert found["effect"].tolist() == [0, 0]
    assert found["p_value"].tolist() == [1, 1]
    apart = pd.DataFrame({"segment": ["a", "b", "b"] * 67, "size": [value, 2 * value, 2 * value] * 67})
    assert sc.explain_segments(apart, "segment", ["size"]).table["effect"].tolist() == [-np.inf, np.inf]


def test_truth_values_that_pandas_holds_as_objects_are_truth_values():
    flags = pd.Series([True, False, None, True] * 10, dtype=object)
    table = pd.DataFrame({"segment": ["a", "b"] * 20, "flag": flags})
    found = sc.explain_segments(table, "segment", ["flag"]).table
    expected = sc.explain_segments(table.assign(flag=flags.astype("boolean")), "segment", ["flag"]).table
    pd.testing.assert_frame_equal(found, expected)
    assert table["flag"].dtype == object


@pytest.mark.parametrize("unit", [1e-15, 1e-9, 1.0, 1e12, 1e80])
def test_the_unit_of_money_changes_no_rule(unit):
    """Trees that hold 7 digits and see no difference below 1e-7 found nothing in billionths, and ended beyond 1e38."""
    money = np.arange(1.0, 201.0)
    table = pd.DataFrame({"segment": np.where(money > 150, "much", "little"), "revenue": money * unit})
    found = sc.explain_segments(table, "segment", ["revenue"])
    assert found.fidelity == 1.0
    much = next(rule for rule in found.rules if rule.segment == "much")
    assert much.tests[0].low / unit == pytest.approx(150.5, abs=0.5)
    rules = sc.cluster_rules(table, ["revenue"], by="segment")
    assert rules.fidelity == 1.0
    assert (sc.segment_by_rules(table, rules.rules, column="again")["again"] == table["segment"]).all()


def test_neighbours_among_large_numbers_are_told_apart():
    table = pd.DataFrame({"segment": ["a"] * 100 + ["b"] * 100, "revenue": 1e9 + np.arange(200.0)})
    found = sc.explain_segments(table, "segment", ["revenue"])
    assert (found.fidelity, found.rules[0].tests[0].high) == (1.0, 1e9 + 99)


def test_what_differs_is_written_differently():
    money = np.r_[np.linspace(0.51, 0.53, 50), np.linspace(0.55, 0.57, 50)] / 10
    table = pd.DataFrame({"segment": ["a"] * 50 + ["b"] * 50, "rate": money})
    sentences = sc.explain_segments(table, "segment", ["rate"]).sentences()
    assert sentences[0] == "a: rate is low, 0.052 on average (all customers: 0.054)."
    assert sentences[2].startswith("a: mostly rate at most 0.054 (")
