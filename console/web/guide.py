"""/help: what the priorities mean and which keys there are."""

from starlette.requests import Request
from starlette.responses import Response

from console.web.site import render
from notifier.words import span
from triage.lifecycle import CLOCKS

KEYS = (
    ("j", "next item"),
    ("k", "previous item"),
    ("Enter", "open the item"),
    ("c", "claim the item"),
    ("r", "write a reply"),
    ("z", "take back what you did last to the open item"),
    ("s n r e h z", "in the comms review: show, no action, answer, escalate, hide, undo"),
    ("?", "this help"),
)


def guide(request: Request) -> Response:
    """The help page; its clocks are the ones in force."""
    clocks = [
        (priority, span(clock.seen), span(clock.decided)) for priority, clock in CLOCKS.items()
    ]
    return render(request, "help.html", {"clocks": clocks, "keys": KEYS})
