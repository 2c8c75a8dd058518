import itertools
import math
import tomllib
import warnings
from importlib import resources

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import ColumnError, ModelError, RuleError, SegmentClientWarning, SegmentMap
from segmentclient.locale import language
from segmentclient.rfm import maps


def published_standard(r, f, m):
    """The sentences of the map, written as conditions on R, F and x = (F + M) / 2."""
    x = (f + m) / 2
    rules = [
        ("new", r == 5 and f == 1),
        ("promising", r == 4 and f == 1),
        ("champions", r >= 4 and f >= 2 and x >= 4),
        ("loyal", f >= 2 and ((r >= 4 and 3 <= x < 4) or (r == 3 and x >= 3))),
        ("potential_loyalists", r >= 4 and f >= 2 and x < 3),
        ("needs_attention", r == 3 and x >= 2),
        ("about_to_sleep", r == 3 and x < 2),
        ("at_risk", (r == 2 and x > 2) or (r == 1 and 2 < x < 4)),
        ("cant_lose", r == 1 and x >= 4),
        ("hibernating", r == 2 and x <= 2),
        ("lost", r == 1 and x <= 2),
    ]
    return next(key for key, holds in rules if holds)


def published_shopify(r, f, m):
    x = (f + m) // 2
    rules = [
        ("champions", r == 5 and x >= 4), ("loyal", r in (3, 4) and x >= 4), ("active", r >= 4 and x in (2, 3)),
        ("new", r == 5 and x == 1), ("promising", r == 4 and x == 1), ("needs_attention", r == 3 and x == 3),
        ("almost_lost", r == 3 and x in (1, 2)), ("previously_loyal", r <= 2 and x == 5),
        ("at_risk", r <= 2 and x in (3, 4)), ("dormant", r <= 2 and x in (1, 2)),
    ]  # fmt: skip
    return next(key for key, holds in rules if holds)


@pytest.mark.parametrize(("name", "rule"), [("standard", published_standard), ("shopify", published_shopify)])
def test_presets_follow_their_published_rules_in_every_cell(name, rule):
    chosen = sc.SegmentMap.preset(name)
    for cell in itertools.product(range(1, 6), repeat=3):
        assert chosen.segment_of(*cell) == rule(*cell), cell


@pytest.mark.parametrize(
    ("name", "n_cells", "uncovered", "overlapping"),
    [
        ("standard", 125, 0, 0),
        ("rf_grid", 125, 0, 0),
        ("shopify", 125, 0, 0),
        ("klaviyo", 27, 0, 0),
        ("r_rfm", 125, 10, 58),
    ],
)
def test_the_check_finds_the_published_figures(name, n_cells, uncovered, overlapping):
    found = sc.SegmentMap.preset(name).check()
    assert (found.n_cells, len(found.uncovered), len(found.overlapping), found.unreachable) == (
        n_cells,
        uncovered,
        overlapping,
        (),
    )
    assert found.is_partition == (name != "r_rfm")


def test_the_check_lists_what_is_wrong():
    chosen = sc.SegmentMap("own", 2, {"a": ("1..",), "b": ("11.",), "c": ("22.",)})
    found = chosen.check()
    assert found.uncovered == ("211", "212")
    assert found.overlapping == ("111", "112")
    assert found.unreachable == ("b",)
    assert "2 uncovered: 211 212" in str(found)


def test_the_standard_map_has_the_published_sizes():
    grid = list(sc.SegmentMap.preset("standard").grid().values())
    sizes = {"champions": 12, "loyal": 30, "potential_loyalists": 12, "new": 5, "promising": 5, "needs_attention": 8,
             "about_to_sleep": 3, "at_risk": 32, "cant_lose": 6, "hibernating": 6, "lost": 6}  # fmt: skip
    assert {key: grid.count(key) for key in set(grid)} == sizes


