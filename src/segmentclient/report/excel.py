"""`export_excel`: the numbers of the report as a workbook that one can sort, filter and recalculate."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segmentclient.errors import SegmentClientError
from segmentclient.options import check_options
from segmentclient.writing import whole_file

if TYPE_CHECKING:
    from segmentclient.personas import Personas
    from segmentclient.rfm import RFMScorer
    from segmentclient.transactions import CleanTransactions

__all__ = ["export_excel"]

logger = logging.getLogger("segmentclient")


def export_excel(
    customers: Any,
    path: str | os.PathLike[str],
    *,
    clean: CleanTransactions | None = None,
    scorer: RFMScorer | None = None,
    personas: Personas | None = None,
    by: str = "segment",
    lang: Literal["en", "fr"] = "en",
    currency: str | None = None,
    terms: Mapping[str, Any] | None = None,
) -> Path:
    """Write a workbook: summary, segments, customers, personas, thresholds and method.

    The customers' sheet holds their ids and the columns of the library, the largest revenue first, over as many
    sheets as it takes. Text never becomes a formula, dates are dates, charts are the spreadsheet's own. The file is
    written whole or not at all, and the same input gives the same bytes.

    Parameters
    ----------
    customers : as in `build_report`; the columns of the library are collected.
    path : file to write; it must end in .xlsx.
    clean : the `CleanTransactions` behind the customers: adds what was set aside.
    scorer : the `RFMScorer` that made the scores: adds its exact cut points.
    personas : the `Personas` to list.
    by : column that holds the segment.
    lang : "en" or "fr".
    currency : ISO code such as "EUR"; none shows bare numbers.
    terms : the options that were given to `predict_lifetime_value`, as in `build_report`.

    Returns
    -------
    The path written.

    Raises
    ------
    ColumnError
        A needed column is missing or of the wrong type.
    SegmentClientError
        The path does not end in .xlsx, cannot be written, or XlsxWriter is not installed.

    Examples
    --------
    >>> import pandas as pd, segmentclient as sc, tempfile, pathlib
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["a", "b"], "segment": ["champions", "lost"], "n_orders": [7, 1],
    ...     "revenue": [420.0, 20.0], "days_since_last_order": [3, 400],
    ... })
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sc.export_excel(customers, pathlib.Path(folder, "customers.xlsx"), currency="EUR").name
    'customers.xlsx'
    """
    check_options(export_excel, locals())
    from segmentclient.report.content import gather
    from segmentclient.report.data_sheets import customer_rows, write_customers, write_segments
    from segmentclient.report.front_sheet import write_front
    from segmentclient.report.method_sheets import write_method, write_personas, write_thresholds
    from segmentclient.report.terms import checked_terms
    from segmentclient.report.words import words
    from segmentclient.report.workbook import open_workbook

    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise SegmentClientError(f"a workbook is saved as .xlsx, found {target.name!r}")
    say, told = words(lang, currency), checked_terms(terms)
    content = gather(customers, by=by)
    rows = customer_rows(customers, by)
    with whole_file(target) as draft:
        workbook = open_workbook(draft, say, title=say.text("Who are our customers?"))
        write_front(workbook, content, clean, told)
        write_segments(workbook, content)
        write_customers(workbook, rows, by)
        write_personas(workbook, personas)
        write_thresholds(workbook, content, scorer)
        write_method(workbook, content, clean, told)
        workbook.book.close()
    logger.info("workbook of %d customers written to %s", len(rows), target)
    return target
