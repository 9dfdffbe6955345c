"""What `firstcontact doctor` says of the machine it runs on."""

from datetime import timedelta
from pathlib import Path

from config.settings import load
from console.doctor import Finding, examine
from console.opening import open_store, utc_now
from tests.servers import facebook, x
from tests.servers.facebook import FacebookServer
from tests.servers.x import XServer
from triage.model import Event


def found(config: Path) -> dict[str, Finding]:
    return {each.what: each for each in examine(load(config))}


def test_a_clock_that_lies_behind_the_audit_trail_is_to_be_mended(tmp_path: Path) -> None:
    config = tmp_path / "desk.toml"
    config.write_text(f'[storage]\nurl = "sqlite:///{tmp_path / "desk.db"}"\n', encoding="utf-8")
    assert found(config)["clock"].well
    store = open_store(load(config))
    ahead = utc_now() + timedelta(hours=1)
    store.record([Event(at=ahead, actor="pgreen", action="viewed", subject="FC-1")])
    store.close()
    clock = found(config)["clock"]
    assert not clock.well
    assert clock.text.endswith("set the clock, switch NTP on")
    assert f"{ahead:%Y-%m-%d %H:%M}" in clock.text


def test_a_record_source_is_looked_at_with_its_first_record(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    config = tmp_path / "desk.toml"
    config.write_text(
        f'[storage]\nurl = "sqlite:///{tmp_path / "desk.db"}"\n'
        f'[[record_source]]\nname = "niche"\nkind = "csv"\nfile = "{people}"\n',
        encoding="utf-8",
    )
    said = []
    for text in ("", "record_id,dob\n", "record_id,date_of_birth\n1,soon\n", "record_id\n1\n"):
        people.write_text(text, encoding="utf-8")
        source = found(config)["record source niche"]
        said.append((source.well, source.text))
    assert [well for well, _ in said] == [False, False, False, True]
    assert said[0][1] == "record_source niche: has no rows"
    assert said[2][1].startswith("niche: line 2: date_of_birth")


def test_the_tokens_for_replies_are_looked_at(tmp_path: Path) -> None:
    with XServer(tokens={x.TOKEN: x.USER_ID, "others": "9"}) as on_x, FacebookServer() as on_fb:
        on_fb.scopes = ["pages_messaging"]
        config = tmp_path / "desk.toml"
        config.write_text(
            f"""
[storage]
url = "sqlite:///{tmp_path / "desk.db"}"
[[collector]]
kind = "x"
account = "westbridgepolice"
user_id = "{x.USER_ID}"
bearer_token = "{x.TOKEN}"
reply_token = "others"
base_url = "{on_x.url}"
[[collector]]
kind = "facebook"
page_id = "{facebook.PAGE_ID}"
page_token = "{facebook.TOKEN}"
app_secret = "{facebook.SECRET}"
reply_token = "{facebook.TOKEN}"
base_url = "{on_fb.url}"
""",
            encoding="utf-8",
        )
        seen = found(config)
        assert "belongs to 9" in seen["replies x:westbridgepolice"].text
        assert "lacks pages_manage_engagement" in seen["replies facebook:2002"].text
        assert on_x.said() == on_fb.said() == []
        on_fb.scopes = ["pages_messaging", "pages_manage_engagement"]
        assert found(config)["replies facebook:2002"].well
