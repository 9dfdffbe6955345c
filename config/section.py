"""What every table of the settings file has in common."""

from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr

STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)
"""Frozen, and strict about unknown keys. No error shows what was set: it may be a secret."""

Secret = Annotated[SecretStr, Field(min_length=1)]
"""An empty secret would let anybody sign."""
