"""The model as it is shipped: a small folder whose manifest names every file by its hash."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.runtime.encoder import sha256_of
from triage.errors import BadInput

SHIPPED = Path(__file__).parent.parent / "model"
FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A model folder that was checked against its manifest.

    `digest` names the whole: it changes when any file does. `covered` are the languages the
    model was shown to read.
    """

    folder: Path
    name: str
    digest: str
    scale: float
    covered: frozenset[str]
    manifest: Mapping[str, Any]

    @property
    def files(self) -> Mapping[str, str]:
        """Its files and their hashes, but for the manifest itself."""
        files: Mapping[str, str] = self.manifest["files"]
        return files

    def file(self, name: str) -> Path:
        """The path of one of the model's files."""
        return self.folder / name


def read_artefact(folder: Path) -> Artefact:
    """Read and check a model folder.

    Raises:
        BadInput: the manifest or a file it names is missing, damaged or of another format.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        manifest = json.loads(content)
        artefact = Artefact(
            folder=folder,
            name=str(manifest["name"]),
            digest=hashlib.sha256(content).hexdigest()[:16],
            scale=float(manifest["adapter"]["scale"]),
            covered=frozenset(manifest["covered_languages"]),
            manifest=manifest,
        )
        files: Mapping[str, str] = manifest["files"]
    except OSError as error:
        raise BadInput(str(path), f"model manifest cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(str(path), f"not a model manifest: {error}") from error
    if manifest.get("format") != FORMAT:
        raise BadInput(str(path), f"model format {manifest.get('format')} is not known here")
    _check(folder, files)
    return artefact


def _check(folder: Path, files: Mapping[str, str]) -> None:
    for name, wanted in files.items():
        if sha256_of(folder / name) != wanted:
            raise BadInput(str(folder / name), "model file is damaged: its SHA-256 differs")


def write_manifest(folder: Path, fields: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Write the manifest of a model folder with the hashes of the named files."""
    files = {name: sha256_of(folder / name) for name in names}
    manifest = {**fields, "format": FORMAT, "files": files}
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
