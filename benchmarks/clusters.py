"""k-means on a million customers against scikit-learn, and the choice of k: time, inertia, memory.

Usage: python benchmarks/clusters.py [--rows 1000000] [--times 3] [--skip-choice]

Three features, gamma, normal and lognormal, prepared once for both. The fit is compared with
`KMeans(n_init=1)` at the same thread setting (medians of alternating runs), its inertia with `KMeans(n_init=10)`.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

import segmentclient as sc


def customers(rows: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"a": rng.gamma(2, 1, rows), "b": rng.normal(size=rows), "c": rng.lognormal(size=rows)}
    )


def timed(work: Callable[[], object]) -> tuple[float, float, object]:
    """Seconds by the clock, seconds of processor, answer."""
    clock, processor = time.perf_counter(), time.process_time()
    answer = work()
    return time.perf_counter() - clock, time.process_time() - processor, answer


def fits(table: pd.DataFrame, times: int) -> None:
    prepared = sc.KMeansSegmenter(5).fit(table).preparation_.apply(table.to_numpy())
    ours, theirs = [], []
    for seed in range(times):
        ours.append(
            timed(
                lambda seed=seed: sc.KMeansSegmenter(5, transform=None, scale=None, random_state=seed).fit(
                    prepared
                )
            )
        )
        theirs.append(timed(lambda seed=seed: KMeans(5, n_init=1, random_state=seed).fit(prepared)))
    whole = timed(lambda: sc.KMeansSegmenter(5).fit(table))
    best = KMeans(5, n_init=10, random_state=0).fit(prepared).inertia_
    for name, runs in (
        ("segmentclient", ours),
        ("scikit-learn, n_init=1", theirs),
        ("with preparation", [whole]),
    ):
        wall, processor = (statistics.median(run[place] for run in runs) for place in (0, 1))
        excess = [f"{run[2].inertia_ / best - 1:+.4%}" for run in runs]
        print(
            f"{name:24} {wall:6.2f} s  {processor:6.2f} s of processor  inertia against n_init=10: {', '.join(excess)}"
        )


def choice(table: pd.DataFrame) -> None:
    wall, processor, found = timed(lambda: sc.choose_k(table, list(table)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{'choose_k, k = 2 to 10':24} {wall:6.2f} s  {processor:6.2f} s of processor  peak of the process {peak:.2f} GB"
    )
    print(found.verdict)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--skip-choice", action="store_true")
    given = parser.parse_args()
    data = customers(given.rows)
    if not given.skip_choice:
        choice(data)
    fits(data, given.times)
