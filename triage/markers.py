"""Markers of citizen records as rules read them, however a force's own system words them."""

from collections.abc import Iterable, Mapping

from triage.folding import Phrases, fold, words
from triage.taxonomy import Marker

_WORDINGS: Mapping[Marker, Phrases] = {
    Marker.HIGH_RISK: Phrases("high risk", "marac"),
    Marker.DOMESTIC_ABUSE: Phrases("domestic abuse", "domestic violence", "dv", "da", "dash"),
    Marker.STALKING: Phrases("stalking", "stalker", "stalked"),
    Marker.VULNERABLE: Phrases("vulnerable", "vulnerability"),
    Marker.CHILD: Phrases("child", "juvenile", "minor"),
    Marker.WARNING: Phrases("warning", "weapon", "weapons", "violent", "firearms"),
}


def meant(markers: Iterable[str]) -> frozenset[str]:
    """The markers as they stand, and those of `triage.taxonomy.Marker` they mean.

    "Domestic Violence - HIGH RISK" means both domestic abuse and high risk.
    """
    found = set(markers)
    for marker in tuple(found):
        said = words(fold(marker).replace("_", " "))
        found |= {each.value for each, phrases in _WORDINGS.items() if phrases.first(said)}
    return frozenset(found)
