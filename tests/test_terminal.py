import pytest

from segmentclient.terminal import live_line


def screen(text, width=200):
    """What a terminal shows of one line: each carriage return starts it over."""
    cells = [" "] * width
    for part in text.split("\r"):
        cells[: len(part)] = part
    return "".join(cells).rstrip()


def test_each_text_replaces_the_one_before_and_nothing_is_left(capsys):
    with live_line() as show:
        show("[1/2] a long first step")
        assert screen(capsys.readouterr().err) == "[1/2] a long first step"
        show("[1/2] a long first step")
        show("[2/2] short")
        assert screen(capsys.readouterr().err) == "[2/2] short"
        show("x" * 10_000)
        written = capsys.readouterr().err
        assert len(written) < 1_000
        seen = len(screen(written, 1_000))
    assert len(screen(written + capsys.readouterr().err, 1_000)) == 0 < seen


def failing():
    with live_line() as show:
        show("working")
        raise ArithmeticError


def test_the_line_is_wiped_when_the_work_fails(capsys):
    with pytest.raises(ArithmeticError):
        failing()
    assert screen(capsys.readouterr().err) == ""
