"""What every test may use: the same table on each engine, and the CDNOW log."""

import duckdb
import pandas as pd
import polars as pl
import pytest

import segmentclient as sc
from segmentclient import frames


def _pyarrow(table):
    return pl.from_pandas(table.reset_index(drop=True)).to_arrow()


DUCKDB = duckdb.connect()
ENGINES = {
    "pandas": lambda table: table,
    "polars": lambda table: pl.from_pandas(table.reset_index(drop=True)),
    "polars-lazy": lambda table: pl.from_pandas(table.reset_index(drop=True)).lazy(),
    "duckdb": lambda table: DUCKDB.from_df(table.reset_index(drop=True)),
    "pyarrow": _pyarrow,
}


@pytest.fixture(params=list(ENGINES))
def on_engine(request):
    """Turn a pandas table into one of each engine."""
    return ENGINES[request.param]


@pytest.fixture
def back():
    """Bring any table back to pandas, sorted by customer where there is one."""

    def collect(table):
        found = frames.collect(frames.read(table))
        return found.sort_values("customer_id", ignore_index=True) if "customer_id" in found else found

    return collect


@pytest.fixture(scope="session")
def cdnow():
    return sc.datasets.load_cdnow()


@pytest.fixture(scope="session")
def cdnow_customers(cdnow) -> pd.DataFrame:
    return sc.summarize_customers(cdnow, as_of="1998-06-30")
