"""Preparation of features for clustering: a transform against skew, then a common scale; learnt once, reused.

k-means measures straight-line distances, so a feature in euros drowns one in orders, and a few huge
customers drown everybody. A `Preparation` says, feature by feature, what was done about it; it can be shown
(`to_frame`), applied to next month's customers, undone (centres in original units) and stored as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from segmentclient.errors import ColumnError, SegmentClientError
from segmentclient.stored import as_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FeaturePreparation", "Preparation", "Scale", "Transform", "learn_preparation"]

Transform: TypeAlias = Literal["auto", "log", "yeo-johnson"] | None
Scale: TypeAlias = Literal["standard", "robust"] | None
Array: TypeAlias = NDArray[np.float64]

SKEWED = 1.0  # absolute skewness above which "auto" looks for a transform
ROWS_LOOKED_AT = 20_000  # skewness and Yeo-Johnson powers are estimated on at most so many rows
UNIT_QUANTILE = 0.05  # of the positive sizes of a skewed feature: the unit that "auto" counts it in
NORMAL_IQR = 1.3489795003921634  # interquartile range of the standard normal
# What sums leave that cancel out is about so large beside their terms. Whether a whole column is such a rest nobody can
# tell without a unit: so a deviation counts as none below this share of 1, or of the largest value where that is more.
ROUNDING = 1e-12


@dataclass(frozen=True)
class FeaturePreparation:
    """What is done to one feature: transform, subtract the centre, divide by the scale.

    Attributes
    ----------
    name : the feature.
    transform : "none", "log" (the natural logarithm of 1 + x), "yeo-johnson" or "signed-log" (the inverse hyperbolic
        sine of x: a logarithm on both sides of 0, straight near it), of x in the unit below.
    power : the Yeo-Johnson power λ; 1 where none is used.
    center, scale : subtracted and divided by, in transformed units; 0 and 1 where nothing is scaled.
    skew_before, skew_after : skewness of the values before and after the transform.
    unit : what values are divided by before the transform. Under "auto" it is learnt and grows with the values, so
        that euros and cents are prepared alike; 1 under transforms that were asked for by name.
    """

    name: str
    transform: Literal["none", "log", "yeo-johnson", "signed-log"]
    power: float
    center: float
    scale: float
    skew_before: float
    skew_after: float
    unit: float = 1.0

    def apply(self, values: Array) -> Array:
        """Prepare values of this feature."""
        return (_transformed(values, self.transform, self.power, self.unit) - self.center) / self.scale

    def undo(self, prepared: Array) -> Array:
        """Bring prepared values back to the feature's own unit."""
        return _original(prepared * self.scale + self.center, self.transform, self.power, self.unit)


@dataclass(frozen=True)
class Preparation:
    """The preparation of every feature, in order."""

    features: tuple[FeaturePreparation, ...]

    def apply(self, values: Array) -> Array:
        """Prepare rows (one column a feature)."""
        self._refuse_outside_log(values)
        prepared = np.empty(values.shape)
        for place, feature in enumerate(self.features):
            prepared[:, place] = feature.apply(values[:, place])
        return prepared

    def undo(self, prepared: Array) -> Array:
        """Bring prepared rows, such as centres, back to original units."""
        columns = [feature.undo(prepared[:, place]) for place, feature in enumerate(self.features)]
        return np.column_stack(columns)

    def to_frame(self) -> pd.DataFrame:
        """Show one row a feature: transform, power, center, scale, skew_before, skew_after, unit."""
        import pandas as pd

        return pd.DataFrame([asdict(feature) for feature in self.features]).rename(
            columns={"name": "feature"}
        )

    def to_dict(self) -> list[dict[str, Any]]:
        """Give the settings as plain values, for JSON."""
        return [asdict(feature) for feature in self.features]

    @classmethod
    def from_dict(cls, stored: Sequence[Mapping[str, Any]]) -> Preparation:
        """Rebuild what `to_dict` gave, in this version or an earlier one."""
        return cls(tuple(FeaturePreparation(**_with_unit(feature)) for feature in stored))

    def _refuse_outside_log(self, values: Array) -> None:
        for place, feature in enumerate(self.features):
            if feature.transform == "log":
                _refuse_negative(values[:, place], feature.name)


