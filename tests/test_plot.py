"""The artists carry the table's numbers, nothing global changes, and files are whole and repeatable."""

import html
import re
import sys
import threading
import warnings
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.figure import Figure

from segmentclient import plot
from segmentclient.errors import ColumnError, SegmentClientError
from segmentclient.plot import style

RULER = np.random.default_rng(7)


@pytest.fixture(scope="module")
def customers():
    n = 400
    revenue = RULER.lognormal(3.5, 1.0, n).round(2)
    orders = RULER.geometric(0.4, n)
    return pd.DataFrame(
        {
            "segment": RULER.choice(["champions", "loyal", "at_risk", "lost"], n, p=[0.2, 0.3, 0.2, 0.3]),
            "r_score": RULER.integers(1, 6, n),
            "f_score": RULER.integers(1, 6, n),
            "days_since_last_order": RULER.integers(0, 400, n),
            "n_orders": orders,
            "revenue": revenue,
            "lifetime_value": revenue * 0.4,
        }
    )


CUTS = {"recency": [30, 90, 180, 300], "frequency": [1, 2, 3, 5], "monetary": [15, 25, 45, 80]}


def test_treemap_tiles_are_the_shares_of_revenue(customers):
    ax = plot.segment_treemap(customers)
    found = sorted(tile.get_width() * tile.get_height() for tile in ax.patches)
    expected = customers.groupby("segment")["revenue"].sum() / customers["revenue"].sum()
    np.testing.assert_allclose(found, sorted(expected))


def test_treemap_tiles_fill_the_square_without_overlap(customers):
    from segmentclient.plot.treemap import squarify

    sizes = sorted(RULER.pareto(1.2, 14) + 0.01, reverse=True)
    tiles = list(squarify(sizes, 1.7))
    np.testing.assert_allclose([w * h for _, _, w, h in tiles], np.array(sizes) / sum(sizes))
    assert all(x >= 0 and y >= 0 and x + w <= 1 + 1e-9 and y + h <= 1 + 1e-9 for x, y, w, h in tiles)
    for index, (x, y, w, h) in enumerate(tiles):
        for left, top, wide, high in tiles[index + 1 :]:
            across = min(x + w, left + wide) - max(x, left)
            down = min(y + h, top + high) - max(y, top)
            assert across < 1e-9 or down < 1e-9


def test_share_pairs_hold_both_shares(customers):
    ax = plot.share_pairs(customers)
    shares = customers.groupby("segment")["revenue"].agg(["size", "sum"]).sort_values("sum", ascending=False)
    np.testing.assert_allclose(ax.collections[0].get_offsets()[:, 0], shares["size"] / len(customers))
    np.testing.assert_allclose(ax.collections[1].get_offsets()[:, 0], shares["sum"] / shares["sum"].sum())


def test_heatmap_holds_the_means(customers):
    held = plot.rf_heatmap(customers).collections[0].get_array()
    means = customers.pivot_table(index="r_score", columns="f_score", values="revenue", aggfunc="mean")
    np.testing.assert_allclose(np.asarray(held).reshape(5, 5), means.to_numpy())


def test_histograms_draw_every_customer_and_every_cut(customers):
    whole = plot.score_histograms(customers, scorer=CUTS)
    for panel, column in zip(whole.axes, ["days_since_last_order", "n_orders", "revenue"], strict=True):
        bars = panel.containers[0]
        last = bars[-1].get_x() + bars[-1].get_width()
        assert sum(bar.get_height() for bar in bars) == (customers[column] <= last).sum()
        assert len(panel.lines) == 4
    assert [line.get_xdata()[0] for line in whole.axes[2].lines] == CUTS["monetary"]
    assert [line.get_xdata()[0] for line in whole.axes[1].lines] == [1.5, 2.5, 3.5, 5.5]


