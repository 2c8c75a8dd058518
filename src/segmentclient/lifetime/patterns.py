"""Customers with covariates: one plain model for each distinct combination of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from segmentclient.lifetime.choice import LifetimeModels
from segmentclient.lifetime.grouping import distinct
from segmentclient.lifetime.soundness import Array

__all__ = ["covariate_names", "plain_models"]

_DRAWS = 200


def covariate_names(models: LifetimeModels) -> list[str]:
    """Give the columns, beside the history, that the model of purchases asks for."""
    return list(models.purchase._known_covariates().names)


def plain_models(models: LifetimeModels, table: Mapping[str, Any]) -> Iterator[tuple[Array, LifetimeModels]]:
    """Give, for each combination of covariates in the table, its rows and models without covariates."""
    design = models.purchase._known_covariates().encode(table)
    first, kind = distinct(list(design.T))
    for number, row in enumerate(first):
        yield np.flatnonzero(kind == number), _without_covariates(models, design[row])


def _without_covariates(models: LifetimeModels, design: Array) -> LifetimeModels:
    purchase = models.purchase
    theta = _moved(purchase, purchase.params_.to_numpy(), design)
    plain = type(purchase).from_params(
        **dict(zip(purchase.names, theta, strict=True)), time_unit=purchase.time_unit
    )
    if models.is_certain:
        return replace(models, purchase=plain, draws=())
    drawn = models.parameter_draws(_DRAWS)
    return replace(models, purchase=plain, draws=tuple(_moved(purchase, row, design) for row in drawn))


def _moved(purchase: Any, values: Array, design: Array) -> tuple[float, ...]:
    theta = purchase._moved_within_reach(np.asarray(values), design[None, :])
    return tuple(float(np.ravel(value)[0]) for value in theta)
