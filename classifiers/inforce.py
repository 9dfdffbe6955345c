"""Which model is in force: the one the settings name, the promoted one, or the shipped one.

A promoted model lies in the force's own folder under the digest of its manifest; one small file
names it, and is replaced as a whole. Before it lie those that can be gone back to.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from classifiers.runtime.artefact import MANIFEST, SHIPPED, Artefact, read_artefact
from classifiers.runtime.encoder import FILES
from classifiers.runtime.vocabulary import own_encoder
from config.settings import Classifier as ClassifierSettings
from triage.errors import BadInput, BadSettings

POINTER = "in-force.json"
PROMOTED = "promoted"
CANDIDATES = "candidates"
MOST_KEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """One promotion: which model, and since when it was in force."""

    digest: str
    name: str
    at: datetime

    def folder(self, models: Path) -> Path:
        """Where its files lie."""
        return models / PROMOTED / self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The folder of the model to be served, and why it is not the one that was asked for."""

    folder: Path
    problem: str = ""


def in_force(settings: ClassifierSettings) -> InForce:
    """The model to serve. A promoted one that cannot be read gives way to the shipped one.

    Raises:
        BadSettings: `model_dir` names a folder without a model.
    """
    if settings.model_dir is not None:
        if not (settings.model_dir / MANIFEST).is_file():
            raise BadSettings(
                f"classifier.model_dir: {settings.model_dir} holds no model ({MANIFEST} is missing)"
            )
        return InForce(folder=settings.model_dir)
    try:
        promoted = history(settings.models)
        if not promoted:
            return InForce(folder=SHIPPED)
        return InForce(folder=_checked(promoted[-1], settings.models).folder)
    except BadInput as error:
        return InForce(folder=SHIPPED, problem=f"the promoted model cannot be used: {error}")


def history(models: Path) -> list[Promoted]:
    """Promotions that stand, the one in force last; none means that the shipped model is.

    Raises:
        BadInput: the file that names them is damaged.
    """
    path = models / POINTER
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return [_promoted(each) for each in raw["promoted"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(str(path), f"cannot be read: {error}") from error


def promote_files(candidate: Artefact, models: Path, *, now: datetime) -> Promoted:
    """Put a model in force: its files are copied, then one file is replaced.

    Raises:
        BadInput: the candidate or the file that names what is in force is damaged.
    """
    promoted = Promoted(digest=candidate.digest, name=candidate.name, at=now)
    before = history(models)
    _copied(candidate, promoted.folder(models))
    _checked(promoted, models)
    _write(models, [*before, promoted][-MOST_KEPT:])
    return promoted


def go_back(models: Path) -> Promoted | None:
    """Take the last promotion back; returns the model that is in force then, None if shipped.

    Raises:
        BadSettings: there is nothing to go back from.
        BadInput: the model before is damaged; nothing was changed.
    """
    promoted = history(models)
    if not promoted:
        raise BadSettings("the shipped model is in force: there is nothing to go back to")
    left = promoted[:-1]
    if left:
        _checked(left[-1], models)
    _write(models, left)
    return left[-1] if left else None


def read_servable(folder: Path) -> Artefact:
    """Read and check a model folder that this version can serve.

    Raises:
        BadInput: as `read_artefact`, or it belongs to another encoder.
    """
    artefact = read_artefact(folder)
    encoder = artefact.manifest.get("encoder")
    if own_encoder(artefact.files):
        return artefact
    if not isinstance(encoder, dict) or encoder.get("files") != FILES:
        raise BadInput(
            str(folder), "was trained on another encoder than this version serves: train it again"
        )
    return artefact


def _checked(promoted: Promoted, models: Path) -> Artefact:
    folder = promoted.folder(models)
    artefact = read_servable(folder)
    if artefact.digest != promoted.digest:
        raise BadInput(str(folder), "is another model than was promoted")
    return artefact


def _copied(candidate: Artefact, target: Path) -> None:
    """The files of a manifest and nothing else; moved to their place as a whole."""
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="copying-") as work:
        new = Path(work) / "model"
        new.mkdir()
        for name in (MANIFEST, *candidate.manifest["files"]):
            if Path(name).name != name:
                raise BadInput(
                    str(candidate.folder / MANIFEST), f"names {name!r}: no file of its own"
                )
            shutil.copyfile(candidate.file(name), new / name)
        new.replace(target)


def _write(models: Path, promoted: list[Promoted]) -> None:
    path = models / POINTER
    listed = [{"digest": p.digest, "name": p.name, "at": p.at.isoformat()} for p in promoted]
    with tempfile.NamedTemporaryFile("w", dir=models, delete=False, encoding="utf-8") as file:
        json.dump({"promoted": listed}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def _promoted(raw: dict[str, Any]) -> Promoted:
    digest = str(raw["digest"])
    if not digest.isalnum():
        raise ValueError(f"{digest[:40]!r} is no digest")
    return Promoted(digest=digest, name=str(raw["name"]), at=datetime.fromisoformat(raw["at"]))
