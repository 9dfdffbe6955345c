"""Parts of a labelled file, each measured by itself; a language also beside English."""

from collections.abc import Callable, Sequence

from classifiers.training.data import Row
from classifiers.training.report import Compared, Slice
from classifiers.training.shares import Share
from classifiers.verdict import Judgement
from triage.taxonomy import Label

Pairs = Sequence[tuple[Row, Judgement]]
ENGLISH = "en"
LENGTHS = ("to 60", "61 to 200", "over 200")


def slices_of(pairs: Pairs) -> list[Slice]:
    """Every part that some row belongs to; dialects and modifiers only where rows name them."""
    keys: Sequence[tuple[str, Callable[[Row], str]]] = (
        ("language", lambda row: row.lang or "?"),
        ("channel", lambda row: row.channel or "?"),
        ("letters", _length),
        ("thread", lambda row: "with earlier messages" if row.thread else "alone"),
        ("dialect", lambda row: row.dialect),
        ("time", lambda row: row.time or ""),
        ("voice", lambda row: row.voice or ""),
        ("literal", lambda row: row.literal or ""),
        ("direction", lambda row: row.direction or ""),
    )
    return [
        slice_of(f"{kind} {value}", [pair for pair in pairs if key(pair[0]) == value])
        for kind, key in keys
        for value in sorted({key(row) for row, _ in pairs} - {""}, key=_place)
    ]


def compared(pairs: Pairs) -> list[tuple[Compared, Compared]]:
    """Each other language beside English: emergencies caught, and right class."""
    by_lang = {
        lang: slice_of(lang, [pair for pair in pairs if pair[0].lang == lang])
        for lang in sorted({row.lang for row, _ in pairs} - {""})
    }
    english = by_lang.pop(ENGLISH, None)
    if english is None:
        return []
    return [
        (
            Compared(lang=lang, share=part.caught, english=english.caught),
            Compared(lang=lang, share=part.right, english=english.right),
        )
        for lang, part in by_lang.items()
    ]


def recall_of(pairs: Pairs, label: Label) -> Share:
    """Of the rows that are of a class, those that were read so."""
    real = [judged.verdict for row, judged in pairs if row.label is label]
    return Share(hits=sum(verdict.label is label for verdict in real), of=len(real))


def _length(row: Row) -> str:
    size = len(row.text)
    return LENGTHS[0] if size <= 60 else LENGTHS[1] if size <= 200 else LENGTHS[2]


def _place(value: str) -> tuple[int, str]:
    """Lengths stand from short to long, all else by name."""
    return (LENGTHS.index(value) if value in LENGTHS else 0, value)


def slice_of(name: str, pairs: Pairs) -> Slice:
    """One part: its emergencies caught, and its items given their right class."""
    right = sum(row.label is judged.verdict.label for row, judged in pairs)
    return Slice(
        name=name,
        caught=recall_of(pairs, Label.EMERGENCY),
        right=Share(hits=right, of=len(pairs)),
    )
