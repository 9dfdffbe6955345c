"""The texts offered to whoever answers a citizen: those shipped, and the force's own."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from config.section import STRICT
from triage.errors import BadSettings
from triage.items import CHANNELS
from triage.reply_templates import Hours, Template

FILE = Path(__file__).with_name("templates.toml")


class _Template(BaseModel):
    """A `[[template]]` table."""

    model_config = STRICT

    id: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    title: str = Field(min_length=1, max_length=80)
    text: str = Field(default="", max_length=8000)
    channels: tuple[str, ...] = ()
    hours: Hours = Hours.ALWAYS
    modes: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = STRICT

    template: tuple[_Template, ...] = ()


def reply_templates(own: Path | None = None) -> tuple[Template, ...]:
    """All templates in order; one of the force's with a shipped id takes its place, one without
    a text takes it away.

    Raises:
        BadSettings: a file cannot be read, or a key in it is wrong.
    """
    found = {each.id: each for each in _read(FILE)}
    found.update({each.id: each for each in (_read(own) if own else ())})
    return tuple(each for each in found.values() if each.text)


def _read(path: Path) -> tuple[Template, ...]:
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
        read = _File.model_validate(tree).template
    except OSError as error:
        raise BadSettings(f"replies.templates: {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadSettings(f"{path}: {where}: {first['msg']}") from error
    for each in read:
        unknown = [name for name in each.channels if name not in CHANNELS]
        if unknown:
            raise BadSettings(f"{path}: {each.id}: no channel is called {unknown[0]}")
    return tuple(Template(**each.model_dump()) for each in read)
