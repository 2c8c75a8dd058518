"""A process killed in the middle of a write leaves the file that was there, whole; the same input gives the same bytes."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

import segmentclient as sc
from segmentclient.plot import save_chart
from segmentclient.writing import whole_file, whole_folder

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


def write(path, text="new"):
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8")


def write_folder(path):
    with whole_folder(path, is_ours=lambda folder: True) as draft:
        (draft / "a.csv").write_text("new", encoding="utf-8")


POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions, links and pipes of POSIX")


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o664])
def test_a_file_that_is_replaced_keeps_who_may_read_it(tmp_path, mode):
    path, folder = tmp_path / "customers.csv", tmp_path / "audiences"
    path.write_text("old", encoding="utf-8")
    path.chmod(mode)
    folder.mkdir()
    folder.chmod(mode | 0o700)
    write(path)
    write_folder(folder)
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert stat.S_IMODE(folder.stat().st_mode) == mode | 0o700


@POSIX
def test_a_draft_is_never_open_to_more_people_than_the_file(tmp_path):
    path = tmp_path / "customers.csv"
    path.touch(mode=0o600)
    with whole_file(path) as draft:
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600


@POSIX
def test_a_new_file_has_the_permissions_of_any_other_and_the_mask_is_never_touched(tmp_path, monkeypatch):
    plain, folder = tmp_path / "plain", tmp_path / "plain-folder"
    plain.touch()
    folder.mkdir()
    monkeypatch.setattr(
        os, "umask", None
    )  # while it is changed, files of other threads are open to everybody
    write(tmp_path / "new.csv")
    write_folder(tmp_path / "new")
    assert (tmp_path / "new.csv").stat().st_mode == plain.stat().st_mode
    assert (tmp_path / "new").stat().st_mode == folder.stat().st_mode


@POSIX
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "disk").mkdir()
    link, shelf = tmp_path / "latest.csv", tmp_path / "audiences"
    link.symlink_to(tmp_path / "disk" / "june.csv")
    shelf.symlink_to(tmp_path / "disk", target_is_directory=True)
    write(link)
    assert link.is_symlink()
    assert (tmp_path / "disk" / "june.csv").read_text(encoding="utf-8") == "new"
    write_folder(shelf)
    assert shelf.is_symlink()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["a.csv"]


@POSIX
def test_no_device_pipe_or_endless_link_is_replaced(tmp_path):
    pipe, loop = tmp_path / "pipe.json", tmp_path / "loop.json"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    for path in (pipe, loop, os.devnull):
        with pytest.raises(sc.SegmentClientError, match="device"):
            write(path)
        with pytest.raises(sc.SegmentClientError, match="it is a file"):
            write_folder(path)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert loop.is_symlink()


@pytest.mark.parametrize("name", ["n" * 251 + ".csv", "n." + "n" * 253, "é" * 125 + ".csv"])
def test_a_name_may_be_as_long_as_the_system_allows(tmp_path, name):
    write(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_no_folder_called_tilde_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("~/report.csv", Path("~", "a", "report.csv")):
        with pytest.raises(sc.SegmentClientError, match="in full"):
            write(path)
    write("~report.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["~report.csv"]


@pytest.mark.parametrize("name", [".", "..", "/"])
def test_the_folder_that_one_stands_in_is_not_replaced(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sc.SegmentClientError, match="inside it"):
        write_folder(name)


def test_two_writers_of_one_file_leave_one_of_the_two_whole(tmp_path):
    path = tmp_path / "customers.csv"
    texts = [sign * 100_000 for sign in "ab"]
    writers = [threading.Thread(target=write, args=(path, text)) for text in texts for _ in range(5)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert path.read_text(encoding="utf-8") in texts
    assert list(tmp_path.iterdir()) == [path]
