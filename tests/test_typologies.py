import duckdb
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient.personas import load_typology
from segmentclient.personas.typology_packs import PACKS

SURVEY = pd.DataFrame(
    {
        "customer_id": range(6),
        "knows_products": [1, 2, 3, 5, None, 5],
        "compares_offers": [1, 2, 3, 4, None, None],
        "advises_others": [1, 3, 3, 5, None, None],
    }
)


def test_expertise_follows_the_answers():
    typed = sc.apply_typology(SURVEY)
    assert typed.expertise.tolist() == ["novice", "informed", "savvy", "expert", "cannot_tell", "cannot_tell"]
    assert typed.expertise_confidence.tolist()[0] == 1.0
    assert typed.expertise_confidence.iloc[4:].isna().all()
    assert typed.expertise_advice.iloc[5] == "Cannot tell; missing: compares_offers, advises_others."


def test_a_column_that_the_table_lacks_is_named():
    typed = sc.apply_typology(SURVEY[["knows_products"]])
    assert set(typed.expertise) == {"cannot_tell"}
    assert typed.expertise_advice.iloc[0] == "Cannot tell; missing: compares_offers, advises_others."
    with pytest.warns(
        sc.SegmentClientWarning,
        match="none of the columns of the typology 'expertise' is there.*it reads knows_products: I know",
    ):
        blind = sc.apply_typology(SURVEY[["customer_id"]])
    assert set(blind["expertise"]) == {"cannot_tell"}
    assert blind["expertise_confidence"].isna().all()
    assert "knows_products" in blind["expertise_advice"].iloc[0]


def test_engines_give_the_same_and_lazy_stays_lazy():
    expected = sc.apply_typology(SURVEY)
    eager = sc.apply_typology(pl.from_pandas(SURVEY))
    lazy = sc.apply_typology(pl.from_pandas(SURVEY).lazy())
    relation = sc.apply_typology(duckdb.from_df(SURVEY))
    assert isinstance(lazy, pl.LazyFrame)
    for got in (eager.to_pandas(), lazy.collect().to_pandas(), relation.order("customer_id").df()):
        for column in ("expertise", "expertise_confidence", "expertise_advice"):
            assert got[column].astype(object).where(got[column].notna(), None).tolist() == (
                expected[column].astype(object).where(expected[column].notna(), None).tolist()
            )


def test_index_stays_and_the_table_is_not_changed():
    table = SURVEY.set_axis(list("fedcba"))
    before = table.copy()
    assert sc.apply_typology(table).index.tolist() == list("fedcba")
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ({"complains": 5, "worries": 1}, "grumbler"),
        ({"complains": 2, "worries": 4}, "anxious"),
        ({"speaks_little": 5}, "shy"),
        ({"complains": 1, "worries": 1}, "cannot_tell"),
        ({"complains": 5, "worries": 5}, "cannot_tell"),
    ],
)
def test_temperament(notes, expected):
    typed = sc.apply_typology(pd.DataFrame([notes]), "temperament")
    assert typed.temperament.iloc[0] == expected


def test_two_types_that_fit_equally_are_not_told_apart():
    advice = sc.apply_typology(
        pd.DataFrame([{"complains": 5, "shows_off": 5}]), "temperament"
    ).temperament_advice.iloc[0]
    assert advice == "Cannot tell: two types fit equally well."


def test_colour_is_the_highest_score():
    scores = pd.DataFrame(
        {
            "dominance": [9, 1, 5],
            "influence": [1, 2, 5],
            "steadiness": [2, 3, 5],
            "conscientiousness": [3, 9, 5],
        }
    )
    assert sc.apply_typology(scores, "colour").colour.tolist() == ["red", "blue", "cannot_tell"]


def test_relation_reads_the_life_cycle_or_the_orders():
    both = pd.DataFrame(
        {
            "relation": ["loyal", "former", None],
            "n_orders": [5, 5, 0],
            "days_since_last_order": [10.0, 900.0, None],
        }
    )
    typed = sc.apply_typology(both, "relation")
    assert typed.relation_type.tolist() == [
        "loyal",
        "former",
        "cannot_tell",
    ] or typed.relation_type.tolist() == ["loyal", "former", "potential"]
    from_orders = sc.apply_typology(both.drop(columns="relation"), "relation", column="stands")
    assert "stands_advice" in from_orders
    assert "relation" not in from_orders


