"""The notebooks run from top to bottom, and what they show is light and free of this machine's traces."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PROMISED = {
    "quickstart",
    "rfm_and_maps",
    "rules_and_life_cycle",
    "choosing_k",
    "lifetime_value",
    "personas",
    "monthly_pipeline",
    "engines",
    "demarrage_rapide",
}
LONG = {"choosing_k", "demarrage_rapide", "lifetime_value", "monthly_pipeline", "personas"}

sys.path.insert(0, str(FOLDER))


def parameter(path):
    return pytest.param(path, id=path.stem, marks=pytest.mark.slow if path.stem in LONG else ())


@pytest.mark.parametrize("path", [parameter(path) for path in NOTEBOOKS])
@pytest.mark.filterwarnings("default")  # the notebook server warns about itself
def test_notebook_runs(path, monkeypatch):
    import run

    monkeypatch.setitem(os.environ, "OMP_NUM_THREADS", "1")
    before = path.read_bytes()
    notebook = run.run(path)
    assert any(cell.get("outputs") for cell in notebook.cells)
    assert path.read_bytes() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_kept_and_light(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert outputs, "run it: python notebooks/run.py " + path.stem
    assert not any(output["output_type"] == "error" for output in outputs)
    assert path.stat().st_size < 400_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_trace_of_a_machine(path):
    assert not re.search(r"/(tmp|home|root|work|Users)/|ipykernel_\d", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_between_notebooks_lead_somewhere(path):
    for target in re.findall(r"\]\(([\w./]+\.ipynb)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_the_promised_notebooks_are_there():
    names = {path.stem for path in NOTEBOOKS}
    assert names == PROMISED
