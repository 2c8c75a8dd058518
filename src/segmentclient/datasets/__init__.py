"""Data to try things on: two published logs, and an invented shop of any size.

`load_cdnow` and `load_donations` read the files that the ``lifetimes`` wheel carries, without importing it.
`make_transactions` and `make_people` invent a French tea shop; `load_sample` is the one in ``data/samples``.
Everything comes as pandas.
"""

from segmentclient.datasets.people import make_people
from segmentclient.datasets.published import load_cdnow, load_cdnow_summary, load_donations
from segmentclient.datasets.sample import Sample, load_sample
from segmentclient.datasets.shop import make_transactions

__all__ = [
    "Sample",
    "load_cdnow",
    "load_cdnow_summary",
    "load_donations",
    "load_sample",
    "make_people",
    "make_transactions",
]
