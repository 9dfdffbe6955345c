"""The cards and forms of Teams drawn by Microsoft's own renderer in Chromium, in the width of a
telephone and of a desk: nothing is cut off, and what it shows is what was agreed.

With `FIRSTCONTACT_PICTURES=DIR` each is kept as a picture to look at.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.counterparts import counterpart
from tests.browser.conftest import chromium as chromium
from tests.cards_shown import CASES, LEVELS, forms, teams_card, teams_form

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]

RENDERER = "adaptivecards/dist/adaptivecards.min.js"
PICTURES = os.environ.get("FIRSTCONTACT_PICTURES", "")
WIDTHS = (360, 620)
# As Teams has it where it matters: few actions in a row, and ours must fit them.
HOST = {
    "fontFamily": "Segoe UI, DejaVu Sans, sans-serif",
    "actions": {"maxActions": 6, "actionsOrientation": "horizontal", "actionAlignment": "left"},
    "containerStyles": {
        "default": {
            "foregroundColors": {
                "default": {"default": "#242424", "subtle": "#616161"},
                "attention": {"default": "#c4314b", "subtle": "#c4314b"},
                "warning": {"default": "#835c00", "subtle": "#835c00"},
                "accent": {"default": "#4f52b2", "subtle": "#4f52b2"},
            }
        }
    },
}
PAGE = """<!doctype html><meta charset="utf-8"><style>
body{margin:0;padding:12px;background:#f5f5f5;font:14px 'Segoe UI','DejaVu Sans',sans-serif}
.card{background:#fff;border:1px solid #ddd;border-radius:6px;padding:4px}
button{font:inherit;padding:5px 10px;margin:2px;border:1px solid #ccc;border-radius:4px;
background:#fff}
.ac-pushButton.style-positive,.primary{background:#5b5fc7;color:#fff}
.ac-actionSet{flex-wrap:wrap}  /* as Teams does */
input,select,textarea{font:inherit;width:100%;box-sizing:border-box}
input[type=checkbox]{width:auto}
</style><div id="cards"></div>"""
DRAW = """([card, host, name]) => {
  const drawn = new AdaptiveCards.AdaptiveCard();
  drawn.hostConfig = new AdaptiveCards.HostConfig(host);
  drawn.parse(card);
  const box = document.createElement("div");
  box.className = "card";
  box.append(drawn.render());
  const title = document.createElement("p");
  title.textContent = name;
  document.getElementById("cards").append(title, box);
  const wide = [...box.querySelectorAll("*")].filter((each) => each.scrollWidth > box.clientWidth);
  return { text: box.innerText, wide: wide.length,
           buttons: [...box.querySelectorAll("button")].map((each) => each.innerText.trim()) };
}"""


@pytest.fixture(scope="module", params=WIDTHS)
def page(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    script = counterpart(RENDERER)
    context = chromium.new_context(viewport={"width": request.param, "height": 800})
    made = context.new_page()
    made.route("**/*", lambda route: route.abort())
    made.set_content(PAGE)
    made.add_script_tag(path=script)
    yield made
    context.close()


def drawn(page: Any, name: str, *cards: dict[str, Any]) -> list[dict[str, Any]]:
    page.evaluate("document.getElementById('cards').replaceChildren()")
    shown = [page.evaluate(DRAW, [card, HOST, f"{name} {n}"]) for n, card in enumerate(cards)]
    if PICTURES:
        width = page.viewport_size["width"]
        page.screenshot(path=Path(PICTURES) / f"teams-{name}-{width}.png", full_page=True)
    return shown


@pytest.mark.parametrize("name", CASES)
def test_a_card_is_drawn_whole(page: Any, name: str) -> None:
    cards = [teams_card(name, level) for level in LEVELS]

    for card, shown in zip(cards, drawn(page, name, *cards), strict=True):
        assert shown["wide"] == 0
        assert shown["buttons"] == [each["title"] for each in card["actions"]]
        assert "https://" not in shown["text"]


@pytest.mark.parametrize("name", forms())
def test_a_form_is_drawn_whole(page: Any, name: str) -> None:
    card = teams_form(forms()[name])

    (shown,) = drawn(page, f"form-{name}", card)

    assert shown["wide"] == 0
    sets = [each for each in card["body"] if each["type"] == "ActionSet"]
    rows = [*(each["actions"] for each in sets), card["actions"]]
    assert shown["buttons"] == [action["title"] for row in rows for action in row]
    assert json.dumps(card).count("Input.") == page.locator("input, select, textarea").count()
