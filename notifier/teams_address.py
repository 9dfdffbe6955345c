"""Which addresses our bearer token may be sent to.

Every activity names the address to answer at. The bot's token goes there, so that whoever could
make us believe a wrong one would have it. Hosts are compared whole: anybody can register a name
of their own under trafficmanager.net.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit

CONNECTOR_HOSTS = frozenset(
    [
        "smba.trafficmanager.net",
        "smba.infra.gcc.teams.microsoft.com",
        "smba.infra.gov.teams.microsoft.us",
        "smba.infra.dod.teams.microsoft.us",
    ]
)
"""The connectors Microsoft publishes for Teams, by cloud. Another one is set as `base_url`."""


def may_have_token(url: str, base_url: str) -> bool:
    """Whether a service address is one we would send our token to.

    That is HTTPS to a connector of Microsoft's or to the host of `base_url`, on its port. Where
    `base_url` is on the loopback (a test server), any port of the loopback will do.
    """
    told, base = _parts(url), _parts(base_url)
    if told is None or base is None:
        return False
    if _loopback(base) and _loopback(told):
        return True
    if told.scheme != "https":
        return False
    port = told.port or 443
    if told.hostname in CONNECTOR_HOSTS:
        return port == 443
    return base.scheme == "https" and (told.hostname, port) == (base.hostname, base.port or 443)


def _parts(url: str) -> SplitResult | None:
    """The parts of a plain HTTP address; None for one that hides or adds something."""
    try:
        parts = urlsplit(url)
        port_reads = parts.port is None or parts.port > 0
    except ValueError:
        return None
    odd = parts.username or parts.password or parts.query or parts.fragment
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if odd or not plain or not port_reads or ".." in parts.path:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
