"""How a training run tells where it is, where there is no terminal."""

import pytest

from console.commands.training import Lines


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()]


def test_each_tenth_of_the_way_is_told_once_and_the_end_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()
    for done in range(1, 41):
        lines.steps(done, 40)
    assert told(capsys) == [f"{n} of 40 batches" for n in range(4, 40, 4)]


def test_a_run_that_goes_on_tells_only_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for done in range(21, 41):
        lines.steps(done, 40)
    assert told(capsys)[0] == "24 of 40 batches"


def test_the_time_left_goes_by_the_pace_of_this_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 10_000, 60))
    monkeypatch.setattr("console.commands.training.time.monotonic", lambda: next(seconds))
    lines = Lines()
    lines.steps(10, 100)
    lines.steps(20, 100)
    lines.steps(90, 100)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "20 of 100 batches, about 8 min left",
        "90 of 100 batches, about 15 s left",
    ]
