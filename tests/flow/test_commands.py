"""Every command as an officer's shell runs it: a process, in an empty folder."""

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from classifiers.calibrate import load_calibration
from classifiers.runtime.artefact import SHIPPED
from tests.service_rig import COMMAND, ROOT, Ran, environment, firstcontact, settings
from tests.service_rig import Running as Service
from triage.model import Priority
from triage.taxonomy import Audience, Label, Lane, SignalName

KNIFE = "there is a man with a knife outside my house right now"
PASSWORD = "three plain words"
PEOPLE = [
    {
        "record_id": "P1",
        "forename": "Anna",
        "surname": "Quill",
        "phones": ["07700 900123"],
        "handles": [{"platform": "x", "handle": "annaq", "account_id": "77"}],
    },
    {"record_id": "P2", "forename": "Ben", "surname": "Osei"},
]
FROM_ANNA = {
    "id": "a1",
    "channel": "x_dm",
    "text": "it is Anna Quill, please call me on 07700 900123",
    "author": {"account_id": "77", "handle": "annaq"},
}
PRIOR = {
    "platform": "x",
    "account_id": "77",
    "record_id": "P1",
    "confirmed_by": "khan",
    "confirmed_at": "2026-11-01T09:00:00Z",
}


def lines(*values: Any) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


def written(folder: Path, name: str, *values: Any) -> Path:
    path = folder / name
    path.write_text(lines(*values), encoding="utf-8")
    return path


# --- help and wrong usage -------------------------------------------------------------------------

SCRIPT = """
import json, sys
from console.cli import main
sys.argv = ["firstcontact", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
print("MODULES", json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
sys.exit(code)
"""
HEAVY = {
    "torch",
    "transformers",
    "onnxruntime",
    "onnx",
    "numpy",
    "sqlalchemy",
    "dbos",
    "tokenizers",
}
HEAVY |= {"starlette", "uvicorn", "requests", "slack_sdk", "tweepy", "facebook", "pydantic"}


def imported(*arguments: str, cwd: Path) -> set[str]:
    """The packages a command has imported by its end."""
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(ran.stdout.rpartition("MODULES ")[2]))


def test_help_loads_nothing_heavy(folder: Path) -> None:
    assert imported("--help", cwd=folder) & HEAVY == set()


def test_reading_texts_loads_neither_torch_nor_transformers_nor_a_database(folder: Path) -> None:
    items = written(folder, "items.jsonl", {"text": "hello"})
    loaded = imported("classify", str(items), cwd=folder)
    assert loaded & {"torch", "transformers", "sqlalchemy", "dbos", "starlette"} == set()


@pytest.mark.parametrize(
    "command",
    [
        "",
        "demo",
        "run",
        "classify",
        "link",
        "triage",
        "evaluate",
        "train",
        "thresholds",
        "doctor",
        "bench",
        "model build",
        "records import",
        "records remove",
        "officers add",
        "officers list",
        "audit verify",
        "audit export",
        "evidence export",
    ],
)
def test_every_command_has_help(command: str, folder: Path) -> None:
    ran = firstcontact(*command.split(), "--help", cwd=folder)
    assert ran.code == 0
    assert ran.out.startswith("Usage: ")
    assert ran.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["classify"],
        ["classify", "a", "b"],
        ["link", "items.jsonl"],
        ["officers", "add", "khan"],
        ["officers", "add", "khan", "--name", "x", "--role", "king"],
        ["triage", "--prioritise", "items.jsonl"],
        ["run", "--port", "8000"],
        ["link", "--records", "-", "-"],
        ["triage", "--records", "people.jsonl", "--prior-links", "-", "-"],
        ["records", "import", "-", "--prior-links", "-"],
        ["records", "import"],
        ["records", "import", "people.jsonl", "--source", "niche"],
        ["evaluate", "--base-rate", "7", "items.jsonl"],
        ["evaluate"],
        ["evaluate", "--at-least", "0.5", "items.jsonl"],
        ["evaluate", "--contexts", "--at-least", "2"],
    ],
)
def test_wrong_usage_is_told_and_leaves_2(arguments: list[str], folder: Path) -> None:
    ran = firstcontact(*arguments, cwd=folder)
    assert (ran.code, ran.out) == (2, "")
    assert "Usage: " in ran.err
    assert "Traceback" not in ran.err


# --- settings -------------------------------------------------------------------------------------


