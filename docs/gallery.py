"""The gallery: each chart of `segmentclient.plot`, drawn by the code that stands above it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segmentclient import plot

SETUP = """\
import segmentclient as sc

shop = sc.datasets.load_sample()
clean = sc.clean_transactions(shop.transactions, order_id="order_id", exclude="staff")
orders = clean.transactions
customers = sc.summarize_customers(orders, as_of="2025-12-31")
scorer = sc.RFMScorer().fit(customers)
customers = sc.segment_rfm(scorer.transform(customers))
"""

CHARTS: Mapping[str, str] = {
    "segment_treemap": "sc.plot.segment_treemap(customers)",
    "segment_bars": 'sc.plot.segment_bars(customers, currency="EUR")',
    "share_pairs": "sc.plot.share_pairs(customers)",
    "lorenz_curve": "sc.plot.lorenz_curve(customers)",
#    "value_distribution": 'sc.plot.value_distribution(customers, currency="EUR")',
    "rf_heatmap": 'sc.plot.rf_heatmap(customers, currency="EUR")',
    "score_histograms": "sc.plot.score_histograms(customers, scorer=scorer)",
}

NOT_CHARTS = {"SVG", "chart_description", "figure", "finding", "save_chart", "to_svg"}

HEAD = """\
# Gallery

Each chart takes a table and returns the axes it drew on; `lang="fr"` labels it in French, `ax=` draws it where you want.
`sc.plot.save_chart` writes it, `sc.plot.finding` says in one line what it shows. All use the sample shop:

"""


def page() -> str:
    """Write the page: the common code, then each chart under its code."""
    parts = [HEAD, "```python\n", SETUP, "```\n"]
    for name in sorted(CHARTS):
        parts.append(
            f"\n## {name}\n\n{_first_line(name)}\n\n```python\n{CHARTS[name]}\n```\n\n![{name}](_generated/gallery/{name}.png)\n"
        )
    return "".join(parts)


def _first_line(name: str) -> str:
    return (getattr(plot, name).__doc__ or "").strip().split("\n")[0]


def missing() -> set[str]:
    """Name the charts that the gallery does not show yet."""
    return set(plot.__all__) - NOT_CHARTS - set(CHARTS)


def draw_all(folder: Path) -> None:
    """Draw every chart into the folder."""
    import matplotlib.pyplot as plt

    from segmentclient import SegmentClientWarning

    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SegmentClientWarning)
        exec(SETUP, names)
        for name, code in CHARTS.items():
            *before, last = code.split("\n")
            exec("\n".join(before), names)
            drawn = eval(last, names)
            figure = getattr(drawn, "figure", drawn)
            figure.savefig(folder / f"{name}.png", dpi=110, bbox_inches="tight")
            plt.close("all")
