"""Rules: what they mean, on every engine, and what is refused."""

from __future__ import annotations

import datetime as dt
import math
import random
import time

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient.segments.rule_tree import point_at
from segmentclient.segments.rules import PACKS

NAN = float("nan")
DAYS = [dt.datetime(2011, 1, 31), dt.datetime(2010, 6, 1, 15, 30), None, dt.datetime(2011, 12, 9), None]


def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d", "e"],
            "revenue": [900.0, 0.0, NAN, 120.5, -20.0],
            "n_orders": [9, 1, 0, 3, 1],
            "city": ["Paris", "Lyon", None, "L'Isle", ""],
            "last_order": pd.Series(DAYS, dtype="datetime64[us]"),
            "is_new": [False, True, True, False, True],
            "chiffre d'affaires": [1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )


def _duckdb(table: pd.DataFrame) -> duckdb.DuckDBPyRelation:
    return duckdb.connect().from_df(table)


ENGINES = {
    "pandas": lambda table: table,
    "polars": lambda table: pl.from_pandas(table, nan_to_null=False),
    "polars lazy": lambda table: pl.from_pandas(table, nan_to_null=False).lazy(),
    "polars nulls": lambda table: pl.from_pandas(table, nan_to_null=True),
    "duckdb": _duckdb,
    "pandas nullable": lambda table: table.convert_dtypes(),
    "pyarrow": lambda table: pl.from_pandas(table).to_arrow(),
}


def column(table: object, name: str = "segment") -> list[object]:
    if isinstance(table, pl.LazyFrame):
        table = table.collect()
    if isinstance(table, duckdb.DuckDBPyRelation):
        return [None if value is None or value != value else value for value in table.df()[name]]
    if isinstance(table, pd.DataFrame):
        return [None if value is None or value is pd.NA or value != value else value for value in table[name]]
    return table[name].to_pylist() if hasattr(table[name], "to_pylist") else table[name].to_list()


def matches(when: str, table: object | None = None) -> str:
    table = people() if table is None else table
    labels = column(sc.segment_by_rules(table, [sc.Rule("x", when)]))
    return "".join(name for name, label in zip("abcde", labels, strict=False) if label == "x")


MEANINGS = {
    "revenue > 100": "ad",
    "revenue >= 120.5": "ad",
    "not revenue > 100": "be",  # the missing one is neither
    "not (revenue > 100 or n_orders == 1)": "",
    "not (revenue > 100 and n_orders == 0)": "abde",
    "revenue != 900": "bde",
    "revenue is missing": "c",
    "not revenue is not missing": "c",
    "revenue is not missing": "abde",
    "0 <= revenue < 500": "bd",
    "revenue / n_orders > 50": "a",
    "revenue / n_orders is missing": "c",
    "n_orders / revenue is missing": "bc",  # division by zero
    "not n_orders / revenue > 0": "e",
    "n_orders // 2 == 1": "d",
    "n_orders % 2 == 1": "abde",
    "revenue // 7 == -3": "e",
    "revenue % 7 == 1": "e",
    "n_orders ** 2 == 81": "a",
    "-revenue > 0": "e",
    "+revenue > 100": "ad",
    "10 - n_orders < 5": "a",
    "1 / n_orders >= 1": "be",
    "revenue > 12 * 10": "ad",
    "city == 'Paris'": "a",
    "city != 'Paris'": "bde",
    'city == "L\'Isle"': "d",
    "city == ''": "e",
    "city > 'M'": "a",
    "city <= 'Lyon'": "bde",
    "city in ['Paris', 'Lyon']": "ab",
    "city not in ['Paris', 'Lyon']": "de",
    "not city in ['Paris', 'Lyon']": "de",
    "city is missing": "c",
    "n_orders in [1, 9]": "abe",
    "n_orders in (1,)": "be",
    "last_order >= '2011-01-01'": "ad",
    "last_order == '2010-06-01'": "b",  # by the day
    "last_order in ['2010-06-01', '2011-12-09']": "bd",
    "last_order > date('2011-01-31')": "d",
    "not last_order > date('2011-01-31')": "ab",
    "last_order is missing": "ce",
    "last_order >= 2011-01-01": "ad",
    "2010-06-01 <= last_order < 2011-12-09": "ab",
    "last_order in [2010-06-01, '2011-12-09']": "bd",
    "last_order - 2010-06-01 == 0": "b",
    "city != '2010-06-01'": "abde",
    "last_order + 30 > '2012-01-01'": "d",
    "last_order - last_order == 0": "abd",
    "is_new == true and n_orders > 0": "be",
    "is_new and n_orders > 0": "be",
    "not is_new and n_orders > 0": "ad",
    "is_new != True or n_orders == 9": "ad",
    "`chiffre d'affaires` >= 4": "de",
    "`chiffre d'affaires`\n  >= 4\n and `is_new`": "e",
    "  revenue>100": "ad",
    "(((revenue > 100)))": "ad",
    "1 < n_orders < revenue": "ad",
    "customer_id in ['a', 'é', '日本', 'b']": "ab",
    "city == 'import os' or revenue == 900": "a",
}


