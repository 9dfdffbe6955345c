"""A force's own weights: read, refused with a reason, written, and named by every link."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from config.weights import read_weights, weights_toml
from tests.factories import NOW, a_person, an_item
from triage.errors import BadSettings
from triage.linking import link
from triage.model import Address
from triage.recordbook import RecordBook
from triage.weights import FARTHEST, SHIPPED, bare_level, digest_of

PHONE = SHIPPED.levels["phone"]["same"]


def written(folder: Path, text: str) -> Path:
    path = folder / "weights.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_shipped_weights_are_in_force() -> None:
    assert read_weights(None) is SHIPPED


def test_what_is_written_is_read_again_to_the_bit(tmp_path: Path) -> None:
    own = replace(SHIPPED, unlisted={"surname": 12.25, "forename": 9.5})
    path = written(tmp_path, weights_toml(own, lambda field, level: f"{field}, {level}"))
    assert digest_of(read_weights(path)) == digest_of(own) != digest_of(SHIPPED)


def test_what_a_file_does_not_name_weighs_as_shipped(tmp_path: Path) -> None:
    own = read_weights(written(tmp_path, "[levels.phone]\nsame = 17\n"))
    assert own.levels["phone"] == {**SHIPPED.levels["phone"], "same": 17.0}
    assert own.levels["email"] == SHIPPED.levels["email"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[levels.shoe_size]\nsame = 1\n", "levels: shoe_size: unknown; there are account, phone"),
        ('[levels.phone]\n"nearly" = 1\n', "levels.phone: nearly: unknown; there are same, landli"),
        ("[levels.phone]\nsame = nan\n", "levels.phone: same: not a finite number"),
        ("[levels.phone]\nsame = -inf\n", "levels.phone: same: not a finite number"),
        ("[levels.phone]\nsame = true\n", "levels.phone: same: not a finite number"),
        ('[levels.phone]\nsame = "20"\n', "levels.phone: same: not a finite number"),
        ("[levels.phone]\nsame = 60\n", f"same: 60 is over 8 bits from the prior, {PHONE:g}"),
        ("[levels]\nphone = 20\n", "levels.phone: not a table"),
        ("[shared]\nphone = -1\n", "shared.phone: -1 is not between 0 and 30"),
        ("[less]\nwhispered = 1\n", "less: whispered: unknown; there are earlier address"),
        ("[rarity.surname]\nquayle = 99\n", "rarity.surname: quayle: 99 is not between 0 and 30"),
        ("[rarity.shoes]\nboot = 1\n", "rarity: shoes: unknown; there are surname, forename"),
        ("[weights]\nphone = 20\n", "weights: unknown; there are levels, names"),
        ("levels = [", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadSettings) as refused:
        read_weights(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"nowhere\.toml: cannot be read"):
        read_weights(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("side", [-1, 1])
def test_as_far_as_allowed_from_the_prior_is_not_too_far(tmp_path: Path, side: int) -> None:
    bits = SHIPPED.levels["date_of_birth"]["same"] + side * FARTHEST
    own = read_weights(written(tmp_path, f"[levels.date_of_birth]\nsame = {bits}\n"))
    assert own.row("date_of_birth", "same").weight == bits


# --- in use ---------------------------------------------------------------------------------------


def test_a_link_names_the_weights_that_made_it_and_is_made_by_them() -> None:
    person = a_person("R1", phones=("07700900142",), date_of_birth=date(1990, 1, 2))
    item = an_item("My number is 07700 900142")
    doubted = replace(SHIPPED, levels={**SHIPPED.levels, "phone": {"same": 12.0}})
    before, after = (
        link(item, RecordBook([person]), suggest_at=0.0, weights=each, now=NOW)
        for each in (SHIPPED, doubted)
    )
    assert (before.weights, after.weights) == (digest_of(SHIPPED), digest_of(doubted))
    bits = [each.candidates[0].evidence[1].weight for each in (before, after)]
    assert bits == [PHONE, 12.0]


def test_every_row_of_a_waterfall_can_be_worked_out_from_the_table() -> None:
    person = a_person(
        "R1",
        phones=("07700900142",),
        addresses=(Address(line="14 Fennel Street", postcode="WB2 4UB", current=True),),
        date_of_birth=date(1990, 1, 2),
    )
    text = "My number is 07700 900142, born 02/01/1990, I live at 14 Fennel Street, WB2 4UB"
    found = link(an_item(text), RecordBook([person]), now=NOW).candidates[0]
    told = [each for each in found.evidence if each.field in SHIPPED.levels]
    assert {each.field for each in told} >= {"phone", "date_of_birth", "address"}
    for each in told:
        if each.level == bare_level(each.level) and each.level in SHIPPED.levels[each.field]:
            assert each == SHIPPED.row(each.field, each.level)


@pytest.mark.parametrize(
    ("level", "bare"),
    [
        ("line, earlier address, told of", "line"),
        ("same, turned round, as shown", "same"),
        ("same street, another number", "same street, another number"),
        ("postcode, another number, told of", "postcode, another number"),
    ],
)
def test_a_level_is_told_from_its_marks(level: str, bare: str) -> None:
    assert bare_level(level) == bare
