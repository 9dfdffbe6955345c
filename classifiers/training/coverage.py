"""Which languages a model was shown to read, by rows that nothing was fitted to.

In the others every verdict says "language not covered", and a person reads the message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classifiers.calibrate import Calibration
from classifiers.language import UNKNOWN, language_of
from classifiers.training.fitting import PLAIN, Seen, cross_judged, fitted, judged
from classifiers.training.report import POINTS_APART, Compared
from classifiers.training.shares import ENOUGH, Share
from classifiers.training.slices import ENGLISH, Pairs, compared, slice_of

YES, KEPT = "yes", "yes, as before"
TOO_FEW = f"no: under {ENOUGH} rows"
UNDER = f"no: more than {100 * POINTS_APART:g} points under English"
UNTOLD = "no: nobody can tell which language it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What rows showed of a language, and whether it is covered for that."""

    lang: str
    caught: Share
    right: Share
    says: str

    @property
    def covered(self) -> bool:
        """Whether verdicts in this language count as read."""
        return self.says in {YES, KEPT}

    def as_json(self) -> dict[str, Any]:
        """The counts for a manifest; `language_from` reads them."""
        caught, right = ([share.hits, share.of] for share in (self.caught, self.right))
        return {"caught": caught, "right": right, "covered": self.says}


def language_from(lang: str, raw: Mapping[str, Any]) -> Language:
    """A language of a manifest."""
    caught, right = (Share(hits=raw[key][0], of=raw[key][1]) for key in ("caught", "right"))
    return Language(lang=lang, caught=caught, right=right, says=raw["covered"])


def shown_by(
    dev: Sequence[Seen], judge: Sequence[Seen], start: Calibration = PLAIN
) -> list[Language]:
    """The languages of the rows: `dev` cross-fitted, `judge` by what was fitted to `dev`.

    What is covered has a say in what a rule may do, so all are judged as if they were.
    """
    seen = [*dev, *judge]
    every = frozenset(language_of(each.row.text) for each in seen)
    judgements = cross_judged(dev, every, start)
    if judge:
        calibration = fitted(dev, every, start)
        judgements += [judged(each, calibration, every) for each in judge]
    return languages_of([(each.row, said) for each, said in zip(seen, judgements, strict=True)])


def languages_of(pairs: Pairs) -> list[Language]:
    """English, and the others with what is said for or against them, by name.

    A row counts for the language that the service takes it to be in, whatever its label says:
    that is what a verdict is looked up by, and no tongue or script is covered that it cannot tell.
    """
    told = [(replace(row, lang=said.verdict.lang), said) for row, said in pairs]
    english = slice_of(ENGLISH, [pair for pair in told if pair[0].lang == ENGLISH])
    others = (_beside_english(caught, right) for caught, right in compared(told))
    return [Language(lang=ENGLISH, caught=english.caught, right=english.right, says=YES), *others]


def _beside_english(caught: Compared, right: Compared) -> Language:
    says = _says(caught, right)
    return Language(lang=caught.lang, caught=caught.share, right=right.share, says=says)


def _says(caught: Compared, right: Compared) -> str:
    """A language without a single emergency has caught none of them, and is not covered."""
    if caught.lang == UNKNOWN:
        return UNTOLD
    if right.share.of < ENOUGH:
        return TOO_FEW
    return YES if caught.within and right.within else UNDER


def with_earlier(
    found: Sequence[Language], earlier: Mapping[str, Any], covered: frozenset[str]
) -> list[Language]:
    """The same, but what was `covered` stays so where the rows are too few to say otherwise.

    `earlier` are the languages by the manifest of the model before.
    """
    by_lang = {each.lang: each for each in found}
    for lang in covered - {ENGLISH}:
        new = by_lang.get(lang)
        if new is None or new.says == TOO_FEW:
            old = language_from(lang, earlier[lang]) if lang in earlier else new or _nothing(lang)
            by_lang[lang] = replace(old, says=KEPT)
    rest = sorted(lang for lang in by_lang if lang != ENGLISH)
    return [by_lang[lang] for lang in (ENGLISH, *rest)]


def _nothing(lang: str) -> Language:
    none = Share(hits=0, of=0)
    return Language(lang=lang, caught=none, right=none, says=TOO_FEW)


def covered_by(languages: Sequence[Language]) -> frozenset[str]:
    """The codes of those that are covered."""
    return frozenset(each.lang for each in languages if each.covered)


def manifest_fields(languages: Sequence[Language]) -> dict[str, Any]:
    """What a manifest says of languages."""
    return {
        "covered_languages": sorted(covered_by(languages)),
        "languages": {each.lang: each.as_json() for each in languages},
    }
