"""Model and rules together: the classifier the service runs.

What runs is the best of a ladder: int8 network, fp32 network, linear model, rules alone. Every
step down is named in `Verdict.degraded`.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from classifiers.calibrate import Calibration, load_calibration
from classifiers.guarantee import Promise
from classifiers.hashed import HashedLinear, load_linear
from classifiers.inforce import in_force
from classifiers.rules import RuleBook, shipped_rules
from classifiers.runtime.artefact import Artefact, read_artefact
from classifiers.transformer import Read, Transformer, load_transformer, rows_of
from classifiers.verdict import Judgement, Scores, judgement_of, placed, scores_of
from config.settings import Classifier as ClassifierSettings
from triage.errors import BadInput, Unavailable
from triage.model import Verdict
from triage.ports import Reading
from triage.taxonomy import Label
from triage.thresholds import Thresholds

LOG = logging.getLogger("firstcontact.classifiers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What could be loaded. `problem` says why something is missing, `instead` why these."""

    artefact: Artefact | None = None
    transformer: Transformer | None = None
    linear: HashedLinear | None = None
    calibration: Calibration = field(default_factory=Calibration)
    problem: str = ""
    instead: str = ""


class Ensemble:
    """Implements `triage.ports.Classifier`."""

    def __init__(
        self,
        models: Models,
        rules: RuleBook,
        *,
        threads: int = 1,
        emergency: float | None = None,
        abuse: float | None = None,
    ) -> None:
        self._models, self._rules = models, rules
        self._threads = threads
        self.name = self._named()
        self._executor: ThreadPoolExecutor | None = None
        lines = models.calibration.lines(with_net=models.transformer is not None)
        self.base = replace(
            lines,
            emergency=lines.emergency if emergency is None else emergency,
            abuse=lines.abuse if abuse is None else abuse,
        )
        self.thresholds = self.base

    def draw(self, lines: Thresholds) -> None:
        """Judge by these lines from the next batch on; `base` has those it was loaded with."""
        self.thresholds = lines

    def _named(self) -> str:
        """Model, version and kind of session, as verdicts bear it."""
        artefact, transformer = self._models.artefact, self._models.transformer
        if artefact is None:
            return "rules"
        kind = transformer.kind if transformer else "linear" if self._models.linear else "rules"
        return f"{artefact.name}+{artefact.digest[:8]}/{kind}"

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What the model's lines promise; nothing while a fall-back without the network reads."""
        running = self._models.transformer is not None
        return self._models.calibration.promises if running else ()

    @property
    def degraded(self) -> str:
        """The fall-back in use, in words; "" if the best is running."""
        if self._models.artefact is None or self._models.linear is None:
            return f"rules only: {self._models.problem}"
        if self._models.transformer is None:
            return f"linear model only: {self._models.problem}"
        if self._models.instead:
            return f"the shipped model: {self._models.instead}"
        return self._models.transformer.degraded

    def read(self, readings: Sequence[Reading]) -> list[Verdict]:
        """One verdict per reading, in order; see `triage.ports.Classifier`."""
        reads, degraded = self._reads(readings)
        judgements = self._judgements(readings, reads, degraded)
        return list(map(self._placed, readings, reads, judgements))

    def judge(self, readings: Sequence[Reading]) -> list[Judgement]:
        """One verdict per reading, in order, with the score and the rules behind its class."""
        return self._judgements(readings, *self._reads(readings))

    def _judgements(
        self, readings: Sequence[Reading], reads: Sequence[Read | None], degraded: str
    ) -> list[Judgement]:
        covered = self._models.artefact.covered if self._models.artefact else frozenset[str]()
        lines = self.thresholds  # once: others may be drawn meanwhile
        return [
            judgement_of(
                reading,
                self._scores(reading, read),
                self._rules.hits(reading.text),
                thresholds=lines,
                covered=covered,
                model=self.name,
                degraded=degraded,
            )
            for reading, read in zip(readings, reads, strict=True)
        ]

    def _placed(self, reading: Reading, read: Read | None, judgement: Judgement) -> Verdict:
        """The verdict with the places of what the network found, if somebody is to be told."""
        transformer, verdict = self._models.transformer, judgement.verdict
        open_ = [each.name for each in verdict.signals if not each.spans]
        if transformer is None or read is None or verdict.label is Label.ROUTINE or not open_:
            return verdict
        return placed(verdict, transformer.places(reading, read, open_))

    def _reads(self, readings: Sequence[Reading]) -> tuple[Sequence[Read | None], str]:
        """What the network says per reading, or None with the reason."""
        transformer = self._models.transformer
        if transformer is not None:
            try:
                return transformer.read(readings, self._pool()), self.degraded
            except Unavailable as error:
                LOG.error("the model failed while running: %s", error)
                return [None] * len(readings), f"linear model only: {error}"
        return [None] * len(readings), self.degraded

    def _scores(self, reading: Reading, read: Read | None) -> Scores | None:
        linear = self._models.linear
        if linear is None and read is None:
            return None
        seen = linear.logits(reading.text, tuple(reading.thread)) if linear else None
        rows = None if read is None else rows_of(read)
        return scores_of(rows, seen, self._models.calibration)

    def _pool(self) -> ThreadPoolExecutor | None:
        if self._threads > 1 and self._executor is None:
            self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="reading")
        return self._executor


def load_ensemble(settings: ClassifierSettings, *, cache: Path | None = None) -> Ensemble:
    """The best classifier that runs here.

    Raises:
        BadSettings: `model_dir` names a folder without a model.
    """
    wanted = in_force(settings)
    ensemble = Ensemble(
        replace(load_models(wanted.folder, cache), instead=wanted.problem),
        shipped_rules(),
        threads=settings.threads,
        emergency=settings.emergency,
        abuse=settings.abuse,
    )
    if ensemble.degraded:
        LOG.warning("classifier is degraded: %s", ensemble.degraded)
    return ensemble


def load_models(folder: Path, cache: Path | None = None) -> Models:
    """Whatever of a model folder can be loaded; never raises."""
    try:
        artefact = read_artefact(folder)
        calibration = load_calibration(artefact.file("calibration.json"))
        linear = load_linear(artefact.file("linear.npz"))
    except BadInput as error:
        return Models(problem=str(error))
    try:
        transformer = load_transformer(artefact, cache)
    except (BadInput, Unavailable) as error:
        return Models(artefact=artefact, linear=linear, calibration=calibration, problem=str(error))
    return Models(
        artefact=artefact, transformer=transformer, linear=linear, calibration=calibration
    )
