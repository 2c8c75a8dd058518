"""No chart clips a label or lays one over another: drawn in both languages, for pages and phones, on hard tables."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from segmentclient import plot
from segmentclient.plot import style

LONG = "Clients fidèles à reconquérir absolument"


def texts(whole):
    """Every visible text of a figure with the box it takes, once the layout stands still."""
    FigureCanvasAgg(whole)
    style.settle(whole)
    whole.canvas.draw()
    renderer = whole.canvas.get_renderer()
    hidden = {tick for ax in whole.axes for tick in outside_ticks(ax)}
    found = [text for text in whole.findobj(Text) if text.get_visible() and text.get_text().strip() and text not in hidden]
    return [(text, text.get_window_extent(renderer)) for text in dict.fromkeys(found)]


def outside_ticks(ax):
    """Labels of ticks beyond the limits exist but are not drawn."""
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        low, high = sorted(limits)
        slack = (high - low) * 1e-6
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low - slack <= tick.get_loc() <= high + slack or not tick.label1.get_visible() or not axis.get_visible() or not ax.axison:
                yield tick.label1
            yield tick.label2


def problems(whole):
    """Sentences about text that is clipped, overlaps other text, or is under 9 points."""
    boxes, (width, height) = texts(whole), whole.get_size_inches() * whole.dpi
    told = []
    for text, box in boxes:
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1:
            told.append(f"clipped: {text.get_text()!r} {box.extents.round()} of {width:.0f} x {height:.0f}")
        if text.get_fontsize() < 9:
            told.append(f"small: {text.get_text()!r} {text.get_fontsize()}")
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > 1 and down > 2:
            told.append(f"overlap: {one.get_text()!r} and {two.get_text()!r} by {across:.0f} x {down:.0f}")
    return told


def base(n=600, seed=3):
    rng = np.random.default_rng(seed)
    revenue = rng.lognormal(3.6, 1.2, n).round(2)
    return pd.DataFrame(
        {
            "segment": rng.choice(["champions", "loyal", "about_to_sleep", "cant_lose", "lost", "potential_loyalists"], n),
            "r_score": rng.integers(1, 6, n),
            "f_score": rng.integers(1, 6, n),
            "m_score": rng.integers(1, 6, n),
            "days_since_last_order": rng.integers(0, 400, n),
            "n_orders": rng.geometric(0.4, n),
            "revenue": revenue,
            "lifetime_value": revenue * 0.4,
        }
    )


def table(case):
    customers = base()
    if case == "one segment":
        customers["segment"] = "champions"
    if case == "fifteen segments":
        customers["segment"] = [f"Segment numéro {n % 15}" for n in range(len(customers))]
        customers["revenue"] *= 1.6 ** (np.arange(len(customers)) % 15)
    if case == "long labels":
        customers["segment"] = customers["segment"].map({key: f"{LONG[:-1]}{n}" for n, key in enumerate(customers["segment"].unique())})
    if case == "zero revenue":
        customers[["revenue", "lifetime_value"]] = 0.0
    if case == "negative revenue":
        customers.loc[customers["segment"] == "lost", ["revenue", "lifetime_value"]] *= -1
    if case == "millions":
        customers[["revenue", "lifetime_value"]] *= 123_456
        customers["n_orders"] *= 10_007
    if case == "one customer":
        customers = customers.head(1)
    if case == "empty":
        customers = customers.head(0)
    return customers


CASES = ["plain", "one segment", "fifteen segments", "long labels", "zero revenue", "negative revenue", "millions", "one customer", "empty"]
CUTS = {"recency": [30, 31, 180, 300], "frequency": [1, 1, 2, 3], "monetary": [15, 16, 45, 80]}
CHARTS = {
    "segment_treemap": {"currency": True},
    "share_pairs": {},
    "segment_bars": {"currency": True},
    "rf_heatmap": {"currency": True},
    "lorenz_curve": {},
    "value_distribution": {"currency": True},
    "score_histograms": {"currency": True, "scorer": CUTS},
}


def draw(name, customers, lang, size, **options):
    chart = getattr(plot, name)
    if options.pop("currency", False):
        options["currency"] = "EUR" if lang == "fr" else "USD"
    if name in PANELS:
        whole = plot.figure(size)
        whole.set_figheight(6)
        return chart(customers, ax=whole.subplots(*PANELS[name]), lang=lang, **options)
    return chart(customers, ax=plot.figure(size).subplots(), lang=lang, **options).figure


PANELS = {"score_histograms": (3, 1)}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_is_clipped_or_covered(name, case):
    customers = table(case)
    for lang, size in itertools.product(("en", "fr"), ("page", "phone", "slide")):
        told = problems(draw(name, customers, lang, size, **CHARTS[name]))
        assert not told, f"{name}, {case}, {lang}, {size}:\n" + "\n".join(told)


def test_the_ruler_can_fail():
    whole = plot.figure()
    ax = whole.subplots()
    style.hide_axes(ax)
    style.write(ax, 0.5, 0.5, "one over", transform=ax.transAxes)
    style.write(ax, 0.51, 0.5, "the other", transform=ax.transAxes, fontsize=8)
    whole.text(0.98, 0.5, "over the edge")
    assert sorted(line.split(":")[0] for line in problems(whole)) == ["clipped", "overlap", "small"]


def test_drawing_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, case in itertools.product(CHARTS, CASES):
            draw(name, table(case), "fr", "page", **CHARTS[name])
