import argparse
import ast
import gzip
import hashlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

import segmentclient as sc
from segmentclient.cli import arguments, commands, main
from segmentclient.cli.tables import read_customers, read_orders, read_table, with_ids_like, write_table
from segmentclient.locale import language


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    log = sc.datasets.make_transactions(400, start="2025-01-01", end="2025-12-31", random_state=1)
    log[["customer_id", "date", "amount", "order_id"]].to_csv(path, index=False)
    return path


def run(*arguments):
    return main([str(one) for one in arguments])


def test_report_in_french_with_its_manifest(orders, tmp_path, capsys):
    page, manifest = tmp_path / "rapport.html", tmp_path / "run.json"
    code = run(
        "report",
        orders,
        "--order-id",
        "order_id",
        "--lang",
        "fr",
        "--currency",
        "EUR",
        "--output",
        page,
        "--manifest",
        manifest,
    )
    assert code == 0
    text = page.read_text(encoding="utf-8")
    assert '<html lang="fr"' in text
    assert "Champions" in text
    told = json.loads(manifest.read_text(encoding="utf-8"))
    assert told["input_rows"] == sum(reason["rows"] for reason in told["audit"]) == len(pd.read_csv(orders))
    assert told["outputs"][0]["file"] == str(page)
    said = capsys.readouterr()
    assert said.err.startswith(f"[1/8] lecture de {orders}, les lignes fautives mises de côté\n")
    assert said.out.startswith(f"{page}\N{NO-BREAK SPACE}: 4")


def test_every_step_of_the_commands_is_said_in_french():
    french = language("fr")
    calls = [
        node
        for path in sorted(Path(commands.__file__).parent.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"step", "text"}
    ]
    messages = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    assert len(messages) >= 12
    assert [message for message in messages if french.text(message) == message] == []


def test_score_applies_the_stored_cut_points(orders, tmp_path):
    scorer, first, second = tmp_path / "scorer.json", tmp_path / "a.csv", tmp_path / "b.parquet"
    assert run("score", orders, "--scorer", scorer, "--output", first, "--quiet") == 0
    assert run("score", orders, "--scorer", scorer, "--output", second, "--quiet") == 0
    a, b = pd.read_csv(first), pd.read_parquet(second)
    assert (a["rfm_code"] == b["rfm_code"]).all()
    assert {"segment", "p_alive", "lifetime_value", "lifetime_value_low"} <= set(a)


def test_every_map_is_scored_with_its_own_number_of_bins(orders, tmp_path):
    out = tmp_path / "a.csv"
    chosen = ("--segments", "klaviyo", "--spend", "gamma_gamma_by_frequency")
    assert run("score", orders, *chosen, "--output", out, "--quiet") == 0
    scored = pd.read_csv(out)
    assert scored["r_score"].max() == 3
    assert set(scored["segment"]) <= set(sc.SegmentMap.preset("klaviyo").keys)


def test_charts_write_one_file_each(orders, tmp_path):
    assert run("charts", orders, "--out", tmp_path / "charts", "--format", "svg", "--quiet") == 0
    files = sorted((tmp_path / "charts").iterdir())
    assert len(files) >= 5
    assert all("<svg" in file.read_text(encoding="utf-8") for file in files)


