"""Who are our customers? From a table of orders to scores, segments, lifetime value, personas and a report.

Every name below is imported on first use, so that ``import segmentclient`` stays light.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_ROOMS = {
    "errors": ["ColumnError", "ModelError", "RuleError", "SegmentClientError", "SegmentClientWarning", "TransactionError"],
    "transactions": ["CleanTransactions", "clean_transactions"],
    "order_files": ["scan_orders"],
    "customers": ["split_periods", "summarize_customers", "update_customers"],
    "rfm": ["RFMScorer", "SegmentMap", "score_rfm", "segment_rfm"],
    "segments": [
        "DensitySegmenter", "HierarchicalSegmenter", "KChoice", "KMeansSegmenter", "Migration", "MixedSegmenter", "MixtureSegmenter",
        "Rule", "add_prospects", "check_rules", "choose_k", "cluster_rfm_table", "cluster_rules", "cluster_stability", "name_clusters", "segment_clusters",
        "compare_periods", "criteria_families", "explain_segments", "lifecycle", "lifecycle_thresholds", "load_rules", "profile_segments", "segment_by_rules", "segment_kmeans",
    ],
    "lifetime": [
        "BGBB", "BGCNBD", "BGNBD", "GammaGamma", "GammaGammaByFrequency", "LifetimeModels", "MBGCNBD", "MBGNBD", "NBD", "ParetoNBD", "bootstrap_parameters",
        "calibration_by_decile", "check_fit",
        "cohort_retention", "compare_models", "fit_lifetime_models", "fit_with_lifetimes", "from_lifetimes", "predict_lifetime_value", "to_lifetimes",
        "track_purchases", "value_by_segment",
    ],
    "personas": ["IdealCustomer", "Personas", "apply_typology", "build_personas", "check_people", "ideal_customer", "join_people", "load_typology"],
    "report": ["Report", "build_report", "export_audiences", "export_excel"],
}  # fmt: skip
_SUBMODULES = ["datasets", "plot"]
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted([*_HOME, *_SUBMODULES, "__version__"])


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    elif name in _SUBMODULES:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
