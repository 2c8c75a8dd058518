"""Errors are ours, readable, and name the section that explains them; the section exists and quotes what is said."""

import ast
import copy
import pickle
import re
from pathlib import Path

import pytest

import segmentclient as sc
from segmentclient import cli, errors

SOURCE = Path(errors.__file__).parent
OURS = {"ColumnError", "ModelError", "RuleError", "SegmentClientError", "TransactionError", "raise_all"}
INNER = {
    "errors",
    "segments.rule_text",
    "segments.rule_language",
    "segments.rule_compiler",
}  # faults of one rule
PAGE = errors.explanation()
HEADINGS = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)}


def module_of(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


TREES = {
    module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))
}
SAID = [
    node.value
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
]


def called(tree):
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


RAISING = [module for module, tree in TREES.items() if called(tree) & OURS and module not in INNER]


def test_one_problem_is_one_sentence_and_several_are_a_list():
    errors.raise_all([], table="orders")
    with pytest.raises(sc.ColumnError) as one:
        errors.raise_all(["too few"], table="orders")
    assert str(one.value) == "orders: too few"
    with pytest.raises(sc.RuleError) as two:
        errors.raise_all(iter("ab"), table="orders", error=sc.RuleError)
    assert str(two.value) == "orders: 2 problems\n  - a\n  - b"


def test_the_tree():
    for error in (sc.ColumnError, sc.TransactionError, sc.RuleError, sc.ModelError):
        assert issubclass(error, sc.SegmentClientError)
    assert issubclass(sc.SegmentClientError, ValueError)
    assert issubclass(sc.SegmentClientWarning, UserWarning)


def test_an_unfitted_model_is_scikit_learns_error_too():
    from sklearn.exceptions import NotFittedError

    error = errors.not_fitted(sc.BGNBD())
    assert isinstance(error, NotFittedError)
    assert isinstance(error, sc.ModelError)
    assert "BGNBD().fit(customers)" in str(error)
    assert error.page == "docs/errors.md#not-fitted"


@pytest.mark.parametrize("module", RAISING)
def test_every_module_that_raises_has_a_section_that_is_there(module):
    section = errors._section_of(f"segmentclient.{module}")
    assert section != "errors-and-warnings", f"say in errors.SECTIONS which section explains {module}"
    assert section in HEADINGS


def test_every_section_is_used_and_every_key_is_a_module():
    used = set(errors.SECTIONS.values()) | {
        "not-fitted",
        "missing-packages",
        "warnings",
        "errors-and-warnings",
    }
    assert used == HEADINGS
    assert set(errors.SECTIONS) <= set(TREES)


@pytest.mark.parametrize(
    ("fault", "section"),
    [
        (lambda: sc.score_rfm(sc.datasets.load_cdnow()), "columns"),
        (lambda: sc.score_rfm([1, 2]), "tables"),
        (lambda: sc.clean_transactions(sc.datasets.load_cdnow(), returns="no"), "options"),
        (
            lambda: sc.summarize_customers(sc.datasets.load_cdnow(), as_of="1990-01-01"),
            "orders-into-customers",
        ),
        (lambda: sc.RFMScorer(bins=1).fit(None), "scores"),
        (lambda: sc.SegmentMap.preset("nobody"), "segment-maps"),
        (lambda: sc.Rule("a", "import os"), "rules"),
        (lambda: sc.BGNBD().summary(), "not-fitted"),
        (lambda: sc.scan_orders("orders.doc"), "files"),
        (lambda: sc.BGNBD.from_json("{}"), "models"),
    ],
)
def test_a_raised_error_names_its_section(fault, section):
    with pytest.raises(sc.SegmentClientError) as raised:
        fault()
    assert raised.value.page == f"docs/errors.md#{section}"
    assert raised.value.__notes__ == [
        f"Explained in docs/errors.md#{section}, or by the command: segmentclient explain {section}"
    ]


def test_an_error_keeps_its_page_across_processes():
    error = sc.RuleError("no", section="rules")
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (str(same), same.page, same.__notes__) == ("no", error.page, error.__notes__)


def test_somebody_elses_error_of_our_class_points_at_the_page():
    assert sc.SegmentClientError("theirs").page == "docs/errors.md#errors-and-warnings"


ROW = re.compile(r"^\| (?!you read|class|extra|---|`)([^|]+) \|", re.MULTILINE)


def quoted():
    for cell in ROW.findall(PAGE):
        yield from (part.strip() for part in re.split("…|;", cell) if len(part.strip()) > 3)


@pytest.mark.parametrize("words", sorted(set(quoted())))
def test_the_page_quotes_what_the_library_says(words):
    assert any(words in text for text in SAID)


def literal(node):
    """The text of a message as the code writes it, with … for what is filled in; nothing where it is made elsewhere."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def messages(tree):
    """Each message of a module, with the section that its error names itself (or None)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Yield) and "raise_all" in called(tree):
            yield literal(node.value), None
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in OURS
            and node.args
        ):
            own = {one.arg: literal(one.value) for one in node.keywords}.get("section") or None
            listed = getattr(node.args[0], "elts", [getattr(node.args[0], "elt", node.args[0])])
            yield from ((literal(one), own) for one in listed)


ELSEWHERE = {
    "schema: … is unknown…; accepted: …": "segment-maps"
}  # the sentence of one room that another raises


def said():
    for module in RAISING:
        for text, own in messages(TREES[module]):
            if len(re.findall(r"[a-z]{2,}", text)) > 1:  # else another function says what is wrong
                name = f"{module}: {text}"
                section = own or ELSEWHERE.get(name) or errors._section_of(f"segmentclient.{module}")
                yield pytest.param(text, section, id=name)


def explains(phrase, text):
    return re.search(".*".join(map(re.escape, map(str.strip, phrase.split("…")))), text) is not None


@pytest.mark.parametrize(("text", "section"), list(said()))
def test_each_message_has_a_row_where_its_error_points(text, section):
    explained = "\n".join(map(errors.explanation, [section, "columns", "tables", "options"]))
    assert any(explains(phrase, text) for cell in ROW.findall(explained) for phrase in cell.split(";"))


def test_the_command_prints_a_section(capsys):
    assert cli.main(["explain", "rules"]) == 0
    assert capsys.readouterr().out.startswith("## Rules\n")
    assert cli.main(["explain"]) == 0
    assert capsys.readouterr().out == PAGE
    assert cli.main(["explain", "nonsense"]) == 2
    assert "accepted: errors-and-warnings, columns" in capsys.readouterr().err


def test_the_command_line_says_where_its_errors_are_explained(capsys):
    assert cli.main(["report", "nowhere.csv"]) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "segmentclient: error: nowhere.csv: no such file",
        "segmentclient: explained by: segmentclient explain files",
    ]
