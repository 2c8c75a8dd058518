"""No chart clips a label or lays one over another: drawn in both languages, for pages and phones, on hard tables."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import segmentclient as sc
from charts import CASES, CHARTS, MOVES, base, draw, fill, sources, table
from segmentclient import plot
from segmentclient.plot import style
from segmentclient.plot.drawing import layout, lettering, scales, texts


def written(whole):
    """Every visible text of a figure with the box it takes, once the layout stands still; nothing is painted."""
    FigureCanvasAgg(whole)
    with layout.still(whole):
        whole.draw_without_rendering()
        renderer = whole.canvas.get_renderer()
        hidden = {tick for ax in whole.axes for tick in outside_ticks(ax)}
        found = [
            text
            for text in whole.findobj(Text)
            if text.get_visible() and text.get_text().strip() and text not in hidden
        ]
        return [(text, text.get_window_extent(renderer)) for text in dict.fromkeys(found)]


def outside_ticks(ax):
    """Labels of ticks beyond the limits exist but are not drawn."""
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        low, high = sorted(limits)
        slack = (high - low) * 1e-6
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if (
                not low - slack <= tick.get_loc() <= high + slack
                or not tick.label1.get_visible()
                or not axis.get_visible()
                or not ax.axison
            ):
                yield tick.label1
            yield tick.label2


def slanted_clear(one, two):
    """True when slanted texts, whose boxes may cross, are clear of one another: some side of either parts their corners."""
    if not (one.get_rotation() or two.get_rotation()):
        return False
    shapes = [corners(text) for text in (one, two)]
    for text in (one, two):
        angle = np.radians(text.get_rotation())
        for side in ((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))):
            a, b = (shape @ side for shape in shapes)
            if min(a.max(), b.max()) - max(a.min(), b.min()) < 2:
                return True
    return False


def corners(text):
    """Corners of a text, turned as it is around its anchor."""
    renderer, angle = text.figure.figure.canvas.get_renderer(), text.get_rotation()
    anchor = text.get_transform().transform(text.get_unitless_position())
    text.set_rotation(0)
    flat = Text.get_window_extent(text, renderer).corners()
    text.set_rotation(angle)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return (flat - anchor) @ np.array([[cos, sin], [-sin, cos]]) + anchor


def problems(whole):
    """Sentences about text that is clipped, overlaps other text, or is under 9 points."""
    boxes, (width, height) = written(whole), whole.get_size_inches() * whole.dpi
    told = []
    for text, box in boxes:
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1:
            told.append(f"clipped: {text.get_text()!r} {box.extents.round()} of {width:.0f} x {height:.0f}")
        if text.get_fontsize() < 9:
            told.append(f"small: {text.get_text()!r} {text.get_fontsize()}")
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > 1 and down > 2 and not slanted_clear(one, two):
            told.append(f"overlap: {one.get_text()!r} and {two.get_text()!r} by {across:.0f} x {down:.0f}")
    return told


def look(name, table, sizes=("page", "phone"), langs=("en", "fr"), **options):
    told = []
    for lang, size in itertools.product(langs, sizes):
        found = problems(draw(name, table, lang, size, **options))
        told += [f"{name}, {lang}, {size}: {line}" for line in found]
    return "\n".join(told)


HARD = ["fifteen segments", "long labels", "zero revenue", "empty"]


@pytest.mark.parametrize("name", CHARTS)
def test_no_text_is_clipped_or_covered_on_a_page(name):
    for case in HARD:
        if not (case == "empty" and name.startswith("persona")):
            assert not look(name, table(case), sizes=("page",), langs=("fr",), **CHARTS[name])


@pytest.mark.parametrize("name", CHARTS)
def test_no_text_is_clipped_or_covered_on_a_phone(name):
    assert not look(name, table("long labels"), sizes=("phone",), langs=("fr",), **CHARTS[name])


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_is_clipped_or_covered_anywhere(name, case):
    if case == "empty" and name.startswith("persona"):
        pytest.skip("nobody to portray")
    assert not look(name, table(case), sizes=("page", "phone", "slide"), **CHARTS[name])


@pytest.mark.parametrize(
    ("name", "case"),
    [("share_pairs", "fifteen segments"), ("index_chart", "long labels"), ("value_distribution", "plain")],
)
def test_charts_fit_a_small_figure_of_the_users(name, case):
    whole = Figure(figsize=(4, 3), layout="constrained")
    customers = table(case)
    getattr(plot, name)(customers, ax=whole.subplots(), lang="fr", **fill(customers, "fr", CHARTS[name]))
    assert not problems(whole)


def test_matrices_and_panels_fit_a_small_figure_of_the_users():
    whole = Figure(figsize=(4, 3), layout="constrained")
    moved, options = sources()["transition_heatmap"]
    plot.transition_heatmap(moved, ax=whole.subplots(), lang="fr", **options)
    assert not problems(whole)
    panels = Figure(figsize=(4, 5), layout="constrained")
    plot.k_page(sources()["k_page"][0], ax=panels.subplots(2, 2), lang="fr")
    assert not problems(panels)


def test_a_chart_beside_others_keeps_to_its_own_column():
    whole = Figure(figsize=(12, 4), layout="constrained")
    axes = whole.subplots(1, 3, width_ratios=[1, 2, 3])
    assert [style.size_of(ax).width for ax in axes] == pytest.approx([2, 4, 6])
    plot.share_pairs(table("long labels"), ax=axes[0], lang="fr")
    names = [tick.get_text() for tick in axes[0].get_yticklabels()]
    assert max(lettering.widest([name], 10) for name in names) < 0.31 * 2 * 72


def test_the_names_of_median_and_mean_cross_no_line():
    values = np.r_[np.linspace(-100, 0, 40), np.full(200, 13.0), np.full(160, 60.0)]
    ax = plot.value_distribution(pd.DataFrame({"lifetime_value": values}), lang="fr", currency="EUR")
    boxes = [box for text, box in written(ax.figure) if text in ax.texts and "€" in text.get_text()]
    tops = [ax.transData.transform((line.get_xdata()[0], line.get_ydata()[1])) for line in ax.lines]
    assert not any(box.x0 < x < box.x1 and box.y0 < top for box in boxes for x, top in tops)


def test_slanted_texts_that_touch_are_found():
    whole = plot.figure("page")
    ax = whole.subplots()
    looks = {"rotation": 45, "rotation_mode": "anchor", "ha": "left", "va": "center"}
    near, far = (ax.text(x, 0.5, "a slanted name", **looks) for x in (0.3, 0.5))
    FigureCanvasAgg(whole).draw()
    assert slanted_clear(near, far)
    far.set_x(0.302)
    assert not slanted_clear(near, far)


@pytest.mark.parametrize("case", ["fifteen segments", "long labels", "zero revenue"])
@pytest.mark.parametrize("name", MOVES)
def test_movement_fits(name, case):
    before, after = table(case), table(case)
    after["segment"] = np.roll(after["segment"], 1)
    after["revenue"] = np.roll(after["revenue"], 100)
    moved = sc.compare_periods(before.iloc[:500], after.iloc[50:])
    assert not look(name, moved, langs=("fr",), **MOVES[name])


@pytest.mark.parametrize("case", ["fifteen segments", "long labels", "negative revenue", "one customer"])
def test_expected_values_fit(case):
    totals = table(case).groupby("segment", as_index=False)["revenue"].sum()
    values = totals.assign(
        lifetime_value=totals["revenue"],
        lifetime_value_low=totals["revenue"] - 0.2 * totals["revenue"].abs(),
        lifetime_value_high=totals["revenue"] + 0.3 * totals["revenue"].abs(),
    )
    assert not look("segment_values", values, langs=("fr",), currency=True)


def test_the_life_cycle_fits():
    stages = pd.DataFrame({"relation": ["potential"] * 5 + ["current"] * 3 + ["loyal"] * 2 + ["former"] * 9})
    assert not look("lifecycle_flow", stages)
    counts = pd.DataFrame(
        [[5, 3, 0, 0], [0, 9, 4, 3], [0, 1, 9, 2], [0, 1, 0, 12]],
        index=["potential", "current", "loyal", "former"], columns=["potential", "current", "loyal", "former"],
    )  # fmt: skip
    assert not look("lifecycle_flow", counts)


@pytest.mark.parametrize("unit", ["D", "W"])
def test_what_models_say_fits(unit):
    model = sc.MBGNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614, time_unit=unit)
    log = pd.DataFrame({"date": pd.to_datetime(["2026-01-01", "2026-02-11", "2026-03-01"])})
    assert not look("probability_alive_matrix", model)
    assert not look("expected_purchases_matrix", model, langs=("fr",))
    assert not look("alive_history", log, model=model, as_of="2026-09-01")
    assert not look("alive_history", log.head(1), model=model, langs=("fr",))


def test_time_fits():
    log = sc.datasets.load_cdnow()
    model = sc.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426, time_unit="W")
    steps = sc.track_purchases(log, model, calibration_end="1997-09-30")
    assert not look("tracking", steps)
    assert not look("tracking", steps, kind="incremental", langs=("fr",))
    assert not look("cohort_heatmap", sc.cohort_retention(log), langs=("fr",))
    fitted = sc.MBGNBD(time_unit="W").fit(sc.summarize_customers(log, as_of="1998-06-30", time_unit="W"))
    assert not look("parameter_intervals", fitted)


def test_the_page_that_chooses_k_fits():
    customers = base(300)
    choice = sc.choose_k(customers, ["n_orders", "revenue"], k=range(2, 5), progress="off")
    assert not look("k_page", choice, langs=("fr",))


def test_the_name_of_the_chosen_k_stands_above_the_axis():
    """Where the gap rises from the first k on, the name stands below its interval."""
    table = pd.DataFrame(
        {
            "k": [2, 3, 4],
            "inertia": [700.0, 500.0, 300.0],
            "silhouette": [0.6, 0.5, 0.4],
            "silhouette_low": [0.58, 0.48, 0.38],
            "silhouette_high": [0.62, 0.52, 0.42],
            "gap": [1.1, 1.25, 1.4],
            "gap_se": 0.03,
            "stability_ari": [1.0, 0.9, 0.8],
        }
    )
    whole = plot.k_page(sc.KChoice(table, 2, "natural", True, table, None))
    panel = whole.axes[2]
    whole.canvas.draw()
    name = next(text for text in panel.texts if text.get_text() == "k = 2")
    assert name.get_window_extent().y0 > panel.get_window_extent().y0


def test_the_ruler_can_fail():
    whole = plot.figure()
    ax = whole.subplots()
    scales.hide_axes(ax)
    texts.write(ax, 0.5, 0.5, "one over", transform=ax.transAxes)
    texts.write(ax, 0.51, 0.5, "the other", transform=ax.transAxes, fontsize=8)
    whole.text(0.98, 0.5, "over the edge")
    assert sorted(line.split(":")[0] for line in problems(whole)) == ["clipped", "overlap", "small"]
