"""Stylesheets, scripts and the icon, served from the package under names that carry their hash."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it is served."""

    content: bytes
    media_type: str
    digest: str


class Assets:
    """All static files, read once."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in MEDIA_TYPES
        }

    def url(self, name: str) -> str:
        """Where a file is served; changes with its content, so it may be kept for ever.

        Raises:
            KeyError: there is no such file.
        """
        return f"/static/{self._files[name].digest}/{name}"

    def serve(self, request: Request) -> Response:
        """The file; a page of an older version gets today's content, not to be kept."""
        asset = self._files.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        current = request.path_params["digest"] == asset.digest
        return Response(
            asset.content,
            media_type=asset.media_type,
            headers={"Cache-Control": A_YEAR if current else "no-cache"},
        )


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(
        content=content,
        media_type=MEDIA_TYPES[path.suffix],
        digest=hashlib.sha256(content).hexdigest()[:16],
    )
