"""The safety net: phrases from rules.toml that raise a signal whatever the model thinks.

Rules only add. Each hit says which phrase it saw and where.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from classifiers.normalise import flat, fold_char
from triage.errors import BadInput
from triage.model import Span
from triage.taxonomy import Label, SignalName

RULES_FILE = Path(__file__).with_name("rules.toml")
NEGATED = re.compile(
    r"(?<!\w)(?:no|not|never|nobody|noone|wasnt|isnt|werent|arent|dont|doesnt|didnt|hasnt|havent|"
    r"without|nor)[^\w.!?\n]{1,2}"
    # "don't ring me, he has a knife" denies the ringing, not the knife
    r"(?:(?!(?:call|ring|phone|text|reply|message|msg|come|knock|alert|talk|speak|tell|say|wake|safe|"
    r"joking|kidding|lying|messing|me|us|back|please|pls|now|sure)\b)\w{1,12}[^\w.!?\n]{1,2}){0,2}$"
)
NEGATION_REACH = 40
MAX_HITS = 3
LATIN_END = 0x036F
CONTEXT_REACH = 400  # how far a guard word may stand from the phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of rules.toml, with its patterns as written."""

    name: str
    signal: SignalName
    raises: Label | None
    reason: str
    any: tuple[str, ...]
    langs: tuple[str, ...] = ("en",)
    bounded: bool = True
    stopped_by: tuple[str, ...] = ()
    calmed_by: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    letters: frozenset[str] = frozenset()  # at least one is in any text it can fire on


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that fired: the signal it adds, the class it asks for, and the words it saw."""

    rule: str
    signal: SignalName
    raises: Label | None
    reason: str
    phrase: str
    spans: tuple[Span, ...]


class RuleBook:
    """All rules, compiled when they are first needed."""

    def __init__(
        self, rules: Sequence[Rule], words: Mapping[str, str], guards: Mapping[str, str]
    ) -> None:
        self.rules = tuple(rules)
        self._words, self._guards = dict(words), dict(guards)
        self._patterns: dict[str, re.Pattern[str]] = {}

    def hits(self, text: str) -> list[Hit]:
        """Rules that fire on a text, in the order of the file; spans are of `text` itself."""
        read = flat(text)
        seen = frozenset(read.text)
        found = []
        for rule in self.rules:
            if rule.letters and rule.letters.isdisjoint(seen):
                continue
            matches = self._matches(rule, read.text)
            if matches:
                spans = tuple(read.span(*match.span()) for match in matches)
                first = text[spans[0].start : spans[0].end]
                raised = rule.raises if self._raises(rule, read.text, matches) else None
                found.append(
                    Hit(
                        rule=rule.name,
                        signal=rule.signal,
                        raises=raised,
                        reason=rule.reason,
                        phrase=" ".join(first.split())[:80],
                        spans=spans,
                    )
                )
        return found

    def _matches(self, rule: Rule, text: str) -> list[re.Match[str]]:
        kept: list[re.Match[str]] = []
        for match in self._pattern(f"rule {rule.name}", rule.any, rule.bounded).finditer(text):
            if not self._guarded(rule.stopped_by, text, match):
                kept.append(match)
            if len(kept) == MAX_HITS:
                break
        return kept

    def _raises(self, rule: Rule, text: str, matches: Iterable[re.Match[str]]) -> bool:
        return any(not self._guarded(rule.calmed_by, text, match) for match in matches)

    def _guarded(self, guards: Sequence[str], text: str, match: re.Match[str]) -> bool:
        near = text[max(0, match.start() - CONTEXT_REACH) : match.end() + CONTEXT_REACH]
        for guard in guards:
            if guard == "negated":
                before = text[max(0, match.start() - NEGATION_REACH) : match.start()]
                if NEGATED.search(before):
                    return True
            elif self._pattern(f"guard {guard}", (self._guards[guard],), True).search(near):
                return True
        return False

    def _pattern(self, key: str, sources: Sequence[str], bounded: bool) -> re.Pattern[str]:
        if key not in self._patterns:
            self._patterns[key] = compiled(sources, self._words, bounded=bounded)
        return self._patterns[key]


def compiled(sources: Sequence[str], words: Mapping[str, str], *, bounded: bool) -> re.Pattern[str]:
    """Patterns in the language of rules.toml as one regular expression.

    Every repetition is bounded, so that matching stays linear in the text.
    """
    bodies = [_body(_filled(source, words)) for source in sources]
    joined = "|".join(f"(?:{body})" for body in bodies)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)" if bounded else joined)


def _filled(source: str, words: Mapping[str, str]) -> str:
    for _ in range(2):
        for name, value in words.items():
            source = source.replace("{" + name + "}", f"(?:{value})")
    return source


def _lettered(source: str) -> str:
    """A pattern with its letters folded as the text will be."""
    return "".join(fold_char(c) if not c.isascii() and c != "…" else c for c in source)


def _body(source: str) -> str:
    gaps = _lettered(source).replace(" ~", "~").replace("~ ", "~")
    gaps = (
        gaps.replace("\\w+", r"\w{1,30}").replace("\\w*", r"\w{0,30}").replace("\\d+", r"\d{1,3}")
    )
    gaps = gaps.replace(" ", r"(?:[\W_]{1,4})").replace("…", r".{0,30}?")
    return gaps.replace("~", r"[\W_]{1,4}(?:\w{1,30}[\W_]{1,4}){0,4}?")


@cache
def shipped_rules() -> RuleBook:
    """The rules of the package."""
    return load_rules(RULES_FILE)


def load_rules(path: Path) -> RuleBook:
    """Read a rules file.

    Raises:
        BadInput: names the file and the rule that cannot be read.
    """
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), f"rules cannot be read: {error}") from error
    guards = tree.get("guards", {})
    rules = [_rule(raw, guards, str(path)) for raw in tree.get("rule", [])]
    return RuleBook(rules, tree.get("words", {}), guards)


def _rule(raw: Mapping[str, Any], guards: Mapping[str, str], where: str) -> Rule:
    name = str(raw.get("name", "unnamed rule"))
    for guard in (*raw.get("stopped_by", ()), *raw.get("calmed_by", ())):
        if guard != "negated" and guard not in guards:
            raise BadInput(f"{where}: {name}", f"unknown guard {guard!r}")
    try:
        return Rule(
            name=name,
            signal=SignalName(raw["signal"]),
            raises=Label(raw["raises"]) if raw["raises"] else None,
            reason=raw["reason"],
            any=tuple(raw["any"]),
            langs=tuple(raw.get("langs", ("en",))),
            bounded=bool(raw.get("bounded", True)),
            stopped_by=tuple(raw.get("stopped_by", ())),
            calmed_by=tuple(raw.get("calmed_by", ())),
            yes=tuple(raw["yes"]),
            no=tuple(raw["no"]),
            letters=_letters(raw["any"]),
        )
    except (KeyError, ValueError) as error:
        raise BadInput(f"{where}: {name}", f"wrong or missing key: {error}") from error


def _letters(patterns: Sequence[str]) -> frozenset[str]:
    """Letters of the patterns' own script; none if a pattern is written in Latin letters.

    Rules of other scripts are neither compiled nor run for texts without their letters.
    """
    found = [
        {c for c in _lettered(pattern) if ord(c) > LATIN_END and c.isalpha()}
        for pattern in patterns
    ]
    return frozenset(c for each in found for c in each) if all(found) else frozenset()
