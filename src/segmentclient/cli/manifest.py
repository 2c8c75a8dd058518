"""The run manifest: what was read, kept, fitted and written, so that a run can be repeated and compared."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from segmentclient.cli.pipeline import Analysis
from segmentclient.writing import whole_file

__all__ = ["write_manifest"]

VERSION = 1
PACKAGES = ("segmentclient", "numpy", "pandas", "scipy", "scikit-learn", "matplotlib", "narwhals")


def write_manifest(
    options: argparse.Namespace,
    outputs: Sequence[str | Path],
    *,
    analysis: Analysis | None = None,
    result: dict[str, Any] | None = None,
) -> None:
    """Write the manifest where ``--manifest`` says, if it does."""
    if not options.manifest:
        return
    told = _run(options, outputs) | (_analysis(analysis) if analysis is not None else {}) | (result or {})
    with whole_file(options.manifest) as draft:
        draft.write_text(json.dumps(told, indent=2, default=str) + "\n", encoding="utf-8")


def _run(options: argparse.Namespace, outputs: Sequence[str | Path]) -> dict[str, Any]:
    hidden = {"run", "debug", "quiet", "config", "hash_ids"}
    return {
        "format": "segmentclient.run",
        "version": VERSION,
        "command": options.command,
        "options": {name: value for name, value in sorted(vars(options).items()) if name not in hidden},
        "outputs": [{"file": str(name), "sha256": _sha256(name)} for name in outputs],
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "random_state": 0,
    }


def _analysis(analysis: Analysis) -> dict[str, Any]:
    return {
        "input_rows": analysis.clean.rows,
        "customers": len(analysis.customers),
        "audit": analysis.clean.audit.to_dict("records"),
        "scorer": json.loads(analysis.scorer.to_json()),
        "models": json.loads(analysis.models.to_json()),
    }


def _sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
