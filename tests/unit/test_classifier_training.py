"""Training: repeatable, goes on after an interruption, and refuses what cannot be learned."""

from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.runtime.build import default_cache
from classifiers.runtime.e5file import E5File
from classifiers.runtime.encoder import ENCODER, fetch_encoder
from classifiers.training.data import Row
from classifiers.training.recipe import Recipe
from classifiers.training.train import Files, Run, train
from triage.errors import BadInput, Unavailable
from triage.taxonomy import Audience, Label

torch = pytest.importorskip("torch", reason="training needs the `train` extra")

ROWS = [
    Row(
        id=f"r{n}",
        text=("he has a knife outside number ", "when do you open on day ", "my ex hit me on day ")[
            n % 3
        ]
        + str(n),
        label=list(Label)[(0, 2, 1)[n % 3]],
        audience=list(Audience)[(0, 4, 1)[n % 3]],
    )
    for n in range(24)
]
RECIPE = Recipe(epochs=2, batch=8, rank=4)


@pytest.fixture(scope="module")
def encoder() -> E5File:
    try:
        return E5File(fetch_encoder(default_cache(), lambda line: None) / ENCODER)
    except Unavailable as error:
        pytest.skip(f"the encoder cannot be fetched here: {error}")


class Stopped(Exception):
    """The plug was pulled."""


def test_an_interrupted_run_ends_where_a_whole_one_does(encoder: E5File, tmp_path: Path) -> None:
    from classifiers.training.course import train_network

    def pull_the_plug(line: str) -> None:
        raise Stopped(line)

    whole = train_network(ROWS, encoder, tmp_path / "whole.pt", RECIPE, progress=lambda line: None)
    with pytest.raises(Stopped, match="epoch 1/2"):
        train_network(ROWS, encoder, tmp_path / "cut.pt", RECIPE, progress=pull_the_plug)
    lines: list[str] = []
    resumed = train_network(ROWS, encoder, tmp_path / "cut.pt", RECIPE, progress=lines.append)
    assert lines[0] == f"going on after epoch 1 of 2, from {tmp_path / 'cut.pt'}"
    assert [line[:9] for line in lines[1:]] == ["epoch 2/2"]
    first, second = whole.adapter(), resumed.adapter()
    assert first.keys() == second.keys()
    assert all((first[name] == second[name]).all() for name in first)


def test_a_checkpoint_of_another_recipe_is_not_gone_on_from(
    encoder: E5File, tmp_path: Path
) -> None:
    from classifiers.training.course import train_network

    path = tmp_path / "checkpoint.pt"
    train_network(ROWS, encoder, path, Recipe(epochs=1, rank=4), progress=lambda line: None)
    lines: list[str] = []
    train_network(ROWS, encoder, path, Recipe(epochs=1, rank=2), progress=lines.append)
    assert [line[:9] for line in lines] == ["epoch 1/1"]


def test_a_checkpoint_of_other_rows_is_not_gone_on_from(encoder: E5File, tmp_path: Path) -> None:
    from classifiers.training.course import train_network

    path, recipe = tmp_path / "checkpoint.pt", Recipe(epochs=1, rank=2)
    train_network(ROWS, encoder, path, recipe, progress=lambda line: None)
    other = [replace(ROWS[0], text=f"{ROWS[0].text}, reworded"), *ROWS[1:]]
    lines: list[str] = []
    train_network(other, encoder, path, recipe, progress=lines.append)
    assert [line[:9] for line in lines] == ["epoch 1/1"]


def test_what_was_learned_can_be_taken_over_and_must_fit(encoder: E5File, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    from classifiers.training.network import Network, load_encoder

    first = Network(load_encoder(encoder), rank=4, alpha=8, dropout=0)
    path = tmp_path / "adapter.safetensors"
    save_file(dict(first.adapter()), path)
    second = Network(load_encoder(encoder), rank=4, alpha=8, dropout=0)
    second.learn_from(path)
    assert all((second.adapter()[name] == kept).all() for name, kept in first.adapter().items())
    with pytest.raises(BadInput, match="does not fit this network"):
        Network(load_encoder(encoder), rank=8, alpha=8, dropout=0).learn_from(path)


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    path, run = tmp_path / "rows.jsonl", Run(out=tmp_path / "out")
    path.write_text('{"text": "a", "class": "routine"}\n' * 40)
    with pytest.raises(BadInput, match="calibration needs held-out rows of all three classes"):
        train(Files(data=(path,)), run)
    path.write_text('{"text": "a", "class": "routine"}\n')
    with pytest.raises(BadInput, match="1 rows are too few"):
        train(Files(data=(path,), dev=(path,)), run)
