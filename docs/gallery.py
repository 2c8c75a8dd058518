"""The gallery: each chart of `segmentclient.plot`, drawn by the code that stands above it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentclient import plot


@dataclass(frozen=True)
class Section:
    """Charts of one subject: what they need, and the code that draws each."""

    title: str
    needs: str
    charts: Mapping[str, str]


SECTIONS = (
    Section(
        "Segments",
        """\
import segmentclient as sc

shop = sc.datasets.load_sample()
clean = sc.clean_transactions(shop.transactions, order_id="order_id", exclude="staff")
orders = clean.transactions
customers = sc.summarize_customers(orders, as_of="2025-12-31")
scorer = sc.RFMScorer().fit(customers)
customers = sc.segment_rfm(scorer.transform(customers))""",
        {
            "segment_treemap": "sc.plot.segment_treemap(customers)",
            "segment_bars": 'sc.plot.segment_bars(customers, currency="EUR")',
            "segment_grid": "sc.plot.segment_grid(customers)",
            "share_pairs": "sc.plot.share_pairs(customers)",
            "lorenz_curve": "sc.plot.lorenz_curve(customers)",
        },
    ),
    Section(
        "Scores",
        "",
        {
            "rf_heatmap": 'sc.plot.rf_heatmap(customers, currency="EUR")',
            "score_histograms": "sc.plot.score_histograms(customers, scorer=scorer)",
        },
    ),
    Section(
        "Groups",
        """\
features = ["days_since_last_order", "n_orders", "revenue"]
choice = sc.choose_k(customers, features, k=range(2, 7))
customers = sc.segment_kmeans(customers, features, n_clusters=4)""",
        {
            "k_page": "sc.plot.k_page(choice)",
            "silhouette_plot": "sc.plot.silhouette_plot(customers, features=features)",
            "snake_plot": "sc.plot.snake_plot(customers, features=features)",
            "index_chart": "sc.plot.index_chart(customers, features=features)",
            "pca_map": "sc.plot.pca_map(customers, features=features)",
            "persona_index": 'sc.plot.persona_index(customers, segment="champions", features=features)',
            "persona_radar": 'sc.plot.persona_radar(customers, segment="champions", features=features)',
        },
    ),
    Section(
        "Movement",
        """\
earlier = sc.summarize_customers(orders[orders["date"] <= "2025-06-30"], as_of="2025-06-30")
earlier = sc.segment_rfm(scorer.transform(earlier))
moved = sc.compare_periods(earlier, customers)""",
        {
            "transition_heatmap": "sc.plot.transition_heatmap(moved)",
            "transition_flow": "sc.plot.transition_flow(moved)",
            "value_bridge": 'sc.plot.value_bridge(moved, currency="EUR")',
            "lifecycle_flow": (
                'stages = sc.lifecycle(sc.summarize_customers(orders, as_of="2025-12-31", gaps=True))\n'
                "sc.plot.lifecycle_flow(stages)"
            ),
        },
    ),
    Section(
        "Lifetime value",
        """\
log = sc.datasets.load_cdnow()
weeks = sc.split_periods(log, calibration_end="1997-09-30", time_unit="W")
model = sc.MBGNBD(time_unit="W").fit(weeks)
valued = sc.predict_lifetime_value(customers, horizon="12M", margin=0.4)""",
        {
            "value_distribution": 'sc.plot.value_distribution(valued, currency="EUR")',
            "segment_values": (
                "values = sc.value_by_segment(customers, margin=0.4)\n"
                'sc.plot.segment_values(values, currency="EUR")'
            ),
            "probability_alive_matrix": "sc.plot.probability_alive_matrix(model)",
            "expected_purchases_matrix": "sc.plot.expected_purchases_matrix(model)",
            "alive_history": 'sc.plot.alive_history(log, model=model, customer=1, as_of="1998-06-30")',
            "parameter_intervals": "sc.plot.parameter_intervals(model)",
        },
    ),
    Section(
        "Was the model right?",
        """\
steps = sc.track_purchases(log, model, calibration_end="1997-09-30")
weeks["expected_purchases"] = model.expected_purchases(weeks, t=39)""",
        {
            "tracking": "sc.plot.tracking(steps)",
            "calibration_by_frequency": "sc.plot.calibration_by_frequency(weeks)",
            "calibration_by_decile": "sc.plot.calibration_by_decile(weeks)",
            "cohort_heatmap": "sc.plot.cohort_heatmap(sc.cohort_retention(orders))",
        },
    ),
)

NOT_CHARTS = {"SVG", "chart_description", "figure", "finding", "save_chart", "to_svg"}

HEAD = """\
# Gallery

Each chart takes a table and returns the axes it drew on; `lang="fr"` labels it in French, `ax=` draws it where you want
(on a figure of your own, `layout="constrained"` makes room for the names of rows).
`sc.plot.save_chart` writes it, `sc.plot.finding` says in one line what it shows. The pictures are
drawn when the site is built (`make docs`); in the repository this page is the code alone.
"""


def page() -> str:
    """Write the page: by section, what is needed, then each chart under its code."""
    return HEAD + "".join(_section(section) for section in SECTIONS)


def _section(section: Section) -> str:
    needs = f"\n```python\n{section.needs}\n```\n" if section.needs else ""
    return f"\n## {section.title}\n{needs}" + "".join(_chart(*chart) for chart in section.charts.items())


def _chart(name: str, code: str) -> str:
    picture = f"![{name}](_generated/gallery/{name}.png)"
    return f"\n### {name}\n\n{_first_line(name)}\n\n```python\n{code}\n```\n\n{picture}\n"


def _first_line(name: str) -> str:
    return (getattr(plot, name).__doc__ or "").strip().split("\n")[0]


def missing() -> set[str]:
    """Name the charts that the gallery does not show."""
    return set(plot.__all__) - NOT_CHARTS - {name for section in SECTIONS for name in section.charts}


def draw_all(folder: Path) -> None:
    """Draw every chart into the folder."""
    from segmentclient import SegmentClientWarning

    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SegmentClientWarning)  # the data are small on purpose
        for name, drawn in _drawn():
            figure = getattr(drawn, "figure", drawn)
            figure.savefig(folder / f"{name}.png", dpi=110)


def _drawn() -> Iterator[tuple[str, Any]]:
    names: dict[str, Any] = {}
    for section in SECTIONS:
        exec(section.needs, names)
        for name, code in section.charts.items():
            *before, last = code.split("\n")
            exec("\n".join(before), names)
            yield name, eval(last, names)
