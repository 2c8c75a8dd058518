import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import segmentclient as sc

AS_OF = "2025-06-30"


def base(n=800, seed=0, effect=3.0):
    rng = np.random.default_rng(seed)
    city = rng.choice(["Lyon", "Paris", "Lille"], n)
    age = rng.integers(18, 80, n)
    worth = rng.gamma(2, 20, n) * np.where(city == "Lyon", effect, 1) * np.where(age > 60, effect, 1)
    customers = pd.DataFrame({"customer_id": [f"C{i:04d}" for i in range(n)], "lifetime_value": worth})
    people = pd.DataFrame(
        {"customer_id": customers.customer_id, "age": age, "city": city, "noise": rng.choice(list("xyz"), n)}
    )
    return customers, people


@pytest.fixture(scope="module")
def ideal():
    return sc.ideal_customer(*base())


def test_the_profile_finds_who_is_worth_most(ideal):
    best = ideal.profile.iloc[:2]
    assert set(best.attribute) == {"city", "age"}
    assert "Lyon" in set(best.value)
    customers, people = base()
    lyon = ideal.profile[ideal.profile.value == "Lyon"].iloc[0]
    threshold = np.quantile(customers.lifetime_value, 0.8)
    top = customers.lifetime_value >= threshold
    assert ideal.threshold == threshold
    assert lyon.share_of_best == pytest.approx((people.city[top] == "Lyon").mean())
    assert lyon.share_of_all == pytest.approx((people.city == "Lyon").mean())
    assert lyon.lift == pytest.approx(lyon.share_of_best / lyon.share_of_all)
    assert lyon.n == (people.city == "Lyon").sum()
    assert ideal.profile.points.is_monotonic_decreasing


def test_the_quality_holds_on_new_people(ideal):
    customers, people = base(n=4000, seed=9)
    scored = ideal.score(people)
    best = customers.lifetime_value >= np.quantile(customers.lifetime_value, 0.8)
    assert roc_auc_score(best, scored.likeness) == pytest.approx(ideal.quality.auc, abs=0.05)
    assert ideal.quality.auc_low < ideal.quality.auc < ideal.quality.auc_high
    assert scored.expected_value.mean() == pytest.approx(base()[0].lifetime_value.mean(), rel=0.1)
    assert scored.likeness.mean() == pytest.approx(0.2, abs=0.03)


def test_targets_hold_everybody_and_the_core_is_worth_most(ideal):
    table = ideal.targets
    assert table.target.tolist() == ["core", "primary", "secondary", "others"]
    assert table.customers.sum() == 800
    assert table.share_of_value.sum() == pytest.approx(1)
    assert table.mean_value.is_monotonic_decreasing


def test_prospects_are_ranked_with_value_and_reasons(ideal):
    prospects = pd.DataFrame({"city": ["Paris", "Lyon", None], "age": [30, 70, None]}, index=[4, 2, 9])
    scored = ideal.score(prospects)
    assert scored.index.tolist() == [4, 2, 9]
    assert scored.likeness_rank.tolist() == [3, 1, 2]
    assert scored.expected_value.loc[2] == scored.expected_value.max()
    assert "City: Lyon" in scored.reasons.loc[2]
    assert scored.reasons.loc[9] == "nothing in the profile speaks for them"
    assert scored.likeness.between(0, 1).all()
    assert "temperature" not in scored


def test_engagement_makes_prospects_hot_or_cold():
    customers, people = base()
    ideal = sc.ideal_customer(customers, people, as_of=AS_OF)
    visits = pd.DataFrame(
        {
            "city": "Lyon",
            "last_visit": pd.to_datetime(["2025-06-20", "2024-01-01", None]),
            "visits_30d": [0, 0, 2],
        }
    )
    assert ideal.score(visits).temperature.tolist() == ["hot", "cold", "hot"]
    assert ideal.score(visits, hot_days=5).temperature.tolist() == ["cold", "cold", "hot"]


