"""What every chart promises: it draws where it is told, takes looks, says what it shows, and changes nothing else."""

import functools
import inspect
import re
import sys
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from charts import PANELS, base, sources
from segmentclient import SegmentClientError, plot
from segmentclient.plot import palette, style
from segmentclient.plot.drawing import layout
from segmentclient.plot.words import CHARTS

NAMES = sorted(CHARTS)


@functools.cache
def drawn(name, lang="en", alpha=None):
    table, options = sources()[name]
    looks = {} if alpha is None else {"alpha": alpha}
    made = getattr(plot, name)(table, lang=lang, **options, **looks)
    return made if isinstance(made, Figure) else made.figure


def test_all_charts_are_looked_at():
    assert set(sources()) == set(CHARTS)


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_draws_on_the_axes_it_is_given_and_nowhere_else(name):
    before, known = dict(mpl.rcParams), "matplotlib.pyplot" in sys.modules
    table, options = sources()[name]
    whole = Figure(figsize=(9, 9))
    count = int(np.prod(PANELS.get(name, (1, 1))))
    own, other = list(whole.subplots(count + 1, 1))[:count], whole.axes[-1]
    children, size = len(other.get_children()), tuple(whole.get_size_inches())
    getattr(plot, name)(table, ax=own if count > 1 else own[0], **options)
    assert len(whole.axes) == count + 1
    assert len(other.get_children()) == children
    assert other.get_xlim() == (0, 1)
    assert tuple(whole.get_size_inches()) == size
    titles = [ax.get_title(loc=place) for ax in whole.axes for place in ("left", "center", "right")]
    assert [*titles, whole.get_suptitle()] == [""] * (len(titles) + 1)
    assert dict(mpl.rcParams) == before
    assert ("matplotlib.pyplot" in sys.modules) == known


@pytest.mark.parametrize("name", NAMES)
def test_looks_reach_the_marks(name):
    whole = drawn(name, alpha=0.123)
    marks = [mark for ax in whole.axes for mark in (*ax.lines, *ax.patches, *ax.collections)]
    assert any(mark.get_alpha() == 0.123 for mark in marks)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("name", NAMES)
def test_the_alternative_text_says_the_finding_and_is_that_of_the_chart(name, lang):
    table, options = sources()[name]
    finding = plot.finding(name, table, lang, **options)
    told = plot.chart_description(drawn(name, lang))
    assert finding[1:] in told
    assert told == plot.chart_description(name, table, lang, **options)
    facts = [fact.casefold() for fact in re.split(r"\.\s|\s?;\s", told.rstrip("."))]
    assert sorted(facts) == sorted(set(facts)), "a fact is told once"
    assert "  " not in told
    assert "{" not in told
    assert not re.search(r"\bnan\b", told)
    assert not re.search(r"\de[+-]?\d", told)


@pytest.mark.parametrize("name", NAMES)
def test_svg_keeps_text_as_text_in_colours_that_follow_the_theme(name):
    root = ElementTree.fromstring(plot.to_svg(drawn(name, "fr")))
    written = [element for element in root.iter() if element.tag.endswith("}text")]
    assert written
    assert root.get("aria-label")
    for element in written:
        fill = re.search(r"fill: ([^;]+)", element.get("style", ""))
        assert fill
        assert fill[1].startswith("var(--sc-") or fill[1] in (style.ON_DARK, style.ON_LIGHT)