@pytest.mark.parametrize("pack", PACKS)
def test_packs_speak_both_languages(pack):
    typology = load_typology(pack)
    assert set(typology.columns) >= {
        name for one in typology.types for sign in one.signs for name in sign.rule.columns
    }
    assert all(typology.columns.values())
    for one in typology.types:
        assert one.shown("en") == typology.label(one.key)
        assert one.key_to_communication("fr") != one.key_to_communication("en")
    assert typology.label("cannot_tell", "fr") == "Impossible à dire"


def test_own_packs(tmp_path):
    path = tmp_path / "speed.toml"
    path.write_text(
        """
        name = "speed"
        [[type]]
        key = "fast"
        label = "Fast"
        label_fr = "Rapide"
        advice = "Be quick."
        advice_fr = "Faites vite."
        signs = [{ when = "days <= 2" }]
        [[type]]
        key = "slow"
        label = "Slow"
        advice = "Wait."
        signs = [{ when = "days > 2" }]
        """,
        encoding="utf-8",
    )
    typed = sc.apply_typology(pd.DataFrame({"days": [1, 9]}), path, lang="fr")
    assert typed.speed.tolist() == ["fast", "slow"]
    assert typed.speed_advice.tolist() == ["Faites vite.", "Wait."]
    assert load_typology(path).label("fast", "fr") == "Rapide"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 'x'", "at least two"),
        (
            "[[type]]\nkey='a'\n[[type]]\nkey='a'\nadvise='x'",
            r"'label' is missing[\s\S]*'advise' is unknown; did you mean 'advice'[\s\S]*there twice",
        ),
        ("[[type]]\nkey='a'\nlabel='a'\nadvice='a'\nsigns=[{when='a >'}]\n" * 2, "sign"),
        ("[[type", "cannot be read"),
        ("type = [1, 2]", "at least two"),
        ("type = 'a'", "at least two"),
        (
            "columns = [1]\nname = 3",
            "'columns' must be a table, found .1.*'name' must be text|'name' must be text",
        ),
        ("[[type]]\nkey = 1\n[[type]]\nkey = 'b'", "type 1: 'key' must be text, found 1"),
        ("[[type]]\nsigns = 'x'\n[[type]]\nkey = 'b'", "type 1: each sign is written"),
        (
            "[[type]]\nsigns = [{when = 'a > 1', weight = nan}]\n[[type]]\nkey = 'b'",
            "weight must be a number",
        ),
        (
            "[[type]]\nsigns = [{when = 'a > 1', weight = true}]\n[[type]]\nkey = 'b'",
            "weight must be a number",
        ),
        ("tpye = 1\n[[type]]\nkey = 'a'\n[[type]]\nkey = 'b'", "'tpye' is unknown; did you mean 'type'"),
        (
            "[[type]]\nsigns = [{when = 'a > 1', wieght = 2}]\n[[type]]\nkey = 'b'",
            "'wieght' is unknown; did you mean 'weight'",
        ),
    ],
)
def test_packs_that_cannot_be_read(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(sc.RuleError, match=f"(?s){message}"):
        load_typology(path)


def test_mistakes_get_one_error_of_ours():
    with pytest.raises(sc.RuleError, match="'expertize' is not known; did you mean 'expertise'"):
        sc.apply_typology(SURVEY, "expertize")
    with pytest.raises(sc.ColumnError, match="'expertise' is there already"):
        sc.apply_typology(sc.apply_typology(SURVEY))
    with pytest.raises(sc.RuleError, match="sign"):
        sc.apply_typology(SURVEY.assign(knows_products="much"))


def test_columns_of_the_caller_are_kept_whatever_they_are_called(on_engine, back):
    people = pd.DataFrame(
        {
            "customer_id": [1, 2],
            "_best": ["x", "y"],
            "_equals": [7, 8],
            "_fit_0": [0.5, 0.6],
            "_sure_0": [1, 2],
        }
    )
    with pytest.warns(sc.SegmentClientWarning):
        typed = back(sc.apply_typology(on_engine(people)))
    pd.testing.assert_frame_equal(
        typed.sort_values("customer_id")[list(people)].reset_index(drop=True), people, check_dtype=False
    )
