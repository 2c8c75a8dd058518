import jinja2
import pytest

from segmentclient import render


def test_values_are_escaped():
    card = render.html_card("<b>", {"<i>": "<u>"}, body=render.html_table(["<th>"], [["<td>"]]), foot="<f>")
    for hostile in ("<b>", "<i>", "<u>", "<f>"):
        assert hostile not in card
    assert "&lt;td&gt;" in card


def test_a_place_that_nobody_fills_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render.template("", "card.html").render(title="x")
