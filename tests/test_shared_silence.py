"""Integrals over shared nodes are those of each customer's own nodes, or are left to these."""

import mpmath as mp
import numpy as np
import pytest

import segmentclient as sc
from reference import agreement
from segmentclient.lifetime.histories import history
from segmentclient.lifetime.shared_silence import SharedSilence


def shop(rng, size=400):
    """Whole days of a year, up to forty purchases, one customer of whom bought today."""
    x = np.minimum(rng.geometric(0.2, size) - 1.0, 40.0)
    T = rng.integers(20, 365, size).astype(float)
    t_x = np.where(x > 0, np.ceil(T * rng.random(size)), 0.0)
    x[0], t_x[0] = 3.0, T[0]
    return history(x, t_x, T)


def column(*values):
    return tuple(np.atleast_1d(np.asarray(value, float))[:, None] for value in values)


def test_each_set_of_parameters_as_alone():
    rng = np.random.default_rng(5)
    h, law = shop(rng), sc.ParetoNBD.law
    low, high = np.array([[1e-2, 1.0] * 2, [10.0, 1e3] * 2])[:, :, None]
    theta = column(*np.exp(rng.uniform(np.log(low), np.log(high), (4, 60))))
    together = h.shared_silence.holds(*theta)
    assert 5 < together.sum() < 55  # both ways are taken
    found = law.log_likelihood(theta, h)
    for at in range(60):
        alone = law.log_likelihood(tuple(float(part[at, 0]) for part in theta), h)
        assert (np.abs(found[at] - alone) <= 1e-9 * np.maximum(1.0, np.abs(alone))).all()


def test_integrals_are_those_of_mpmath():
    x, t_x, T = np.array([0.0, 2.0, 40.0]), np.array([0.0, 30.0, 364.0]), np.array([365.0, 365.0, 365.0])
    silence = SharedSilence.of(*(np.tile(part, 50) for part in (x, t_x, T)))
    r, alpha, s, beta = 0.55, 74.0, 0.61, 81.0
    busy = silence._replace(moments=np.unique(np.concatenate([np.arange(366.0), silence.moments])))
    places = np.searchsorted(busy.moments, np.tile(t_x, 50)), np.searchsorted(busy.moments, np.tile(T, 50))
    found = busy._replace(begins=places[0], ends=places[1]).log_integrals(*column(r, alpha, s, beta))
    with mp.workdps(30):
        for at in range(3):
            whole = mp.quad(
                lambda y, n=x[at]: (1 + y / alpha) ** (-(r + n)) * (1 + y / beta) ** (-(s + 1)) / beta,
                mp.linspace(t_x[at], T[at], 40),
            )
            assert found[0, at] == pytest.approx(float(mp.log(whole)), abs=1e-10)


def test_no_silence_is_no_chance_of_having_left():
    h = shop(np.random.default_rng(1))
    assert sc.ParetoNBD.law.log_odds_left(column([0.5, 0.6], 70.0, 0.6, 80.0), h)[0, 0] == -np.inf


def test_many_moments_and_frequencies_are_not_shared():
    rng = np.random.default_rng(2)
    T = rng.uniform(100, 200, 1000)
    assert history(rng.integers(1, 99, 1000), T * rng.random(1000), T).shared_silence is None


def test_numbers_beyond_doubles_are_left_to_the_other_way():
    h = shop(np.random.default_rng(3))
    wild = column([1e3, 0.5, 0.5], [1e-3, 1e-3, 70.0], [0.6, 1e3, 0.6], [80.0, 1e-3, 80.0])
    assert h.shared_silence.holds(*wild).tolist() == [False, False, True]
    assert np.isfinite(sc.ParetoNBD.law.log_likelihood(wild, h)).all()
    all_wild = tuple(part[:2] for part in wild)
    np.testing.assert_array_equal(
        sc.ParetoNBD.law.log_odds_left(all_wild, h), sc.ParetoNBD.law._log_odds_one_by_one(all_wild, h)
    )


def test_cdnow_shares():
    """The published log has 269 moments and 23 frequencies among 1,016 histories."""
    model = sc.ParetoNBD(time_unit="W").fit(agreement.cdnow())
    assert len(model._histories.shared_silence.moments) == 269
    assert model._histories.shared_silence.holds(*column(*model.params_)).all()
