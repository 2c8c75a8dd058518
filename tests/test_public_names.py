"""The public names are the ones promised, each documented with an example, and importing has no side effect."""

import json
import subprocess
import sys

import pytest

import segmentclient as sc

CONTRACT = [
    "clean_transactions",
    "summarize_customers",
    "split_periods",
    "score_rfm",
    "RFMScorer",
    "segment_rfm",
    "SegmentMap",
    "segment_by_rules",
    "Rule",
    "load_rules",
    "add_prospects",
    "lifecycle",
    "segment_kmeans",
    "KMeansSegmenter",
    "choose_k",
    "BGNBD",
    "MBGNBD",
    "ParetoNBD",
    "BGBB",
    "BGCNBD",
    "MBGCNBD",
    "GammaGamma",
    "fit_lifetime_models",
    "predict_lifetime_value",
    "compare_models",
    "profile_segments",
    "explain_segments",
    "compare_periods",
    "build_personas",
    "ideal_customer",
    "apply_typology",
    "build_report",
    "export_excel",
    "export_audiences",
    "plot",
    "datasets",
    "SegmentClientError",
    "ColumnError",
    "TransactionError",
    "RuleError",
    "ModelError",
    "SegmentClientWarning",
]


def test_the_contract_is_public():
    assert set(CONTRACT) <= set(sc.__all__)


@pytest.mark.parametrize("name", [name for name in sc.__all__ if name != "__version__"])
def test_every_public_name_exists_and_is_documented(name):
    thing = getattr(sc, name)
    assert thing.__doc__, name
    if callable(thing) and not (isinstance(thing, type) and issubclass(thing, Exception)):
        assert thing.__module__.startswith("segmentclient"), name


def test_unknown_names_raise_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sc.nonsense  # noqa: B018 (the access is the test)


PROBE = """
import json, sys, os, warnings
before = (os.getcwd(), list(warnings.filters), sorted(os.environ), list(sys.path))
import segmentclient
after = (os.getcwd(), list(warnings.filters), sorted(os.environ), list(sys.path))
heavy = [name for name in ("matplotlib", "sklearn", "lifetimes", "duckdb", "polars", "scipy", "pandas") if name in sys.modules]
print(json.dumps({"same": before == after, "heavy": heavy}))
"""


def test_importing_changes_nothing_and_is_light():
    answer = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == {"same": True, "heavy": []}


OPTIONS_PROBE = """
import matplotlib, numpy, pandas
before = (matplotlib.rcParams.copy(), numpy.get_printoptions(), pandas.get_option("display.max_rows"))
import segmentclient
for name in segmentclient.__all__:
    getattr(segmentclient, name)
assert before == (matplotlib.rcParams.copy(), numpy.get_printoptions(), pandas.get_option("display.max_rows"))
import sys
assert "lifetimes" not in sys.modules and "matplotlib.pyplot" not in sys.modules
"""


def test_using_every_name_changes_no_option_of_others():
    subprocess.run([sys.executable, "-c", OPTIONS_PROBE], check=True)
