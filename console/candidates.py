"""A candidate model out of what officers corrected, setting out from the model in force.

Only training itself needs torch; what goes into it is put together here.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from classifiers.inforce import CANDIDATES, in_force
from classifiers.promotion import DATA, JUDGING
from classifiers.runtime.artefact import MANIFEST, read_artefact
from classifiers.runtime.vocabulary import own_encoder
from classifiers.training.corrections import as_lines
from classifiers.training.train import ADAPTER, Files, Run
from config.settings import Settings
from console.learning import Gathered, gather, record_use
from storage.store import SqlStore
from triage.errors import BadInput

FEWEST = 30
SHARE = 0.05
MOST_TIMES = 8

Train = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a candidate is made of: on which files, from which adapter and into which folder.

    `base` is the model it sets out from; its rows are learnt again, so that nothing is forgotten.
    """

    base: str
    files: Files
    run: Run

    @property
    def name(self) -> str:
        """What the candidate is called."""
        return self.run.name


def planned(
    settings: Settings, files: Files, run: Run, *, out: Path | None = None, now: datetime
) -> Plan:
    """The plan for today's next candidate. The shipped rows are learnt again beside those of
    `files`, and `run` says how; `out` names another folder than the usual one.

    Raises:
        BadSettings, BadInput: the model in force cannot be read, or its encoder is not named.
    """
    base = read_artefact(in_force(settings.classifier).folder)
    if own_encoder(base.files) and run.encoder is None:
        raise BadInput(
            str(base.folder), "has an encoder of its own: name the folder it is from (--encoder)"
        )
    folder = settings.classifier.models / CANDIDATES
    name = _next_name(base.name, folder, now)
    return Plan(
        base=f"{base.name}+{base.digest[:8]}",
        files=Files(
            data=(*_shipped(lambda each: not each.startswith("dev-")), *files.data),
            dev=files.dev or _shipped(lambda each: each.startswith("dev-") and each not in JUDGING),
            judge=_shipped(lambda each: each in JUDGING),
        ),
        run=replace(run, out=out or folder / name, name=name, start=base.file(ADAPTER)),
    )


def make_candidate(
    store: SqlStore,
    settings: Settings,
    plan: Plan,
    *,
    now: datetime,
    progress: Callable[[str], None],
    train: Train,
) -> Path:
    """Train a candidate and record what it learnt from; returns its folder.

    The corrections are on disk only while it trains, and in no file of the model.

    Raises:
        BadSettings: learning is switched off, or the `train` extra is not installed.
        BadInput: there is too little to learn from, or a file cannot be read.
    """
    gathered = gather(store, settings.learning, now=now)
    for line in gathered.in_words():
        progress(line)
    if len(gathered.rows) < FEWEST:
        raise BadInput(
            "corrections", f"{len(gathered.rows)} rows are too few to learn from: {FEWEST} at least"
        )
    folder = _trained(gathered, plan, progress, train)
    digest = read_artefact(folder).digest
    record_use(
        store, gathered, "corrections.trained_on", now=now, candidate=plan.name, digest=digest
    )
    return folder


def _trained(gathered: Gathered, plan: Plan, progress: Callable[[str], None], train: Train) -> Path:
    out, files = plan.run.out, plan.files
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="corrections-") as work:
        path = Path(work) / "corrections.jsonl"  # the folder is readable by this user alone
        rows = repeated(gathered.rows, among=_lines_in(files.data))
        path.write_text(as_lines(rows), encoding="utf-8")
        progress(f"{plan.name} sets out from {plan.base}")
        train(replace(files, data=(*files.data, path)), plan.run, progress=progress)
    return out


def repeated(rows: Sequence[Mapping[str, Any]], *, among: int) -> list[Mapping[str, Any]]:
    """The rows so often that they are a twentieth of what is learnt, eight times at most.

    A handful among ten thousand would change nothing; shown too often they would be learnt by
    heart.
    """
    times = max(1, min(MOST_TIMES, round(SHARE * among / max(1, len(rows)))))
    return [{**row, "id": f"{row['id']}-{time}"} for time in range(times) for row in rows]


def _lines_in(paths: Sequence[Path]) -> int:
    return sum(path.read_bytes().count(b"\n") for path in paths if path.exists())


def _shipped(wanted: Callable[[str], bool]) -> tuple[Path, ...]:
    return tuple(path for path in sorted(DATA.glob("*.jsonl")) if wanted(path.name))


def _next_name(base: str, folder: Path, now: datetime) -> str:
    """`desk-2-20261126-1`: where it comes from, the day, and a number that is free."""
    root = base.rsplit("-", 2)[0] if _is_candidate(base) else base
    day = f"{now:%Y%m%d}"
    numbered = (f"{root}-{day}-{number}" for number in count(1))
    return next(name for name in numbered if not (folder / name / MANIFEST).exists())


def _is_candidate(name: str) -> bool:
    parts = name.rsplit("-", 2)
    return len(parts) == 3 and len(parts[1]) == 8 and parts[1].isdecimal() and parts[2].isdecimal()
