"""Whose an identifier is by the words around it: candidates, features, weights and learning."""

from datetime import date
from pathlib import Path

import pytest

from classifiers.training.owners import answer, examples, learned, read_marked
from tests.factories import an_item
from triage.errors import BadInput
from triage.found import Trait, Whose
from triage.identifiers import extract
from triage.identify.context import Setting, features, line_of
from triage.identify.owned import candidates
from triage.identify.pieces import Page
from triage.identify.speaker import Speaker
from triage.identify.spotting import dotted_pieces, loose_ages, name_pieces
from triage.identify.weights import ANSWERS, NOTHING, Weights, read_weights, shipped_weights
from triage.model import Author

TODAY = date(2026, 11, 23)
PRIVATE = Setting(private=True)


def names(text: str) -> list[str]:
    return [piece.value for piece in name_pieces(Page(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("its shanice dacosta again", "Shanice Dacosta"),
        ("WHERE IS BRIAN HANLON", "Brian Hanlon"),
        ("Mrs Oyelaran at number 9", "Mrs Oyelaran"),
        ("thank Inspector Adaeze Villiers", "Adaeze Villiers"),
        ("Jean-Luc O'Shaughnessy's bike", "Jean-Luc O'Shaughnessy"),
    ],
)
def test_what_may_be_a_name_is_a_candidate(text: str, found: str) -> None:
    assert found in names(text)


def test_common_words_are_no_candidates() -> None:
    assert names("can you tell me when the office is open please") == []


def test_ages_in_words_and_accounts_without_a_sign_are_candidates() -> None:
    page = Page("he is lil_reece.x9 on snap, about fourteen, i am at gravy.stolen.pencil")
    dotted = {(piece.kind, piece.value) for piece in dotted_pieces(page)}
    assert (Trait.HANDLE, "lil_reece.x9") in dotted
    assert (Trait.WHAT3WORDS, "gravy.stolen.pencil") in dotted
    assert [(piece.kind, piece.value) for piece in loose_ages(page)] == [(Trait.AGE, "14")]


def test_features_are_what_stands_around() -> None:
    text = "my ex texts me from 07700 900123 every night"
    pieces = candidates(text, TODAY, Speaker(private=True))
    (phone,) = (n for n, piece in enumerate(pieces) if piece.kind is Trait.PHONE)
    said = features(line_of(text, pieces, PRIVATE), phone)
    assert {"b1=from", "contact b1=from", "a1=every", "kind=phone", "me=True contact"} <= set(said)
    assert "before=none" in said


def test_the_marks_that_stand_for_identifiers_may_be_written_by_the_sender() -> None:
    text = "\x02\x037\x03 ring 07700 900123 \x02"
    pieces = candidates(text, TODAY, Speaker(private=True))
    assert len(line_of(text, pieces, PRIVATE).at) == len(pieces)


def test_chances_are_the_softmax_of_the_sums() -> None:
    weights = Weights({"a": (100, 0, 0, 0, 0, 0), "b": (-100, 0, 0, 0, 0, 0)})
    assert sum(weights.chances(["a", "x"]).values()) == pytest.approx(1.0)
    assert weights.chances(["a"])[Whose.WRITER] == pytest.approx(0.3522, abs=1e-4)
    assert len(set(weights.chances(["a", "b"]).values())) == 1


@pytest.mark.parametrize("line", ["a\t1\t2", "a\tone\t0\t0\t0\t0\t0"])
def test_a_damaged_table_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "owned.tsv"
    path.write_text(f"{line}\n")
    with pytest.raises(BadInput, match=r"owned\.tsv"):
        read_weights(path)


def test_every_line_of_the_shipped_table_has_a_weight_for_every_answer() -> None:
    assert shipped_weights().chances([]) == pytest.approx(dict.fromkeys(ANSWERS, 1 / 6))


def test_what_words_give_to_somebody_else_is_never_the_writer_s() -> None:
    for text in ("he texts me off 07700 900123", "his number is 07700 900123, mine is broken"):
        assert extract(an_item(text)).values(Trait.PHONE, Whose.WRITER) == ()


def test_a_codeword_at_the_end_is_not_taken_for_the_writer_s_name() -> None:
    text = "Flowers delivered to the ward. No card. It's him. Please can someone ring me, marmalade"
    assert extract(an_item(text, author=Author())).values(Trait.NAME, Whose.WRITER) == ()


def test_how_old_somebody_once_was_is_no_age() -> None:
    text = "@westbridgepolice Congratulations! She came into our school when I was 9."
    assert extract(an_item(text)).values(Trait.AGE) == ()


def test_the_list_behind_the_account_s_own_name_is_the_writer_s() -> None:
    author = Author(display_name="Harjit Gill")
    found = extract(an_item("They took her away. Harjit Gill 07700900912 if needed", author=author))
    assert found.values(Trait.PHONE, Whose.WRITER) == ("+447700900912",)


def test_whoever_has_told_their_name_has_no_other() -> None:
    found = extract(an_item("I'm reporting Darren Pike, I'm Stacey Pike his ex wife"))
    assert "Darren Pike" not in found.values(Trait.NAME, Whose.WRITER)
    assert "Stacey Pike" in found.values(Trait.NAME, Whose.WRITER)


def test_the_house_next_door_is_not_the_writer_s() -> None:
    text = "I live next door to 12 Gorse Avenue and the screaming is awful"
    assert extract(an_item(text)).values(Trait.ADDRESS, Whose.WRITER) == ()


def test_weights_are_learned_from_marked_messages(tmp_path: Path) -> None:
    path = tmp_path / "marked.jsonl"
    lines = [
        f'{{"id": "{n}", "kind": "dm", "text": "{whose} number is 07700 9001{n:02}",'
        f' "expect": [["phone", "+4477009001{n:02}", "{role}"]]}}'
        for n, (whose, role) in enumerate([("my", "writer"), ("his", "other")] * 12)
    ]
    path.write_text("\n".join(lines))
    messages = list(read_marked(path))
    weights = Weights({name: tuple(row) for name, row in learned(list(examples(messages))).items()})
    for message in messages:
        pieces = candidates(message.item.text, TODAY, Speaker(private=True))
        line = line_of(message.item.text, pieces, PRIVATE)
        for index, piece in enumerate(pieces):
            chances = weights.chances(features(line, index))
            assert max(chances, key=lambda each: chances[each]) == answer(message, piece)
            assert answer(message, piece) != NOTHING
