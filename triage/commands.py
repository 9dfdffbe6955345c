"""An officer's wish as a value, the same from Slack, Teams, console and API."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from triage.errors import Refused
from triage.lifecycle import Verb
from triage.model import Officer
from triage.seen import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An officer's wish.

    `args` by verb: offer `lane`; grade `priority` ("1".."5"), `reason`; not_risk `reason`;
    result `code`, `ref`; correct `class`, `audience`, `signals`, `learn` (triage/judgement.py);
    note `text`; link, reject, unlink `record_id`; reopen, split, stop_reminders `reason`; merge
    `other` (a reference), `reason`.
    A page that shows the whole case gives its `version`; a card that may lag gives what was
    `seen` on it. `press` is the tool's own number of the press, where it has one.
    """

    verb: Verb
    ref: str
    officer: Officer
    args: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    seen: Seen | None = None
    tool: str = "console"
    press: str = ""

    @property
    def words(self) -> str:
        """The verb as people say it."""
        return self.verb.value.replace("_", " ")

    def required(self, name: str) -> str:
        """An argument that must be there.

        Raises:
            Refused: it is missing or blank.
        """
        value = self.args.get(name, "").strip()
        if not value:
            raise Refused(f"{self.words}: {name} is missing")
        return value
