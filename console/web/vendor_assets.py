"""Takes the stylesheet and script we ship from their published packages, and says what was taken.

Run by a developer, never by the service. Fetch the two packages with `npm pack` and give their
files: `python -m console.web.vendor_assets govuk-frontend-6.3.0.tgz htmx.org-4.0.1.tgz`.
The licences stand in static/vendor/NOTICE.txt, which is written by hand.
"""

import hashlib
import json
import re
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parent / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"

FONTS = "system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,Arial,sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A published package, pinned by its hash, and the files taken from it."""

    name: str
    version: str
    sha256: str
    files: dict[str, str]  # ours: theirs


PACKAGES = (
    Package(
        name="govuk-frontend",
        version="6.3.0",
        sha256="3d91fd1353e32e306a8ae493b44ba9c0277348b5dbc08442a3e63d822e516048",
        files={
            "govuk-frontend.css": "package/dist/govuk/govuk-frontend.min.css",
        },
    ),
    Package(
        name="htmx.org",
        version="4.0.1",
        sha256="5fba65616ca148a86d377e9771bcada7f35faee3558651feb929eea425e13b3c",
        files={
            "htmx.js": "package/dist/htmx.min.js",
        },
    ),
)


def without_crown_and_font(css: str) -> str:
    """The stylesheet without what only gov.uk may use: its typeface and the royal arms.

    Source maps are not shipped, so the pointer to one goes too.
    """
    css = re.sub(r"/\*! Copyright \(c\) 2011 by Margaret Calvert.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = re.sub(r"GDS Transport,\s*arial,\s*sans-serif", FONTS, css)
    css = re.sub(r"url\(/assets/images/govuk-crest\.svg\)", "none", css)
    return _without_map(css)


def _without_map(text: str) -> str:
    return re.sub(r"\n?(?:/\*|//)# sourceMappingURL=\S+(?: ?\*/)?\s*$", "\n", text)


CHANGES: dict[str, Callable[[str], str]] = {
    "govuk-frontend.css": without_crown_and_font,
    "htmx.js": _without_map,
}


def vendor(archives: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Write the files and their manifest; returns it: file name to package, version, SHA-256.

    Raises:
        ValueError: an archive is not the pinned one.
    """
    VENDOR.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, dict[str, str]] = {}
    for package, archive in zip(PACKAGES, archives, strict=True):
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != package.sha256:
            raise ValueError(f"{archive.name}: not {package.name} {package.version}: {found}")
        with tarfile.open(archive) as tar:
            for ours, theirs in package.files.items():
                content = _taken(tar, theirs, CHANGES.get(ours, str))
                (VENDOR / ours).write_bytes(content)
                manifest[ours] = {
                    "package": package.name,
                    "version": package.version,
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
    MANIFEST.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def _taken(tar: tarfile.TarFile, name: str, change: Callable[[str], str]) -> bytes:
    member = tar.extractfile(name)
    if member is None:
        raise ValueError(f"{name}: not a file")
    return change(member.read().decode("utf-8")).encode("utf-8")


if __name__ == "__main__":
    for written in vendor([Path(argument) for argument in sys.argv[1:]]):
        sys.stdout.write(f"{written}\n")
