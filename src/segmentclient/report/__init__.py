"""What marketers hold in their hands: the report, the workbook and the audience files."""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Report": "html",
    "build_report": "html",
    "export_audiences": "audiences",
    "export_excel": "excel",
}

__all__ = ["Report", "build_report", "export_audiences", "export_excel"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
