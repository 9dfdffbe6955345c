import io
import threading
from dataclasses import replace

from rich.console import Console

from config.settings import TerminalSink as Settings
from notifier.card import CardContext
from notifier.terminal import TerminalSink
from tests.servers.desk import NOW, a_card, a_case
from triage.model import Case, Outgoing, Priority, State

CONTEXT = CardContext(desk="Westbridge Police", officer_name=lambda officer: "Officer Khan")


def printed(case: Case | None, message: Outgoing | None = None, *, width: int = 80) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=False)
    sink = TerminalSink(Settings(kind="terminal"), CONTEXT, console)
    sink.post(message or a_card(case or a_case()), case, now=NOW)
    return out.getvalue().splitlines()


def test_a_card_on_a_terminal_reads_as_the_desk_agreed():
    assert printed(a_case()) == [
        "▌ P1 Emergency · direct message · sent 09:41 · 1 min ago         FC-26-1123-0041",
        "▌ Why: possible weapon, offender present · 4th contact in 90 days",
        "▌ http://127.0.0.1:8000/items/FC-26-1123-0041",
        "▌ Unclaimed · 4 min left (by 09:46)",
        "",
    ]


def test_lines_stay_within_the_width():
    case = a_case(channel="fb_message", priority=Priority.P2, deleted_at=NOW, text_versions=2)

    for width in (80, 60, 40):
        assert max(len(line) for line in printed(case, width=width)) <= width


def test_markup_in_a_notice_is_shown_and_not_obeyed():
    message = Outgoing(key="n", destination="terminal:desk", urgency=1, body="[red]late[/red]")

    assert "▌ [red]late[/red]" in printed(None, message)


def test_a_change_is_one_line():
    out = io.StringIO()
    sink = TerminalSink(Settings(kind="terminal"), CONTEXT, Console(file=out, width=80))
    claimed = a_case(state=State.CLAIMED, claimed_by="o7", claimed_at=NOW)

    sink.edit(a_card(claimed), claimed, now=NOW)

    assert out.getvalue() == (
        "▌ FC-26-1123-0041 · P1 Emergency · Claimed by Officer Khan at 09:42 · 4 min left\n"
        "▌ (by 09:46)\n"
    )


def test_cards_of_several_threads_do_not_mix():
    out = io.StringIO()
    sink = TerminalSink(Settings(kind="terminal"), CONTEXT, Console(file=out, width=80))
    cases = [replace(a_case(), ref=f"FC-26-1123-{number:04}") for number in range(12)]
    threads = [
        threading.Thread(target=sink.post, args=(a_card(case), case), kwargs={"now": NOW})
        for case in cases
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    cards = out.getvalue().split("\n\n")[:-1]
    assert len(cards) == 12
    assert all(
        card.count(f"FC-26-1123-{number:04}") in (0, 2) for card in cards for number in range(12)
    )