def test_lorenz_curve_and_gini_against_direct_arithmetic(customers):
    held = np.sort(customers["revenue"])[::-1]
    curve = plot.lorenz_curve(customers).lines[0]
    best = held[: len(held) // 5].sum() / held.sum()
    assert np.interp(0.2, curve.get_xdata(), curve.get_ydata()) == pytest.approx(best)
    pairs = np.abs(held[:, None] - held[None, :]).mean() / (2 * held.mean())
    from segmentclient.plot.lorenz import _curve

    assert _curve(customers).gini == pytest.approx(pairs, rel=1e-9)
    assert _curve(customers, order="poorest").best(0.2) == pytest.approx(best)


def test_the_same_segment_has_the_same_colour_everywhere(customers):
    tree, pairs = plot.segment_treemap(customers), plot.share_pairs(customers)
    tiles = [mpl.colors.to_hex(tile.get_facecolor()) for tile in tree.patches]
    dots = [mpl.colors.to_hex(colour) for colour in pairs.collections[1].get_facecolors()]
    assert tiles == dots


def test_unknown_keys_get_colours_that_do_not_depend_on_order():
    assert style.colours([2, 10, 1]) == style.colours([1, 10, 2])
    assert len(set(style.colours(range(15)).values())) == 15
    assert style.colours(["champions", "mine"])["champions"] == style.colours(["champions"])["champions"]


def test_engines_and_row_order_agree(customers):
    shuffled = customers.sample(frac=1, random_state=1)
    tables = [shuffled, pl.from_pandas(customers), pl.from_pandas(customers).lazy()]
    base = plot.finding("segment_treemap", customers), plot.finding("rf_heatmap", customers)
    for table in tables:
        assert (plot.finding("segment_treemap", table), plot.finding("rf_heatmap", table)) == base
    ax = plot.lorenz_curve(tables[-1])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), plot.lorenz_curve(customers).lines[0].get_ydata())


def test_nothing_global_changes_and_pyplot_is_not_used(customers):
    before = dict(mpl.rcParams)
    known = {"matplotlib.pyplot"} & set(sys.modules)
    plot.to_svg(plot.segment_bars(customers))
    assert dict(mpl.rcParams) == before
    assert {"matplotlib.pyplot"} & set(sys.modules) == known


def test_no_title_is_set_and_the_given_axes_are_used(customers):
    whole = Figure()
    ax = whole.subplots()
    assert plot.segment_bars(customers, ax=ax) is ax
    assert [ax.get_title(loc=place) for place in ("left", "center", "right")] == ["", "", ""]


def test_input_is_not_changed(customers):
    copy = customers.copy(deep=True)
    plot.segment_treemap(customers)
    plot.score_histograms(customers, scorer=CUTS)
    pd.testing.assert_frame_equal(customers, copy)


def test_missing_columns_are_one_error_of_ours(customers):
    with pytest.raises(ColumnError, match=r"'segment' is missing.*\n.*'revenue' is missing"):
        plot.segment_treemap(pd.DataFrame({"x": [1]}))
    with pytest.raises(SegmentClientError, match="did you mean 'rf_heatmap'"):
        plot.finding("rf_heatmaps", pd.DataFrame())
    with pytest.raises(ColumnError, match="missing: monetary"):
        plot.score_histograms(
            pd.DataFrame({"days_since_last_order": [1], "n_orders": [1], "revenue": [1.0]}),
            scorer={"recency": [1], "frequency": [1]},
        )
    with pytest.raises(SegmentClientError, match="3 panels, found 1 axes"):
        plot.score_histograms(customers, scorer=CUTS, ax=plot.figure().subplots())


def test_svg_is_repeatable_text_with_its_own_ids(customers):
    first, second = (plot.to_svg(plot.segment_treemap(customers)) for _ in range(2))
    other = plot.to_svg(plot.share_pairs(customers))
    assert first == second
    root = ElementTree.fromstring(first)
    assert root.get("role") == "img"
    assert "Champions" in root.get("aria-label")
    assert root.get("width") is None
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, other)]
    assert not ids[0] & ids[1]
    for text, known in zip((first, other), ids, strict=True):
        assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text)) == known
    assert ">Champions</text>" in first
    assert "var(--sc-ink" in other
    assert not re.search(r"http(?!://www\.w3\.org)", first)


def test_files_are_written_whole_and_repeat(customers, tmp_path):
    ax = plot.share_pairs(customers)
    for ending in ("png", "svg", "pdf"):
        one, two = (plot.save_chart(ax, tmp_path / f"{n}.{ending}") for n in range(2))
        assert one.read_bytes() == two.read_bytes()
    assert len(list(tmp_path.iterdir())) == 6
    with pytest.raises(SegmentClientError, match="'bmp' is not known"):
        plot.save_chart(ax, tmp_path / "x.bmp")
    assert plot.save_chart(ax, tmp_path / "new" / "x.png").exists()
    with pytest.raises(SegmentClientError, match="it is a folder"):
        plot.save_chart(ax, tmp_path / "new", format="png")


