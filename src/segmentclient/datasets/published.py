"""Published data, read from the files inside the ``lifetimes`` wheel.

The files are found by their place on disk: importing ``lifetimes`` takes seconds and changes settings.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from segmentclient.errors import SegmentClientError
from segmentclient.options import check_options

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_cdnow", "load_cdnow_summary", "load_donations"]


def load_cdnow(*, sample: bool = True) -> pd.DataFrame:
    """Load the CDNOW order log: an online music shop, first orders in early 1997, followed to mid-1998.

    Parameters
    ----------
    sample : bool, default True
        The one-in-ten sample of 2,357 customers that the published models were fitted on (6,919 rows), or all
        23,570 customers (69,659 rows). Customers of the sample are numbered 1 to 2,357 as in the published
        tables.

    Returns
    -------
    pandas.DataFrame
        ``customer_id`` (whole number), ``date`` (day), ``quantity`` (compact discs) and ``amount`` (US
        dollars).

    Raises
    ------
    SegmentClientError
        When the ``lifetimes`` package, which carries the file, is not installed.

    References
    ----------
    Fader, P. S. and Hardie, B. G. S. (2001), "Forecasting repeat sales at CDNOW: a case study", Interfaces
    31(3).

    Examples
    --------
    >>> from segmentclient import datasets
    >>> orders = datasets.load_cdnow()
    >>> len(orders), orders["customer_id"].nunique()
    (6919, 2357)
    >>> list(orders.columns)
    ['customer_id', 'date', 'quantity', 'amount']
    """
    check_options(load_cdnow, locals())
    import pandas as pd

    name = "CDNOW_sample.txt" if sample else "CDNOW_master.txt"
    columns = (["master_id"] if sample else []) + ["customer_id", "date", "quantity", "amount"]
    log = pd.read_csv(_file(name), sep=r"\s+", header=None, names=columns, skiprows=0 if sample else 1)
    log["date"] = pd.to_datetime(log["date"].astype("str"), format="%Y%m%d")
    return log.drop(columns="master_id", errors="ignore")


def load_cdnow_summary() -> pd.DataFrame:
    """Load the published table of the CDNOW sample: 2,357 customers, calibrated to 1997-09-30, in weeks.

    ``recency`` and ``T`` are rounded to two decimals, as published; `segmentclient.split_periods` on
    `load_cdnow` gives them exactly.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``frequency`` (count), ``recency`` and ``T`` (weeks), ``monetary_value`` (US
        dollars).

    Examples
    --------
    >>> from segmentclient import datasets
    >>> datasets.load_cdnow_summary().head(2)
       customer_id  frequency  recency      T  monetary_value
    0            1          2    30.43  38.86           22.35
    1            2          1     1.71  38.86           11.77
    """
    import pandas as pd

    table = pd.read_csv(_file("cdnow_customers_summary_with_transactions.csv"))
    return table.rename(
        columns={"ID": "customer_id", "x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
    )


def load_donations() -> pd.DataFrame:
    """Load the donations table: 11,104 supporters, who could give once a year from 1996 to 2001.

    Returns
    -------
    pandas.DataFrame
        22 rows, one a distinct history: ``frequency`` (years with a gift), ``recency`` (year of the last
        gift, 0 to 6), ``T`` (years in which they could give: 6) and ``weights`` (supporters with that
        history).

    References
    ----------
    Fader, P. S., Hardie, B. G. S. and Shang, J. (2010), "Customer-base analysis in a discrete-time
    noncontractual setting", Marketing Science 29(6).

    Examples
    --------
    >>> from segmentclient import datasets
    >>> donations = datasets.load_donations()
    >>> len(donations), int(donations["weights"].sum())
    (22, 11104)
    """
    import pandas as pd

    return pd.read_csv(_file("donations.csv")).rename(columns={"periods": "T"})


def _file(name: str) -> Path:
    """Find a data file of the lifetimes wheel; `importlib.resources` would import the package."""
    spec = importlib.util.find_spec("lifetimes")
    path = Path(spec.origin).parent / "datasets" / name if spec is not None and spec.origin else None
    if path is None or not path.is_file():
        raise SegmentClientError(
            f"the file {name} comes with the package lifetimes, which was not found; "
            "install it (pip install lifetimes), or try load_sample()",
            section="missing-packages",
        )
    return path