@pytest.mark.parametrize("when", MEANINGS)
def test_a_rule_means_the_same_on_every_engine(when: str) -> None:
    assert matches(when) == MEANINGS[when]
    for name, engine in ENGINES.items():
        assert matches(when, engine(people())) == MEANINGS[when], name


def test_the_first_true_rule_wins_and_the_rest_is_default() -> None:
    rules = [sc.Rule("big", "revenue > 500"), sc.Rule("some", "revenue > 100"), sc.Rule("big", "revenue < 0")]
    for engine in ENGINES.values():
        assert column(sc.segment_by_rules(engine(people()), rules)) == [
            "big",
            "others",
            "others",
            "some",
            "big",
        ]
        assert column(sc.segment_by_rules(engine(people()), rules, default=None)) == [
            "big",
            None,
            None,
            "some",
            "big",
        ]
        assert column(sc.segment_by_rules(engine(people()), [], default="all")) == ["all"] * 5


def test_hundreds_of_rules() -> None:
    rules = [sc.Rule(f"r{n}", f"revenue == {n}") for n in range(899, 1300)]
    for engine in ENGINES.values():
        assert column(sc.segment_by_rules(engine(people()), rules)) == ["r900", *["others"] * 4]


def test_same_type_same_index_and_the_input_is_left_alone() -> None:
    table = people().set_index(pd.Index([10, 7, 3, 1, 0]))
    before = table.copy()
    result = sc.segment_by_rules(table, [sc.Rule("x", "n_orders > 1")], column="mine")
    pd.testing.assert_frame_equal(table, before)
    assert list(result.index) == [10, 7, 3, 1, 0]
    assert list(result.columns) == [*before.columns, "mine"]
    assert isinstance(
        sc.segment_by_rules(pl.LazyFrame({"n_orders": [1]}), [sc.Rule("x", "n_orders > 1")]), pl.LazyFrame
    )
    shuffled = sc.segment_by_rules(
        table.sample(frac=1, random_state=1), [sc.Rule("x", "n_orders > 1")], column="mine"
    )
    pd.testing.assert_frame_equal(shuffled.loc[result.index], result)


def test_a_column_is_never_overwritten() -> None:
    with pytest.raises(sc.ColumnError, match="column="):
        sc.segment_by_rules(people(), [sc.Rule("x", "n_orders > 1")], column="city")


def test_categories_integers_decimals_and_time_zones() -> None:
    table = pd.DataFrame(
        {
            "customer_id": list("abc"),
            "tier": pd.Categorical(["gold", None, "iron"]),
            "size": np.array([1, 2, 250], dtype="uint8"),
            "small": np.array([0.1, 0.2, NAN], dtype="float32"),
            "seen": pd.to_datetime(["2020-01-01 23:30", None, "2020-01-02 00:30"]).tz_localize(
                "Europe/Paris"
            ),
        }
    )

    def who(when: str) -> str:
        labels = column(sc.segment_by_rules(table, [sc.Rule("x", when)]))
        return "".join(n for n, s in zip("abc", labels, strict=True) if s == "x")

    assert who("tier == 'gold'") == "a"
    assert who("tier != 'gold'") == "c"
    assert who("size - 200 > 0") == "c"  # no wrap-around
    assert who("size + size == 500") == "c"
    assert who("small < 0.15") == "a"
    assert who("seen == '2020-01-01'") == "a"
    assert who("seen is missing") == "b"


