"""An option of a wrong type is one error of ours that names it, in every public function; its annotation judges."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.typing import NDArray

import segmentclient as sc
from segmentclient.options import check_options

CUSTOMERS = sc.summarize_customers(
    pd.DataFrame(
        {"customer_id": ["a", "a", "b"], "date": pd.date_range("2026-01-01", periods=3), "amount": 1.0}
    )
).assign(segment="all")
FUNCTIONS = {
    name: function
    for module in (sc, sc.datasets)
    for name in module.__all__
    if inspect.isfunction(function := getattr(module, name))
}
OPTIONS = [
    (name, option.name)
    for name, function in FUNCTIONS.items()
    for option in inspect.signature(function).parameters.values()
    if option.annotation not in {"Any", inspect.Parameter.empty}
]


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_no_function_takes_an_object_for_an_option(name, option):
    given = {
        other.name: None
        for other in inspect.signature(FUNCTIONS[name]).parameters.values()
        if other.default is inspect.Parameter.empty and other.kind is not inspect.Parameter.VAR_KEYWORD
    }
    if option == "models" and "customers" in given:  # judged with a hint of its own, after the table
        given["customers"] = CUSTOMERS
    with pytest.raises(sc.SegmentClientError, match=f"{option}=<object object"):
        FUNCTIONS[name](**{**given, option: object()})


def sample(
    word: str,
    number: float = 0.0,
    count: int = 0,
    choice: Literal["a", "b"] | None = None,
    names: Sequence[str] = (),
    any_names: Iterable[str] = (),
    by_name: Mapping[str, int] | None = None,
    place: str | Path = "",
    table: Any = None,
    flag: bool = False,
    values: NDArray[np.float64] | None = None,
    secret: bytes | None = None,
):
    check_options(sample, locals())


GOOD = {
    "word": ["x", "", np.str_("x")],
    "number": [1, 1.5, np.float32(2), np.int8(3), float("inf")],
    "count": [1, np.int64(3), -5],
    "choice": ["a", None],
    "names": [["a"], ("a",), np.array(["a"]), pd.Series(["a"]), pd.Index(["a"])],
    "any_names": [{"a"}, iter(["a"]), {"a": 1}],
    "by_name": [{"a": 1}, None],
    "place": ["x", Path("x")],
    "table": [object(), pd.NA],
    "flag": [True, np.bool_(False)],
    "values": [np.zeros(2), np.zeros((2, 2))],
    "secret": [b"x", None],
}
BAD = {
    "word": [1, None, b"x", "\ud800", ["x"], pd.NA],
    "number": ["1", True, float("nan"), np.nan, 1j, None, pd.NaT, [1.0]],
    "count": [1.0, True, "1", np.float64(1), float("nan"), pd.NA],
    "choice": ["c", 1, ["a"], np.array(["a", "b"]), pd.DataFrame({"a": [1]}), pd.NA],
    "names": ["a", b"a", None, [1], {"a"}.__iter__(), {"a": 1}, np.zeros((2, 2)), np.array("a"), pd.DataFrame({"a": [1]})],
    "any_names": ["a", None, 5, pd.DataFrame({"a": [1]})],
    "by_name": [{"a": "b"}, {1: 1}, [("a", 1)], "a"],
    "place": [1, None, b"x"],
    "flag": [1, "True", None, pd.NA],
    "values": [[1.0], 1.0],
    "secret": ["x", [1]],
}  # fmt: skip


@pytest.mark.parametrize(("option", "value"), [(name, one) for name, some in GOOD.items() for one in some])
def test_what_an_annotation_accepts(option, value):
    sample(**{"word": "x", option: value})


@pytest.mark.parametrize(("option", "value"), [(name, one) for name, some in BAD.items() for one in some])
def test_what_an_annotation_refuses(option, value):
    with pytest.raises(sc.SegmentClientError, match=f"^sample: {option}=.*; accepted: "):
        sample(**{"word": "x", option: value})


def test_all_wrong_options_in_one_message_each_short():
    with pytest.raises(sc.SegmentClientError) as caught:
        sample(1, number="x" * 1000, choice="c")
    assert str(caught.value) == (
        "sample: 3 problems\n"
        "  - word=1 (int); accepted: text\n"
        f"  - number='{'x' * 76}... (str); accepted: a number\n"
        "  - choice='c'; accepted: 'a', 'b' or None"
    )


def test_a_plan_in_the_wrong_place_is_named_without_being_computed():
    plan = pl.scan_csv("nowhere.csv")
    model = sc.BGNBD.from_params(r=1.0, alpha=1.0, a=1.0, b=1.0)
    with pytest.raises(sc.ModelError, match="model=<polars LazyFrame>; accepted: a model"):
        sc.track_purchases(model, plan)