def test_a_config_file_gives_the_defaults(orders, tmp_path, capsys):
    config = tmp_path / "run.toml"
    config.write_text(
        f'orders = {json.dumps(str(orders))}\norder-id = "order_id"\noutput = {json.dumps(str(tmp_path / "c.csv"))}\nquiet = true\n',
        encoding="utf-8",
    )
    assert run("score", "--config", config) == 0
    assert (tmp_path / "c.csv").exists()
    config.write_text('colour = "red"\n', encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        run("score", orders, "--config", config)
    assert stopped.value.code == 2
    assert "unknown options colour" in capsys.readouterr().err


CONFIGURED = {
    "report": {"orders": "orders.csv", "lang": "fr", "output": "rapport.html"},
    "demo": {"lang": "fr", "title": "CDNOW", "output": "report.html"},
    "charts": {"orders": "orders.csv", "format": "svg", "out": "charts"},
    "score": {"orders": "orders.csv", "segments": "klaviyo", "output": "scored.csv"},
    "audiences": {"orders": "orders.csv", "holdout": 0.2, "out": "audiences"},
    "check-rules": {"rules": "rules.toml", "data": "before.csv"},
    "drift": {"before": "before.csv", "after": "before.csv", "max-psi": 0.1},
    "explain": {"section": "rules"},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with a little of all that the commands read."""
    folder = tmp_path_factory.mktemp("shop")
    log = sc.datasets.make_transactions(120, start="1997-01-01", end="1997-12-31", random_state=1)
    log[["customer_id", "date", "amount"]].to_csv(folder / "orders.csv", index=False)
    (folder / "rules.toml").write_text('[[rules]]\nname = "big"\nwhen = "revenue > 100"\n', encoding="utf-8")
    customers = pd.DataFrame({"customer_id": range(9), "segment": list("aaabbbccc"), "revenue": 150.0})
    customers.to_csv(folder / "before.csv", index=False)
    return folder


class Page:
    def save(self, path):
        Path(path).write_text("<html>", encoding="utf-8")


@pytest.mark.parametrize("command", arguments.COMMANDS)
def test_each_command_takes_a_config_file_and_writes_a_manifest(shop, command, monkeypatch):
    monkeypatch.chdir(shop)
    monkeypatch.setattr(sc.datasets, "load_cdnow", lambda: pd.read_csv("orders.csv"))
    monkeypatch.setattr(sc, "build_report", lambda *_, **__: Page())  # how they look is tested elsewhere
    monkeypatch.setattr(commands, "_charts", lambda *_: [("segment_bars", Figure().subplots())])
    wanted = CONFIGURED[command] | {"quiet": True, "manifest": f"{command}.json"}
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in wanted.items()]
    (shop / f"{command}.toml").write_text("".join(lines), encoding="utf-8")
    assert run(command, "--config", f"{command}.toml") == 0
    told = json.loads((shop / f"{command}.json").read_text(encoding="utf-8"))
    assert (told["format"], told["command"]) == ("segmentclient.run", command)
    options = {name.replace("-", "_"): value for name, value in CONFIGURED[command].items()}
    assert told["options"].items() >= options.items()
    for written in told["outputs"]:
        assert written["sha256"] == hashlib.sha256((shop / written["file"]).read_bytes()).hexdigest()
    assert bool(told["outputs"]) == bool({"out", "output"} & set(options))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "none.csv"], "none.csv: no such file"),
        (
            ["report", "ORDERS", "--output", "page"],
            "--output page: expected the name of a file that ends in .html",
        ),
        (["report", "ORDERS", "--date", "day"], "column 'day' is missing"),
        (["report", "ORDERS", "--quantity", "amount"], "go together"),
        (["report", "ORDERS", "--segments", "klaviyoo"], "did you mean 'klaviyo'"),
        (["report", "ORDERS", "--as-of", "yesterday"], "as_of='yesterday' is not a day"),
        (["check-rules", "none.toml"], "none.toml"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(orders, capsys, arguments, message):
    assert run(*[orders if one == "ORDERS" else one for one in arguments], "--quiet") == 2
    error = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(error) == 1
    assert error[0].startswith("segmentclient: error: ")
    assert message in error[0]


@pytest.mark.parametrize("arguments", [[], ["report"], ["nonsense"], ["report", "x.csv", "--lang", "de"]])
def test_bad_use_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2


def test_drift_exits_with_1_past_the_limit(tmp_path, capsys):
    before = pd.DataFrame({"customer_id": range(100), "segment": ["a"] * 50 + ["b"] * 50, "revenue": 1.0})
    after = before.assign(segment=["a"] * 95 + ["b"] * 5)
    before.to_parquet(tmp_path / "before.parquet")
    after.to_csv(tmp_path / "after.csv", index=False)
    paths = tmp_path / "before.parquet", tmp_path / "after.csv"
    assert run("drift", *paths, "--max-psi", "9", "--manifest", tmp_path / "drift.json") == 0
    assert json.loads((tmp_path / "drift.json").read_text(encoding="utf-8"))["moved_too_far"] is False
    assert run("drift", *paths, "--max-psi", "0.2") == 1
    assert "population stability index" in capsys.readouterr().out


def test_check_rules_exits_with_1_when_something_is_wrong(tmp_path, capsys):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nname = "big"\nwhen = "revenue > 100"\n', encoding="utf-8")
    data = tmp_path / "data.parquet"
    pd.DataFrame({"customer_id": [1, 2], "revenue": [50.0, 500.0]}).to_parquet(data)
    assert run("check-rules", rules, "--data", data) == 0
    rules.write_text('[[rules]]\nname = "big"\nwhen = "revenu > 100"\n', encoding="utf-8")
    assert run("check-rules", rules, "--data", data) == 1
    assert "revenue" in capsys.readouterr().out


def test_audiences_leave_out_who_said_no_and_sign_what_they_wrote(orders, tmp_path):
    ids = pd.read_csv(orders)["customer_id"].dropna().unique()
    people = tmp_path / "people.csv"
    pd.DataFrame({"customer_id": ids, "opt_in": [one % 2 == 0 for one in range(len(ids))]}).to_csv(
        people, index=False
    )
    manifest = tmp_path / "run.json"
    code = run(
        "audiences",
        orders,
        "--people",
        people,
        "--out",
        tmp_path / "out",
        "--hash-ids",
        "salt",
        "--manifest",
        manifest,
        "--quiet",
    )
    assert code == 0
    told = json.loads(manifest.read_text(encoding="utf-8"))
    assert told["command"] == "audiences"
    assert "salt" not in manifest.read_text(encoding="utf-8")
    written = pd.concat(pd.read_csv(file) for file in (tmp_path / "out").glob("*.csv"))
    assert 0 < len(written) <= (len(ids) + 1) // 2
    assert not set(written["customer_id"]) & set(ids)


def test_the_module_runs():
    answer = subprocess.run(
        [sys.executable, "-m", "segmentclient", "--version"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == f"segmentclient {sc.__version__}"


def test_a_section_that_is_none_is_told_its_neighbours(capsys):
    assert run("explain", "rule") == 2
    error = capsys.readouterr().err.splitlines()
    assert (
        "'rule' is not explained; did you mean 'rules'?; accepted: errors-and-warnings, columns" in error[0]
    )
    assert error[1].endswith("segmentclient explain errors-and-warnings")
    assert run("explain", "nope") == 2
    assert "did you mean" not in capsys.readouterr().err


def test_errors_and_warnings_are_led_in_by_the_language_asked_for(tmp_path, capsys):
    """What is told is one English sentence in every language, by which it can be looked up."""
    (tmp_path / "orders.csv").write_text("who,day\n1,2026-01-01\n", encoding="utf-8")
    told = {}
    for lang in ("en", "fr"):
        assert run("report", tmp_path / "orders.csv", "--lang", lang, "--quiet") == 2
        told[lang] = capsys.readouterr().err.replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert told["en"][0].startswith("segmentclient: error: transactions: 3 problems")
    assert told["fr"][0].startswith("segmentclient: erreur : transactions: 3 problems")
    assert told["fr"][1] == "segmentclient: pour comprendre (en anglais) : segmentclient explain order-log"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("latin.csv", "customer_id,date,amount\nzoé,2026-01-01,3\n".encode("latin-1"), "--encoding latin-1"),
        ("short.parquet", b"PAR1", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, capsys, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert run("report", tmp_path / name, "--quiet") == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1 or "explained by" in error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file"),
        ("lang = fr\n", "not a TOML file"),
        ('lang = "de"\n', "lang='de'; accepted: en, fr"),
        ('quiet = "yes"\n', "quiet='yes'; accepted: true or false"),
        ("title = [1]\n", "title=[1]; one text or number is expected"),
        ("help = true\n", "unknown options help"),
    ],
)
def test_a_faulty_config_file_is_one_line(tmp_path, capsys, text, message):
    config = tmp_path / "shop.toml"
    if text is not None:
        config.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        run("demo", "--config", config)
    error = capsys.readouterr().err
    assert (stopped.value.code, len(error.splitlines())) == (2, 1)
    assert message in error


def test_a_fault_of_the_program_shows_no_traceback(tmp_path, capsys, monkeypatch):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nname = "big"\nwhen = "revenue > 100"\n', encoding="utf-8")
    monkeypatch.setattr(sc, "check_rules", lambda *_: 1 / 0, raising=False)
    assert run("check-rules", rules) == 3
    assert capsys.readouterr().err.splitlines() == [
        "segmentclient: error: a fault of the program itself, ZeroDivisionError: division by zero; --debug shows where"
    ]


def test_a_reader_who_leaves_early_is_no_error(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nname = "big"\nwhen = "revenue > 100"\n', encoding="utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "segmentclient", "check-rules", str(rules)]
    answer = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (answer.returncode, answer.stderr) == (141, "")


def test_text_quantities_of_an_order_file_give_prices(tmp_path):
    orders = pd.DataFrame({"customer_id": [1, 2] * 30, "date": "2026-01-02", "amount": 6.0, "quantity": "2"})
    orders.to_csv(tmp_path / "orders.csv", index=False)
    raw = sc.scan_orders(tmp_path / "orders.csv")
    clean = sc.clean_transactions(raw)
    customers = sc.summarize_customers(orders.assign(date=pd.to_datetime(orders["date"])))
    card = sc.build_personas(
        customers.assign(segment="all", customer_id=["1", "2"]), transactions=clean.transactions, min_size=1
    )[0]
    assert card.field("price_level").value == 3.0


@pytest.mark.parametrize(
    ("command", "option", "name"),
    [
        ("report", "--output", "page.html"),
        ("score", "--output", "scored.csv"),
        ("audiences", "--out", "audiences"),
        ("charts", "--out", "charts"),
    ],
)
def test_an_interruption_ends_with_one_line_and_leaves_no_file(
    orders, tmp_path, capsys, monkeypatch, command, option, name
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sc, "summarize_customers", interrupted)
    assert run(command, orders, option, tmp_path / name, "--quiet") == 130
    assert capsys.readouterr().err.splitlines() == ["segmentclient: interrupted"]
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "error", [RuntimeError("Query interrupted"), sc.SegmentClientError("duckdb could not read the table")]
)
def test_an_interruption_that_a_library_takes_for_an_error_is_none(tmp_path, capsys, monkeypatch, error):
    """DuckDB says "Query interrupted", at a moment of its own choice: hence the stand-in."""

    def wrapped(*_):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise error from None

    monkeypatch.setattr(sc, "check_rules", wrapped, raising=False)
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background job ignores Ctrl-C
    assert run("check-rules", tmp_path / "rules.toml") == 130
    assert capsys.readouterr().err.splitlines() == ["segmentclient: interrupted"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="a signal of POSIX")
def test_a_command_that_the_system_ends_leaves_no_half_file(tmp_path, monkeypatch):
    def ended(*_):
        os.kill(os.getpid(), signal.SIGTERM)

    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nname = "big"\nwhen = "revenue > 100"\n', encoding="utf-8")
    monkeypatch.setattr(os, "fsync", ended)
    with pytest.raises(SystemExit) as stopped:
        run("check-rules", rules, "--manifest", tmp_path / "run.json")
    assert stopped.value.code == 143
    assert list(tmp_path.iterdir()) == [rules]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
def test_in_a_terminal_no_line_is_glued_to_the_bar(tmp_path):
    import pty

    here, there = pty.openpty()
    script = (
        "import warnings, segmentclient as sc\n"
        "from segmentclient import cli\n"
        "from segmentclient.cli import commands, progress\n"
        "def explain(options):\n"
        "    with progress.showing(2, quiet=False) as bar:\n"
        "        bar.step('drawing the personas')\n"
        "        warnings.warn('look', sc.SegmentClientWarning)\n"
        "    return 0\n"
        "cli.arguments.COMMANDS['explain'] = (explain, *cli.arguments.COMMANDS['explain'][1:])\n"
        "cli.main(['explain'])\n"
    )
    subprocess.run([sys.executable, "-c", script], stderr=there, check=True)
    os.close(there)
    told = os.read(here, 10_000).decode()
    os.close(here)
    assert "segmentclient: warning: look\r\n" in told
    assert re.search(r"(^|[\r\n])segmentclient: warning", told)


def test_no_file_gives_orders_to_the_terminal(tmp_path, capsys):
    order = "\x1b]0;title\x07\x1b[2J"
    (tmp_path / "orders.csv").write_text(f"customer_id,{order}\n1,2\n", encoding="utf-8")
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\nname = "a\\u001b[2J"\nwhen = "revenue > 100"\n', encoding="utf-8")
    customers = tmp_path / "customers.csv"
    customers.write_text("customer_id,revenue\n1,200\n", encoding="utf-8")
    assert run("score", tmp_path / "orders.csv", "--output", tmp_path / "scored.csv") == 2
    assert run("check-rules", rules, "--data", customers) == 0
    told = capsys.readouterr()
    assert "]0;title" in told.err
    assert "[2J" in told.out
    assert not {"\x1b", "\x07"} & {*told.out, *told.err}


def test_no_cell_of_the_scored_table_starts_a_formula(tmp_path):
    table = pd.DataFrame({"customer_id": ["=1+1", "@x", "plain", None], "revenue": [-1.5, 2.0, 3.0, 4.0]})
    write_table(table, str(tmp_path / "scored.csv"))
    assert (tmp_path / "scored.csv").read_text(encoding="utf-8").split() == [
        "customer_id,revenue", "'=1+1,-1.5", "'@x,2.0", "plain,3.0", ",4.0"
    ]  # fmt: skip


def write_orders(folder, ids):
    """Two orders a customer, a month apart."""
    lines = [f"{one},2026-0{month}-0{n % 9 + 1},{10 + n}" for n, one in enumerate(ids) for month in (1, 2)]
    path = folder / "orders.csv"
    path.write_text("\n".join(["customer_id,date,amount", *lines]) + "\n", encoding="utf-8")
    return path


LIKE_NUMBERS = ["+336", "336", "1.10", "1.1", "1E5", "100000", "7", "007", "0", "00"]


def test_ids_that_are_equal_as_numbers_stay_apart(tmp_path, capsys):
    orders, scored = write_orders(tmp_path, LIKE_NUMBERS), tmp_path / "scored.csv"
    assert run("score", orders, "--output", scored, "--quiet") == 0
    ids = read_customers(str(scored))["customer_id"]
    assert sorted(ids) == sorted(LIKE_NUMBERS)
    assert run("drift", scored, scored) == 0
    assert "population stability index: 0.0000" in capsys.readouterr().out


def test_what_was_guarded_against_spreadsheets_is_itself_again_when_it_is_read(tmp_path):
    ids = ["+336", "'+336", "''-7", "=a;=b", "\u00a0@x", "＝1", "it's", "'tis", "x;-y", None]
    write_table(pd.DataFrame({"customer_id": ids, "revenue": 1.0}), str(tmp_path / "scored.csv"))
    again = read_customers(str(tmp_path / "scored.csv"))["customer_id"]
    assert again.astype(object).where(again.notna(), None).tolist() == ids


def test_only_plain_numbers_become_numbers(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(
        "customer_id,phone,postcode,age,score,card\n1,+33612,01000,41,-1.5,9007199254740993\n2,+33712,69001,,2e3,4970100000000000154321\n"
    )
    people = read_customers(str(path))
    assert people["customer_id"].tolist() == ["1", "2"]
    assert people["phone"].tolist() == ["+33612", "+33712"]
    assert people["postcode"].tolist() == ["01000", "69001"]
    assert people["age"].sum() == 41
    assert people["card"].tolist() == ["9007199254740993", "4970100000000000154321"]
    assert people["score"].tolist() == [-1.5, 2000.0]


IDS = pytest.mark.parametrize(
    "ids", [range(1, 121), [f"{n:04d}" for n in range(1, 121)]], ids=["whole", "zeros"]
)


@IDS
def test_audiences_know_the_people_of_an_order_file(tmp_path, ids):
    people = pd.DataFrame({"customer_id": list(ids), "opt_in": [n % 3 == 0 for n in range(120)]})
    people.to_csv(tmp_path / "people.csv", index=False)
    orders, out = write_orders(tmp_path, ids), tmp_path / "out"
    assert run("audiences", orders, "--people", tmp_path / "people.csv", "--out", out, "--quiet") == 0
    written = pd.concat(pd.read_csv(one, dtype="str", encoding="utf-8-sig") for one in out.glob("*.csv"))
    assert sorted(written["customer_id"]) == sorted(map(str, list(ids)[::3]))


@pytest.mark.parametrize(
    ("here", "there", "met"),
    [
        ([1, 2], ["1", "2"], ["1", "2"]),
        ([1.0, None], ["1", "2"], ["1", None]),
        (["1", "20"], [1, 2], [1, 20]),
        (["1", None], [1, 2], [1, None]),
        (["1", "007"], [1, 7], ["1", "007"]),
        (["1", "+7"], [1, 7], ["1", "+7"]),
        (["1", "7.0"], [1, 7], ["1", "7.0"]),
        (["9007199254740993"], [1], [9007199254740993]),
        ([1.5], ["1"], [1.5]),
    ],
)
def test_ids_of_two_files_meet_only_where_nothing_is_lost(here, there, met):
    one, other = pd.DataFrame({"customer_id": here}), pd.DataFrame({"customer_id": there})
    found = with_ids_like(one, other)["customer_id"]
    assert [None if pd.isna(cell) else cell for cell in found] == met


@IDS
def test_a_report_knows_the_people_of_whole_number_ids(tmp_path, monkeypatch, ids):
    seen = []
    monkeypatch.setattr(sc, "build_report", lambda *_, personas, **__: seen.append(personas) or Page())
    people = tmp_path / "people.csv"
    pd.DataFrame({"customer_id": list(ids), "city": "Lyon"}).to_csv(people, index=False)
    page = tmp_path / "page.html"
    assert run("report", write_orders(tmp_path, ids), "--people", people, "--output", page, "--quiet") == 0
    assert "Lyon" in seen[0].to_markdown()


def test_files_that_spreadsheets_write_have_plain_column_names(tmp_path):
    people = pd.DataFrame({"customer_id": ["1", "2"], "city": ["Évry", "Lyon"]})
    people.to_csv(tmp_path / "people.csv", index=False, encoding="utf-8-sig")
    for read in (read_table, read_customers):
        assert read(str(tmp_path / "people.csv")).to_dict("list") == people.to_dict("list")


def test_an_exported_audience_is_read_as_a_table(tmp_path):
    customers = pd.DataFrame({"customer_id": ["7", "007"], "segment": ["all", "all"], "opt_in": True})
    sc.export_audiences(customers, tmp_path / "out")
    written = read_customers(str(tmp_path / "out" / "all.csv"))
    assert sorted(written["customer_id"]) == ["007", "7"]


TEXTS = {
    "plain": "customer_id,date,amount\n007,2026-01-01,5\n7,2026-01-02,6\n",
    "marked": "\ufeffcustomer_id,date,amount\n007,2026-01-01,5\n7,2026-01-02,6\n",
    "last separator": "customer_id;date;amount\r\n007;2026-01-01;5;\r\n7;2026-01-02;6;\r\n",
    "title": "Orders, all\n\ncustomer_id,date,amount\n007,2026-01-01,5\n7,2026-01-02,6\n",
    "several signs": "customer_id||date||amount\n007||2026-01-01||5\n7||2026-01-02||6\n",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_orders_are_the_same_table_with_duckdb_and_without(tmp_path, monkeypatch, kind):
    path = tmp_path / "orders.csv"
    path.write_text(TEXTS[kind], encoding="utf-8", newline="")
    options = argparse.Namespace(
        orders=str(path),
        separator="||" if kind == "several signs" else None,
        encoding="utf-8",
        skip_lines=1 if kind == "title" else 0,
        timezone=None,
        memory_limit=None,
        spill_folder=None,
    )
    wanted = {"customer_id": ["007", "7"], "date": ["2026-01-01", "2026-01-02"], "amount": ["5", "6"]}
    assert read_orders(options).df().to_dict("list") == wanted
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert read_orders(options).to_dict("list") == wanted


@pytest.mark.parametrize("end", ["", ","])
def test_without_duckdb_a_long_line_is_an_error_too(tmp_path, end):
    path = tmp_path / "people.csv"
    path.write_text("customer_id,city\n" + f"7,Lyon{end}\n" * 200 + "8,Paris,Evry\n", encoding="utf-8")
    with pytest.raises(sc.ColumnError, match=r"people\.csv: cannot be read"):
        read_customers(str(path))


def test_without_duckdb_a_cut_line_is_an_error_wherever_it_stands(tmp_path):
    path = tmp_path / "people.csv"
    whole = '7,"Lyon\nCentre",\n' * 300  # the last column may be empty, a cell may hold two lines
    path.write_text("customer_id,city,age\n" + whole, encoding="utf-8")
    assert len(read_customers(str(path))) == 300
    path.write_text("customer_id,city,age\n" + whole + "8,Paris\n9,Nice,40\n", encoding="utf-8")
    with pytest.raises(sc.ColumnError, match="line 602 has 2 fields, and line 1 names 3 columns"):
        read_customers(str(path))


def test_a_cut_line_of_an_order_file_is_named(tmp_path, capsys):
    path = tmp_path / "orders.csv"
    path.write_text("Orders\ncustomer_id,date,amount\na,2026-01-01,5\nb,2026-01\n", encoding="utf-8")
    assert run("score", path, "--skip-lines", "1", "--output", tmp_path / "scored.csv", "--quiet") == 2
    assert "orders.csv: line 4 has 2 fields, and line 2 names 3 columns" in capsys.readouterr().err


def test_the_first_order_of_a_parisian_is_on_the_day_of_paris(tmp_path):
    """Midnight of 1 February in Paris is 31 January in UTC."""
    path, scored = tmp_path / "orders.parquet", tmp_path / "scored.csv"
    midnight = pd.Timestamp("2026-02-01", tz="Europe/Paris")
    days = [midnight + pd.Timedelta(days=n) for n in (0, 40, 70)]
    table = pd.DataFrame({"customer_id": [f"c{n:02d}" for n in range(40)]}).merge(
        pd.DataFrame({"date": days, "amount": 5.0}), how="cross"
    )
    table.to_parquet(path)
    command = [sys.executable, "-m", "segmentclient", "score", str(path), "--output", str(scored), "--quiet"]
    subprocess.run(command, env=os.environ | {"TZ": "UTC"}, check=True, capture_output=True)
    assert set(pd.read_csv(scored)["first_order"]) == {"2026-02-01"}


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (["score", "orders.csv", "--output", "./orders.csv"], "orders.csv"),
        (["score", "ord*.csv", "--output", "orders.csv"], "orders.csv"),
        (["score", "orders.csv", "--output", "link.csv"], "orders.csv"),
        (["report", "orders.csv", "--people", "people.csv", "--manifest", "people.csv"], "people.csv"),
        (["drift", "people.csv", "people.csv", "--manifest", "people.csv"], "people.csv"),
        (["check-rules", "rules.toml", "--manifest", "rules.toml"], "rules.toml"),
        (["explain", "--config", "shop.toml", "--manifest", "shop.toml"], "shop.toml"),
        (["score", "orders.csv", "--output", "a.csv", "--manifest", "a.csv"], "a.csv"),
        (["score", "orders.csv", "--output", "a.csv", "--scorer", "a.csv"], "a.csv"),
    ],
)
def test_no_command_writes_over_what_it_reads_or_writes(tmp_path, monkeypatch, capsys, command, written):
    monkeypatch.chdir(tmp_path)
    for name in ("orders.csv", "people.csv", "rules.toml"):
        Path(name).write_text(name, encoding="utf-8")
    Path("shop.toml").write_text("", encoding="utf-8")
    Path("link.csv").symlink_to("orders.csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run(*command) == 2
    assert f"would be written over {written}" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_currency_that_is_none_is_refused_before_the_work(capsys):
    assert run("report", "no such file.csv", "--currency", "euros") == 2
    assert "currency='euros'; accepted: an ISO code" in capsys.readouterr().err


def test_a_limit_that_is_no_number_lets_nothing_pass(tmp_path, capsys):
    for limit in ("nan", "-1", "x"):
        with pytest.raises(SystemExit) as stopped:
            run("drift", "a.csv", "b.csv", "--max-psi", limit)
        assert stopped.value.code == 2
        assert f"--max-psi: {limit!r}; accepted: a number of 0 or more" in capsys.readouterr().err


def test_wrong_options_that_engines_or_codecs_stumble_over_are_bad_input(orders, tmp_path, capsys):
    scorer = tmp_path / "scorer.json"
    scorer.write_bytes(b"\xff\xfe{}")
    table = tmp_path / "scored.csv"
    assert run("score", orders, "--scorer", scorer, "--output", table, "--quiet") == 2
    assert "RFMScorer.from_json" in capsys.readouterr().err
    assert run("score", orders, "--memory-limit", "lots", "--output", table, "--quiet") == 2
    assert "memory_limit='lots' is not accepted by DuckDB" in capsys.readouterr().err
    assert run("score", orders, "--exclude", "1", "--exclude-column", "staff", "--output", table) == 2
    assert "do not go together" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        run("score", orders, "--config")
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith(
        "segmentclient: error: argument --config: expected one argument"
    )


def test_a_list_of_problems_follows_its_heading(orders, capsys):
    assert run("score", orders, "--customer-id", "a", "--amount", "b", "--quiet") == 2
    assert "transactions: 4 problems: column 'a' is missing" in capsys.readouterr().err


def speaking(*arguments, **streams):
    """Run the command line with streams and an encoding of their own."""
    command = [sys.executable, "-m", "segmentclient", *arguments]
    setting = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    return subprocess.run(command, env=setting, check=False, **streams)


@pytest.mark.parametrize("arguments", [["--help"], ["explain"]])
def test_a_terminal_without_our_letters_gets_question_marks(arguments):
    answer = speaking(*arguments, capture_output=True)
    assert answer.returncode == 0
    assert answer.stderr == b""
    assert b"?" in answer.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device on this system")
def test_a_full_disk_behind_the_output_is_one_line(tmp_path):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        answer = speaking("explain", stdout=full, stderr=subprocess.PIPE)
        assert answer.returncode == 2
        assert len(answer.stderr.splitlines()) == 1
        assert speaking("score", "nothing.csv", stdout=subprocess.PIPE, stderr=full).returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="streams closed by a shell of POSIX")
@pytest.mark.parametrize(
    ("closed", "code"), [("explain rules >&-", 0), ("explain no 2>&-", 2), ("score no >&- 2>&-", 2)]
)
def test_closed_streams_are_spoken_to_in_vain(closed, code):
    line = f"{sys.executable} -m segmentclient {closed}"
    answer = subprocess.run(["sh", "-c", line], capture_output=True, check=False)
    assert (answer.returncode, answer.stderr) == (code, b"")


def test_a_cell_in_quotes_may_follow_a_blank(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text('customer_id, city, income\n007, "Lyon, France", 1.5\n8,  Nice ,2\n', encoding="utf-8")
    people = read_customers(str(path))
    assert people["customer_id"].tolist() == ["007", "8"]
    assert people["city"].tolist() == ["Lyon, France", "Nice "]
    assert people["income"].tolist() == [1.5, 2.0]


def test_files_are_found_by_their_own_name_and_by_patterns_of_folders(orders, tmp_path):
    (tmp_path / "2025" / "12").mkdir(parents=True)
    names = ["orders[1].csv", "2025/12/orders.csv"]
    for name in names:
        (tmp_path / name).write_bytes(orders.read_bytes())
    for asked in (tmp_path / "orders[1].csv", tmp_path / "2025" / "**" / "*.csv"):
        assert run("score", asked, "--output", tmp_path / "out.csv", "--quiet") == 0
        assert len(pd.read_csv(tmp_path / "out.csv")) == pd.read_csv(orders)["customer_id"].nunique()
    inside = tmp_path / "2025" / "12" / "orders.csv"
    assert run("score", tmp_path / "2025" / "**" / "*.csv", "--output", inside, "--quiet") == 2
    assert inside.read_bytes() == orders.read_bytes()


def test_a_packed_file_is_read_whatever_its_name(orders, tmp_path):
    (tmp_path / "orders.csv").write_bytes(gzip.compress(orders.read_bytes()))
    assert run("score", tmp_path / "orders.csv", "--output", tmp_path / "out.csv", "--quiet") == 0


def test_a_tab_is_named_as_shells_hand_it_over(orders, tmp_path):
    tabs = tmp_path / "orders.txt"
    tabs.write_text(orders.read_text().replace(",", "\t"), encoding="utf-8")
    assert run("score", tabs, "--separator", "\\t", "--output", tmp_path / "out.csv", "--quiet") == 0


def test_ids_of_people_are_read_without_the_blanks_around_them():
    customers = pd.DataFrame({"customer_id": ["1", "20"]})
    people = pd.DataFrame({"customer_id": ["1 ", "20", "\N{NO-BREAK SPACE}3", None]})
    assert with_ids_like(people, customers)["customer_id"].dropna().tolist() == ["1", "20", "3"]
    whole = with_ids_like(people, pd.DataFrame({"customer_id": [1, 20]}))
    assert whole["customer_id"].dropna().tolist() == [1, 20, 3]