# --- against an independent reading ---------------------------------------------------------------------------


def _three_valued(kind: str, parts: list[object], row: dict[str, float]) -> object:
    """Kleene's logic over small trees, written without any of the library."""
    if kind == "cmp":
        name, sign, value = parts
        x = row[name]
        if math.isnan(x):
            return None
        return {"<": x < value, ">=": x >= value, "==": x == value, "!=": x != value}[sign]
    if kind == "missing":
        return math.isnan(row[parts[0]])
    values = [_three_valued(*part, row) for part in parts]
    if kind == "not":
        return None if values[0] is None else not values[0]
    if kind == "and":
        return False if False in values else (None if None in values else True)
    return True if True in values else (None if None in values else False)


def _tree(source: random.Random, depth: int) -> tuple[str, list[object]]:
    kind = source.choice(["cmp", "cmp", "missing", "not", "and", "or"] if depth else ["cmp", "missing"])
    if kind == "cmp":
        return kind, [source.choice("xyz"), source.choice(["<", ">=", "==", "!="]), source.choice([-1, 0, 1])]
    if kind == "missing":
        return kind, [source.choice("xyz")]
    return kind, [_tree(source, depth - 1) for _ in range(1 if kind == "not" else source.choice([2, 3]))]


def _written(tree: tuple[str, list[object]]) -> str:
    kind, parts = tree
    if kind == "cmp":
        return " ".join(map(str, parts))
    if kind == "missing":
        return f"{parts[0]} is missing"
    inner = [f"({_written(part)})" for part in parts]
    return f"not {inner[0]}" if kind == "not" else f" {kind} ".join(inner)


def test_random_conditions_agree_with_three_valued_logic() -> None:
    source = random.Random(4)
    grid = [-1.0, 0.0, 1.0, NAN]
    table = pd.DataFrame([(x, y, z) for x in grid for y in grid for z in grid], columns=list("xyz"))
    engines = [table, pl.from_pandas(table, nan_to_null=False), _duckdb(table)]
    for _ in range(60):
        tree = _tree(source, 3)
        expected = [_three_valued(*tree, row) is True for row in table.to_dict("records")]
        for engine in engines:
            labels = column(sc.segment_by_rules(engine, [sc.Rule("x", _written(tree))]))
            assert [label == "x" for label in labels] == expected, _written(tree)


# --- refused ----------------------------------------------------------------------------------------------------