def test_segments_on_every_engine(on_engine, back):
    cells = pd.DataFrame(
        list(itertools.product(range(1, 6), repeat=3)), columns=["r_score", "f_score", "m_score"]
    )
    cells.insert(0, "customer_id", range(125))
    for name in ("standard", "r_rfm"):
        chosen = sc.SegmentMap.preset(name)
        named = back(sc.segment_rfm(on_engine(cells), segments=name))
        assert named["segment"].tolist() == [
            chosen.segment_of(*cell) for cell in cells[["r_score", "f_score", "m_score"]].to_numpy()
        ]


def test_a_map_refuses_scores_of_another_size_with_the_call_to_make():
    scored = pd.DataFrame({"r_score": [5], "f_score": [1], "m_score": [1]})
    with pytest.raises(
        sc.ColumnError,
        match=r"scores of 1 to 3, found 5; drop the score columns and call score_rfm\(customers, bins=3\)",
    ):
        sc.segment_rfm(scored, segments="klaviyo")
    with pytest.raises(sc.ColumnError, match=r'"monetary": \[0.5, 0.8\]'):
        sc.segment_rfm(scored, segments="heavy_medium_light")


def test_own_maps_from_ranges_table_and_toml(tmp_path):
    ranges = [{"segment": "best", "r": (2, 3), "m": (3, 3)}, {"segment": "rest"}]
    chosen = sc.SegmentMap.from_ranges(ranges, bins=3)
    assert chosen.segment_of(2, 1, 3) == "best"
    assert chosen.segment_of(1, 3, 3) == "rest"
    rows = [(*map(int, cell), key) for cell, key in chosen.grid().items()]
    table = pd.DataFrame(rows, columns=["r_score", "f_score", "m_score", "segment"])
    assert sc.SegmentMap.from_table(table, bins=3).grid() == chosen.grid()
    described = sc.SegmentMap(
        "ours", 3, chosen.cells, segments={"best": maps.Segment("best", 'The "best"', "#112233", "m", "a")}
    )
    file = tmp_path / "map.toml"
    file.write_text(described.to_toml(), encoding="utf-8")
    assert sc.SegmentMap.from_toml(file) == described
    assert described.describe("best").label == 'The "best"'


FRENCH = {
    "champions": "Champions",
    "loyal": "Fidèles",
    "potential_loyalists": "Fidèles potentiels",
    "new": "Nouveaux",
    "promising": "Prometteurs",
    "needs_attention": "À surveiller",
    "about_to_sleep": "En voie d’endormissement",
    "at_risk": "À risque",
    "cant_lose": "À ne pas perdre",
    "hibernating": "En hibernation",
    "lost": "Perdus",
    "prospects": "Prospects",
    "active": "Actifs",
    "almost_lost": "Presque perdus",
    "previously_loyal": "Anciens fidèles",
    "dormant": "Dormants",
    "recent": "Récents",
    "inactive": "Inactifs",
    "others": "Autres",
}


@pytest.mark.parametrize("key", FRENCH)
def test_a_segment_is_described_in_french(key):
    standard = sc.SegmentMap.preset("standard")
    english, french = standard.describe(key), standard.describe(key, lang="fr")
    assert french.label == FRENCH[key]
    assert (french.key, french.colour) == (key, english.colour)
    assert french.meaning != english.meaning
    assert french.action != english.action
    assert "'" not in french.meaning + french.action


def test_words_of_ones_own_are_not_translated():
    own = maps.Segment("best", "Top", "#112233", "they buy", "call them")
    described = sc.SegmentMap("ours", 3, {"best": ("...",)}, segments={"best": own})
    assert described.describe("best", lang="fr") == own
    assert described.describe("nobody", lang="fr").label == "nobody"
    with pytest.raises(sc.SegmentClientError, match="lang='de'"):
        described.describe("best", lang="de")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sc.SegmentMap.preset("standart"), "did you mean 'standard'"),
        (lambda: sc.SegmentMap("x", 5, {"a": ("5",)}), "not a cell pattern"),
        (lambda: sc.SegmentMap("x", 12, {}), "from 2 to 9"),
        (lambda: sc.SegmentMap.from_ranges([{"segment": "a", "r": (4, 9)}]), "not a range"),
        (lambda: sc.SegmentMap.from_toml("cells = 3"), "2 problems"),
        (
            lambda: sc.SegmentMap.from_toml("bins = 5\ndefualt = 'x'\n[cells]\na = ['...']"),
            "'defualt' is unknown; did you mean 'default'\\?; accepted: name, bins, default, scored_by, cells, segments",
        ),
        (lambda: sc.SegmentMap.from_toml("no toml"), "cannot be read"),
        (lambda: sc.SegmentMap.from_toml("missing.toml"), "cannot be read"),
    ],
)
def test_faulty_maps_are_refused(make, message):
    with pytest.raises(sc.RuleError, match=message):
        make()


