"""What is built is whole: a wheel with every template, preset, pack and catalogue, and a source archive with the rest."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

import segmentclient

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    pytest.importorskip("hatchling", reason="the test extra brings it")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        yield archive


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel):
    package = ROOT / "src" / "segmentclient"
    files = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == files
    assert {Path(name).suffix for name in files} == {
        ".py",
        ".typed",
        ".toml",
        ".po",
        ".md",
        ".html",
        ".css",
        ".js",
    }


def test_the_wheel_says_what_it_is(wheel):
    info = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    text = wheel.read(info).decode("utf-8")
    assert f"\nVersion: {segmentclient.__version__}\n" in text
    assert "\nLicense-Expression: MIT\n" in text
    extras = set(re.findall(r"^Provides-Extra: (.*)$", text, re.MULTILINE))
    assert extras == set(PROJECT["optional-dependencies"])
    entry = wheel.read(info.replace("METADATA", "entry_points.txt")).decode("utf-8")
    assert "segmentclient = segmentclient.cli:main" in entry


PROBE = """
import json, sys
import segmentclient as sc
from segmentclient import datasets, errors, locale
from segmentclient.rfm.maps import PRESETS
from segmentclient.segments.rules import PACKS
customers = sc.segment_rfm(sc.score_rfm(sc.summarize_customers(sc.datasets.load_cdnow(), as_of="1998-06-30")))
people = datasets.load_sample().people
for pack in ("expertise", "temperament", "colour", "relation"):
    sc.apply_typology(people if pack != "relation" else sc.lifecycle(customers), pack=pack)
page = sc.build_report(customers, lang="fr", currency="USD").html
print(json.dumps({
    "from": sc.__file__,
    "presets": [sc.SegmentMap.preset(name).name for name in PRESETS],
    "packs": [len(sc.load_rules(name)) for name in PACKS],
    "french": "Qui sont" in page or "clients" in page,
    "explained": errors.explanation("rules")[:8],
}))
"""


def test_the_wheel_works_far_from_the_repository(wheel, tmp_path):
    wheel.extractall(tmp_path / "site")
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROBE], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["from"].startswith(str(tmp_path / "site"))
    assert "standard" in answer["presets"]
    assert all(answer["packs"])
    assert answer["french"]
    assert answer["explained"] == "## Rules"


def test_the_source_archive_holds_what_the_pages_point_at(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if kept.returncode:
        pytest.skip("not a clone")
    left_out = {".gitignore", ".pre-commit-config.yaml", ".ci/run"}
    assert set(kept.stdout.split()) - left_out <= names


def test_one_version_everywhere():
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited[1] == segmentclient.__version__
    assert f"## [{segmentclient.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def floors(requirements):
    pairs = (re.match(r"([\w.-]+)(?:\[.*\])?>=([\w.]+)", one) for one in requirements)
    return {found[1]: found[2] for found in pairs if found}


def test_the_oldest_set_is_the_lower_bounds():
    extras = PROJECT["optional-dependencies"]
    lines = (ROOT / "tests" / "oldest.txt").read_text("utf-8").splitlines()
    pinned = floors(line.replace("==", ">=") for line in lines)
    promised = floors(PROJECT["dependencies"]) | floors(extras["polars"] + extras["duckdb"] + extras["excel"])
    assert {name: Version(pinned[name]) for name in promised} == {
        name: Version(least) for name, least in promised.items()
    }


BLOCKED = """
import sys
sys.modules[{package!r}] = None
import segmentclient as sc
try:
    {call}
except sc.SegmentClientError as error:
    print(error.section, str(error))
"""
CALLS = [
    (
        "duckdb",
        "sc.scan_orders('orders.csv')",
        'scan_orders needs DuckDB: pip install "segmentclient[duckdb]"',
    ),
    (
        "xlsxwriter",
        "sc.export_excel(sc.segment_rfm(sc.score_rfm(sc.summarize_customers(sc.datasets.load_cdnow()))), 'a.xlsx')",
        'a workbook needs XlsxWriter: pip install "segmentclient[excel]"',
    ),
    (
        "pyarrow",
        "import polars; sc.clean_transactions(polars.DataFrame({'customer_id': [1], 'date': ['2026-01-01'], 'amount': [1]}))",
        'a polars table needs pyarrow: pip install "segmentclient[polars]"',
    ),
    (
        "pyarrow",
        "from segmentclient.cli.tables import read_table; open('a.parquet', 'w').close(); read_table('a.parquet')",
        'a Parquet file needs pyarrow: pip install "segmentclient[duckdb]"',
    ),
    (
        "pyarrow",
        "from segmentclient.cli.tables import write_table; write_table(sc.datasets.load_donations(), 'a.parquet')",
        'a Parquet file needs pyarrow: pip install "segmentclient[duckdb]"',
    ),
]


@pytest.mark.parametrize(("package", "call", "sentence"), CALLS, ids=[call[0] for call in CALLS])
def test_a_missing_extra_gives_the_command_that_installs_it(package, call, sentence, tmp_path):
    code = BLOCKED.format(package=package, call=call)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.strip() == f"missing-packages {sentence}", done.stderr


def test_the_installed_command_is_ours():
    found = importlib.metadata.entry_points(group="console_scripts", name="segmentclient")
    if not found:
        pytest.skip("not installed: run from the source folder")
    assert {one.value for one in found} == {"segmentclient.cli:main"}
