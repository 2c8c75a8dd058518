"""An order log of any size that follows BG/NBD (purchases) and Gamma-Gamma (spend), to measure on.

    python benchmarks/make_data.py 100000 orders.parquet [--seed 7]

Weeks are the unit. First orders fall on a uniform day of the first 52 weeks and observation ends with week 104. The
rate is Gamma(0.243, 4.414), the chance to leave after a repeat order Beta(0.793, 2.426) (the fit of CDNOW); an amount is
Gamma(6.25, ν), ν ~ Gamma(3.74, 15.44). 1.5 % of orders have a second one on the same day, 2 % of amounts
are refunds. All randomness comes from one seeded generator.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

DAYS, ARRIVALS = 728, 364
START = np.datetime64("2023-01-02T00:00:00", "s")


def make_orders(n_customers: int, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    birth = rng.integers(0, ARRIVALS, n_customers) + rng.uniform(0.3, 0.95, n_customers)
    who, when = _orders(birth, rng)
    who, when = _with_second_orders(who, when, rng)
    amount = _amounts(who, n_customers, rng)
    order = np.argsort(when, kind="stable")
    names = rng.permutation(n_customers) + 1_000_001
    return pd.DataFrame(
        {
            "order_id": np.arange(1, who.size + 1),
            "customer_id": names[who[order]],
            "date": START + np.floor(when[order] * 86_400).astype("timedelta64[s]"),
            "amount": amount[order],
        }
    )


def _orders(birth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Walk from order to order, all customers at once; a week has 7 days, dates are in days."""
    n = birth.size
    rate = np.maximum(rng.gamma(0.243, 1 / 4.414, n), 1e-12)
    leaves = rng.beta(0.793, 2.426, n)
    who, when = [np.arange(n)], [birth]
    active, clock = np.arange(n), np.zeros(n)
    while active.size:
        clock = clock + rng.exponential(1.0, active.size) / rate[active]
        seen = clock < (DAYS - birth[active]) / 7.0
        active, clock = active[seen], clock[seen]
        who.append(active)
        when.append(birth[active] + 7.0 * clock)
        stays = rng.random(active.size) >= leaves[active]
        active, clock = active[stays], clock[stays]
    return np.concatenate(who), np.concatenate(when)


def _with_second_orders(
    who: np.ndarray, when: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    twice = np.flatnonzero(rng.random(who.size) < 0.015)
    again = np.floor(when[twice]) + rng.uniform(0.3, 0.95, twice.size)
    return np.concatenate([who, who[twice]]), np.concatenate([when, np.minimum(again, DAYS - 1e-3)])


def _amounts(who: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    price = rng.gamma(3.74, 1 / 15.44, n)
    amount = np.round(np.maximum(rng.gamma(6.25, 1.0, who.size) / price[who], 0.01), 2)
    return np.where(rng.random(who.size) < 0.02, -amount, amount)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("customers", type=int)
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    make_orders(options.customers, options.seed).to_parquet(options.file, index=False)