def test_every_segment_is_described_in_both_languages():
    known = tomllib.loads(
        resources.files("segmentclient.shown").joinpath("segments.toml").read_text(encoding="utf-8")
    )
    assert {key for name in maps.PRESETS for key in sc.SegmentMap.preset(name).keys} <= set(known)
    same = {"Champions", "Prospects"}
    for key, words in known.items():
        assert maps.label(key, "en") == words["label"]
        assert maps.label(key, "fr") != words["label"] or words["label"] in same
        assert maps.meaning(key, "fr") != words["meaning"]
        assert maps.action(key, "fr") != words["action"]
        assert maps.colour(key) == words["colour"]


def test_what_moves_a_customer_up_is_in_real_units():
    table = pd.DataFrame(
        {
            "days_since_last_order": range(100),
            "n_orders": range(1, 101),
            "revenue": [float(i) for i in range(100)],
        }
    )
    scorer = sc.RFMScorer().fit(table)
    moves = sc.SegmentMap.preset("standard").moves_up(scorer).set_index(["segment", "axis"])
    promising = moves.loc[("promising", "recency")]
    assert promising["to"] == "new"
    assert promising["threshold"] == pytest.approx(19.8)
    assert set(moves["to"]) <= set(sc.SegmentMap.preset("standard").keys)


def test_a_segment_moves_where_most_of_its_cells_do():
    """Of three cells two rise to b and one to z; cells that no rule covers lead nowhere."""
    own = SegmentMap("own", 2, {"low": ("111", "112", "121"), "b": ("211", "212"), "z": ("22.",)})
    table = pd.DataFrame({"days_since_last_order": [5, 20], "n_orders": [1, 9], "revenue": [10.0, 50.0]})
    cuts = {"recency": [10], "frequency": [3], "monetary": [20.0]}
    found = own.moves_up(sc.RFMScorer(method="fixed", bins=cuts).fit(table))
    assert found.to_numpy().tolist() == [
        ["low", "recency", "b", pytest.approx(2 / 3), 10.0],
        ["b", "frequency", "z", 1.0, 3.0],
    ]


def test_the_map_shows_itself():
    assert "Champions" in sc.SegmentMap.preset("standard")._repr_html_()
    assert language("fr").term("segment", "Loyal") == "Fidèles"


def test_a_map_its_check_and_a_scorer_show_themselves():
    standard = sc.SegmentMap.preset("standard")
    assert "champions: 12 cells" in repr(standard)
    assert repr(standard.check()).startswith("MapCheck: 125 cells")
    assert "125 cells" in standard.check()._repr_html_()
    customers = pd.DataFrame(
        {"days_since_last_order": range(9), "n_orders": range(9, 0, -1), "revenue": range(9)}
    )
    scorer = sc.RFMScorer(bins=3)
    assert "<table" not in scorer._repr_html_()
    with pytest.raises(sc.ModelError, match="fit"):
        scorer.table()
    assert scorer.fit(customers)._repr_html_().count("<tr>") == 10


@pytest.mark.parametrize(
    ("column", "wrong"),
    [("r_score", 4.5), ("m_score", 0), ("f_score", -1), ("f_score", None), ("m_score", math.nan)],
)
@pytest.mark.parametrize(
    "engine", [lambda table: table, pl.from_pandas, lambda table: pl.from_pandas(table).lazy()]
)
def test_what_is_no_score_is_refused(column, wrong, engine):
    """Such cells were called "others", as if the map left them out."""
    scored = pd.DataFrame({"r_score": [5.0, 4.0], "f_score": [5.0, 5.0], "m_score": [5.0, 1.0]})
    scored.loc[0, column] = wrong
    with pytest.raises(ColumnError, match=f"'{column}' has 1 values that are no scores"):
        sc.segment_rfm(engine(scored))


