"""Summaries and scores on each engine, against a query written by hand and against lifetimes.

    python benchmarks/make_data.py 455000 orders.parquet      (1.3 million orders)
    python benchmarks/engines.py orders.parquet [--runs 3]

Each measurement is a process of its own: CPU and wall time of the task, and the most memory the process took. The
queries written by hand are the shortest that give the same sums; they check nothing. Packages that are not installed
are left out. Every process imports segmentclient and runs it once on a tiny table first.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
import warnings

import segmentclient as sc

AS_OF = "2025-01-01"
DUCKDB_SUMS = """
    with daily as (
        select customer_id, date_trunc('day', date) as day, sum(amount) as amount, count(*) filter (amount >= 0) as n
        from read_parquet('{path}') group by all
    )
    select customer_id, min(day) filter (n > 0) as first_order, max(day) filter (n > 0) as last_order,
        count(*) filter (n > 0) as days, sum(amount) as revenue, arg_min(amount, day) filter (n > 0) as first_day_revenue
    from daily group by customer_id
"""


def polars_by_hand(path):
    import polars as pl

    bought = pl.col("n") > 0
    day = pl.col("date").filter(bought)
    daily = (
        pl.scan_parquet(path)
        .group_by("customer_id", pl.col("date").dt.date())
        .agg(pl.col("amount").sum(), (pl.col("amount") >= 0).sum().alias("n"))
    )
    sums = daily.group_by("customer_id").agg(
        day.min().alias("first_order"),
        day.max().alias("last_order"),
        bought.sum().alias("days"),
        pl.col("amount").sum().alias("revenue"),
        pl.col("amount").filter(bought).sort_by(day).first().alias("first_day_revenue"),
    )
    return lambda: sums.collect()


def polars_ours(path):
    import polars as pl

    log = pl.scan_parquet(path).select("customer_id", "date", "amount")
    return lambda: sc.summarize_customers(log, as_of=AS_OF).collect()


def polars_scores(path):
    import polars as pl

    customers = sc.summarize_customers(
        pl.scan_parquet(path).select("customer_id", "date", "amount"), as_of=AS_OF
    )
    kept = customers.collect()
    return lambda: sc.segment_rfm(sc.score_rfm(kept))


def duckdb_by_hand(path):
    connection = _connection()
    return lambda: connection.execute(f"create table customers as {DUCKDB_SUMS.format(path=path)}")


def duckdb_ours(path):
    log = _connection().read_parquet(path).project("customer_id, date, amount")
    return lambda: sc.summarize_customers(log, as_of=AS_OF).create("customers")


def duckdb_scores(path):
    connection = _connection()
    log = connection.read_parquet(path).project("customer_id, date, amount")
    sc.summarize_customers(log, as_of=AS_OF).create("customers")
    return lambda: sc.segment_rfm(sc.score_rfm(connection.table("customers"))).create("scored")


def _connection():
    import duckdb

    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = false")
    return connection


def _pandas(path):
    import pandas as pd

    return pd.read_parquet(path, columns=["customer_id", "date", "amount"])


def pandas_ours(path):
    log = _pandas(path)
    return lambda: sc.summarize_customers(log, as_of=AS_OF)


def pandas_scores(path):
    customers = sc.summarize_customers(_pandas(path), as_of=AS_OF)
    return lambda: sc.segment_rfm(sc.score_rfm(customers))


def pandas_lifetimes(path):
    from lifetimes.utils import summary_data_from_transaction_data

    log = _pandas(path)
    return lambda: summary_data_from_transaction_data(log, "customer_id", "date", "amount")


def pandas_pymc(path):
    from pymc_marketing.clv import rfm_summary

    log = _pandas(path)
    return lambda: rfm_summary(log, "customer_id", "date", "amount")


TASKS = {
    "polars, by hand": polars_by_hand,
    "polars, segmentclient": polars_ours,
    "polars, scores and segments": polars_scores,
    "DuckDB, by hand": duckdb_by_hand,
    "DuckDB, segmentclient": duckdb_ours,
    "DuckDB, scores and segments": duckdb_scores,
    "pandas, lifetimes": pandas_lifetimes,
    "pandas, PyMC-Marketing": pandas_pymc,
    "pandas, segmentclient": pandas_ours,
    "pandas, scores and segments": pandas_scores,
}


def measure(name, path):
    """Run one task in this process."""
    warnings.simplefilter("ignore")  # time is measured here, results elsewhere
    sc.segment_rfm(sc.score_rfm(sc.summarize_customers(sc.datasets.make_transactions(50))))  # imports
    run = TASKS[name](path)
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    seconds = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    return seconds | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_its_own_process(name, path):
    command = [sys.executable, __file__, path, "--task", name]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="tasks whose name begins so")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(measure(options.task, options.path)))
        return
    names = [name for name in TASKS if name.startswith(options.only)]
    if importlib.util.find_spec("pymc_marketing") is None:
        names = [name for name in names if "PyMC" not in name]
    runs = {name: [] for name in names}
    for _ in range(options.runs):  # one after the other, so that all meet the same machine
        for name in names:
            runs[name].append(in_its_own_process(name, options.path))
    print("| task | CPU s | wall s | peak MB |\n|---|---|---|---|")
    for name, found in runs.items():
        best = {key: min(one[key] for one in found) for key in ("cpu", "wall", "peak_mb")}
        print(f"| {name} | {best['cpu']:.2f} | {best['wall']:.2f} | {best['peak_mb']:,.0f} |")


if __name__ == "__main__":
    main()
