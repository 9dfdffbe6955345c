"""What stores keep for the tuner: scores, labels, and versions that nothing changes afterwards."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.store import SqlStore
from storage.thresholds import Taken
from tests.stores import NOW, an_event, an_item, arriving, take, the_case, triaged
from tests.tuned_desk import MODEL, Spoken, remember
from triage.corrections import Basis
from triage.errors import Stale
from triage.model import Change, Officer, Priority, Role
from triage.taxonomy import Label
from triage.tuning.gate import Mark, Sort
from triage.tuning.labels import Known
from triage.tuning.scores import Scored
from triage.tuning.versions import Frozen, Move, Stage, Step, Version, draft_step, step_of

SINCE = NOW - timedelta(days=90)
ADA = Officer(id="ada", name="Ada Ash", roles=frozenset({Role.ADMIN}))
ADI = Officer(id="adi", name="Adi Orr", roles=frozenset({Role.ADMIN}))


def a_scored(danger: float = 0.4, **fields: object) -> Scored:
    values = {"model": MODEL, "danger": danger, "abuse": 0.1, "under": Priority.P3}
    return Scored(**(values | fields))  # type: ignore[arg-type]


def settle(store: SqlStore, ref: str, scored: Scored) -> None:
    store.settle([replace(triaged(the_case(store, ref)), scored=scored)])


# --- scores ---------------------------------------------------------------------------------------


def test_what_is_settled_leaves_its_scores(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1, lang="en"))
    settle(store, ref, a_scored(0.42, lang="en", letters=28, dialect="scouse"))
    rows = store.score_rows(MODEL, since=SINCE)
    assert rows.columns["danger"].tolist() == [0.42]
    assert rows.columns["under"].tolist() == [3]
    assert [rows.words[code] for code in rows.columns["dialect"]] == ["scouse"]
    numbers = rows.columns["number"].tolist()
    assert store.refs_of_scores(numbers) == {numbers[0]: ref}
    assert len(store.score_rows("another", since=SINCE)) == 0
    assert len(store.score_rows(MODEL, since=NOW + timedelta(days=1))) == 0
    assert store.models_read() == [(MODEL, 1)]


def test_an_edit_leaves_the_scores_of_its_new_words(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1))
    settle(store, ref, a_scored(0.1))
    before = store.score_rows(MODEL, since=SINCE)
    take(store, arriving(an_item(1, "he has a knife"), Change.EDIT))
    settle(store, ref, a_scored(0.9, ruled=Label.EMERGENCY))
    after = store.score_rows(MODEL, since=SINCE)
    assert after.columns["danger"].tolist() == [0.9]
    assert after.columns["number"].tolist() == before.columns["number"].tolist()


def test_only_what_was_read_since_is_asked_for_again(store: SqlStore) -> None:
    refs = take(store, an_item(1), an_item(2))
    settle(store, refs[0], a_scored(0.1))
    before = store.score_rows(MODEL, since=SINCE)
    assert len(store.score_rows(MODEL, since=SINCE, read_after=before.last_read)) == 0
    assert len(store.score_rows(MODEL, since=SINCE, read_after=before.last_read - 1)) == 1


def test_what_a_model_has_not_read_can_be_found_and_read_again(store: SqlStore) -> None:
    refs = take(store, *[an_item(number) for number in range(5)])
    for ref in refs[:3]:
        settle(store, ref, a_scored(model="old/int8"))
    settle(store, refs[3], a_scored())
    assert store.without_scores(MODEL, since=SINCE) == list(refs[:3])  # the last waits to be read
    assert store.without_scores(MODEL, since=SINCE, after=refs[0], limit=1) == [refs[1]]
    store.save_scores([(the_case(store, refs[0]), a_scored(0.7))], now=NOW)
    assert store.without_scores(MODEL, since=SINCE) == list(refs[1:3])
    assert store.models_read() == [("old/int8", 2), (MODEL, 2)] or store.models_read() == [
        (MODEL, 2),
        ("old/int8", 2),
    ]


# --- labels ---------------------------------------------------------------------------------------


def a_label(ref: str, label: Label = Label.EMERGENCY) -> Known:
    return Known(ref=ref, label=label, basis=Basis.STATED, at=NOW, drawn=True)


def test_labels_follow_the_trail_and_are_not_looked_at_twice(store: SqlStore) -> None:
    (ref,) = take(store, an_item(1))
    settle(store, ref, a_scored())
    store.record([an_event(ref, "viewed"), an_event(ref, "correct"), an_event(ref, "correct")])
    refs, until = store.to_label()
    assert refs == [ref]
    store.save_labels([a_label(ref)], [], until=until)
    assert store.to_label() == ([], until)
    ((_, known),) = store.labelled(MODEL, since=SINCE)
    assert known == a_label(ref)
    store.record([an_event(ref, "reopen")])
    refs, later = store.to_label()
    assert (refs, later > until) == ([ref], True)
    store.save_labels([], [ref], until=later)
    assert store.labelled(MODEL, since=SINCE) == []


def test_a_label_of_an_item_that_is_gone_is_not_kept(store: SqlStore) -> None:
    store.save_labels([a_label("FC-26-1123-9999")], [], until=7)
    assert store.to_label() == ([], 7)


def test_a_long_trail_is_labelled_in_pieces(store: SqlStore) -> None:
    store.record([an_event(f"FC-{number}", "correct") for number in range(7)])
    found, until = store.to_label(limit=3)
    assert found == ["FC-0", "FC-1", "FC-2"]
    store.save_labels([], found, until=until)
    assert store.to_label(limit=3)[0] == ["FC-3", "FC-4", "FC-5"]


def test_a_history_of_a_quarter_is_labelled_as_people_said(store: SqlStore) -> None:
    from console.tuning.labelling import keep_labels

    spoken = [Spoken(score=0.9, days_ago=1, said=Label.EMERGENCY, drawn=True)] * 3
    remember(store, [*spoken, Spoken(score=0.2, days_ago=2)], now=NOW)
    assert keep_labels(store) == 3
    assert keep_labels(store) == 0
    assert {known.label for _, known in store.labelled(MODEL, since=SINCE)} == {Label.EMERGENCY}
    assert len(store.labelled(MODEL, since=SINCE)) == 3


# --- versions -------------------------------------------------------------------------------------


def a_draft(store: SqlStore, line: float = 0.4) -> Version:
    first = draft_step(ADA, reason="fewer", at=NOW, detail={"known": 3})
    event = an_event("", "threshold.draft")
    return store.add_version(Label.EMERGENCY, line, MODEL, first, events=[event])


def a_step(version: Version, move: Move, by: Officer = ADA) -> Step:
    return step_of(version, move, by, at=NOW, reason="because")


def test_versions_are_numbered_and_keep_every_step(store: SqlStore) -> None:
    first, second = a_draft(store), a_draft(store, 0.3)
    assert (first.number, second.number) == (1, 2)
    store.add_steps([(first, a_step(first, Move.PROPOSE))], events=[an_event("threshold:1", "x")])
    kept = {each.number: each for each in store.threshold_versions()}
    assert list(kept) == [2, 1]
    assert kept[1].stage is Stage.PROPOSED
    assert [each.move for each in kept[1].steps] == [Move.DRAFT, Move.PROPOSE]
    assert kept[1].steps[0] == first.steps[0]
    assert kept[2] == second
    assert [each.action for each in store.events("threshold:1")] == ["threshold.draft", "x"]


def test_of_two_who_move_a_version_at_once_one_is_told_to_look_again(store: SqlStore) -> None:
    version = a_draft(store)
    told: list[str] = []

    def propose(by: Officer) -> None:
        try:
            store.add_steps([(version, a_step(version, Move.PROPOSE, by))], events=[])
        except Stale as error:
            told.append(str(error))

    threads = [threading.Thread(target=propose, args=(by,)) for by in (ADA, ADI)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert told == ["version 1 has changed meanwhile: look again"]
    assert len(store.threshold_versions()[0].steps) == 2


def test_steps_of_two_versions_are_written_together_or_not_at_all(store: SqlStore) -> None:
    first, second = a_draft(store), a_draft(store)
    store.add_steps([(second, a_step(second, Move.WITHDRAW))], events=[])
    steps = [(first, a_step(first, Move.WITHDRAW)), (second, a_step(second, Move.WITHDRAW))]
    mark = store.threshold_mark()
    with pytest.raises(Stale):
        store.add_steps(steps, events=[an_event("threshold:1", "never")])
    assert store.threshold_mark() == mark
    assert {each.number: len(each.steps) for each in store.threshold_versions()} == {1: 1, 2: 2}
    assert "never" not in [each.action for each in store.events("threshold:1")]


def test_no_step_is_made_on_what_was_seen_before_another(store: SqlStore) -> None:
    first, second = a_draft(store), a_draft(store)
    seen = store.threshold_mark()
    store.add_steps([(first, a_step(first, Move.PROPOSE))], events=[], seen=seen)
    with pytest.raises(Stale, match="look again"):
        store.add_steps([(second, a_step(second, Move.PROPOSE))], events=[], seen=seen)
    stages = {each.number: each.stage for each in store.threshold_versions()}
    assert stages == {1: Stage.PROPOSED, 2: Stage.DRAFT}


def test_the_mark_grows_with_every_step(store: SqlStore) -> None:
    assert store.threshold_mark() == 0
    version = a_draft(store)
    after = store.threshold_mark()
    store.add_steps([(version, a_step(version, Move.SHADOW))], events=[])
    assert 0 < after < store.threshold_mark()


def test_what_people_note_and_whether_lines_are_frozen_is_kept_in_order(store: SqlStore) -> None:
    version = a_draft(store)
    mark = Mark(version=1, subject="FC-1", sort=Sort.READ, by="ada", at=NOW)
    store.add_marks([mark, replace(mark, by="adi")], events=[an_event("threshold:1", "read")])
    store.add_marks([], events=[])
    assert store.threshold_marks(version.number) == [mark, replace(mark, by="adi")]
    assert store.threshold_marks(2) == []
    assert store.frozen() is None
    for frozen in (True, False, True):
        store.freeze(Frozen(frozen=frozen, by="ada", at=NOW, reason=str(frozen)), events=[])
    last = store.frozen()
    assert last is not None
    assert (last.frozen, last.reason) == (True, "True")


def test_each_node_says_which_lines_it_judges_by(store: SqlStore) -> None:
    one = Taken(node="one", model=MODEL, emergency=0.5, abuse=0.5, versions=(), at=NOW)
    store.take_lines(one)
    store.take_lines(replace(one, node="two"))
    later = replace(one, emergency=0.4, versions=(3,), at=NOW + timedelta(seconds=2))
    store.take_lines(later)
    assert store.lines_taken() == [later, replace(one, node="two")]
    store.forget_lines("one")
    assert store.lines_taken() == [replace(one, node="two")]