def learn_preparation(
    values: Array, names: Sequence[str], *, transform: Transform, scale: Scale
) -> Preparation:
    """Choose and estimate the preparation of every column of `values` (finite, one column a name).

    `"auto"` leaves a feature alone while its skewness is at most 1 in size; beyond, it takes the logarithm of
    1 + x / unit where that serves, and otherwise (negative values, skew to the left) the less skewed of Yeo-Johnson
    of x / unit and a signed logarithm. The unit is the 5 % quantile of the positive sizes |x|, for the signed
    logarithm the median of all sizes where that is more. So all of it is the same in euros and in cents, and for
    counts, whose 5 % quantile mostly is 1, it is the usual logarithm of 1 + x. A low quantile keeps what a logarithm is
    for, ratios, for 19 customers in 20, and no single tiny amount sets it, as the least value would.

    `"log"` and `"yeo-johnson"` take x as it is, as scikit-learn does, and so depend on the unit of x.
    """
    _check_settings(transform, scale)
    columns = (_learn_feature(values[:, place], name, transform, scale) for place, name in enumerate(names))
    return Preparation(tuple(columns))


def _check_settings(transform: Any, scale: Any) -> None:
    if transform not in ("auto", "log", "yeo-johnson", None):
        raise SegmentClientError(
            f"transform={transform!r} is not known; accepted: 'auto', 'log', 'yeo-johnson', None"
        )
    if scale not in ("standard", "robust", None):
        raise SegmentClientError(f"scale={scale!r} is not known; accepted: 'standard', 'robust', None")


def _learn_feature(values: Array, name: str, transform: Transform, scale: Scale) -> FeaturePreparation:
    look = _evenly_spread(values)
    shape = _choose_transform(look, name, transform)
    chosen, power, unit = shape
    if chosen == "log":
        _refuse_negative(values, name)
    center, divisor = _center_and_scale(_transformed(values, *shape), scale)
    after = skewness(_transformed(look, *shape))
    return FeaturePreparation(name, chosen, power, center, divisor, skewness(look), after, unit)


def _evenly_spread(values: Array) -> Array:
    """Take at most `ROWS_LOOKED_AT` values at even ranks: the same ones whatever the order of the rows."""
    ordered = np.sort(values)
    if len(ordered) <= ROWS_LOOKED_AT:
        return ordered
    return ordered[np.linspace(0, len(ordered) - 1, ROWS_LOOKED_AT).astype(int)]


def _choose_transform(look: Array, name: str, transform: Transform) -> tuple[Any, float, float]:
    """Give transform, power and unit."""
    if transform == "log":
        return "log", 1.0, 1.0
    if transform == "yeo-johnson":
        return "yeo-johnson", _power(look), 1.0
    if transform is None or abs(skewness(look)) <= SKEWED:
        return "none", 1.0, 1.0
    return _against_skew(look)


def _against_skew(look: Array) -> tuple[str, float, float]:
    """Prefer the logarithm, which readers know, unless another does clearly better."""
    unit = _unit(look)
    others = [
        ("none", 1.0, 1.0),
        ("yeo-johnson", _power(look / unit), unit),
        ("signed-log", 1.0, max(float(np.median(np.abs(look))), unit)),
    ]
    left, best = min((_skewness_left(look, *other), other) for other in others)
    log = ("log", 1.0, unit)
    if look[0] >= 0 and _skewness_left(look, *log) <= max(SKEWED, left):
        return log
    return best


