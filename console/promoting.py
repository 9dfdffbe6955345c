"""Promotion and its undoing: measured, decided, recorded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from classifiers.inforce import (
    Promoted,
    go_back,
    history,
    in_force,
    promote_files,
    read_servable,
)
from classifiers.promotion import figures, measured, objections, own_golden, table
from classifiers.runtime.artefact import SHIPPED, read_artefact
from config.settings import Classifier, Settings
from console.opening import open_store
from triage.desk import MACHINE
from triage.errors import BadInput, BadSettings, FirstContactError
from triage.model import Event

SUBJECT = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a promotion; it happened if nothing was objected."""

    name: str
    table: tuple[str, ...]
    objections: tuple[str, ...]


def promote(
    folder: Path, settings: Settings, *, now: datetime, progress: Callable[[str], None]
) -> Tried:
    """Measure the candidate beside the model in force; put it in force if nothing is lost.

    Both ways it is recorded, a candidate that cannot be read too.

    Raises:
        BadSettings: `classifier.model_dir` decides which model is in force.
        BadInput: the candidate or the force's own golden file is damaged, or it is in force.
        Unavailable: one of the two cannot be run as it would be served.
    """
    _pointer_decides(settings.classifier)
    own = own_golden(settings.learning.golden)
    try:
        candidate = read_servable(folder)
        current = in_force(settings.classifier).folder
        now_served = read_artefact(current)
        if now_served.digest == candidate.digest:
            raise BadInput(str(folder), "is the model in force")
        progress(f"measuring {now_served.name} and {candidate.name}: half a minute")
        before = measured(current, settings.classifier, own=own)
        after = measured(folder, settings.classifier, own=own)
    except FirstContactError as error:
        _record(settings, "model.refused", now, folder=folder.name, why=[str(error)])
        raise
    against = objections(before, after)
    told = {"in_force": figures(before), "candidate": figures(after), "digest": candidate.digest}
    if against:
        _record(settings, "model.refused", now, folder=folder.name, why=against, **told)
    else:
        promote_files(candidate, settings.classifier.models, now=now)
        _record_or_undo(settings, now, told)
    return Tried(name=candidate.name, table=tuple(table(before, after)), objections=tuple(against))


def roll_back(settings: Settings, *, now: datetime) -> str:
    """Take the last promotion back; returns the name of the model that is in force then.

    Raises:
        BadSettings: there is nothing to go back from, or `model_dir` decides.
        BadInput: the model before is damaged; nothing was changed.
    """
    _pointer_decides(settings.classifier)
    models = settings.classifier.models
    left = history(models)[-1:]
    back = go_back(models)
    name, digest = _named(back)
    gone = left[0].digest if left else ""
    _record(settings, "model.rolled_back", now, digest=digest, gone=gone)
    return name


def shown(settings: Classifier) -> Iterator[str]:
    """The model in force and the promotions behind it, for people."""
    force = in_force(settings)
    artefact = read_artefact(force.folder)
    where = _where(settings, force.folder)
    yield f"in force   {artefact.name}+{artefact.digest[:8]}  {where}"
    if force.problem:
        yield f"MEND       {force.problem}"
    elif settings.model_dir is None:
        for each in reversed(history(settings.models)[:-1]):
            yield f"before     {each.name}+{each.digest[:8]}  promoted {each.at:%Y-%m-%d %H:%M} UTC"
        if force.folder != SHIPPED:
            shipped = read_artefact(SHIPPED)
            yield f"before     {shipped.name}+{shipped.digest[:8]}  shipped"


def _where(settings: Classifier, folder: Path) -> str:
    if folder == SHIPPED:
        return "shipped"
    if settings.model_dir is not None:
        return f"named by classifier.model_dir: {folder}"
    return f"promoted {history(settings.models)[-1].at:%Y-%m-%d %H:%M} UTC"


def _named(promoted: Promoted | None) -> tuple[str, str]:
    if promoted is not None:
        return promoted.name, promoted.digest
    shipped = read_artefact(SHIPPED)
    return f"{shipped.name}, as shipped", shipped.digest


def _pointer_decides(settings: Classifier) -> None:
    if settings.model_dir is not None:
        raise BadSettings(
            "classifier.model_dir names the model in force: take it out of the settings to promote "
            "models or to go back"
        )


def _record(settings: Settings, action: str, now: datetime, **detail: Any) -> None:
    store = open_store(settings)
    told = {**detail, "tool": "command"}
    store.record([Event(at=now, actor=MACHINE, action=action, subject=SUBJECT, detail=told)])
    store.close()


def _record_or_undo(settings: Settings, now: datetime, told: Mapping[str, Any]) -> None:
    """A promotion that cannot be recorded does not stand."""
    try:
        _record(settings, "model.promoted", now, **told)
    except FirstContactError:
        go_back(settings.classifier.models)
        raise
