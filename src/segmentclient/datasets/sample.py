"""The small French shop that the documentation and the tests use; its files stand in ``data/samples``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from segmentclient.datasets.people import make_people
from segmentclient.datasets.shop import make_transactions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sample", "load_sample"]

_CUSTOMERS = 2_000
_START, _END = "2024-01-01", "2025-12-31"
_SEED = 7


class Sample(NamedTuple):
    """The two tables of the sample shop: `transactions`, as exported, and the `people` behind them."""

    transactions: pd.DataFrame
    people: pd.DataFrame


def load_sample() -> Sample:
    """Load the sample shop: two years of order lines as exported, and the people behind them.

    The tables are made again by `make_transactions` and `make_people`, and equal the files in
    ``data/samples``.

    Returns
    -------
    Sample
        ``transactions``, faults included, and ``people``, prospects included: see the two functions for the
        columns. It is a named tuple: ``transactions, people = load_sample()`` works too.

    Examples
    --------
    >>> from segmentclient import datasets
    >>> shop = datasets.load_sample()
    >>> sorted(shop._fields)
    ['people', 'transactions']
    >>> shop.people["customer_id"].is_unique
    True
    """
    orders = make_transactions(_CUSTOMERS, start=_START, end=_END, quality="messy", random_state=_SEED)
    return Sample(orders, make_people(_CUSTOMERS, end=_END, random_state=_SEED))