def failed(ran: Ran) -> str:
    """What a failed command says in its one line."""
    assert (ran.code, ran.out) == (1, "")
    assert ran.complaint.startswith("firstcontact: ")
    return ran.complaint.removeprefix("firstcontact: ")


def test_an_unknown_setting_stops_every_command_with_file_and_key(folder: Path) -> None:
    config = folder / "desk.toml"
    config.write_text('[desk]\nnmae = "Westbridge Police"\n')
    for command in (["run"], ["doctor"], ["officers", "list"], ["thresholds"], ["audit", "verify"]):
        said = failed(firstcontact(*command, "--config", config, cwd=folder))
        assert said == f"{config}: desk.nmae: unknown setting"


def test_a_secret_that_cannot_be_read_stops_the_service_and_names_its_file(folder: Path) -> None:
    config = folder / "desk.toml"
    sink = '[[sink]]\nkind = "slack"\nbot_token_file = "no-such-token"\n[sink.channels]\n'
    config.write_text(f'{sink}desk = "C02"\n')
    said = failed(firstcontact("run", "--config", config, cwd=folder))
    assert "bot_token_file" in said
    assert "no-such-token" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[storage]\nurl = "sqlite://"', "storage.url: the service needs a database file"),
        ('[storage]\nurl = "sqlite:///no/such/folder/x.db"', "database: unable to open"),
        ('[storage]\nurl = "postgresql+psycopg://127.0.0.1:1/x"', "database: connection failed"),
        ('[storage]\nurl = "mysql://localhost/x"', "storage.url: mysql"),
        ('[console]\nbind = "nonsense"', "console.bind: 'nonsense' is no address with a port"),
        ('[classifier]\nmodel_dir = "nowhere"', "classifier.model_dir: nowhere holds no model"),
    ],
)
def test_a_service_that_cannot_start_says_why_in_one_line(
    text: str, said: str, folder: Path
) -> None:
    config = folder / "desk.toml"
    config.write_text(text)
    assert failed(firstcontact("run", "--config", config, cwd=folder)).startswith(said)


def test_a_console_address_that_is_taken_is_told_and_nothing_is_left_running(folder: Path) -> None:
    first, second = Service(folder=folder), Service(folder=folder / "second")
    second.folder.mkdir()
    for each in (first, second):
        settings(each, x_url="http://127.0.0.1:1", facebook_url="http://127.0.0.1:1", sinks="")
    second.config.write_text(second.config.read_text().replace(str(second.port), str(first.port)))
    try:
        first.start()
        ran = firstcontact("run", "--config", second.config, cwd=folder, timeout=60)
    finally:
        first.end()
    assert ran.code == 1
    last = ran.err.splitlines()[-1]
    assert last == f"firstcontact: console: cannot listen on 127.0.0.1:{first.port}"


# --- items in, decisions out ----------------------------------------------------------------------