def test_charts_can_be_drawn_and_written_in_threads(customers):
    """Each writes with settings of its own: they must neither meet nor stay."""
    made = [plot.lorenz_curve(customers) for _ in range(4)]
    expected, found = plot.to_svg(made[0]), []
    before, filters = dict(mpl.rcParams), list(warnings.filters)

    def draw(ax):
        found.append(plot.to_svg(ax))

    threads = [threading.Thread(target=draw, args=(ax,)) for ax in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {expected}
    assert len(found) == 4
    assert dict(mpl.rcParams) == before
    assert warnings.filters == filters


@pytest.mark.parametrize("names", [["$\\frac{1}{$ a", "\\input{x}"], ["$x^2$", "#1 50% _x_ ^ {"]])
def test_no_name_is_read_as_a_formula_or_as_latex(customers, names):
    table = customers.assign(segment=[names[n % 2] for n in range(len(customers))])
    with mpl.rc_context({"text.usetex": True}):
        for chart in (plot.segment_treemap, plot.share_pairs, plot.segment_bars):
            told = html.unescape(plot.to_svg(chart(table, ax=None)))
            assert all(word in told for name in names for word in name.split()), chart


def test_axes_and_figures_show_themselves_in_a_notebook(customers):
    ax = plot.share_pairs(customers)
    assert ax._repr_html_() == ax.figure._repr_html_() == plot.to_svg(ax)._repr_html_()
    assert plot.figure("phone").get_figwidth() < plot.figure("slide").get_figwidth()
    with pytest.raises(SegmentClientError, match="'page', 'slide', 'phone'"):
        plot.figure("poster")


def test_amounts_of_less_than_a_cent_are_told_from_nothing():
    customers = pd.DataFrame({"lifetime_value": np.linspace(0.0005, 0.0095, 40)})
    ax = plot.value_distribution(customers, currency="EUR")
    ax.figure.draw_without_rendering()
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    assert len(set(ticks)) == len(ticks)
    assert "median €0.0050" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize("chart", ["index_chart", "snake_plot", "persona_index", "persona_radar"])
def test_segments_that_are_true_or_false_are_drawn(chart):
    rng = np.random.default_rng(0)
    customers = pd.DataFrame(rng.uniform(1, 9, (40, 3)), columns=["recency", "n_orders", "revenue"])
    customers["segment"] = np.arange(40) % 4 > 0
    options = {"segment": False} if chart.startswith("persona") else {}
    axes = getattr(plot, chart)(
        customers, by="segment", features=["recency", "n_orders", "revenue"], **options
    )
    assert axes.figure is not None


@pytest.mark.parametrize("name", ["_value", "_orders", "_customers", "_n", "_name"])
def test_a_column_of_segments_may_have_any_name(name):
    customers = pd.DataFrame(
        {
            "segment": ["a", "b", "a", "c"],
            "revenue": [9.0, 4.0, 2.0, 1.0],
            "n_orders": [1, 2, 3, 1],
            "r_score": [5, 4, 5, 1],
            "f_score": [5, 4, 5, 1],
        }
    ).assign(**{name: lambda t: t["segment"]})
    for chart in ("segment_treemap", "segment_bars", "segment_grid", "lifecycle_flow"):
        assert plot.finding(chart, customers, by=name) == plot.finding(chart, customers, by="segment")


@pytest.mark.parametrize("dpi", [0, -1, 10**6])
def test_dots_an_inch_are_a_number_that_a_picture_can_have(dpi, tmp_path):
    axes = plot.segment_treemap(pd.DataFrame({"segment": ["champions"], "revenue": [90.0]}))
    with pytest.raises(SegmentClientError, match="expected a whole number from 1 to"):
        plot.save_chart(axes, tmp_path / "chart.png", dpi=dpi)


@pytest.mark.parametrize("wrong", [{"chart": None}, {"path": None}, {"path": 3}, {"dpi": "fine"}])
def test_saving_says_what_it_takes(wrong, tmp_path):
    axes = plot.segment_treemap(pd.DataFrame({"segment": ["champions"], "revenue": [90.0]}))
    options = {"chart": axes, "path": tmp_path / "chart.png", **wrong}
    with pytest.raises(SegmentClientError, match="save_chart: "):
        plot.save_chart(options.pop("chart"), options.pop("path"), **options)