@pytest.mark.parametrize("name", NAMES)
def test_ticks_say_where_they_stand(name):
    """The numbers of an axis are as far apart as its ticks: none is rounded until it is false."""
    whole = drawn(name)
    FigureCanvasAgg(whole)
    layout.settle(whole)
    for axis in (axis for ax in whole.axes for axis in (ax.xaxis, ax.yaxis)):
        told = [text.get_text() for text in axis.get_majorticklabels()]
        pairs = [
            (place, number(text)) for place, text in zip(axis.get_majorticklocs(), told, strict=True) if text
        ]
        if len(pairs) > 2 and all(value is not None for _, value in pairs):
            (x0, y0), (x1, y1) = pairs[0], pairs[-1]
            line = [y0 + (x - x0) * (y1 - y0) / (x1 - x0) for x, _ in pairs]
            if name not in {"probability_alive_matrix", "expected_purchases_matrix", "transition_heatmap"}:
                np.testing.assert_allclose([value for _, value in pairs], line, rtol=1e-6, atol=1e-9)


def number(text):
    found = re.fullmatch(r"[+$]?(-?[\d,]+(?:\.\d+)?)([kmM%]?)", text.replace("US$", ""))
    scale = {"": 1, "%": 0.01, "k": 1e3, "m": 1e6, "M": 1e6}
    return float(found[1].replace(",", "")) * scale[found[2]] if found else None


def test_a_segment_has_one_colour_on_every_chart():
    customers = base()
    known = {colour.lower() for colour in palette.colours(customers["segment"].unique()).values()}
    for name in (
        "segment_treemap",
        "segment_grid",
        "segment_bars",
        "share_pairs",
        "segment_values",
        "snake_plot",
    ):
        ax = drawn(name).axes[0]
        marks = [*(line.get_color() for line in ax.lines), *(patch.get_facecolor() for patch in ax.patches)]
        marks += [colour for points in ax.collections for colour in points.get_facecolor()]
        seen = {to_hex(colour).lower() for colour in marks}
        assert known <= seen, name
        assert seen - known <= {style.MUTED, style.GREY, style.GRID, style.SURFACE, "#000000"}, name


