"""What the law lets us do on each platform (platforms.toml)."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("platforms.toml")


@cache
def platform_policy() -> Mapping[str, Mapping[str, object]]:
    """The policy of each platform by name; one that is not named has no limits."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def may_remember(platform: str) -> bool:
    """Whether what a person said of an account may be kept with the account."""
    policy = platform_policy().get(platform, {})
    return bool(policy.get("link", True)) and bool(policy.get("store_labels", True))


def may_link(platform: str) -> bool:
    """Whether writers on a platform may be looked up in the citizen records."""
    return bool(platform_policy().get(platform, {}).get("link", True))
