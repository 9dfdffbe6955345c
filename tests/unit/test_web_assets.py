"""The stylesheet and scripts we ship: what they are, and that nothing else is fetched."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from console.web.assets import STATIC, Assets
from console.web.vendor_assets import MANIFEST, PACKAGES, VENDOR, without_crown_and_font

NAMES_NOT_FETCHED = ("http://www.w3.org/2000/svg",)  # the name of a format
TEMPLATES = STATIC.parent / "templates"
OURS = [path for path in STATIC.rglob("*") if path.suffix in (".css", ".js", ".svg")]


def test_vendored_files_are_the_ones_the_manifest_names() -> None:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name not in ("manifest.json", "NOTICE.txt")
    }
    assert found == {name: entry["sha256"] for name, entry in manifest.items()}


def test_the_manifest_names_the_pinned_versions() -> None:
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    pinned = {ours: package.version for package in PACKAGES for ours in package.files}
    assert {name: entry["version"] for name, entry in manifest.items()} == pinned


def test_every_vendored_package_has_its_licence() -> None:
    notice = (VENDOR / "NOTICE.txt").read_text(encoding="utf-8")
    for package in PACKAGES:
        assert f"{package.name} {package.version}" in notice


def test_the_typeface_and_the_royal_arms_are_not_shipped() -> None:
    css = (VENDOR / "govuk-frontend.css").read_text(encoding="utf-8")
    assert "GDS Transport" not in css
    assert "@font-face" not in css
    assert "crest" not in css


def test_what_only_gov_uk_may_use_is_taken_out() -> None:
    css = (
        "@font-face{font-family:GDS Transport;src:url(a.woff2)}"
        "p{font-family:GDS Transport,arial,sans-serif}"
    )
    assert without_crown_and_font(css).startswith("p{font-family:system-ui")


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    urls = re.findall(r"url\([^)]*\)|https?://[^\s\"')]+", text)
    assert not [url for url in urls if url not in NAMES_NOT_FETCHED]


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_templates_have_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script
        assert "nonce=" in script


def test_a_name_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("p{}", encoding="utf-8")
    before = Assets(tmp_path).url("a.css")
    (tmp_path / "a.css").write_text("p{color:red}", encoding="utf-8")
    assert Assets(tmp_path).url("a.css") != before
