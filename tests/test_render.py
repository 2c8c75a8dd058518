import jinja2
import pytest

from segmentclient import render
from segmentclient.render import printable
from segmentclient.shown import label
from segmentclient.shown.groups import LONGEST


def test_values_are_escaped():
    card = render.html_card("<b>", {"<i>": "<u>"}, body=render.html_table(["<th>"], [["<td>"]]), foot="<f>")
    for hostile in ("<b>", "<i>", "<u>", "<f>"):
        assert hostile not in card
    assert "&lt;td&gt;" in card


def test_a_place_that_nobody_fills_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render.template("", "card.html").render(title="x")


def test_no_name_turns_the_sentence_around_it():
    assert printable("a\u202eb\u2066c\x00d\ud800") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert printable("שלום \u200f1") == "שלום \u200f1"


def test_an_endless_name_is_cut_in_its_middle():
    name = label("x" * 9_000 + " end", "en")
    assert len(name) == LONGEST
    assert name.endswith("x end")
    assert "…" in name
    assert label("y" * LONGEST, "en") == "y" * LONGEST
