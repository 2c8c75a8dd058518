"""Checking rules before use: places, reach, overlaps, coverage."""

from __future__ import annotations

import random
import re

import duckdb
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient.segments import criteria_families

CUSTOMERS = pd.DataFrame(
    {
        "revenue": [900.0, 40.0, 700.0, None, 5.0],
        "n_orders": [9, 1, 4, 0, 1],
        "city": ["Paris", "Lyon", None, "Lyon", ""],
    }
)
RULES = [
    sc.Rule("some", "revenue > 10"),
    sc.Rule("big", "revenue > 500"),
    sc.Rule("often", "n_orders >= 4"),
    sc.Rule("lyon", "city == 'Lyon'"),
    sc.Rule("refunds", "revenue < 0"),
    sc.Rule("again", "revenue  >  10"),
    sc.Rule("typo", "n_orders > 1 and\n  revenu > 5"),
    sc.Rule("clash", "city > 5"),
]


@pytest.fixture(params=["pandas", "polars", "lazy", "duckdb"])
def customers(request: pytest.FixtureRequest) -> object:
    if request.param == "duckdb":
        return duckdb.connect().from_df(CUSTOMERS)
    table = pl.from_pandas(CUSTOMERS)
    return {"pandas": CUSTOMERS, "polars": table, "lazy": table.lazy()}[request.param]


def test_counts_agree_with_counting_by_hand(customers: object) -> None:
    check = sc.check_rules(RULES, customers)
    table = check.table.set_index("rule")
    assert table["n_matched"].iloc[:6].tolist() == [3, 2, 2, 2, 0, 3]
    assert table["n_assigned"].iloc[:6].tolist() == [3, 0, 0, 1, 0, 0]
    assert table["n_matched"].iloc[6:].isna().all()
    assert (check.n_customers, check.n_covered, check.coverage) == (5, 4, 0.8)
    overlaps = {(row.rule, row.later_rule): row.n_customers for row in check.overlaps.itertuples()}
    assert overlaps == {
        ("some", "big"): 2, ("some", "often"): 2, ("some", "lyon"): 1, ("some", "again"): 3, ("big", "often"): 2,
        ("big", "again"): 2, ("often", "again"): 2, ("lyon", "again"): 1,
    }  # fmt: skip


def test_problems_have_a_kind_and_a_place(customers: object) -> None:
    check = sc.check_rules(RULES, customers)
    assert not check.ok
    assert [(problem.rule, problem.kind) for problem in check.problems] == [
        ("big", "never reached"),
        ("often", "never reached"),
        ("refunds", "matches nobody"),
        ("again", "never reached"),
        ("typo", "unknown column"),
        ("clash", "type clash"),
    ]
    typo = check.problems[4]
    assert RULES[6].when[slice(*typo.place)] == "revenu"
    assert "did you mean 'revenue'" in typo.message
    assert typo.excerpt == "      revenu > 5\n      ^^^^^^"
    clash = check.problems[5]
    assert RULES[7].when[slice(*clash.place)] == "5"


def test_sound_rules(customers: object) -> None:
    check = sc.check_rules(
        [
            sc.Rule("big", "revenue > 500"),
            sc.Rule("small", "revenue <= 500"),
            sc.Rule("none", "revenue is missing"),
        ],
        customers,
    )
    assert check.ok
    assert check.coverage == 1.0
    assert check.overlaps.empty
    assert "no problem found" in str(check)
    assert "100.0%" in str(check)


def test_what_is_said_of_sound_rules_and_of_faults() -> None:
    sound = sc.check_rules([sc.Rule("big", "revenue > 500"), sc.Rule("small", "revenue <= 500")], CUSTOMERS)
    counts = [
        "  big: 2 customers (40.0%), 2 matched",
        "  small: 2 customers (40.0%), 2 matched",
        "  covered: 4 of 5 customers (80.0%)",
    ]
    assert str(sound).splitlines() == ["2 rules: no problem found.", *counts]
    assert ">Check of the rules<" in sound.to_html()
    faulty = sc.check_rules([sc.Rule("refunds", "revenue < 0"), sc.Rule("typo", "revenu > 5")], CUSTOMERS)
    assert str(faulty).splitlines() == [
        "2 rules: 2 problems.",
        "Rule 'refunds': matches nobody: it is true for no customer of this table",
        "    revenue < 0",
        "    ^^^^^^^^^^^",
        "Rule 'typo': unknown column: 'revenu'; did you mean 'revenue'?",
        "    revenu > 5",
        "    ^^^^^^",
        "  refunds: 0 customers (0.0%), 0 matched",
        "  covered: 0 of 5 customers (0.0%)",
    ]


