"""A process killed in the middle of a write leaves the file that was there, whole; the same input gives the same bytes."""

import signal
import subprocess
import sys
import textwrap

import pytest

import segmentclient as sc
from segmentclient.plot import save_chart

SETTING = """
import os, signal, sys
import segmentclient as sc
from segmentclient.plot import save_chart

target = sys.argv[1]
log = sc.datasets.make_transactions(60, start="2025-01-01", end="2025-12-31", random_state=1)
table = sc.segment_rfm(sc.score_rfm(sc.summarize_customers(log), bins=3), segments="klaviyo")
rules = os.path.join(os.path.dirname(target), "rules.toml")
with open(rules, "w") as file:
    file.write('[rules]\\nvip = "revenue > 1"\\n')


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

"""
# writer: (name of the target, what dies and when, what is written)
WRITERS = {
    "page, before it takes its place": ("r.html", "import segmentclient.writing as w; w.os.fsync = die", "sc.build_report(table).save(target)"),
    "page, half written": ("r.html", "import pathlib; old = pathlib.Path.write_text; pathlib.Path.write_text = lambda p, s, **k: (old(p, s[:1000], **k), die())", "sc.build_report(table).save(target)"),
    "workbook": ("b.xlsx", "import zipfile; zipfile.ZipFile.writestr = die; zipfile.ZipFile.write = die", "sc.export_excel(table, target)"),
    "cards": ("cards.html", "os.fsync = die", "sc.build_personas(table, min_size=2).save(target)"),
    "picture": ("c.svg", "os.replace = die", "save_chart(sc.plot.segment_bars(table), target)"),
    "scored table": ("s.parquet", "os.replace = die", "from segmentclient.cli.tables import write_table; write_table(table, target)"),
    "run manifest": ("m.json", "os.fsync = die", "from segmentclient.cli import main; main(['check-rules', rules, '--manifest', target])"),
}  # fmt: skip


def killed(tmp_path, setting, target):
    script = tmp_path / "writer.py"
    script.write_text(setting, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, target], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
@pytest.mark.parametrize(
    ("name", "death", "write"),
    [
        pytest.param(*writer, id=name, marks=[pytest.mark.slow] if name == "page, half written" else [])
        for name, writer in WRITERS.items()
    ],
)
def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path, name, death, write):
    target = tmp_path / name
    target.write_bytes(b"the old file, whole")
    killed(tmp_path, SETTING + f"{death}\n{write}\n", target)
    assert target.read_bytes() == b"the old file, whole"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_kill_in_the_middle_leaves_the_old_folder(tmp_path):
    target = tmp_path / "audiences"
    text = """
        sc.export_audiences(table, target)
        import segmentclient.report.audience_files as a
        done = []
        old = a._write_one
        a._write_one = lambda *x, **k: (old(*x, **k), done.append(1), len(done) > 1 and die())[0]
        sc.export_audiences(table.iloc[:30], target)
    """
    table = _customers()
    killed(tmp_path, SETTING + textwrap.dedent(text), target)
    sc.export_audiences(table, tmp_path / "again")
    assert contents(target) == contents(tmp_path / "again")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _customers():
    log = sc.datasets.make_transactions(60, start="2025-01-01", end="2025-12-31", random_state=1)
    return sc.segment_rfm(sc.score_rfm(sc.summarize_customers(log), bins=3), segments="klaviyo")


@pytest.mark.parametrize("lang", [pytest.param("en", marks=pytest.mark.slow), "fr"])
def test_shuffled_rows_give_the_same_bytes(tmp_path, lang):
    table = sc.predict_lifetime_value(_customers())
    other = table.sample(frac=1, random_state=4)
    assert sc.build_report(table, lang=lang).html == sc.build_report(other, lang=lang).html
    cards = [sc.build_personas(one, min_size=2, lang=lang) for one in (table, other)]
    assert cards[0]._repr_html_() == cards[1]._repr_html_()
    books = [
        sc.export_excel(one, tmp_path / f"{n}.xlsx", lang=lang).read_bytes()
        for n, one in enumerate((table, other))
    ]
    assert books[0] == books[1]
    folders = [sc.export_audiences(one, tmp_path / f"a{n}").parent for n, one in enumerate((table, other))]
    assert contents(folders[0]) == contents(folders[1])
    pictures = [tmp_path / f"{n}.svg" for n in range(2)]
    for one, path in zip((table, other), pictures, strict=True):
        save_chart(sc.plot.segment_bars(one), path)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
