"""Where settings come from: a TOML file, the environment over it, and files that hold secrets."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from triage.errors import BadSettings

PREFIX = "FIRSTCONTACT__"
LISTS = ("collector", "sink", "record_source")
"""Tables of which there may be several."""


def read_toml(path: Path) -> dict[str, Any]:
    """The tree of a settings file.

    Raises:
        BadSettings: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadSettings(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: not valid TOML: {error}") from error


# --- environment ----------------------------------------------------------------------------------


def overlay(tree: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Put `FIRSTCONTACT__SECTION__KEY` into the tree; entries of a list go by their number.

    Raises:
        BadSettings: a name leads nowhere.
    """
    for name, parts in sorted(_overrides(environ), key=lambda each: _in_order(each[1])):
        *parents, last = parts
        node: Any = tree
        for part in parents:
            node = _step(node, part, name)
        if not isinstance(node, dict) or not last:
            raise BadSettings(f"{name}: names no key of a table")
        node[last] = _value(environ[name])
        node.pop(_counterpart(last), None)  # the environment wins over the file


def _overrides(environ: Mapping[str, str]) -> Iterable[tuple[str, list[str]]]:
    for name in environ:
        if name.startswith(PREFIX):
            yield name, name.removeprefix(PREFIX).lower().split("__")


def _in_order(parts: list[str]) -> list[tuple[int, str]]:
    """Entry 10 comes after entry 2."""
    return [(int(part), "") if _number(part) else (-1, part) for part in parts]


def _number(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 4


def _counterpart(key: str) -> str:
    return key.removesuffix("_file") if key.endswith("_file") else f"{key}_file"


def _value(text: str) -> Any:
    """A list or table is written as JSON; everything else as it is."""
    if text[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _step(node: Any, part: str, name: str) -> Any:
    if isinstance(node, list):
        if not _number(part) or int(part) > len(node):
            raise BadSettings(f"{name}: the settings file has no entry number {part} there")
        if int(part) == len(node):
            node.append({})
        return node[int(part)]
    if not isinstance(node, dict):
        raise BadSettings(f"{name}: names no key of a table")
    return node.setdefault(part, [] if part in LISTS else {})


# --- secrets --------------------------------------------------------------------------------------


def read_secrets(tree: Any, *, base: Path, where: str) -> None:
    """Replace `name_file = "path"` by `name = content`, wherever it stands.

    Raises:
        BadSettings: names the key and the file, never what is in it.
    """
    if isinstance(tree, list):
        for entry in tree:
            read_secrets(entry, base=base, where=where)
    if not isinstance(tree, dict):
        return
    for key in list(tree):
        if not key.endswith("_file") or not isinstance(tree[key], str):
            read_secrets(tree[key], base=base, where=where)
            continue
        name = key.removesuffix("_file")
        if name in tree:
            raise BadSettings(f"{where}: both {name} and {key} are set")
        tree[name] = _secret(base, tree.pop(key), f"{where}: {key}")


def _secret(base: Path, name: str, where: str) -> str:
    path = base / name
    try:
        content = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise BadSettings(f"{where}: secret file {path} cannot be read: {reason}") from error
    if not content:
        raise BadSettings(f"{where}: secret file {path} is empty")
    return content