TRICKS = [
    "__import__('os').system('ls') == 0", "import os", "import os\nrevenue > 1", "revenue.__class__ == 1", "().__class__ == 1",
    "revenue.real > 1", "(lambda: 1)() > 0", "lambda: revenue > 1", "__builtins__ == 1", "__class__ > 1", "eval('1') > 0",
    "exec('1') > 0", "open('/etc/passwd') == ''", "getattr(revenue, 'x') > 1", "globals() == 1", "print(revenue) is missing",
    "f'{revenue}' == 'a'", "f'{().__class__}' == city", "'{0.__class__}'.format(1) == city", "'%s' % city == 'a'",
    "(x := revenue) > 1", "revenue > (x := 1)", "[x for x in (1,2)] == revenue", "{x for x in (1,)} == revenue",
    "any(x > 1 for x in [1])", "{1: 2}[1] == revenue", "revenue[0] > 1", "revenue[::2] > 1", "revenue in {1, 2}", "[1, 2] == revenue",
    "revenue > 9**9**9", "9**9**9 > revenue", "revenue ** 999 > 1", "revenue ** -1 > 1", "revenue ** 0.5 > 1",
    "revenue ** revenue > 1", "10 ** 1000 > revenue", "2 ** 2 ** 2 ** 10 > revenue", "revenue > 1e999", "revenue > -1e999",
    "revenue > 1e308 * 10", "revenue > nan", "revenue > inf", "revenue < Infinity", "revenue == None", "revenue is None",
    "revenue == missing", "missing is missing", "revenue is 5", "revenue is not 5", "5 is missing", "'a' is missing",
    "1 == 1", "1 < 2 < 3", "True", "true", "is_new", "not is_new", "is_new and is_new", "5", "'a'", "revenue", "revenue + 1",
    "not revenue", "-revenue", "revenue and n_orders > 1", "n_orders > 1 or city", "n_orders > 1 and 5", "revenue > 1 if is_new else 2",
    "revenue > 1; n_orders > 1", "revenue = 5", "revenue == 5 # always", "revenue > 1 #", "revenue > \\\n 1", "city == '\\x00'",
    "city == 'a' 'b' f'c'", "city == b'a'", "city == '''a'''", 'city == """a"""', "city == 'a", "city == `a", "`` > 1", "`nope` > 1",
    "revenue > 1j", "revenue == ...", "...", "*revenue > 1", "(*revenue,) == 1", "revenue, n_orders > 1", "()", "[]", "{}", "",
    "   ", "\n", "\x00", "revenue > 1\x00", "revenue\x00 > 1", "revenue > 1\x1b[31m", "rev\u200benue > 1", "\u202erevenue > 1",
    "ｒevenue > 1", "revenue > ①", "revenue > 1\ufeff", "revenue ＞ 1", "revenue\u00a0> 1", "𝓻evenue > 1", "revenue > \ud800",
    "revenue & n_orders", "(revenue > 1) & (n_orders > 1)", "(revenue > 1) | (n_orders > 1)", "~(revenue > 1)", "!revenue > 1",
    "revenue > 1 && n_orders > 1", "revenue > 1 || n_orders > 1", "revenue > 1 AND n_orders > 1", "revenue <> 1", "revenue << 2 > 1",
    "revenue ^ 2 > 1", "revenue @ 2 > 1", "await revenue > 1", "(yield revenue) > 1", "yield", "return revenue > 1", "def f(): pass",
    "class A: pass", "while True: pass", "for x in y: pass", "del revenue", "assert revenue > 1", "raise ValueError", "pass",
    "with open('a') as f: pass", "global revenue", "from os import system", "print('a')", "revenue > 1\nimport os", "date(2011) > last_order",
    "date('2011-13-01') < last_order", "date('2011-02-30') < last_order", "date(city) < last_order", "date('2011-01-01', 'a') < last_order",
    "date(x='2011-01-01') < last_order", "date() < last_order", "last_order > '2011'", "last_order > '2011-01-01T10:00'",
    "last_order > '20110101'", "last_order > 2011", "last_order > 2011-13-10", "revenue > 2011-01-01", "2011-01-01", "2011-01-01 and revenue > 1", "2011-01-01 < 2012-01-01", "last_order > 2011-1-1", "last_order == true",
    "city > 5", "city == 5", "city in [5]", "city in ['a', 5]", "city + 'a' == 'b'", "city * 2 == 'aa'", "-city == 'a'", "city == revenue",
    "revenue == 'a'", "revenue in ['a']", "revenue in []", "revenue in 'abc'", "revenue in 5", "revenue in n_orders", "revenue in [n_orders]",
    "revenue in [1, [2]]", "revenue in [1, *city]", "revenue in [nan]", "5 in [5, 6]", "is_new == 1", "is_new > false", "is_new + 1 > 1",
    "is_new in ['true']", "last_order + last_order > 1", "last_order * 2 > 1", "revenue - last_order > 1", "revenue > last_order",
    "revenue / 0 > 1", "revenue // 0 > 1", "revenue % 0 > 1", "revenue > 1 / 0", "revenue > 1 % 0", "revenu > 1", "revenue > `n_order`",
    "(" * 51 + "revenue > 1" + ")" * 51, "(" * 5000 + "revenue > 1" + ")" * 4000, "not " * 60 + "revenue > 1", "not " * 2400 + "revenue > 1",
    "-" * 9000 + "revenue > 1", "revenue > " + "-" * 60 + "1", "revenue > " + "1+" * 4000 + "1", "revenue" + "+1" * 60 + " > 1",
    "revenue > " + "[" * 3000, "revenue > " + "(" * 9000, "revenue > " + "9" * 9000, "revenue > 0x" + "f" * 400, "revenue > 1" + " " * 10_000,
    "revenue > 1 or " * 700 + "revenue > 1", "revenue > 1or n_orders > 1", "revenue > 1)", "(revenue > 1", "revenue > 1) or (n_orders > 1",
    "revenue >", "> 1", "revenue > > 1", "revenue !> 1", "revenue => 1", "revenue === 1", "revenue 1", "revenue; 1", "revenue ? 1 : 2",
    "$revenue > 1", "@revenue > 1", "%revenue > 1", "{{revenue}} > 1", "${revenue} > 1", "revenue > 1 -- comment", "revenue > 1 /* a */",
    "revenue between 1 and 5", "city like 'a%'", "select 1", "1; drop table customers", "revenue > 1 union select 1", "exists(select 1)",
]  # fmt: skip