def test_a_column_the_library_knows_is_named_with_its_maker() -> None:
    (problem,) = sc.check_rules([sc.Rule("x", "r_score > 4")], CUSTOMERS).problems
    assert "score_rfm makes it" in problem.message


def test_without_customers_the_texts_alone_are_compared() -> None:
    check = sc.check_rules([*RULES[:2], RULES[5]])
    assert [problem.rule for problem in check.problems] == ["big", "again"]
    assert check.n_customers is None
    assert check.coverage is None
    assert check.table["n_matched"].isna().all()
    assert "again" in check._repr_html_()


def test_no_customers_and_no_rules() -> None:
    assert sc.check_rules(RULES[:2], CUSTOMERS.head(0)).coverage is None
    assert sc.check_rules([], CUSTOMERS).coverage == 0.0


def test_a_file_can_be_named(tmp_path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nname = "x"\nwhen = "revenue > 10"\n', "utf-8")
    assert sc.check_rules(path, CUSTOMERS).table["n_assigned"].tolist() == [3]
    assert sc.check_rules("pack:age_bands").ok


def test_what_is_no_list_of_rules_is_an_error_of_rules() -> None:
    with pytest.raises(sc.RuleError, match="rules=5 "):
        sc.check_rules(5, CUSTOMERS)


def test_the_card_and_the_text_in_both_languages() -> None:
    check = sc.check_rules(RULES, CUSTOMERS)
    html = check.to_html("fr")
    assert "&lt;" in check.to_html() or "revenue &gt; 10" in check.to_html()
    assert "jamais atteinte" in html
    heads = [re.findall("<th [^>]*>(.*?)</th>", page)[-3:] for page in (check.to_html(), html)]
    assert heads == [["rule", "problem", "detail"], ["règle", "problème", "détail"]]
    assert sc.check_rules(RULES[:2]).summary().startswith("2 rules: 1 problem.\nRule 'big'")
    assert sc.check_rules(RULES[:1]).summary() == "1 rule: no problem found."
    assert "80,0\N{NO-BREAK SPACE}%" in check.summary("fr")


def test_the_criteria_are_sorted_into_families() -> None:
    rules = [
        sc.Rule("x", "revenue > 10 and city == 'Lyon'"),
        sc.Rule("y", "`x1` > 2 or age < 30 or revenue < 1"),
    ]
    check = sc.check_rules(rules)
    assert check.criteria == {
        "geographic": ("city",),
        "demographic": ("age",),
        "behavioural": ("revenue",),
        "unknown": ("x1",),
    }
    assert "critères géographiques" in check.to_html("fr")


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Région", "geographic"), ("zip_code", "geographic"), ("ageBand", "demographic"), ("secteur d'activité", "demographic"),
        ("effectif", "demographic"), ("p_alive", "behavioural"), ("panier moyen", "behavioural"), ("web_visits", "behavioural"),
        ("centres d'intérêt", "psychographic"), ("lifestyle", "psychographic"), ("x17", "unknown"), ("", "unknown"),
    ],
)  # fmt: skip
def test_families_of_criteria(name: str, family: str) -> None:
    assert criteria_families([name]) == {name: family}


def test_families_may_be_given() -> None:
    assert criteria_families(["x17", "age"], given={"x17": "psychographic"}) == {
        "x17": "psychographic",
        "age": "demographic",
    }
    with pytest.raises(sc.SegmentClientError, match="accepted: a mapping of text to 'geographic'"):
        criteria_families(["x17"], given={"x17": "astral"})


def test_the_check_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        sc.check_rules(RULES[:1], CUSTOMERS).problems = ()


