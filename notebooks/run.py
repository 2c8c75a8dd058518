"""Run notebooks again and keep their light outputs: python notebooks/run.py [NAME ...]."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
WARNING = re.compile(r"^.*?: (\w*Warning: .*)\n(?:[ \t].*\n?)?", re.MULTILINE)


def run(path: Path) -> Any:
    """Execute a notebook in an empty folder; an error in a cell is an error here."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    return light(notebook)


def light(notebook: Any) -> Any:
    """Drop what changes from one machine to the next: times, paths in warnings, versions."""
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            output.get("metadata", {}).clear()
            if output.get("name") == "stderr":
                output["text"] = WARNING.sub(r"\1\n", output["text"])
    return notebook


def main(names: list[str]) -> None:
    """Run the named notebooks, or all of them."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not names or path.stem in names:
            nbformat.write(run(path), path)
            print(f"{path.name}: {path.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