@pytest.mark.parametrize("text", TRICKS, ids=range(len(TRICKS)))
def test_hostile_texts_are_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(sc.RuleError):
        sc.segment_by_rules(people(), [sc.Rule("x", text)])
    assert time.process_time() - started < 0.5


def test_there_are_more_than_200_hostile_texts() -> None:
    assert len(set(TRICKS)) >= 200


@pytest.mark.parametrize("when", [None, 5, b"revenue > 1", ["revenue > 1"]])
def test_a_rule_is_a_text(when: object) -> None:
    with pytest.raises(sc.RuleError, match="must be text"):
        sc.Rule("x", when)


def test_the_message_points_at_the_place() -> None:
    with pytest.raises(sc.RuleError) as caught:
        sc.segment_by_rules(people(), [sc.Rule("vip", "n_orders > 1 and\n   revenu > 500")])
    assert str(caught.value).splitlines() == [
        "rules: rule 'vip': unknown column 'revenu'; did you mean 'revenue'?",
        "       revenu > 500",
        "       ^^^^^^",
    ]
    with pytest.raises(sc.RuleError) as caught:
        sc.Rule("élan", "été == 'à' and revenue = 5")
    text, carets = str(caught.value).splitlines()[1:]
    assert (text[carets.index("^")], carets.count("^")) == ("=", 1)


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("is_new and n > 0", "a"),
        ("not is_new and n > 0", "c"),
        ("is_new != true", "c"),
        ("not is_new == true", "c"),
        ("is_new is missing", "b"),
    ],
)
@pytest.mark.parametrize("engine", ["pandas nullable", "polars", "polars lazy", "duckdb", "pyarrow"])
def test_a_missing_truth_is_neither_true_nor_false(when: str, who: str, engine: str) -> None:
    table = pd.DataFrame({"customer_id": list("abc"), "is_new": [True, None, False], "n": [1, 1, 1]})
    found = matches(when, ENGINES[engine](table.astype({"is_new": "boolean"})))
    assert found == who


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\u200b", "\ufeff", "\ud800", "\ue000", "\u0378"])
def test_an_invisible_character_is_named_where_it_stands(character: str) -> None:
    """Of every kind: control, format, half a pair, private, unassigned; between quotes too."""
    with pytest.raises(sc.RuleError) as caught:
        sc.Rule("x", f"city == 'a{character}b'")
    said, _, carets = str(caught.value).splitlines()
    assert said == f"rule 'x': the invisible character U+{ord(character):04X} is not accepted"
    assert carets == "    " + " " * len("city == 'a") + "^"


