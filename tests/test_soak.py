"""Random shops through the whole pipeline, in both languages: no exception, no foreign warning, invariants hold."""

import warnings

import numpy as np
import pytest

import segmentclient as sc


def shop(seed):
    rng = np.random.default_rng(seed)
    return sc.datasets.make_transactions(
        int(rng.integers(30, 400)),
        start="2024-01-01",
        end=str(np.datetime64("2024-06-30") + np.timedelta64(int(rng.integers(0, 500)), "D")),
        random_state=seed,
    )


def run(seed, folder):
    lang = ("en", "fr")[seed % 2]
    raw = shop(seed)
    clean = sc.clean_transactions(raw)
    assert clean.audit["rows"].sum() == len(raw)
    assert clean.audit["amount"].sum() == pytest.approx(raw["amount"].sum(), abs=0.01)
    table = sc.summarize_customers(clean.transactions)
    assert table["revenue"].sum() == pytest.approx(clean.transactions["amount"].sum(), abs=0.01)
    table = sc.lifecycle(sc.segment_rfm(sc.score_rfm(table)))
    table = sc.predict_lifetime_value(table, models=sc.fit_lifetime_models(table), margin=0.4)
    assert table["p_alive"].between(0, 1).all()
    for name in ("expected_purchases", "lifetime_value"):
        assert (table[f"{name}_low"] <= table[name]).all()
        assert (table[name] <= table[f"{name}_high"]).all()
        assert np.isfinite(table[name]).all()
    table = sc.segment_kmeans(table, ["n_orders", "revenue"], n_clusters=3)
    profile = sc.profile_segments(table)
    assert profile["share_customers"].sum() == pytest.approx(1)
    assert profile["share_revenue"].sum() == pytest.approx(1)
    assert profile["n_customers"].sum() == len(table)
    personas = sc.build_personas(table, transactions=clean.transactions, lang=lang)
    page = sc.build_report(table, clean=clean, personas=personas, lang=lang).html
    assert f'lang="{lang}"' in page
    sc.export_audiences(table, folder / f"audiences{seed}")
    sc.export_excel(table, folder / f"{seed}.xlsx", lang=lang)


def checked(seed, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", sc.SegmentClientWarning)  # ours are results, others' are faults
        run(seed, folder)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_two_shops(seed, tmp_path):
    checked(seed, tmp_path)


@pytest.mark.slow
def test_two_hundred_shops_in_steady_memory(tmp_path):
    import resource

    sizes = []
    for seed in range(200):
        checked(seed, tmp_path)
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert sizes[-1] < 1.3 * sizes[60]
