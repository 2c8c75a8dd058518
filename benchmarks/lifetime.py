"""Models of lifetime value against `lifetimes` (and PyMC-Marketing where installed), in one run, in CPU seconds.

    OMP_NUM_THREADS=1 python benchmarks/lifetime.py [--customers 1000000] [--pareto 100000] [--repeats 3]

Customers come from `make_data.py`. Each of ours is the best of `--repeats`; `lifetimes` runs once, as it is slow, and
Pareto/NBD three times (median), as it starts at random. Grouping of equal customers is timed apart from the fit.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import segmentclient as sc
from make_data import make_orders

_HORIZON = {"horizon": "365D", "annual_discount_rate": 0.1268}  # 1 % a month, as lifetimes discounts


def cpu(
    work: Callable[[], Any], repeats: int = 1, pick: Callable[[list[float]], float] = min
) -> tuple[float, Any]:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return pick(times), result


def customers_of(n: int) -> Any:
    return sc.summarize_customers(make_orders(n))


def fits(customers: Any, repeats: int) -> dict[str, float]:
    from lifetimes import BetaGeoFitter

    from segmentclient.lifetime.histories import read_columns, read_histories
    from segmentclient.lifetime.soundness import COLUMNS

    x, recency, T = (customers[name] for name in COLUMNS)
    grouping, histories = cpu(lambda: read_histories(*read_columns(customers, COLUMNS)), repeats)
    ours, model = cpu(lambda: sc.BGNBD().fit(customers), repeats)
    theta = tuple(model.params_)
    once, _ = cpu(lambda: model.law.derivatives(theta, histories), repeats)
    theirs, _ = cpu(lambda: BetaGeoFitter().fit(x, recency, T))
    return {
        "grouping": grouping,
        "BG/NBD fit with errors": ours,
        "one value, gradient and Hessian": once,
        "lifetimes BG/NBD fit": theirs,
    }


def pareto(customers: Any, repeats: int) -> dict[str, float]:
    from lifetimes import ParetoNBDFitter

    history = [customers[name] for name in ("frequency", "recency", "T")]
    ours, _ = cpu(lambda: sc.ParetoNBD().fit(customers), repeats)
    theirs, _ = cpu(lambda: ParetoNBDFitter().fit(*history), 3, statistics.median)
    return {"Pareto/NBD fit with errors": ours, "lifetimes Pareto/NBD fit, no errors": theirs}


def values(customers: Any, repeats: int) -> dict[str, float]:
    models = sc.fit_lifetime_models(customers, purchase="bgnbd")
    found = {}
    for name, interval in (("value of 12 months", None), ("value of 12 months, 90 % intervals", 0.9)):
        options = {**_HORIZON, "models": models, "interval": interval}
        found[name], _ = cpu(lambda options=options: sc.predict_lifetime_value(customers, **options), repeats)
    fitter, spend = sc.to_lifetimes(models.purchase), sc.to_lifetimes(models.spend)
    columns = [customers[name] for name in ("frequency", "recency", "T", "monetary_value")]
    found["lifetimes value of 12 months"], _ = cpu(
        lambda: spend.customer_lifetime_value(fitter, *columns, time=12, discount_rate=0.01, freq="D")
    )
    return found


def posterior() -> dict[str, float]:
    customers = sc.split_periods(sc.datasets.load_cdnow(), calibration_end="1997-09-30", time_unit="W")
    model = sc.BGNBD(time_unit="W").fit(customers)
    seconds, _ = cpu(lambda: model.sample_posterior(4000, prior="flat"))
    found = {"4,000 posterior draws, CDNOW": seconds, "effective draws": model.posterior_diagnostics_["ess"]}
    if importlib.util.find_spec("pymc_marketing"):
        from pymc_marketing.clv import BetaGeoModel

        found["PyMC-Marketing NUTS, CDNOW"], _ = cpu(
            lambda: BetaGeoModel(data=customers).fit(progressbar=False)
        )
    return found


def show(found: dict[str, float]) -> None:
    for name, seconds in found.items():
        print(f"| {name} | {seconds:,.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--pareto", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # time is measured here, results elsewhere
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {options.customers:,} customers, CPU seconds"
    )
    show(posterior())
    customers = customers_of(options.customers)
    fitted, valued = fits(customers, options.repeats), values(customers, options.repeats)
    small = pareto(customers_of(options.pareto), options.repeats)
    for found in (fitted, valued, small):
        show(found)
    ratios = {
        "BG/NBD fit": fitted["lifetimes BG/NBD fit"] / fitted["BG/NBD fit with errors"],
        "value, no interval": valued["lifetimes value of 12 months"] / valued["value of 12 months"],
        "value, 90 % intervals": valued["lifetimes value of 12 months"]
        / valued["value of 12 months, 90 % intervals"],
        "Pareto/NBD fit": small["lifetimes Pareto/NBD fit, no errors"] / small["Pareto/NBD fit with errors"],
    }
    for name, ratio in ratios.items():
        print(f"| {name}: times less CPU than lifetimes | {ratio:,.0f} |")


if __name__ == "__main__":
    main()