def test_a_flag_alone_is_told_how_to_write_it() -> None:
    with pytest.raises(sc.RuleError) as caught:
        sc.Rule("x", "is_new")
    assert (
        "'x': a rule needs a comparison or `is missing`; for a true / false column write: column == true\n"
        in str(caught.value)
    )


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ("abc > 1", (0, 3), ["abc > 1", "^^^"]),
        ("abc > 1", (6, 7), ["abc > 1", "      ^"]),
        ("abc > 1", (7, 7), ["abc > 1", "       ^"]),  # the end is missing
        ("abc > 1", (2, 2), ["abc > 1", "  ^"]),
        ("abc > 1\nand b", (0, 3), ["abc > 1", "^^^"]),
        ("a\nb\nc", (0, 1), ["a", "^"]),
        ("a\nbc > 1", (2, 4), ["bc > 1", "^^"]),
        ("\nbc > 1", (1, 3), ["bc > 1", "^^"]),
        ("a\nbc\nd", (2, 6), ["bc", "^^"]),  # to the end of its line
        ("\nb", (0, 1), ["", "^"]),
        ("a\tb > 1", (0, 1), ["a?b > 1", "^"]),
        ("x" * 60 + "BAD" + "y" * 60, (60, 63), ["…" + "x" * 45 + "BAD" + "y" * 42 + "…", " " * 46 + "^^^"]),
        ("x" * 45 + "BAD" + "y" * 42, (45, 48), ["x" * 45 + "BAD" + "y" * 42, " " * 45 + "^^^"]),
        ("x" * 46 + "BAD" + "y" * 43, (46, 49), ["…" + "x" * 45 + "BAD" + "y" * 42 + "…", " " * 46 + "^^^"]),
        ("a\n" + "x" * 60 + "BAD" + "\nb", (62, 65), ["…" + "x" * 45 + "BAD", " " * 46 + "^^^"]),
    ],
)
def test_carets_stand_under_the_place(text: str, place: tuple[int, int], shown: list[str]) -> None:
    assert point_at(text, place).split("\n") == [f"    {line}" for line in shown]


def test_all_the_faults_come_in_one_message() -> None:
    rules = [sc.Rule("a", "nope > 1"), sc.Rule("b", "city > 1"), sc.Rule("c", "n_orders > 1")]
    with pytest.raises(sc.RuleError, match="2 problems") as caught:
        sc.segment_by_rules(people(), rules)
    assert "rule 'a'" in str(caught.value)
    assert "rule 'b'" in str(caught.value)


@pytest.mark.parametrize("rules", ["revenue > 1", 5, None, ["revenue > 1"], [("x", "revenue > 1")]])
def test_rules_are_rules(rules: object) -> None:
    with pytest.raises(sc.RuleError, match="list of Rule"):
        sc.segment_by_rules(people(), rules)


def test_a_chain_of_fifty_levels_is_accepted() -> None:
    assert matches("not " * 48 + "revenue > 100") == "ad"
    assert matches("(" * 50 + "revenue > 100" + ")" * 50) == "ad"
    assert matches(" or ".join(["revenue > 100"] * 500)) == "ad"


# --- files --------------------------------------------------------------------------------------------------------