def test_row_order_does_not_matter_and_nothing_is_changed(ideal):
    customers, people = base()
    before = people.copy()
    again = sc.ideal_customer(customers.sample(frac=1, random_state=1), people.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(again.profile, ideal.profile)
    assert again.quality == ideal.quality
    pd.testing.assert_frame_equal(people, before)


def test_engines_give_the_same_and_lazy_stays_lazy(ideal):
    _, people = base(n=40, seed=3)
    expected = ideal.score(people).sort_values("customer_id").likeness.to_numpy()
    lazy = ideal.score(pl.from_pandas(people).lazy())
    assert isinstance(lazy, pl.LazyFrame)
    np.testing.assert_allclose(lazy.sort("customer_id").collect()["likeness"].to_numpy(), expected)
    relation = ideal.score(duckdb.from_df(people))
    np.testing.assert_allclose(relation.order("customer_id").df().likeness.to_numpy(), expected)


def test_attributes_that_say_nothing_get_a_warning():
    customers, people = base(effect=1.0)
    with pytest.warns(sc.SegmentClientWarning, match="no better than chance"):
        sc.ideal_customer(customers, people)


def test_a_value_that_is_mostly_zero():
    customers, people = base()
    customers = customers.assign(
        lifetime_value=np.where(people.city == "Lyon", customers.lifetime_value, 0.0).round(-1)
        * (np.arange(800) % 3 == 0)
    )
    ideal = sc.ideal_customer(customers, people)
    assert ideal.threshold > 0
    assert ideal.profile.value.iloc[0] == "Lyon"


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda c, p: (c.drop(columns="lifetime_value"), p),
            {},
            "'lifetime_value' is missing.*predict_lifetime_value",
        ),
        (lambda c, p: (c.head(20), p), {}, "at least 50"),
        (lambda c, p: (c.assign(lifetime_value=1.0), p), {}, "same for every customer"),
        (lambda c, p: (c, p[["customer_id"]]), {}, "no attribute"),
        (lambda c, p: (c, p), {"columns": {"city": "town"}}, "column 'town' is missing"),
    ],
)
def test_mistakes_get_one_error_of_ours(change, options, message):
    with pytest.raises(sc.SegmentClientError, match=message):
        sc.ideal_customer(*change(*base()), **options)


def test_scoring_mistakes(ideal):
    with pytest.raises(sc.ColumnError, match="expected some of: age, city"):
        ideal.score(pd.DataFrame({"shoe": [1]}))
    with pytest.raises(sc.ColumnError, match="likeness, likeness_rank"):
        ideal.score(ideal.score(pd.DataFrame({"city": ["Lyon"]})))


def test_it_shows_itself_in_both_languages(ideal):
    assert "Lyon" in ideal._repr_html_()
    french = sc.ideal_customer(*base(), lang="fr")
    assert "Le client idéal" in french._repr_html_()
    assert french.score(pd.DataFrame({"city": ["Lyon"]})).reasons.iloc[0] == "Ville\N{NO-BREAK SPACE}: Lyon"


@pytest.mark.parametrize("learnt", ["int64", "float64", "Int64"])
def test_an_answer_is_one_answer_in_whole_numbers_and_beside_missing_ones(learnt):
    """1 and 1.0 are one answer: prospects with a missing one had no likeness of their own."""
    rng = np.random.default_rng(0)
    member = np.arange(200) % 4 == 0
    customers = pd.DataFrame(
        {"customer_id": range(200), "revenue": rng.gamma(2, 20, 200) * np.where(member, 5, 1)}
    )
    people = pd.DataFrame({"customer_id": range(200), "member": pd.Series(member.astype(int), dtype=learnt)})
    ideal = sc.ideal_customer(customers, people, value="revenue")
    assert set(ideal.profile["value"]) == {"0", "1"}
    whole = ideal.score(pd.DataFrame({"member": [1, 0]}))["likeness"]
    assert whole[0] > 0.5 > whole[1]
    for kind in ("float64", "Int64", "object"):
        beside = ideal.score(pd.DataFrame({"member": pd.Series([1, 0, None], dtype=kind)}))["likeness"]
        np.testing.assert_allclose(beside[:2], whole, rtol=1e-12)
        assert whole[1] < beside[2] < whole[0]
