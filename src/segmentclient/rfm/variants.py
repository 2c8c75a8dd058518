"""Clumpiness: do purchases come evenly, or in bursts? (the C of RFMC)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmentclient.errors import ModelError

__all__ = ["clumpiness", "clumpiness_p_value"]


def clumpiness(times: ArrayLike, n_periods: int) -> float:
    """Measure how far purchases are from evenly spaced: 0 evenly, towards 1 in one burst.

    Parameters
    ----------
    times : periods (1 to `n_periods`) in which there was a purchase, each once.
    n_periods : length of the observation, in periods.

    Returns
    -------
    The entropy form, C = 1 + Σ x ln x / ln(n + 1), where the x are the n + 1 shares of the window between purchases.

    Raises
    ------
    ModelError
        No purchase, two in one period, or one outside the window.

    References
    ----------
    Zhang, Bradlow and Small (2015), "Predicting Customer Value Using Clumpiness", Marketing Science 34(2).

    Examples
    --------
    >>> from segmentclient.rfm.variants import clumpiness
    >>> clumpiness([25, 50, 75], 99), round(clumpiness([1, 2, 3], 99), 4)
    (0.0, 0.879)
    """
    return float(_entropy(_checked(times, n_periods)[None, :], n_periods)[0])


def clumpiness_p_value(
    times: ArrayLike, n_periods: int, *, n_draws: int = 9_999, random_state: int = 0
) -> float:
    """Tell how often as many purchases, thrown at random into the window, are as clumpy (permutation test).

    Parameters
    ----------
    times, n_periods : as in `clumpiness`.
    n_draws : number of random windows.
    random_state : seed.

    Returns
    -------
    (1 + number of draws at least as clumpy) / (1 + n_draws).

    Examples
    --------
    >>> from segmentclient.rfm.variants import clumpiness_p_value
    >>> clumpiness_p_value([1, 2, 3], 99) < 0.01, clumpiness_p_value([25, 50, 75], 99) > 0.99
    (True, True)
    """
    _check_whole(n_draws, "n_draws")
    _check_whole(random_state, "random_state", least=0)
    observed = _checked(times, n_periods)
    own = _entropy(observed[None, :], n_periods)[0]
    rng = np.random.default_rng(random_state)
    draws = np.stack(
        [np.sort(rng.choice(n_periods, len(observed), replace=False)) + 1 for _ in range(n_draws)]
    )
    as_clumpy = np.sum(_entropy(draws, n_periods) >= own - 1e-12)
    return float((1 + as_clumpy) / (1 + n_draws))


def _check_whole(number: object, name: str, *, least: int = 1) -> None:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
        raise ModelError(f"{name}={number!r}: expected a whole number {'above 0' if least else '≥ 0'}")


def _checked(times: ArrayLike, n_periods: int) -> NDArray[np.int64]:
    _check_whole(n_periods, "n_periods")
    found = np.sort(np.atleast_1d(times))
    whole = (
        np.issubdtype(found.dtype, np.number)
        and found.ndim == 1
        and len(found)
        and np.all(found == np.floor(found))
    )
    if not whole or len(np.unique(found)) < len(found) or found[0] < 1 or found[-1] > n_periods:
        raise ModelError(
            f"times must be different whole periods from 1 to {n_periods}, at least one; found {list(found)[:5]}"
        )
    return found.astype(np.int64)


def _entropy(times: NDArray[np.int64], n_periods: int) -> NDArray[np.float64]:
    edges = np.pad(times, ((0, 0), (1, 1)), constant_values=((0, 0), (0, n_periods + 1)))
    shares = np.diff(edges, axis=1) / (n_periods + 1)
    entropy = np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=1)
    return np.maximum(1 + entropy / np.log(times.shape[1] + 1), 0.0)