NEVER_TRUE = [
    "a > 5 and a < 3", "a > 5 and a <= 5", "a == 1 and a == 2", "a in [1, 2] and a > 2", "a is missing and a > 1", "5 < a < 5",
    "a == 'x' and a != 'x'", "a in ['x'] and a in ['y']", "not (a > 5 or a <= 5)", "a is missing and a is not missing",
    "a and not a and b > 1", "a - b > 1 and a - b < 1", "a > b and a < 5 and a > 6", "a > date('2026-01-02') and a < date('2026-01-02')",
]  # fmt: skip
TAKEN = [
    ("a > 100", "a > 500"), ("a >= 5", "a > 5"), ("a > 1 or b > 1", "b > 2"), ("a in ['x', 'y']", "a == 'x'"), ("a != 1", "a > 1"),
    ("a not in ['x']", "a == 'y' and b > 2"), ("a is not missing", "a > 3"), ("a > 1", "5 < a <= 7 and b == 'z'"), ("a > b", "a > b and a > 5"),
    ("a > 1", "1 < a < 7"), ("a <= 7", "1 < a <= 7"), ("a in ['x', 'y', 'z']", "a in ['x', 'y'] and a in ['y', 'w']"),
    ("a != 'x'", "a not in ['x', 'y']"), ("a / b > 1", "a / b > 2"), ("not a <= 3", "a > 3"), ("a == true or b > 1", "a and b > 5"), ("a > 1", "a in [2, 3]"),
]  # fmt: skip
FREE = [
    ("a > 500", "a > 100"), ("a > 5", "a >= 5"), ("a > 1 and b > 1", "b > 2"), ("a == 'x'", "a in ['x', 'y']"), ("a > 1", "a != 1"),
    ("a > 1", "a is missing"), ("not a > 1", "a is missing"), ("a > b", "b > a"), ("a - b > 2", "b - a > 2"), ("a == 'x'", "a != 'y'"),
    ("a == 'x'", "a != 'x'"), ("a not in ['x', 'y']", "a != 'x'"), ("a > 1 and b is missing", "a > 1"), ("a == 'x'", "a in ['x', 'y'] and a in ['y', 'z']"), ("a > 1", "1 <= a < 7"),
]  # fmt: skip


@pytest.mark.parametrize("when", NEVER_TRUE)
def test_contradictions_are_proved_from_the_text(when: str) -> None:
    (problem,) = sc.check_rules([sc.Rule("x", when)]).problems
    assert (problem.kind, problem.place) == ("never reached", (0, len(when)))
    assert "contradicts itself" in problem.message


@pytest.mark.parametrize(("first", "second"), TAKEN)
def test_rules_behind_a_wider_one_are_proved_from_the_text(first: str, second: str) -> None:
    (problem,) = sc.check_rules([sc.Rule("wide", first), sc.Rule("narrow", second)]).problems
    assert (problem.rule, problem.kind) == ("narrow", "never reached")
    assert "'wide'" in problem.message


def test_all_the_rules_that_take_a_rule_together_are_named() -> None:
    rules = [sc.Rule("high", "a > 5"), sc.Rule("low", "a < 3"), sc.Rule("ends", "a > 6 or a < 2 or a > 9")]
    (problem,) = sc.check_rules(rules).problems
    assert problem.message == "all that it lets in is taken before, by 'high', 'low'"


@pytest.mark.parametrize(("first", "second"), FREE)
def test_the_proof_never_accuses_wrongly(first: str, second: str) -> None:
    assert sc.check_rules([sc.Rule("one", first), sc.Rule("two", second)]).ok


def test_what_the_proof_says_holds_on_a_full_grid() -> None:
    """Random rules: whatever is proved never reached takes nobody on a grid of all the values that matter."""
    source = random.Random(11)
    values = [None, -1.0, 0.0, 0.5, 1.0, 2.0]
    grid = pd.DataFrame([(x, y) for x in values for y in values], columns=["x", "y"])

    def condition(depth: int) -> str:
        kind = source.choice(
            ["cmp", "in", "missing", "not", "and", "or"] if depth else ["cmp", "in", "missing"]
        )
        name = source.choice("xy")
        if kind == "cmp":
            return f"{name} {source.choice(['<', '<=', '>', '>=', '==', '!='])} {source.choice([0, 1])}"
        if kind == "in":
            return f"{name} {source.choice(['in', 'not in'])} [0, 1]"
        if kind == "missing":
            return f"{name} is {source.choice(['', 'not '])}missing"
        parts = [f"({condition(depth - 1)})" for _ in range(1 if kind == "not" else 2)]
        return f"not {parts[0]}" if kind == "not" else f" {kind} ".join(parts)

    proofs = 0
    for _ in range(50):
        rules = [sc.Rule(f"r{n}", condition(2)) for n in range(4)]
        assigned = sc.check_rules(rules, grid).table["n_assigned"]
        for problem in sc.check_rules(rules).problems:
            proofs += 1
            assert assigned[problem.position] == 0, [rule.when for rule in rules]
    assert proofs > 15


def test_one_customer_is_counted_as_one() -> None:
    customers = pd.DataFrame({"customer_id": [1], "revenue": [10.0]})
    told = sc.check_rules([sc.Rule("all", "revenue > 0")], customers).summary()
    assert "all: 1 customer (100.0%), 1 matched" in told
    assert "covered: 1 of 1 customer (100.0%)" in told
