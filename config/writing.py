"""Changes one number in a settings file and leaves everything else in it as it stands."""

import os
import re
import tempfile
from pathlib import Path

from config.settings import Settings, load
from triage.errors import BadSettings

_TABLE = re.compile(r"\s*\[")


def write_number(path: Path, section: str, key: str, value: float) -> Settings:
    """Set `section.key`; the file is replaced at once, and only if it can be read afterwards.

    Returns the settings as they are then in force.

    Raises:
        BadSettings: the file cannot be read or written, the value is not allowed, or the
            environment sets another one.
    """
    try:
        text = path.read_text(encoding="utf-8")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".firstcontact-", suffix=".toml")
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: cannot be read or written: {error}") from error
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(with_number(text, section, key, value))
        draft.chmod(path.stat().st_mode & 0o777)
        settings = _checked(draft, path, section, key, value)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return settings


def _checked(draft: Path, path: Path, section: str, key: str, value: float) -> Settings:
    try:
        settings = load(draft)
    except BadSettings as error:
        raise BadSettings(str(error).replace(str(draft), str(path))) from error
    if getattr(getattr(settings, section), key) != value:
        raise BadSettings(f"{section}.{key}: the environment sets another value")
    return settings


def with_number(text: str, section: str, key: str, value: float) -> str:
    """The text of a settings file with `key = value` in its table `[section]`."""
    lines = text.splitlines(keepends=True)
    said = f"{key} = {value!r}\n"
    header = re.compile(rf"\s*\[\s*{section}\s*\]\s*(?:#.*)?$")
    start = next((at for at, line in enumerate(lines) if header.match(line)), None)
    if start is None:
        end = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{end}\n[{section}]\n{said}"
    after = range(start + 1, len(lines))
    stop = next((at for at in after if _TABLE.match(lines[at])), len(lines))
    key_line = re.compile(rf"\s*{key}\s*=")
    old = next((at for at in range(start + 1, stop) if key_line.match(lines[at])), None)
    if old is not None:
        lines[old] = said
    else:
        lines[start] = lines[start].rstrip("\r\n") + "\n" + said
    return "".join(lines)
