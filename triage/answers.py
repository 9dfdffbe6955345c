"""What the desk's replies are judged by beside the case: accounts, windows, zone and templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo

from triage.clearance import Window
from triage.model import Case
from triage.reply_templates import Template, filled, is_staffed, offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Set once at the start; without it nothing can be answered from here.

    `accounts` are the (platform, account) that can write. `urge` is told the id of a reply that
    is to be sent at once. `name`, `mode` and the hours are the desk's, for the templates.
    """

    accounts: frozenset[tuple[str, str]] = frozenset()
    windows: Mapping[str, Window] = field(default_factory=dict)
    zone: tzinfo = UTC
    templates: tuple[Template, ...] = ()
    name: str = ""
    mode: str = "staffed"
    staffed_from: time = time()
    staffed_to: time = time()
    urge: Callable[[str], None] = field(default=lambda reply_id: None)

    def templates_for(self, case: Case, channel: str, now: datetime) -> list[tuple[Template, str]]:
        """The templates to offer for a case now, each with what is known filled in."""
        local = now.astimezone(self.zone)
        staffed = is_staffed(local, self.staffed_from, self.staffed_to)
        known = {"desk": self.name, "ref": case.ref, "opens": f"{self.staffed_from:%H:%M}"}
        found = offered(self.templates, channel=channel, mode=self.mode, staffed=staffed)
        return [(each, filled(each.text, known)) for each in found]
