"""Writes reference/settings.md out of config/default.toml, so that the two cannot differ.

Usage: python docs/settings_page.py
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "config" / "default.toml"
PAGE = ROOT / "docs" / "reference" / "settings.md"

SECTION = re.compile(r"^#?\[+([a-z_.]+)\]+$")
SETTING = re.compile(r"^(#?)([a-z0-9_]+) = (.+)$")
COMMENT = re.compile(r"^# (.+)$")

HEAD = """\
# Settings

One TOML file. `firstcontact --config FILE` names it, else `FIRSTCONTACT_CONFIG`, else the
defaults below are in force. `FIRSTCONTACT__SECTION__KEY` overrides a setting, and entries of
lists go by number: `FIRSTCONTACT__COLLECTOR__0__EVERY_SECONDS=30`. A setting that ends in
`_file` reads a secret from a file; the path is meant from the folder of the settings file.
Secrets are never printed. An unknown setting is an error.

`[[collector]]`, `[[sink]]` and `[[record_source]]` may stand as often as you like, once for each
account, each place where staff look and each system that records come from. Values in their
tables are examples where no default is possible.

This page is written from `config/default.toml` by `make docs`; change the text there.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A setting as the defaults file shows it."""

    name: str
    value: str
    example: bool
    text: str


def rows(source: str) -> dict[str, list[Row]]:
    """Settings by section, in the order of the file; `collector: x` for a kind of collector."""
    found: dict[str, list[Row]] = {}
    known: dict[str, str] = {}
    section, comment = "", []
    for line in source.splitlines():
        if header := SECTION.match(line):
            section, comment = header[1], []
        elif setting := SETTING.match(line):
            off, name, value = setting.groups()
            if name == "kind":
                section = f"{section}: {value.strip(chr(34))}"
                comment = ["Which kind it is."]
            table, _, under = section.partition(".")
            if under:  # a table inside the sink before it
                table = [each for each in found if each.startswith(table)][-1]
                name = f"{under}.{name}"
            text = " ".join(comment) or ("The same." if under else known.get(name, ""))
            known.setdefault(name, text)
            row = Row(name=name, value=value, example=bool(off), text=text)
            found.setdefault(table, []).append(row)
            comment = []
        elif words := COMMENT.match(line):
            comment.append(words[1])
        else:
            comment = []
    return found


def page(source: str) -> str:
    """The whole reference page."""
    return "\n".join([HEAD, *(_table(name, each) for name, each in rows(source).items())])


def _table(section: str, settings: list[Row]) -> str:
    name, _, kind = section.partition(": ")
    title = f"`[[{name}]]` kind `{kind}`" if kind else f"`[{name}]`"
    value = "value" if kind else "default"
    lines = [f"## {title}\n", f"| setting | {value} | meaning |", "|---|---|---|"]
    for row in settings:
        shown = f"`{row.value}`" if kind or not row.example else f"unset, such as `{row.value}`"
        lines.append(f"| `{row.name}` | {shown} | {row.text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
