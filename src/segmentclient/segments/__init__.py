"""Segments: rules, life cycle, clusters, profiles, movement between two periods.

Every name is imported on first use, so that rules do not load scikit-learn.
"""

from __future__ import annotations

import importlib
from typing import Any

_FILES = {
    "rules": ["Rule", "load_rules", "segment_by_rules"],
    "rule_check": ["check_rules"],
    "rule_findings": ["RuleCheck", "RuleProblem"],
    "criteria": ["criteria_families"],
    "prospects": ["add_prospects"],
    "thresholds": ["LifecycleThresholds", "lifecycle_thresholds"],
    "life_cycle": ["lifecycle"],
    "profiles": ["profile_segments"],
    "explain": ["Explanation", "explain_segments"],
    "migration": ["Migration"],
    "periods": ["compare_periods"],
    "clusters": ["KMeansSegmenter", "segment_clusters", "segment_kmeans"],
    "agreement": ["CrossTable", "cluster_rfm_table"],
    "choice": ["KChoice", "choose_k"],
    "cluster_names": ["name_clusters"],
    "tree_rules": ["ClusterRules", "cluster_rules"],
    "bootstrap": ["cluster_stability"],
    "mixtures": ["MixtureSegmenter"],
    "hierarchy": ["HierarchicalSegmenter"],
    "density": ["DensitySegmenter"],
    "mixed": ["MixedSegmenter"],
}
_HOME = {name: file for file, names in _FILES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