def test_classify_prints_one_line_for_each_item_in_order(folder: Path) -> None:
    given = [{"id": f"i{number}", "text": f"thank you number {number}"} for number in range(150)]
    given[70] = {"id": "i70", "text": KNIFE, "mood": "unknown fields do no harm"}
    ran = firstcontact("classify", written(folder, "items.jsonl", *given), cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    assert [line["id"] for line in ran.lines] == [item["id"] for item in given]
    knife = ran.lines[70]
    assert knife["class"] == "emergency"
    assert knife["audience"] == "control_room"
    assert set(knife["scores"]) == {label.value for label in Label}
    assert "weapon" in knife["signals"]
    assert knife["signals"].keys() <= {name.value for name in SignalName}
    assert knife["lang"] == "en"
    assert all({"rule", "text"} <= reason.keys() for reason in knife["reasons"])
    assert knife["model"]
    assert [path.name for path in folder.iterdir()] == ["items.jsonl"]


def test_a_single_text_is_enough_and_standard_input_is_a_file(folder: Path) -> None:
    ran = firstcontact("classify", "-", stdin=lines({"text": KNIFE}), cwd=folder)
    (line,) = ran.lines
    assert (ran.code, line["class"]) == (0, "emergency")
    assert line["id"].startswith("sha256-")
    assert line["audience"] in {each.value for each in Audience}


def test_earlier_texts_of_the_sender_are_read_with_the_last(folder: Path) -> None:
    thread = ["my ex partner is outside my house", "he is kicking the door in"]
    last = {"id": "last", "text": "please hurry", "thread": thread}
    alone = {"id": "alone", "text": "please hurry"}
    ran = firstcontact("classify", "-", stdin=lines(last, alone), cwd=folder)
    with_thread, without = ran.lines
    assert with_thread["scores"]["emergency"] > without["scores"]["emergency"]


def test_odd_entries_of_a_thread_are_passed_over_and_a_single_text_is_taken(folder: Path) -> None:
    last = {"text": "please hurry"}
    threads: list[object] = ["he is kicking the door in", ["he is kicking the door in"]]
    threads += [["he is kicking the door in", None, 7, {"text": None}, {}], None, [None], {"a": 1}]
    ran = firstcontact(
        "classify", "-", stdin=lines(*(last | {"thread": t} for t in threads)), cwd=folder
    )
    said = [line["scores"] for line in ran.lines]
    assert said[0] == said[1] == said[2] != said[3]
    assert said[3] == said[4] == said[5]


def test_bad_lines_are_named_with_their_number_and_the_others_are_read(folder: Path) -> None:
    text = '{"id": "a", "text": "x"}\n\n{"text": \n7\n{"text": "x", "channel": "pigeon"}\n{}\n'
    (folder / "items.jsonl").write_text(text + '{"id": "b", "text": "y"}')
    ran = firstcontact("classify", "items.jsonl", cwd=folder)
    assert ran.code == 1
    assert [line["id"] for line in ran.lines] == ["a", "b"]
    said = [line.removeprefix("firstcontact: items.jsonl:") for line in ran.err.splitlines()]
    assert said[0].startswith("3: not valid JSON: ")
    assert said[1:] == [
        "4: not a JSON object",
        "5: channel: unknown channel 'pigeon'",
        "6: text: missing",
    ]


@pytest.mark.parametrize("command", ["classify", "triage", "evaluate"])
def test_a_file_that_cannot_be_read_is_one_line(command: str, folder: Path) -> None:
    said = failed(firstcontact(command, "none.jsonl", cwd=folder))
    assert said == "none.jsonl: cannot be read: No such file or directory"


def test_odd_text_is_read_and_printed_as_valid_json(folder: Path) -> None:
    odd = ["", " ", "a\x00b", "\u202eabc", "e\u0301" * 300, "x" * 1_000_000, "🙂" * 500, "'\"\\\n"]
    stdin = "".join(json.dumps({"text": text}) + "\n" for text in odd) + '{"text": "a\\ud800b"}\n'
    ran = firstcontact("classify", "-", stdin=stdin, cwd=folder)
    assert (ran.code, ran.err, len(ran.lines)) == (0, "", len(odd) + 1)


def test_a_full_output_is_told(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    items = written(folder, "items.jsonl", {"text": "x"})
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*COMMAND, "classify", str(items)],
            cwd=folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (1, "firstcontact: output: No space left on device\n")


def test_link_names_who_may_be_writing_with_the_evidence(folder: Path) -> None:
    people = written(folder, "people.jsonl", *PEOPLE)
    stdin = lines(FROM_ANNA, {"id": "a2", "text": "what time do you open"})
    ran = firstcontact("link", "--records", people, "-", stdin=stdin, cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    anna, nobody = ran.lines
    assert (anna["id"], anna["decision"]) == ("a1", "suggested")
    best = anna["candidates"][0]
    assert best["record_id"] == "P1"
    assert 0.9 < best["probability"] <= 1
    assert {"phone", "account"} <= {each["field"] for each in best["evidence"]}
    assert all({"field", "level", "weight"} <= each.keys() for each in best["evidence"])
    assert best["weight"] == pytest.approx(sum(each["weight"] for each in best["evidence"]))
    assert anna["mentions"] == []
    assert (nobody["decision"], nobody["candidates"]) == ("none", [])


def test_a_link_a_person_confirmed_is_confirmed(folder: Path) -> None:
    people = written(folder, "people.jsonl", *PEOPLE)
    prior = written(folder, "prior.jsonl", PRIOR)
    items = written(folder, "items.jsonl", FROM_ANNA | {"text": "me again"})
    ran = firstcontact("link", "--records", people, "--prior-links", prior, items, cwd=folder)
    assert ran.lines[0]["decision"] == "confirmed"
    assert ran.lines[0]["candidates"][0]["record_id"] == "P1"


def test_link_reads_csv_and_refuses_a_file_without_records(folder: Path) -> None:
    (folder / "people.csv").write_text(
        "record_id,forename,surname,phones\nC1,Anna,Quill,07700900123\n"
    )
    items = written(folder, "items.jsonl", FROM_ANNA)
    ran = firstcontact("link", "--records", "people.csv", items, cwd=folder)
    assert ran.lines[0]["candidates"][0]["record_id"] == "C1"
    (folder / "none.jsonl").write_text('{"surname": "Quill"}\n')
    said = failed(firstcontact("link", "--records", "none.jsonl", items, cwd=folder))
    assert said == "none.jsonl: line 1: record_id: missing"


def test_link_names_each_record_it_had_to_leave_out_and_leaves_1(folder: Path) -> None:
    people = folder / "people.jsonl"
    people.write_text(lines(*PEOPLE) + 'nonsense\n{"surname": "Nobody"}\n')
    ran = firstcontact(
        "link", "--records", people, "-", cwd=folder, stdin=lines(FROM_ANNA | {"text": "hello"})
    )
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 1
    first, second = ran.err.splitlines()
    assert first.startswith(f"firstcontact: {people}: line 3: not valid JSON")
    assert second == f"firstcontact: {people}: line 4: record_id: missing"


def test_a_confirmation_older_than_the_setting_allows_is_noted_and_not_trusted(
    folder: Path,
) -> None:
    people = written(folder, "people.jsonl", *PEOPLE)
    prior = written(folder, "prior.jsonl", PRIOR | {"confirmed_at": "2020-01-01T09:00:00Z"})
    items = written(folder, "items.jsonl", FROM_ANNA | {"text": "me again"})
    ran = firstcontact("link", "--records", people, "--prior-links", prior, items, cwd=folder)
    assert ran.lines[0]["decision"] != "confirmed"
    assert ran.lines[0]["notes"] == ["An earlier confirmation of this account has expired."]
    (folder / "long.toml").write_text("[linking]\nlink_expires_days = 36500\n")
    ran = firstcontact(
        *("link", "--records", people, "--prior-links", prior, items, "--config", "long.toml"),
        cwd=folder,
    )
    assert ran.lines[0]["decision"] == "confirmed"


def test_nobody_is_looked_up_where_the_platform_forbids_it(folder: Path) -> None:
    people = written(folder, "people.jsonl", *PEOPLE)
    items = written(folder, "items.jsonl", FROM_ANNA | {"channel": "reddit"})
    ran = firstcontact("link", "--records", people, items, cwd=folder)
    assert ran.lines[0]["candidates"] == []
    assert ran.lines[0]["notes"] == ["Linking is switched off for this platform."]


def test_triage_prints_the_whole_decision(folder: Path) -> None:
    people = written(folder, "people.jsonl", *PEOPLE)
    urgent = FROM_ANNA | {"text": f"{KNIFE}, Anna Quill, 07700 900123"}
    urgent |= {"sent_at": "2026-11-23T09:41:00+00:00"}
    stdin = lines(urgent, {"id": "calm", "text": "what time do you open", "kind": "comment"})
    ran = firstcontact("triage", "--records", people, "-", stdin=stdin, cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    first, calm = ran.lines
    assert (first["priority"], first["owner"]) == ("P1", "control_room")
    assert "desk" in first["copies"]
    assert first["due"] == {
        "seen_by": "2026-11-23T09:43:00+00:00",
        "decide_by": "2026-11-23T09:46:00+00:00",
    }
    assert first["link"]["candidates"][0]["record_id"] == "P1"
    assert {"class", "signals", "reasons", "model", "scores", "lang"} <= first.keys()
    assert calm["priority"] in {each.name for each in Priority}
    assert calm["owner"] in {each.value for each in Lane}
    assert calm["priority"] > first["priority"]


def test_triage_puts_items_of_one_incident_together_and_the_most_urgent_speaks_for_all(
    folder: Path,
) -> None:
    at = {"kind": "mention", "channel": "x_mention"}
    texts = {
        "calm": ("knife crime again at 3 Loom Street, what are you doing about it", 0),
        "grave": (f"fire at 3 Loom Street, {KNIFE}", 4),
        "else": ("what time do you open", 5),
    }
    items = [
        {"id": name, "text": text, "sent_at": f"2026-11-23T09:4{minute}:00Z"} | at
        for name, (text, minute) in texts.items()
    ]
    ran = firstcontact("triage", "-", stdin=lines(*items), cwd=folder)
    calm, grave, other = ran.lines
    assert calm["incident"] == grave["incident"] != other["incident"]
    assert (calm["priority"], grave["priority"]) == ("P1", "P1")
    assert "part of incident IN-calm that is P1" in str(calm["reasons"])
    assert other["priority"] != "P1"


def test_due_times_run_from_the_sent_time_and_are_in_utc(folder: Path) -> None:
    item = {"text": "what time do you open", "sent_at": "2025-06-01T09:00:00+01:00"}
    ran = firstcontact("triage", "-", stdin=lines(item), cwd=folder)
    assert ran.lines[0]["priority"] == "P5"
    assert ran.lines[0]["due"] == {
        "seen_by": "2025-06-02T08:00:00+00:00",
        "decide_by": "2025-06-03T08:00:00+00:00",
    }


def test_evaluate_measures_labelled_items(folder: Path) -> None:
    labelled = [
        {"text": KNIFE, "class": "emergency"},
        {"text": "thank you for yesterday", "class": "routine"},
        {"text": "no label here"},
    ]
    items = written(folder, "items.jsonl", *labelled)
    table = firstcontact("evaluate", items, cwd=folder)
    assert table.code == 0
    assert table.out.startswith("2 items, model ")
    report = json.loads(firstcontact("evaluate", items, "--json", cwd=folder).out)
    assert report["items"] == 2


def test_evaluate_names_a_label_it_does_not_know_and_refuses_to_measure_nothing(
    folder: Path,
) -> None:
    items = written(
        folder, "items.jsonl", {"text": KNIFE, "class": "emergency"}, {"text": "x", "class": "odd"}
    )
    ran = firstcontact("evaluate", items, cwd=folder)
    assert ran.code == 1
    assert "items.jsonl:2: " in ran.complaint
    assert "'odd'" in ran.complaint
    assert ran.out.startswith("1 items, model ")
    written(folder, "items.jsonl", {"text": "no label here"})
    assert "nothing to measure" in failed(firstcontact("evaluate", items, cwd=folder))


def test_evaluate_writes_its_curves_as_pictures(folder: Path) -> None:
    items = written(folder, "items.jsonl", *({"text": KNIFE, "class": "emergency"},) * 3)
    ran = firstcontact("evaluate", items, "--pictures", "deep/er", cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    for name in ("precision-recall", "calibration"):
        assert (folder / f"deep/er/{name}.svg").read_text().startswith("<svg ")
        assert (folder / f"deep/er/{name}.png").read_bytes().startswith(b"\x89PNG")
    ran = firstcontact("evaluate", items, "--pictures", items, cwd=folder)
    assert (ran.code, ran.out[:8]) == (1, "3 items,")
    assert f"{items}/precision-recall.svg: cannot be written: " in ran.complaint


def test_evaluate_finds_the_line_of_a_promise_and_refuses_where_it_cannot_be_given(
    folder: Path,
) -> None:
    knives = ({"text": KNIFE, "class": "emergency"},) * 60
    items = written(folder, "items.jsonl", *knives, {"text": "thanks", "class": "routine"})
    ran = firstcontact("evaluate", items, "--miss-at-most", "0.05", cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    assert "at most 5 in 100 emergencies are missed by the rules and a line at " in ran.out
    ran = firstcontact("evaluate", items, "--miss-at-most", "0.02", "--json", cwd=folder)
    assert ran.code == 1
    assert "60 labelled emergencies are too few" in ran.complaint
    assert json.loads(ran.out)["asked"]["needed"] == 149


def test_evaluate_takes_the_share_of_emergencies_in_one_of_two_ways(folder: Path) -> None:
    items = written(folder, "items.jsonl", {"text": KNIFE, "class": "emergency"})
    for option in (("--one-in", "300"), ("--base-rate", f"{1 / 300}")):
        assert "one emergency in 300:" in firstcontact("evaluate", items, *option, cwd=folder).out
    both = ("--one-in", "300", "--base-rate", "0.01")
    assert firstcontact("evaluate", items, *both, cwd=folder).code == 2
    assert firstcontact("evaluate", items, "--miss-at-most", "2", cwd=folder).code == 2


def test_evaluate_runs_the_shipped_contexts_and_prints_the_worst_first(folder: Path) -> None:
    ran = firstcontact("evaluate", "--contexts", cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    rows = re.findall(
        r"^\w+ +(\d+) +(\d+) +\d\.\d\d$", ran.out.partition("\nlanguage")[0], re.MULTILINE
    )
    shares = [int(passed) / int(cases) for cases, passed in rows]
    assert len(shares) >= 42
    assert shares == sorted(shares)
    assert "mean share over functions 0." in ran.out
    assert "failed cases: " in ran.out


def test_evaluate_runs_contexts_of_a_file_and_fails_where_a_function_is_under_the_line(
    folder: Path,
) -> None:
    case = {"id": "1", "function": "knives", "lang": "en", "expect": {"class": ["emergency"]}}
    wrong = {**case, "id": "2", "function": "thanks", "text": "thank you for yesterday"}
    file = written(folder, "cases.jsonl", {**case, "text": KNIFE}, wrong)
    told = firstcontact("evaluate", file, "--contexts", "--json", cwd=folder)
    assert told.code == 0
    assert json.loads(told.out)["mean"] == 0.5
    ran = firstcontact("evaluate", file, "--contexts", "--at-least", "0.75", cwd=folder)
    assert ran.code == 1
    assert ran.complaint == "firstcontact: under 0.75: thanks"
    assert firstcontact("evaluate", file, "--contexts", "--at-least", "0", cwd=folder).code == 0


def test_evaluate_refuses_contexts_it_cannot_read_and_an_empty_file(folder: Path) -> None:
    file = written(folder, "cases.jsonl", {"id": "1", "text": "x"})
    said = failed(firstcontact("evaluate", file, "--contexts", cwd=folder))
    assert said.startswith(f"{file}:1: ")
    file.write_text("\n", encoding="utf-8")
    assert "nothing to measure" in failed(firstcontact("evaluate", file, "--contexts", cwd=folder))


# --- the desk's own database ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["audit", "verify"], ["audit", "export"], ["evidence", "export", "FC-1"]]
)
def test_a_command_that_only_looks_makes_no_database(command: list[str], folder: Path) -> None:
    said = failed(firstcontact(*command, cwd=folder))
    assert said == "storage.url: there is no database at firstcontact.db yet"
    assert list(folder.iterdir()) == []


def test_records_are_removed_by_their_ids(folder: Path) -> None:
    firstcontact("records", "import", "-", stdin=lines(*PEOPLE), cwd=folder)
    known = PEOPLE[0]["record_id"]
    ran = firstcontact("records", "remove", known, "P-nobody", cwd=folder)
    assert (ran.code, ran.out) == (1, "1 records removed\n")
    assert ran.err == "firstcontact: P-nobody: no such record\n"
    assert firstcontact("records", "remove", known, cwd=folder).code == 1


def test_records_are_imported_once_and_bad_rows_are_named(folder: Path) -> None:
    people = written(folder, "people.jsonl", *PEOPLE)
    prior = written(folder, "prior.jsonl", PRIOR)
    ran = firstcontact("records", "import", people, "--prior-links", prior, cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "2 records stored, 0 unchanged, 0 rejected",
        "1 prior links stored, 0 unchanged, 0 rejected",
    ]
    again = lines(*PEOPLE) + '{"surname": "Nobody"}\nnonsense\n'
    ran = firstcontact("records", "import", "-", stdin=again, cwd=folder)
    assert ran.code == 1
    assert ran.out == "0 records stored, 2 unchanged, 2 rejected\n"
    first, second = ran.err.splitlines()
    assert first == "firstcontact: -: line 3: record_id: missing"
    assert second.startswith("firstcontact: -: line 4: not valid JSON")


def test_officers_are_added_with_a_password_and_listed(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n")
    add = ["officers", "add", "khan", "--name", "PC Khan", "--password-file", secret]
    ran = firstcontact(*add, "--role", "officer", "--role", "supervisor", cwd=folder)
    assert (ran.code, ran.out) == (0, "khan may sign in\n")
    assert (
        firstcontact("officers", "list", cwd=folder).out == "khan\tPC Khan\tofficer, supervisor\n"
    )
    trail = firstcontact("audit", "export", cwd=folder).lines
    assert [(event["action"], event["subject"]) for event in trail] == [
        ("officer_saved", "officer:khan")
    ]
    assert PASSWORD not in json.dumps(trail)


def test_an_officer_whose_password_is_refused_is_not_added(folder: Path) -> None:
    (folder / "password").write_text("short")
    add = ["officers", "add", "khan", "--name", "PC Khan", "--password-file"]
    assert "characters" in failed(firstcontact(*add, "password", cwd=folder))
    assert "nowhere: cannot be read" in failed(firstcontact(*add, "nowhere", cwd=folder))
    assert firstcontact("officers", "list", cwd=folder).out == ""


def test_the_trail_is_verified_in_the_database_and_in_an_exported_file(folder: Path) -> None:
    firstcontact("records", "import", "-", stdin=lines(*PEOPLE), cwd=folder)
    whole = "1 events, the chain is whole\n"
    assert firstcontact("audit", "verify", cwd=folder).out == whole
    assert firstcontact("audit", "export", "--out", "trail.jsonl", cwd=folder).code == 0
    trail = (folder / "trail.jsonl").read_text()
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "trail.jsonl").write_text(trail)
    assert firstcontact("audit", "verify", "trail.jsonl", cwd=elsewhere).out == whole
    assert firstcontact("audit", "verify", "-", stdin=trail, cwd=elsewhere).out == whole
    forged = trail.replace('"stored":2', '"stored":1')
    assert forged != trail
    said = failed(firstcontact("audit", "verify", "-", stdin=forged, cwd=elsewhere))
    assert "event 1" in said
    assert "does not fit its hash" in said


def test_an_export_never_overwrites_a_file(folder: Path) -> None:
    firstcontact("records", "import", "-", stdin=lines(*PEOPLE), cwd=folder)
    (folder / "trail.jsonl").write_text("evidence of last week")
    said = failed(firstcontact("audit", "export", "--out", "trail.jsonl", cwd=folder))
    assert said == "trail.jsonl: cannot be written: File exists"
    assert (folder / "trail.jsonl").read_text() == "evidence of last week"


# --- whoever runs it ------------------------------------------------------------------------------


def test_doctor_names_what_to_mend(folder: Path) -> None:
    config = folder / "desk.toml"
    config.write_text('[[collector]]\nkind = "replay"\nfile = "nowhere.jsonl"\n')
    ran = firstcontact("doctor", "--config", config, cwd=folder)
    assert ran.code == 1
    rows = dict(line[6:].partition(": ")[::2] for line in ran.out.splitlines())
    marks = {line[6:].partition(": ")[0]: line[:4].strip() for line in ran.out.splitlines()}
    assert marks["settings"] == marks["database"] == marks["model"] == "ok"
    assert marks["collector replay:replay"] == marks["sinks"] == "MEND"
    assert "is not there" in rows["collector replay:replay"]
    assert rows["sinks"] == "none configured: nobody is told"
    assert ran.err == "firstcontact: to mend: collector replay:replay, sinks\n"


def test_doctor_is_content_with_a_desk_that_works(folder: Path) -> None:
    (folder / "items.jsonl").touch()
    config = folder / "desk.toml"
    config.write_text(
        '[[collector]]\nkind = "replay"\nfile = "items.jsonl"\n[[sink]]\nkind = "terminal"\n'
    )
    ran = firstcontact("doctor", "--config", config, cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    assert "MEND" not in ran.out


def test_thresholds_say_where_each_comes_from(folder: Path) -> None:
    config = folder / "desk.toml"
    config.write_text("[classifier]\nemergency = 0.3\n")
    shown = firstcontact("thresholds", "--config", config, cwd=folder).out.splitlines()
    assert shown[0].split() == ["emergency", "0.300", "(settings)"]
    assert shown[1].split()[0::2] == ["abuse", "(model)"]
    assert shown[2].split()[0::2] == ["unsure", "(model)"]
    assert {line.split()[0] for line in shown[3:-2]} <= {name.value for name in SignalName}


def test_thresholds_say_what_they_promise_and_a_higher_line_promises_nothing(folder: Path) -> None:
    def told(line: float) -> str:
        config = folder / "desk.toml"
        config.write_text(f"[classifier]\nemergency = {line}\n")
        return firstcontact("thresholds", "--config", config, cwd=folder).out.splitlines()[-2]

    assert told(0.99).startswith("emergency: nothing is promised")
    calibration = load_calibration(SHIPPED / "calibration.json")
    if calibration.promises:
        assert told(0.0) == f"emergency: {calibration.promises[-1].text}"


def test_calibrate_fits_the_lines_of_a_model_to_labelled_items(
    folder: Path, own_cache: Path
) -> None:
    def ran(*arguments: str | Path) -> Ran:
        return firstcontact(*arguments, cwd=folder, env={"XDG_CACHE_HOME": str(own_cache)})

    labelled = [
        {"text": f"{text} {number}", "class": label}
        for text, label in ((KNIFE, "emergency"), ("thanks", "routine"), ("he hit me", "abuse"))
        for number in range(30)
    ]
    dev = written(folder, "dev.jsonl", *labelled)
    fitted = ran("calibrate", "--dev", dev, "--judge", dev, "--out", "fitted")
    assert (fitted.code, fitted.out) == (0, "fitted\n")
    assert "rows nothing was fitted to" in fitted.err
    config = folder / "desk.toml"
    config.write_text('[classifier]\nmodel_dir = "fitted"\n')
    assert "(0 of 30 were)" in ran("thresholds", "--config", config).out
    same = ran("calibrate", "--dev", dev, "--out", "fitted", "--config", config)
    assert "name another folder" in failed(same)
    dev = written(folder, "dev.jsonl", *labelled[:30])
    said = failed(ran("calibrate", "--dev", dev, "--out", "other"))
    assert said == "--dev: rows of all three classes are needed to fit to"


def test_a_threshold_is_set_in_the_settings_file_shown_and_recorded(folder: Path) -> None:
    config = folder / "desk.toml"
    config.write_text('# ours\n[desk]\nname = "Westbridge"\n[classifier]  # lines\nthreads = 1\n')
    firstcontact("records", "import", "-", "--config", config, stdin="", cwd=folder)
    ran = firstcontact("thresholds", "--emergency", "0.25", "--config", config, cwd=folder)
    assert ran.code == 0
    assert ran.out.splitlines()[0].split() == ["emergency", "0.250", "(settings)"]
    assert config.read_text() == (
        '# ours\n[desk]\nname = "Westbridge"\n'
        "[classifier]  # lines\nemergency = 0.25\nthreads = 1\n"
    )
    last = firstcontact("audit", "export", "--config", config, cwd=folder).lines[-1]
    assert (last["action"], last["detail"]["to"]) == ("threshold_set", 0.25)


def test_a_threshold_needs_a_file_and_a_share(folder: Path) -> None:
    said = failed(firstcontact("thresholds", "--abuse", "0.4", cwd=folder))
    assert said == "no settings file to write to: name one with --config"
    assert firstcontact("thresholds", "--abuse", "1.4", cwd=folder).code == 2


def test_model_build_says_where_the_model_is(folder: Path) -> None:
    ran = firstcontact("model", "build", cwd=folder)
    assert ran.code == 0
    assert (Path(ran.out.strip()) / "int8.onnx").is_file()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_bench_prints_only_the_tables_asked_for_each_figure_beside_its_target(folder: Path) -> None:
    ran = firstcontact("bench", "ingest", "--quick", cwd=folder)
    assert ran.code == 0, ran.err
    assert "take_in" in ran.out
    assert "(target 5,000)" in ran.out
    assert "Surge" not in ran.out


def test_the_demo_plays_the_whole_day_and_ends(folder: Path) -> None:
    ran = firstcontact("demo", "--once", "--folder", folder, cwd=folder, timeout=280)
    assert ran.code == 0, ran.err
    assert "P1" in ran.out
    assert "Traceback" not in ran.out + ran.err
    config = folder / "desk.toml"
    config.write_text(f'[storage]\nurl = "sqlite:///{folder / "firstcontact.db"}"\n')
    verified = firstcontact("audit", "verify", "--config", config, cwd=folder)
    assert (verified.code, verified.err) == (0, "")
    trail = firstcontact("audit", "export", "--config", config, cwd=folder).lines
    ref = next(event["subject"] for event in trail if event["action"] == "triaged")
    exported = firstcontact("evidence", "export", ref, "--config", config, cwd=folder)
    assert (exported.code, exported.out) == (0, f"{ref}.zip\n")
    bundle = zipfile.ZipFile(io.BytesIO((folder / f"{ref}.zip").read_bytes()))
    assert {"item.json", "decision.json", "audit.json", "MANIFEST.json"} <= set(bundle.namelist())
    report = ("evidence", "export", ref, "--format", "soh", "--config", config)
    assert firstcontact(*report, cwd=folder).out == f"{ref}.json\n"
    assert json.loads((folder / f"{ref}.json").read_text())["incident"]["reference"] == ref
    said = failed(firstcontact("evidence", "export", "FC-0", "--config", config, cwd=folder))
    assert said == "FC-0: no such item"


def test_the_names_of_our_packages_are_ours_in_a_foreign_folder(folder: Path) -> None:
    (folder / "config.py").write_text("raise SystemExit('a foreign config was imported')")
    ran = firstcontact("thresholds", cwd=folder, env={"PYTHONSAFEPATH": "1"})
    assert ran.code == 0, ran.err
    assert ROOT.is_dir()