def test_files_in_their_two_forms(tmp_path) -> None:
    long, short = tmp_path / "long.toml", tmp_path / "short.toml"
    long.write_text(
        '[[rule]]\nname = "vip"\nwhen = "revenue > 5"\nlabel_fr = "Très bons"\n[[rule]]\nname="rest"\nwhen="revenue <= 5"\n',
        "utf-8",
    )
    short.write_text('[rules]\nvip = "revenue > 5"\nrest = "revenue <= 5"\n', "utf-8")
    assert sc.load_rules(long) == [
        sc.Rule("vip", "revenue > 5", label_fr="Très bons"),
        sc.Rule("rest", "revenue <= 5"),
    ]
    assert sc.load_rules(str(short)) == [sc.Rule("vip", "revenue > 5"), sc.Rule("rest", "revenue <= 5")]
    assert [sc.load_rules(long)[0].label(lang) for lang in ("en", "fr")] == ["vip", "Très bons"]
    with pytest.raises(sc.RuleError, match="lang=5"):
        sc.load_rules(long)[0].label(5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no rule found"),
        ("a b", "not a TOML file"),
        ('[[rule]]\nname = "x"\n', "'when' is missing"),
        (
            '[[rule]]\nname = "x"\nwhen = "a > 1"\ncolor = "red"\n',
            "'color' is unknown; did you mean 'colour'",
        ),
        ('[[rule]]\nname = "x"\nwhen = 5\n', "must be text"),
        ("rule = [5]", "a table with name and when"),
        ('[[rule]]\nname = "x"\nwhen = "a >"\n[[rule]]\nname = "y"\nwhen = "f(a) > 1"\n', "2 problems"),
        ("rule = 5", "no rule found"),
        (
            'defualt = "x"\n[[rule]]\nname = "x"\nwhen = "a > 1"\n',
            "'defualt' is unknown; a file holds one list of rules, here 'rule', and nothing beside it",
        ),
        ('[rules]\nx = "a > 1"\n[rule]\ny = "a > 2"\n', "'rules' is unknown; did you mean 'rule'"),
    ],
)
def test_faults_of_files(tmp_path, content: str, said: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(sc.RuleError, match=said):
        sc.load_rules(path)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(sc.RuleError, match="cannot be read"):
        sc.load_rules("nowhere.toml")
    with pytest.raises(sc.RuleError, match="did you mean 'age_bands'"):
        sc.load_rules("pack:age_band")


def test_every_pack_loads_and_has_french_labels() -> None:
    for pack in PACKS:
        rules = sc.load_rules(f"pack:{pack}")
        assert len({rule.name for rule in rules}) == len(rules)
        assert all(rule.label_fr and rule.label_en for rule in rules)


def test_age_bands_have_neither_hole_nor_overlap() -> None:
    ages = pd.DataFrame({"age": [0, 11.9, 12, 25, 25.9, 26, 49, 50, 65, 65.5, 66, 120, 121, -1, NAN]})
    bands = sc.segment_by_rules(ages, sc.load_rules("pack:age_bands"), default="unknown", column="band")[
        "band"
    ].tolist()
    assert bands == [
        "under_12", "under_12", "12_25", "12_25", "12_25", "26_49", "26_49", "50_65", "50_65", "50_65", "over_65", "over_65",
        "unknown", "unknown", "unknown",
    ]  # fmt: skip


def test_channels() -> None:
    table = pd.DataFrame({"online_orders": [1, 0, 2, 0], "store_orders": [1, 3, 0, 0]})
    channels = sc.segment_by_rules(table, sc.load_rules("pack:channel"), default="none", column="channel")[
        "channel"
    ]
    assert channels.tolist() == ["both", "offline", "online", "none"]


def test_truth_values_that_pandas_holds_as_objects_are_compared_and_come_out_as_they_were():
    table = pd.DataFrame({"flag": np.array([True, False, None], dtype=object)}, index=[7, 7, 3])
    named = sc.segment_by_rules(
        table, [sc.Rule("yes", "flag == true"), sc.Rule("no", "not (flag == true)")], default="?"
    )
    assert named["segment"].tolist() == ["yes", "no", "?"]
    pd.testing.assert_series_equal(named["flag"], table["flag"])
    assert sc.check_rules([sc.Rule("yes", "flag == true")], table).table["n_matched"].tolist() == [1]


@pytest.mark.parametrize(
    "when",
    [
        "city in ['Paris' 'Lyon']",
        "city == 'L''Isle'",
        "city == 'Par' \"is\"",
        "city in ['Paris',\n'Ly'\n'on']",
    ],
)
def test_texts_side_by_side_are_not_put_together(when):
    """As Python does: a forgotten comma made ParisLyon, and the doubled quote of SQL vanished."""
    with pytest.raises(sc.RuleError, match="two texts stand side by side"):
        sc.Rule("here", when)
    assert matches("city in ['Paris', 'Lyon']") == "ab"
