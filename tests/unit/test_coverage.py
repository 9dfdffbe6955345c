"""Which languages count as covered: those that rows nothing was fitted to showed to be read."""

import json
from dataclasses import replace

import numpy as np

from classifiers.calibrate import Calibration
from classifiers.heads import HEADS, LINEAR_WIDTH, WIDTH
from classifiers.language import UNKNOWN
from classifiers.runtime.artefact import SHIPPED, read_artefact
from classifiers.training.card import model_card
from classifiers.training.coverage import (
    KEPT,
    TOO_FEW,
    UNDER,
    UNTOLD,
    YES,
    covered_by,
    language_from,
    languages_of,
    manifest_fields,
    shown_by,
    with_earlier,
)
from classifiers.training.data import Row
from classifiers.training.evaluate import report_on
from classifiers.training.fitting import Seen
from classifiers.training.slices import Pairs
from classifiers.verdict import Judgement
from tests.factories import a_verdict
from triage.taxonomy import Label
from triage.thresholds import Thresholds

ENGLISH = frozenset({"en"})


def pairs(
    told: str, *, emergencies: int, caught: int, others: int, right: int, lang: str = ""
) -> list[tuple[Row, Judgement]]:
    """Rows that the service takes to be in `told`; the first of each kind are read rightly."""
    found = [(Label.EMERGENCY, n < caught) for n in range(emergencies)]
    found += [(Label.ROUTINE, n < right) for n in range(others)]
    return [
        (
            Row(id=f"{told}-{n}", text="…", label=label, lang=lang or told),
            Judgement(verdict=a_verdict(label=label if ok else Label.ABUSE, lang=told), danger=0.5),
        )
        for n, (label, ok) in enumerate(found)
    ]


def said(*parts: Pairs) -> dict[str, str]:
    return {
        each.lang: each.says for each in languages_of([pair for part in parts for pair in part])
    }


IN_ENGLISH = pairs("en", emergencies=50, caught=45, others=50, right=45)  # 0.9 and 0.9


def test_a_language_read_nearly_as_well_as_english_is_covered() -> None:
    assert said(IN_ENGLISH, pairs("pl", emergencies=50, caught=41, others=50, right=41)) == {
        "en": YES,
        "pl": YES,
    }


def test_more_than_eight_points_under_english_in_either_share_is_not_covered() -> None:
    missing = pairs("pl", emergencies=50, caught=40, others=50, right=50)
    confused = pairs("ro", emergencies=50, caught=45, others=50, right=36)
    assert said(IN_ENGLISH, missing, confused) == {"en": YES, "pl": UNDER, "ro": UNDER}


def test_under_thirty_rows_show_nothing_however_well_they_are_read() -> None:
    few = pairs("pl", emergencies=10, caught=10, others=19, right=19)
    enough = pairs("ro", emergencies=10, caught=10, others=20, right=20)
    assert said(IN_ENGLISH, few, enough) == {"en": YES, "pl": TOO_FEW, "ro": YES}


def test_a_language_without_an_emergency_among_its_rows_is_not_covered() -> None:
    assert (
        said(IN_ENGLISH, pairs("pl", emergencies=0, caught=0, others=60, right=60))["pl"] == UNDER
    )


def test_rows_count_for_the_language_the_service_takes_them_for() -> None:
    """Hindi in Latin letters is told from Urdu by nobody here, so both are one."""
    hindi = pairs("ur-Latn", emergencies=10, caught=10, others=10, right=10, lang="hi-Latn")
    urdu = pairs("ur-Latn", emergencies=10, caught=10, others=10, right=10, lang="ur")
    found = languages_of([*IN_ENGLISH, *hindi, *urdu])
    assert covered_by(found) == {"en", "ur-Latn"}


def test_what_nobody_can_place_is_never_covered() -> None:
    lost = pairs(UNKNOWN, emergencies=40, caught=40, others=40, right=40, lang="pl")
    assert said(IN_ENGLISH, lost)[UNKNOWN] == UNTOLD


def test_without_english_beside_them_no_other_language_can_be_covered() -> None:
    polish = pairs("pl", emergencies=40, caught=40, others=40, right=40)
    assert covered_by(languages_of(polish)) == ENGLISH


def test_english_rows_alone_take_no_language_away_that_was_covered() -> None:
    """A force that fits the lines to its own English messages keeps what was shown before."""
    before = languages_of([*IN_ENGLISH, *pairs("pl", emergencies=50, caught=41, others=9, right=9)])
    earlier = manifest_fields(before)["languages"]
    after = with_earlier(languages_of(IN_ENGLISH), earlier, covered_by(before))
    assert [each.lang for each in after] == ["en", "pl"]
    assert after[1] == replace(before[1], says=KEPT)


def test_rows_enough_to_say_otherwise_do_take_a_language_away() -> None:
    worse = languages_of([*IN_ENGLISH, *pairs("pl", emergencies=50, caught=20, others=9, right=9)])
    assert covered_by(with_earlier(worse, {}, frozenset({"en", "pl"}))) == ENGLISH


def test_a_language_goes_into_a_manifest_and_comes_back() -> None:
    (english,) = languages_of(IN_ENGLISH)
    raw = json.loads(json.dumps(manifest_fields([english])))
    assert raw["covered_languages"] == ["en"]
    assert language_from("en", raw["languages"]["en"]) == english


def seen(text: str, label: Label, place: int) -> Seen:
    """A row that the network reads rightly, loud and clear."""
    window = np.zeros(WIDTH, dtype=np.float32)
    window[HEADS["label"].columns] = np.where(np.array(list(Label)) == label, 4.0, 0.0)
    row = Row(id=f"{place}", text=f"{text} {place}", label=label)
    return Seen(row=row, windows=window[None], linear=np.zeros(LINEAR_WIDTH, dtype=np.float32))


def test_dev_and_judging_rows_count_together() -> None:
    texts = (
        "please help me there is a man here with this",
        "prosze mi pomoc ktos jest na moim domu",
    )
    rows = [
        seen(text, label, n)
        for n in range(20)
        for text in texts
        for label in (Label.EMERGENCY, Label.ABUSE, Label.ROUTINE)
    ]
    found = {each.lang: each for each in shown_by(rows[:60], rows[60:])}
    assert found.keys() == {"en", "pl"}
    assert (found["pl"].right.of, found["pl"].caught.of, found["pl"].says) == (60, 20, YES)


def test_the_card_says_what_covered_rests_on() -> None:
    polish = pairs("pl", emergencies=50, caught=41, others=50, right=41)
    told = [*IN_ENGLISH, *polish, *pairs("cy", emergencies=4, caught=4, others=4, right=4)]
    manifest = {**read_artefact(SHIPPED).manifest, **manifest_fields(languages_of(told))}
    report = report_on(told, model="m", thresholds=Thresholds())
    card = model_card(manifest, Calibration(), report)
    assert "Covered: English, Polish.\n" in card
    assert "| Welsh | not enough to say (4 of 4) | not enough to say (8 of 8) | no: under" in card
    assert "41 of 50 | 0.820 (0.733 to 0.883), 82 of 100 | yes |\n" in card
