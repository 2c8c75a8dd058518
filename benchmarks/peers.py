"""What the comparison page says of the two Python peers, run on their own code: python benchmarks/peers.py [NAME ...].

It needs neither segmentclient nor a network: `lifetimes` carries the CDNOW log; pymc-marketing is skipped where it is
not installed. Each line is one claim of docs/comparison.md and what was found.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

END = "1998-06-30"


def cdnow() -> pd.DataFrame:
    folder = Path(importlib.util.find_spec("lifetimes").origin).parent / "datasets"
    columns = ["master_id", "customer_id", "date", "quantity", "amount"]
    log = pd.read_csv(folder / "CDNOW_sample.txt", sep=r"\s+", names=columns)
    return log.assign(date=pd.to_datetime(log["date"], format="%Y%m%d"))


def half_buyers(share: float, customers: int = 1_000) -> pd.DataFrame:
    """A log in which a share of the customers bought once, and the others twice to five times."""
    rng = np.random.default_rng(0)
    times = np.where(np.arange(customers) < share * customers, 1, rng.integers(2, 6, customers))
    ids = np.repeat(np.arange(customers), times)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365, len(ids)), unit="D")
    return pd.DataFrame({"customer_id": ids, "date": days, "amount": rng.gamma(2, 20, len(ids)).round(2)})


# ---------------------------------------------------------------- lifetimes


def weekly() -> pd.DataFrame:
    from lifetimes.utils import summary_data_from_transaction_data

    table = summary_data_from_transaction_data(
        cdnow(), "customer_id", "date", "amount", observation_period_end="1997-09-30"
    )
    return table.assign(recency=table["recency"] / 7, T=table["T"] / 7)


def lifetimes_published_numbers() -> str:
    from lifetimes import BetaGeoFitter

    table = weekly()
    fitted = BetaGeoFitter().fit(table["frequency"], table["recency"], table["T"])
    return "BG/NBD on CDNOW: " + ", ".join(f"{name} {value:.4f}" for name, value in fitted.params_.items())


def lifetimes_covariances() -> str:
    """A correlation lies between -1 and 1; a covariance matrix that gives others is none."""
    from lifetimes import BetaGeoFitter

    table = weekly()
    fitted = BetaGeoFitter().fit(table["frequency"], table["recency"], table["T"])
    theirs = np.asarray(fitted.variance_matrix_)
    root = np.sqrt(np.diag(theirs))
    return "correlations as lifetimes gives them: " + " ".join(
        f"{value:+.2f}" for value in (theirs / np.outer(root, root))[np.triu_indices(4, 1)]
    )


def lifetimes_half_purchase() -> str:
    from lifetimes import BetaGeoFitter

    table = weekly()
    half = table.assign(frequency=table["frequency"] + 0.5 * (table["frequency"] > 0))
    fitted = BetaGeoFitter().fit(half["frequency"], half["recency"], half["T"])
    same = BetaGeoFitter().fit(table["frequency"], table["recency"], table["T"])
    return f"1.5 purchases are fitted as 1: {np.allclose(fitted.params_, same.params_)}"


def lifetimes_rows_vanish() -> str:
    from lifetimes.utils import summary_data_from_transaction_data

    log = cdnow()
    log["customer_id"] = log["customer_id"].astype(float)
    log.loc[log.index[:500], "customer_id"] = np.nan
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        table = summary_data_from_transaction_data(log, "customer_id", "date", observation_period_end=END)
    return f"500 rows without an id: {len(table)} customers, {len(said)} warnings"


def lifetimes_polars() -> str:
    import polars as pl
    from lifetimes.utils import summary_data_from_transaction_data

    return refusal(lambda: summary_data_from_transaction_data(pl.from_pandas(cdnow()), "customer_id", "date"))


# ---------------------------------------------------------------- PyMC-Marketing


def pymc_segments(log: pd.DataFrame, **options: object) -> pd.DataFrame:
    from pymc_marketing import clv

    return clv.utils.rfm_segments(log, "customer_id", "date", "amount", **options)


def pymc_unnamed_cells() -> str:
    from pymc_marketing.clv.utils import _default_rfm_segment_config as named

    cells = {code for codes in named.values() for code in codes}
    return f"{64 - len(cells)} of 64 cells have no name"


def pymc_one_time_buyers() -> str:
    answers = []
    for share in (0.5, 0.6, 0.7, 0.8):
        log = half_buyers(share)
        try:
            found = pymc_segments(log)["segment"]
            answers.append(f"{share:.0%}: {(found == 'Premium Customer').sum()} premium")
        except ValueError as error:
            answers.append(f"{share:.0%}: {type(error).__name__}")
    return "one-time buyers " + ", ".join(answers)


def pymc_map_is_not_maximum_likelihood() -> str:
    from pymc_marketing.clv import BetaGeoModel

    answers = []
    for unit, days in (("weeks", 7), ("days", 1)):
        table = weekly().reset_index()
        table[["recency", "T"]] *= 7 / days
        model = BetaGeoModel(data=table[["customer_id", "frequency", "recency", "T"]])
        model.fit(method="map")
        answers.append(f"a {float(model.fit_result['a'].mean()):.3f} in {unit}")
    return "MAP on CDNOW, default priors: " + ", ".join(answers) + " (maximum likelihood: a 0.793 in both)"


def pymc_polars() -> str:
    import polars as pl

    return refusal(lambda: pymc_segments(pl.from_pandas(cdnow())))


def refusal(call: Callable[[], object]) -> str:
    try:
        return f"accepted: gives {type(call()).__name__}"
    except ImportError:
        raise
    except Exception as error:  # whatever they raise is the finding
        return f"refused: {type(error).__name__}: {str(error).splitlines()[0][:70]}"


def claims(wanted: list[str]) -> Iterator[tuple[str, Callable[[], str]]]:
    for name, value in list(globals().items()):
        if (
            name.startswith(("lifetimes_", "pymc_"))
            and name != "pymc_segments"
            and (not wanted or name in wanted)
        ):
            yield name, value


def main(wanted: list[str]) -> None:
    for package in ("lifetimes", "pymc-marketing", "pandas", "numpy"):
        try:
            print(package, importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            print(package, "is not installed")
    for name, claim in claims(wanted):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a peer answers is shown, not how it grumbles
            try:
                print(f"{name}: {claim()}", flush=True)
            except ImportError as error:
                print(f"{name}: not run, {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
