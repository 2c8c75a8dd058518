"""`build_report`: tables in, one self-contained HTML page out."""

from __future__ import annotations

import base64
import hashlib
import html
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segmentclient.errors import SegmentClientError
from segmentclient.options import check_options
from segmentclient.writing import whole_file

if TYPE_CHECKING:
    from segmentclient.lifetime import LifetimeModels
    from segmentclient.personas import Personas
    from segmentclient.report.words import Words
    from segmentclient.rfm import RFMScorer
    from segmentclient.transactions import CleanTransactions

__all__ = ["Report", "build_report"]

logger = logging.getLogger("segmentclient")


@dataclass(frozen=True)
class Report:
    """A finished report: one HTML page that asks nothing of the network.

    Attributes
    ----------
    html : the whole page.
    title, lang : its title and language.
    """

    html: str = field(repr=False)
    title: str
    lang: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the report to `path`, whole or not at all: .html, or .pdf through Chromium or WeasyPrint.

        Returns
        -------
        The path written.

        Raises
        ------
        SegmentClientError
            The ending is neither .html nor .pdf, the place cannot be written, or nothing can print a PDF.
        """
        check_options(Report.save, locals())
        target = Path(path)
        writers = {".html": _write_html, ".htm": _write_html, ".pdf": _write_pdf}
        if target.suffix.lower() not in writers:
            raise SegmentClientError(f"a report is saved as .html or .pdf, found {target.name!r}")
        with whole_file(target) as draft:
            writers[target.suffix.lower()](self.html, draft)
        logger.info("report of %d bytes written to %s", len(self.html), target)
        return target

    def _repr_html_(self) -> str:
        """Show the page inside a frame of its own, so that its style stays its own."""
        page = html.escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" title="{html.escape(self.title)}" style="width:100%;height:44rem;border:1px solid #8886"></iframe>'


def _write_html(page: str, path: Path) -> None:
    path.write_text(page, encoding="utf-8", newline="\n")


def _write_pdf(page: str, path: Path) -> None:
    from segmentclient.printing import print_pdf

    print_pdf(page, path)


def build_report(
    customers: Any,
    *,
    clean: CleanTransactions | None = None,
    scorer: RFMScorer | None = None,
    models: LifetimeModels | None = None,
    personas: Personas | None = None,
    previous: Any = None,
    by: str = "segment",
    lang: Literal["en", "fr"] = "en",
    currency: str | None = None,
    title: str | None = None,
    values: Any = None,
    terms: Mapping[str, Any] | None = None,
) -> Report:
    """Tell who the customers are in one page: five numbers, the segments, their value, who moves, what to do.

    Parameters
    ----------
    customers : table with `n_orders`, `revenue`, `days_since_last_order` and the column `by`, on any engine.
        Scores, dates and lifetime values are told where their columns are present. The columns that are needed
        (at most fifteen, never the customer's id) are collected; nothing that identifies a customer enters the page.
    clean : the `CleanTransactions` behind the customers: tells what was set aside and why.
    scorer : the `RFMScorer` that made the scores: its exact cut points are printed.
    models : the `LifetimeModels` behind the predictions: their parameters are printed.
    personas : the `Personas` to show as cards.
    previous : the customers table of a former period, with the same column `by`.
    by : column that holds the segment: of `segment_rfm`, `segment_kmeans`, `segment_by_rules` or your own.
    lang : "en" or "fr".
    currency : ISO code such as "EUR"; none shows bare numbers.
    title : title of the page; « Who are our customers? » otherwise.
    values : the answer of `value_by_segment`: future totals with intervals that were simulated jointly. Without it
        totals are plain sums of `lifetime_value`, and only the typical customer's interval is shown.
    terms : the options that were given to `predict_lifetime_value`, such as ``{"horizon": "12M", "margin": 0.35}``:
        the page says over which time, at which margin, rate and costs value is counted. Without them it cannot: the
        customers table does not hold them.

    Returns
    -------
    Report
        With `html`, `save(path)`, and a display of its own in notebooks. The same input gives the same bytes.

    Raises
    ------
    ColumnError
        A needed column is missing or of the wrong type, or the table is empty.
    SegmentClientError
        `terms` holds something that `predict_lifetime_value` does not take.

    Notes
    -----
    Of a segment of fewer than ten customers the page tells the size, no amount, share of it, average or median, unless
    every segment is as small. The totals count it; where such segments are fewer than ten customers together, the next
    smallest stays untold with them, or a subtraction would tell theirs.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc
    >>> customers = pd.DataFrame({
    ...     "segment": ["champions", "lost"], "n_orders": [7, 1], "revenue": [420.0, 20.0],
    ...     "days_since_last_order": [3, 400],
    ... })
    >>> report = sc.build_report(customers, lang="fr", currency="EUR")
    >>> "Champions" in report.html, "https://" in report.html
    (True, False)
    """
    check_options(build_report, locals())
    from segmentclient.render import printable
    from segmentclient.report.content import gather
    from segmentclient.report.page import Sources, page_context
    from segmentclient.report.terms import checked_terms
    from segmentclient.report.words import words

    say = words(lang, currency)
    content = gather(customers, by=by, previous=previous, values=values)
    sources = Sources(customers, clean, scorer, models, personas, previous, by, checked_terms(terms))
    named = printable(title or say.text("Who are our customers?"))
    return Report(_page({**_frame(say, named), **page_context(content, say, sources)}), named, lang)


def _page(context: Mapping[str, Any]) -> str:
    from segmentclient.render import template

    page = template("report", "page.html").render(context)
    return "\n".join(line for line in page.split("\n") if line.strip()) + "\n"


def _frame(say: Words, title: str) -> dict[str, Any]:
    from markupsafe import Markup

    from segmentclient import __version__

    script = "\n" + _resource("script.js")
    return {
        "_": say.text,
        "lang": say.language.key,
        "title": title,
        "version": __version__,
        "policy": _policy(script),
        "style": Markup("\n" + _resource("style.css")),
        "script": Markup(script),
    }


def _policy(script: str) -> str:
    """Allow this page's own script and style, and images inside it; nothing may be fetched or sent."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def _resource(name: str) -> str:
    text = resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"