def _skewness_left(look: Array, transform: str, power: float, unit: float) -> float:
    """Size of the skewness after a transform; endless where it leaves nothing of the differences but rounding.

    The powers of values far from 0 beside their spread (dates as numbers) may be so large that all become one.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        values = _transformed(look, transform, power, unit)
        return abs(skewness(values)) if _deviation(values) else float("inf")


def _unit(look: Array) -> float:
    """Take a size that is there and not one between two: the unit of a count is a count, and scales exactly."""
    sizes = np.abs(look)
    sizes = sizes[sizes > ROUNDING * sizes.max()]
    return float(np.quantile(sizes, UNIT_QUANTILE, method="lower")) if len(sizes) else 1.0


def _power(look: Array) -> float:
    """Maximum likelihood λ of Yeo and Johnson (2000)."""
    if look[0] == look[-1]:
        return 1.0
    from scipy.stats import yeojohnson_normmax

    return float(yeojohnson_normmax(look))


def _center_and_scale(values: Array, scale: Scale) -> tuple[float, float]:
    """Mean and deviation, or median and interquartile range; a constant feature is divided by 1."""
    if scale is None:
        return 0.0, 1.0
    deviation = _deviation(values)
    if not deviation:
        return float(values.mean()), 1.0
    if scale == "standard":
        return float(values.mean()), deviation
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(high - low) / NORMAL_IQR or deviation


def skewness(values: Array) -> float:
    """Give the third standardised moment; 0 for a constant."""
    deviation = _deviation(values)
    return float(np.mean(((values - values.mean()) / deviation) ** 3)) if deviation else 0.0


def _deviation(values: Array) -> float:
    """Give the standard deviation; 0 where it is no more than rounding, or beyond all numbers."""
    deviation = float(values.std())
    return deviation if ROUNDING * max(1.0, float(np.abs(values).max())) < deviation < np.inf else 0.0


def _refuse_negative(values: Array, name: str) -> None:
    negative = np.flatnonzero(values < 0)
    if len(negative):
        raise ColumnError(
            f"customers: column {name!r} holds {len(negative)} negative values (least {np.min(values):g}), and the logarithm "
            'takes values ≥ 0; use transform="yeo-johnson" or "auto" when fitting, or leave these rows out'
        )


def _with_unit(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read what was stored before the unit had a field: `power` then held that of the signed logarithm."""
    if "unit" not in feature and feature["transform"] == "signed-log":
        feature = {**feature, "power": 1.0, "unit": feature["power"]}
    if not as_number(feature.get("unit", 1.0)) > 0:
        raise ValueError(f"unit: a number > 0 is expected, found {feature['unit']!r}")
    return feature


def _transformed(values: Array, transform: str, power: float, unit: float) -> Array:
    if transform == "log":
        return np.log1p(values / unit)
    if transform == "signed-log":
        return np.arcsinh(values / unit)
    return _yeo_johnson(values / unit, power) if transform == "yeo-johnson" else values


def _original(values: Array, transform: str, power: float, unit: float) -> Array:
    if transform == "log":
        return np.expm1(values) * unit
    if transform == "signed-log":
        return np.sinh(values) * unit
    return _undo_yeo_johnson(values, power) * unit if transform == "yeo-johnson" else values


def _yeo_johnson(values: Array, power: float) -> Array:
    """Yeo and Johnson (2000), equation 2.1: Box-Cox of 1 + x, and of 1 − x with power 2 − λ below 0."""
    above = _box_cox(np.maximum(values, 0.0), power)
    below = _box_cox(np.maximum(-values, 0.0), 2.0 - power)
    return np.where(values >= 0, above, -below)


def _undo_yeo_johnson(values: Array, power: float) -> Array:
    above = _undo_box_cox(np.maximum(values, 0.0), power)
    below = _undo_box_cox(np.maximum(-values, 0.0), 2.0 - power)
    return np.where(values >= 0, above, -below)


def _box_cox(positive: Array, power: float) -> Array:
    logs = np.log1p(positive)
    return logs if abs(power) < 1e-12 else np.expm1(power * logs) / power


def _undo_box_cox(values: Array, power: float) -> Array:
    """Invert; beyond the bound that a negative power sets, the largest finite value answers."""
    if abs(power) < 1e-12:
        return np.expm1(values)
    inside = np.maximum(power * values, np.nextafter(-1.0, 0.0))
    return np.expm1(np.log1p(inside) / power)
