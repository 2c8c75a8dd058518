import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc

FEATURES = ["days_since_last_order", "n_orders", "revenue"]


@pytest.fixture(scope="module")
def clustered():
    rng = np.random.default_rng(0)
    groups = [(10, 20, 2000), (200, 1, 30), (15, 2, 60)]
    parts = [
        pd.DataFrame(
            {
                "days_since_last_order": rng.poisson(days, 60),
                "n_orders": rng.poisson(orders, 60) + 1,
                "revenue": rng.normal(money, money / 20, 60),
            }
        )
        for days, orders, money in groups
    ]
    table = pd.concat(parts, ignore_index=True)
    return sc.segment_kmeans(table, FEATURES, n_clusters=3)


def test_names_say_what_sets_a_cluster_apart(clustered):
    named = sc.name_clusters(clustered, FEATURES)
    assert named["cluster"].tolist() == ["c1", "c2", "c3"]
    assert named["name"].is_unique
    assert named["name"][0] in {"Big spenders", "Frequent buyers"}
    assert named["name"][2] == "Away for long"
    assert named["customers"].tolist() == [60, 60, 60]


def test_sentences_hold_means_in_original_units(clustered):
    named = sc.name_clusters(clustered, ["revenue"], currency="EUR")
    inside = clustered[clustered["cluster"] == "c1"]["revenue"].mean()
    everybody = clustered["revenue"].mean()
    assert f"€{inside:,.0f}" in named["sentence"][0]
    assert f"€{everybody:,.0f}" in named["sentence"][0]
    assert f"× {inside / everybody:.1f}" in named["sentence"][0]


def test_french(clustered):
    named = sc.name_clusters(clustered, FEATURES, lang="fr")
    assert named["name"].is_unique
    assert named["name"][2] == "Absents depuis longtemps"
    assert "60\N{NO-BREAK SPACE}clients (33,3\N{NO-BREAK SPACE}%)\N{NO-BREAK SPACE}:" in named["sentence"][0]
    assert "en moyenne, contre" in named["sentence"][0]


def test_french_semicolons_have_their_blank(clustered):
    sentences = sc.name_clusters(clustered, FEATURES, lang="fr")["sentence"]
    assert sentences.str.contains(";").any()
    assert not sentences.str.contains(r"[^\u00a0\u202f];").any()


def test_one_huge_customer_does_not_make_the_sentence_contradict_the_name():
    revenue = [10.0] * 99 + [50_000.0, *np.linspace(80, 120, 100)]
    table = pd.DataFrame({"cluster": ["c1"] * 100 + ["c2"] * 100, "revenue": revenue})
    named = sc.name_clusters(table, ["revenue"])
    assert named["name"].tolist() == ["Small spenders", "Big spenders"]
    assert "revenue 10.00 at the middle, against 80.20 for everybody." in named["sentence"][0]
    french = sc.name_clusters(table, ["revenue"], lang="fr")
    assert "10,00 au milieu du groupe, contre 80,20 pour l’ensemble" in french["sentence"][0]


@pytest.mark.parametrize("seed", range(30))
def test_figures_say_what_the_name_says(seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "cluster": rng.choice(["c1", "c2", "c3"], 90),
            "revenue": rng.lognormal(3, 2.5, 90) - rng.choice([0, 20]),
        }
    )
    table.loc[table["cluster"] == "c1", "revenue"] *= rng.choice([0.05, 1, 20])
    for name, sentence in sc.name_clusters(table, ["revenue"])[["name", "sentence"]].itertuples(index=False):
        told = re.search(r"revenue (\S+) .* against (\S+) for", sentence)
        inside, overall = (
            float(figure.replace(",", "").replace("\N{MINUS SIGN}", "-")) for figure in told.groups()
        )
        if name.startswith("Big"):
            assert inside > overall, sentence
        if name.startswith("Small"):
            assert inside < overall, sentence


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("seed", range(3))
def test_never_twice_the_same_name(seed, lang):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"a": rng.normal(size=300), "cluster": rng.integers(0, 12, 300)})
    named = sc.name_clusters(table, ["a"], lang=lang)
    assert named["name"].is_unique
    spread = sc.segment_kmeans(table[["a"]], ["a"], n_clusters=9)
    assert sc.name_clusters(spread, ["a"], lang=lang)["name"].is_unique


def test_engines_agree_and_unlabelled_customers_are_left_out(clustered):
    some = clustered.copy()
    some.loc[0, "cluster"] = None
    expected = sc.name_clusters(some, FEATURES)
    assert expected["customers"].sum() == 179
    pd.testing.assert_frame_equal(sc.name_clusters(pl.from_pandas(some).lazy(), FEATURES), expected)


def test_noise_comes_last(clustered):
    some = clustered.assign(cluster=["noise"] * 20 + ["z"] * 160)
    assert sc.name_clusters(some, FEATURES)["cluster"].tolist() == ["z", "noise"]


def test_rules_do_what_they_say(clustered, tmp_path):
    found = sc.cluster_rules(clustered, FEATURES)
    assert found.fidelity > 0.98
    assert found.baseline == pytest.approx(1 / 3)
    assert found.unreached == ()
    path = tmp_path / "rules.toml"
    path.write_text(found.to_toml(), "utf-8")
    rules = sc.load_rules(path)
    assert rules == list(found.rules)
    out = sc.segment_by_rules(clustered, rules, column="segment")
    assert (out["segment"] == out["cluster"]).mean() == pytest.approx(found.fidelity)
    assert "others" not in set(out["segment"])


def test_thresholds_are_round_and_odd_names_quoted():
    table = pd.DataFrame({"Total spent": [12.31, 14.88, 811.4, 903.2], "cluster": ["c2", "c2", "c1", "c1"]})
    rules = sc.cluster_rules(table, ["Total spent"]).rules
    assert {rule.name: rule.when for rule in rules} == {
        "c1": "`Total spent` > 400",
        "c2": "`Total spent` <= 400",
    }
    out = sc.segment_by_rules(table, rules)
    assert (out["segment"] == out["cluster"]).all()


@pytest.mark.parametrize("seed", range(3))
def test_rules_agree_with_their_fidelity_on_any_data(seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"a": rng.lognormal(0, 3, 400), "b": rng.integers(-5, 5, 400), "c": rng.normal(size=400)}
    )
    table = sc.segment_kmeans(table, ["a", "b", "c"], n_clusters=6)
    found = sc.cluster_rules(table, ["a", "b", "c"])
    out = sc.segment_by_rules(table, found.rules)
    assert (out["segment"] == out["cluster"]).mean() == pytest.approx(found.fidelity)


@pytest.mark.parametrize("depth", [0, 9, 2.5, True])
def test_depth_is_bounded(clustered, depth):
    with pytest.raises(sc.ModelError, match="depth="):
        sc.cluster_rules(clustered, FEATURES, depth=depth)


def test_missing_columns_are_named(clustered):
    for function in (sc.name_clusters, sc.cluster_rules):
        with pytest.raises(sc.ColumnError, match="'group' is missing"):
            function(clustered, FEATURES, by="group")
        with pytest.raises(sc.ColumnError, match="'age' is missing"):
            function(clustered, ["age"])
