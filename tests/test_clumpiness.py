"""Clumpiness against its formula by hand, and its p-value against every possible window."""

import itertools
import math

import numpy as np
import pytest

from segmentclient import ModelError
from segmentclient.rfm.variants import clumpiness, clumpiness_p_value


def by_hand(times, n):
    """1 + Σ x ln x / ln(number of x), written with the gaps as they are counted on a calendar."""
    edges = [0, *sorted(times), n + 1]
    shares = [(later - earlier) / (n + 1) for earlier, later in itertools.pairwise(edges)]
    return 1 + sum(x * math.log(x) for x in shares) / math.log(len(shares))


@pytest.mark.parametrize(
    ("times", "n"),
    [([1], 9), ([5], 9), ([1, 2, 3], 9), ([9, 1], 9), ([2, 3, 8, 9], 12), ([1, 2], 2), ([1], 1)],
)
def test_it_is_one_minus_the_relative_entropy_of_the_gaps(times, n):
    assert clumpiness(times, n) == pytest.approx(by_hand(times, n), abs=1e-12)


def test_even_is_nought_and_a_burst_is_near_one():
    assert clumpiness(range(10, 100, 10), 99) == pytest.approx(0.0, abs=1e-12)
    assert clumpiness(7, 9) == clumpiness([7], 9)  # one purchase may stand without brackets
    assert clumpiness([1, 2], 10**9) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("times", [[2, 5], [1, 2], [4], [1, 7]])
def test_p_value_is_the_share_of_all_windows_at_least_as_clumpy(times):
    n, draws = 7, 4000
    every = [by_hand(window, n) for window in itertools.combinations(range(1, n + 1), len(times))]
    exact = np.mean(np.array(every) >= by_hand(times, n) - 1e-9)
    found = clumpiness_p_value(times, n, n_draws=draws, random_state=3)
    assert found == pytest.approx(exact, abs=4.5 * math.sqrt(exact * (1 - exact) / draws) + 1 / draws)


def test_p_value_counts_the_customer_herself():
    """The least clumpy window: every draw is at least as clumpy; the clumpiest of many: none of three draws is."""
    assert clumpiness_p_value([25, 50, 75], 99, n_draws=20) == 1.0
    assert clumpiness_p_value([1, 2, 3, 4], 10**6, n_draws=3) == 0.25


def test_the_seed_decides_the_draws():
    def found(seed):
        return clumpiness_p_value([2, 3, 9], 20, n_draws=500, random_state=seed)

    assert found(0) == found(0) == clumpiness_p_value([2, 3, 9], 20, n_draws=500)
    assert len({found(seed) for seed in range(5)}) > 1
    assert round(found(0) * 501, 6) == round(found(0) * 501)


@pytest.mark.parametrize(
    "times", [[], [0, 3], [3, 11], [3, 3], [2.5], ["a"], [[1, 2]], [float("nan")], None, {1, 2}, [1, 2, 2, 5]]
)
def test_what_is_no_list_of_periods_is_refused(times):
    with pytest.raises(ModelError, match="different whole periods from 1 to 10"):
        clumpiness(times, 10)
    with pytest.raises(ModelError, match="different whole periods from 1 to 10"):
        clumpiness_p_value(times, 10)


@pytest.mark.parametrize("wrong", [0, 2.5, "9", None, True])
def test_numbers_of_periods_and_of_draws_are_whole(wrong):
    with pytest.raises(ModelError, match="expected a whole number above 0"):
        clumpiness([1], wrong)
    with pytest.raises(ModelError, match="expected a whole number above 0"):
        clumpiness_p_value([1], 9, n_draws=wrong)