# Machado, Oliveira & Fernandes (2009), full severity: how colours look without red or green cones.
BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_accent_and_warning_differ_for_every_kind_of_colour_vision(kind):
    def seen(colour):
        linear = np.array(
            [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
        )
        return lab(np.array(BLINDNESS[kind]) @ linear)

    assert np.linalg.norm(seen(style.ACCENT) - seen(style.WARM)) > 40
    assert np.linalg.norm(seen(style.ACCENT) - seen(style.GREY)) > 20


def lab(linear):
    """CIE L*a*b* of linear sRGB under D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        linear, 0, 1
    )
    x, y, z = np.cbrt(np.maximum(xyz / [0.9505, 1, 1.089], 1e-9))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_counts_beside_rows_are_a_plain_group_by():
    customers = base()
    counts = customers.groupby("segment").size()
    ax = drawn("index_chart").axes[0]
    told = [
        text.get_text()
        for text in ax.texts
        if text.get_text().isdigit() and getattr(text, "xyann", (0,))[0] == 6
    ]
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    expected = {palette.label(key, "en"): str(n) for key, n in counts.items()}
    assert told == [expected[name.replace("\n", " ")] for name in names]


def test_a_few_refunded_customers_do_not_flatten_a_histogram():
    customers = pd.DataFrame({"lifetime_value": [*np.linspace(1, 100, 500), -9_000.0]})
    ax = plot.value_distribution(customers)
    assert ax.get_xlim()[0] > -200
    assert "1 customer below" in ax.get_xlabel()
    assert sum(bar.get_height() for bar in ax.patches) == 500


def test_an_endless_interval_is_drawn_as_one():
    class Unsure:
        def summary(self):
            return pd.DataFrame(
                {"estimate": [1.0, 9.0], "low": [0.8, 0.1], "high": [1.2, 1e86]}, index=["r", "b"]
            )

    ax = plot.parameter_intervals(Unsure())
    assert [text.get_text() for text in ax.texts] == ["1.00\n0.80 to 1.20", "9.00\n0.10 or more"]
    assert (
        plot.finding("parameter_intervals", Unsure()) == "The data say next to nothing about the parameter b"
    )


def test_columns_that_are_no_row_are_named():
    counts = pd.DataFrame(
        [[5.0, 1, 1, 1] * 4] * 3,
        index=["A rather long name", "B rather long name", "C rather long name"],
        columns=[f"Unsplittable-column-number {n}" for n in range(15)] + ["A rather long name"],
    )
    ax = plot.transition_heatmap(counts)
    heads = [tick.get_text() for tick in ax.get_xticklabels()]
    assert heads == [str(n) for n in range(1, 17)]
    assert ax.get_yticklabels()[0].get_text().startswith("16  A rather")
    assert "15 Unsplittable-column-number 14" in ax.get_xlabel().replace("\n", " ")


def test_the_last_period_of_cohorts_is_not_in_the_headline():
    table = pd.DataFrame(
        {
            "cohort": pd.to_datetime(["2026-01-01"] * 3 + ["2026-02-01"] * 2),
            "age": [0, 1, 2, 0, 1],
            "customers": [10, 10, 10, 30, 30],
            "retention": [1.0, 0.4, 0.1, 1.0, 0.0],
        }
    )
    assert plot.finding("cohort_heatmap", table) == "40% of new customers buy again in the next period"
    names = [tick.get_text() for tick in plot.cohort_heatmap(table, lang="fr").get_yticklabels()]
    assert names == ["janv. 2026", "févr. 2026"]


def test_words_break_between_syllables():
    from segmentclient.plot.drawing import lettering

    for word, pieces in {
        "Commandes": ["Com-", "mandes"],
        "endormissement": ["endor-", "misse-", "ment"],
    }.items():
        room = max(lettering.text_width(piece, 10) for piece in pieces) + 0.1
        assert lettering.wrap(word, room, 10).split("\n") == pieces


@pytest.mark.parametrize("name", sources())
def test_an_option_of_a_wrong_kind_gets_one_error_of_ours(name):
    """Before anything is drawn: lang=3, ax=3, by=[] ..."""
    table, given = sources()[name]
    takes = list(inspect.signature(getattr(plot, name)).parameters)[1:]
    odd = {
        "lang": [3, None, "de"],
        "ax": [3],
        "by": [[], None],
        "value": [[]],
        "currency": [[], "EURO"],
        "T": ["x"],
        "t": [{}],
    }
    odd |= {
        "features": [3],
        "columns": [3],
        "scorer": ["x"],
        "model": [3, None],
        "as_of": ["soon"],
        "order": ["up"],
    }
    for option, values in odd.items():
        for value in values if option in takes else ():
            with pytest.raises(SegmentClientError):
                getattr(plot, name)(table, **{**given, option: value})
    with pytest.raises(SegmentClientError):
        plot.finding(name, table, **{**given, "lang": 3})


def test_parameters_keep_their_names():
    table, options = sources()["parameter_intervals"]
    told = plot.chart_description("parameter_intervals", table, **options)
    assert re.search(r"\. r [\d.]+ \([\d.]+ to [\d.]+\); alpha ", told)


@pytest.mark.filterwarnings("ignore:Glyph")  # where a font lacks the thin space, another one draws it
@pytest.mark.parametrize("size", ["page", "slide", "phone"])
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("spread", [0.8, 1.2, 2.0])
def test_the_label_of_the_curve_leaves_the_line_of_equality_whole(size, lang, spread):
    revenue = np.random.default_rng(1).lognormal(3, spread, 2_000)
    whole = plot.figure(size)
    axes = plot.lorenz_curve(pd.DataFrame({"revenue": revenue}), ax=whole.subplots(), lang=lang)
    FigureCanvasAgg(whole).draw()
    label = next(text for text in axes.texts if text.get_weight() == "bold")
    box = label.get_window_extent().transformed(axes.transData.inverted())
    assert box.x1 < box.y0 or box.x0 > box.y1
    assert (np.interp([box.x0, box.x1], *axes.lines[0].get_data()) > box.y1).all()
