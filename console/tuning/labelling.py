"""Labels of items, kept up with what people said and did; and scores of items read again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from triage.corrections import earlier_texts
from triage.model import Case, Event
from triage.ports import Classifier, reading_of
from triage.priority import prioritise
from triage.tuning.labels import Known, known_label
from triage.tuning.scores import Scored, scored

BATCH = 32


class LabelStore(Protocol):
    """What labels are derived from and kept in (`storage.scores`)."""

    def to_label(self, *, limit: int = 2000) -> tuple[list[str], int]:
        """Cases about which something was said since, and up to which event."""
        ...

    def save_labels(self, known: Sequence[Known], gone: Sequence[str], *, until: int) -> None:
        """Keep labels, drop those that hold no more."""
        ...

    def case(self, ref: str) -> Case | None:
        """One case, or None."""
        ...

    def events(self, subject: str) -> list[Event]:
        """All events about a subject, oldest first."""
        ...


def keep_labels(store: LabelStore) -> int:
    """Bring the labels up to the trail; returns how many cases were looked at. Safe to do twice."""
    done = 0
    while True:
        refs, until = store.to_label()
        if not refs:
            return done
        known, gone = [], []
        for ref in refs:
            case = store.case(ref)
            found = known_label(case, store.events(ref)) if case else None
            if found is None:
                gone.append(ref)
            else:
                known.append(found)
        store.save_labels(known, gone, until=until)
        done += len(refs)


class RereadStore(LabelStore, Protocol):
    """What items are read again from, and where their scores are kept."""

    def without_scores(
        self, model: str, *, since: datetime, after: str = "", limit: int = 500
    ) -> list[str]:
        """Items a model has not read, by reference."""
        ...

    def save_scores(self, found: Sequence[tuple[Case, Scored]], *, now: datetime) -> None:
        """Keep scores."""
        ...

    def thread(self, case: Case) -> list[Case]:
        """All cases of the same thread in true order."""
        ...


def read_again(
    store: RereadStore,
    classifier: Classifier,
    *,
    since: datetime,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Have the model in force read items it has not read yet; only their scores are kept.

    Nothing about the cases changes: their verdicts stay as they were known then. May be stopped
    and begun again.
    """
    done, after = 0, ""
    while refs := store.without_scores(classifier.name, since=since, after=after, limit=BATCH):
        after = refs[-1]
        cases = [case for ref in refs if (case := store.case(ref)) is not None]
        store.save_scores(_scored(store, classifier, cases), now=now)
        done += len(cases)
        progress(done)
    return done


def _scored(
    store: RereadStore, classifier: Classifier, cases: Sequence[Case]
) -> list[tuple[Case, Scored]]:
    threads = [earlier_texts(case, store.thread(case)) for case in cases]
    readings = [reading_of(case.item, said) for case, said in zip(cases, threads, strict=True)]
    found = []
    for case, thread, verdict in zip(cases, threads, classifier.read(readings), strict=True):
        decision = prioritise(case.item, verdict, case.history, thread=thread)
        kept = scored(case.item, verdict, decision, case.history, thread=thread)
        if kept is not None:
            found.append((case, kept))
    return found