def test_scores_of_a_smaller_scale_are_doubted():
    """Of 60 customers scored 1 to 3 nobody can be a champion of a map of 1 to 5."""
    scored = pd.DataFrame({name: np.arange(60) % 3 + 1 for name in ("r_score", "f_score", "m_score")})
    with pytest.warns(SegmentClientWarning, match="nobody has more than 3"):
        sc.segment_rfm(scored)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sc.segment_rfm(scored, segments="klaviyo")
        sc.segment_rfm(scored.head(1))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("name = 3", "'name' must be text, found 3"),
        ("default = 3", "'default' must be text, found 3"),
        ("scored_by = 3", "'scored_by' must be text, found 3"),
        ("segments = 3", "found segments = 3"),
        ("[segments.a]\ncolour = 'red'", r"\[segments.a\] takes label \(needed\)"),
        ("[segments.a]\nlabel = 'A'\nsize = 'big'", r"\[segments.a\] takes label"),
        ("[segments.a]\nlabel = 3", r"\[segments.a\] takes label"),
    ],
)
def test_words_of_a_map_that_are_none_are_named(lines, told):
    with pytest.raises(RuleError, match=told):
        SegmentMap.from_toml(f"bins = 2\ncells = {{a = ['...']}}\n{lines}")


def test_a_map_reads_two_to_nine_scores():
    for bins in (2, 9):
        assert SegmentMap("own", bins, {"a": ("...",)}).check().n_cells == bins**3
    for bins in (1, 10):
        with pytest.raises(RuleError, match=f"a whole number from 2 to 9, found {bins}"):
            SegmentMap("own", bins, {"a": ("...",)})


def test_maps_are_read_as_written_or_refused():
    with pytest.raises(RuleError, match="takes segment, r, f and m, found 'R'"):
        SegmentMap.from_ranges([{"segment": "a", "R": (4, 5)}])
    with pytest.raises(RuleError, match=r"r=\(4.0, 5.0\) is not a range"):
        SegmentMap.from_ranges([{"segment": "a", "r": (4.0, 5.0)}])
    cell = pd.DataFrame({"r_score": [1.0], "f_score": [1.0], "m_score": [1.0], "segment": ["a"]})
    for wrong in (1.5, math.nan, 0.0):
        with pytest.raises(RuleError, match="'m_score' has 1 values that are no scores"):
            SegmentMap.from_table(cell.assign(m_score=wrong))
    with pytest.raises(RuleError, match="'segment' is missing in 1 rows"):
        SegmentMap.from_table(pd.concat([cell, cell.assign(segment=None)]))
    odd = SegmentMap("a\x7fb", 2, {"c\td": ("...",)})
    assert SegmentMap.from_toml(odd.to_toml()) == odd


def test_moves_are_told_in_the_scores_of_the_map():
    """The second of five scores is no second of three: its threshold was given for it."""
    table = pd.DataFrame(
        {"days_since_last_order": range(1, 61), "n_orders": range(60), "revenue": np.arange(60.0)}
    )
    with pytest.raises(ModelError, match="'klaviyo' reads scores of 1 to 3"):
        SegmentMap.preset("klaviyo").moves_up(sc.RFMScorer().fit(table))
    thirds = SegmentMap.preset("klaviyo").moves_up(sc.RFMScorer(bins=3).fit(table))
    days = sorted(set(thirds.loc[thirds["axis"] == "recency", "threshold"]))
    np.testing.assert_allclose(days, np.quantile(range(1, 61), [1 / 3, 2 / 3]), rtol=1e-9)
    with pytest.raises(ModelError, match="not fitted"):
        SegmentMap.preset("klaviyo").moves_up(sc.RFMScorer(bins=3))
