"""Compare a model with the stored or freshly made reference values, at the accuracy that is promised."""

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from reference import make_lifetime_values as reference
from segmentclient.lifetime import laws
from segmentclient.lifetime.histories import history

HERE = Path(__file__).parent
DATA = "lifetimes/datasets"
SEED = int(os.environ.get("SEGMENTCLIENT_SEED", time.time_ns() % 2**31))


def stored(name):
    return pd.read_csv(HERE / f"{name}.csv")


def fresh(name, points, *, counts=True):
    rows = reference.fresh_points(name, points, SEED, counts=counts)
    return pd.DataFrame(rows, columns=[*reference.PARAMETERS[name], *reference.INPUTS, *reference.OUTPUTS])


def check(law, table, outputs=reference.OUTPUTS):
    """|error| ≤ 1e-9 |value| + 1e-300; log-likelihoods 1e-9 max(1, |value|)."""
    theta = tuple(table[name].to_numpy() for name in law.names)
    n, t = table["n"].to_numpy(float), table["t"].to_numpy()
    h = history(table["frequency"], table["recency"], table["T"])
    new = history(0.0, 0.0, np.zeros(len(table)))
    ours = {
        "log_likelihood": law.log_likelihood(theta, h),
        "p_alive": laws.p_alive(law, theta, h),
        "expected_purchases": laws.expected_purchases(law, theta, h, t),
        "pmf": laws.pmf(law, theta, new, n, t),
        "conditional_pmf": laws.pmf(law, theta, h, n, t),
    }
    for name in outputs:
        value = table[name].to_numpy()
        allowed = (
            1e-9 * np.maximum(1.0, np.abs(value))
            if name == "log_likelihood"
            else 1e-9 * np.abs(value) + 1e-300
        )
        error = np.abs(ours[name] - value) / allowed
        worst = int(np.argmax(np.where(np.isnan(error), np.inf, error)))
        assert error[worst] <= 1.0, (
            f"{name} (seed {SEED}): {ours[name][worst]!r} at {table.iloc[worst].to_dict()}"
        )


def extreme_grid(law):
    """Every combination of extreme parameters with extreme histories: (theta, histories)."""
    levels = [1e-4, 0.5, 1.0, 1e4]
    corners = np.array(np.meshgrid(*[levels] * len(law.names))).reshape(len(law.names), -1)
    customers = [
        (0, 0.0, 0.0),
        (0, 0.0, 1e-3),
        (0, 0.0, 1e4),
        (1, 1e-6, 1e4),
        (1, 5.0, 5.0),
        (3, 4.999999, 5.0),
    ]
    customers += [
        (88, 250.0, 312.0),
        (312, 360.0, 365.0),
        (2000, 38.0, 39.0),
        (20000, 1.0, 1e4),
        (20000, 1e4, 1e4),
    ]
    pairs = [(*corner, *customer) for corner in corners.T for customer in customers]
    columns = np.array(pairs).T
    theta, (x, t_x, T) = tuple(columns[: len(law.names)]), columns[len(law.names) :]
    return theta, history(x, t_x, T)


def check_range(law):
    """No NaN, nothing infinite, everything in range, over the extreme grid."""
    theta, h = extreme_grid(law)
    log_likelihood = law.log_likelihood(theta, h)
    assert np.isfinite(log_likelihood).all()
    alive = laws.p_alive(law, theta, h)
    assert ((alive >= 0) & (alive <= 1)).all()
    for t in (0.0, 1e-3, 39.0, 1e4):
        expected = laws.expected_purchases(law, theta, h, t)
        assert np.isfinite(expected).all()
        assert (expected >= 0).all()
        assert (
            expected <= alive * (theta[0] + h.frequency) / (theta[1] + h.T) * t * (1 + 1e-9) + 1e-300
        ).all()
        for n in (0, 1, 7, 300, 20000):
            chance = laws.pmf(law, theta, h, n, t)
            assert ((chance >= 0) & (chance <= 1 + 1e-9)).all()


def check_derivatives(model, customers, theta, covariates=()):
    """Compare the analytic gradient and Hessian with central differences."""
    h = model._learn_histories(customers, None, covariates)
    point = np.log(theta)
    point = np.concatenate([point, np.full(2 * h.covariates.shape[1], 0.1)])
    step = 1e-5 * np.eye(point.size)

    def at(z):
        return model._summed(z, h, h.covariates)

    value, gradient, hessian = at(point)
    assert value == at(point)[0]
    differences = [(at(point + e)[0] - at(point - e)[0]) / 2e-5 for e in step]
    np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-5 * np.abs(gradient).max())
    differences = [(at(point + e)[1] - at(point - e)[1]) / 2e-5 for e in step]
    np.testing.assert_allclose(hessian, differences, rtol=1e-5, atol=1e-6 * np.abs(hessian).max())


def lifetimes_file(name):
    """Path of a data set in the wheel of lifetimes, found without importing it."""
    import importlib.util

    return Path(importlib.util.find_spec("lifetimes").origin).parent / "datasets" / name


def cdnow():
    """Hardie's sheet: weeks rounded to two decimals (variant A)."""
    return pd.read_csv(lifetimes_file("cdnow_customers_summary.csv"))


def cdnow_exact():
    """The log of the 1/10 sample, to 1997-09-30, in exact weeks (variant B), with the mean repeat value."""
    log = pd.read_csv(
        lifetimes_file("CDNOW_sample.txt"),
        sep=r"\s+",
        header=None,
        names=["all_id", "id", "date", "cds", "amount"],
    )
    log["date"] = pd.to_datetime(log["date"].astype(str))
    log = log[log["date"] <= "1997-09-30"]
    days = log.groupby(["id", "date"], as_index=False)["amount"].sum()
    first = days.groupby("id")["date"].transform("min")
    repeat = days[days["date"] > first].groupby("id")["amount"]
    table = days.groupby("id")["date"].agg(["min", "max", "count"])
    end = pd.Timestamp("1997-09-30")
    return pd.DataFrame(
        {
            "frequency": table["count"] - 1,
            "recency": (table["max"] - table["min"]).dt.days / 7,
            "T": (end - table["min"]).dt.days / 7,
            "monetary_value": repeat.mean().reindex(table.index, fill_value=0.0),
            "value_all": days.groupby("id")["amount"].mean(),
        }
    ).reset_index()
