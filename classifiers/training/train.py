"""From labelled files to a model folder that `classifier.model_dir` can name.

Needs the `train` extra (torch); everything heavy is imported when training starts.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from classifiers.runtime.build import default_cache
from classifiers.runtime.e5file import E5File, tokens_of
from classifiers.runtime.encoder import ENCODER, fetch_encoder, sha256_of
from classifiers.training.data import Row, own_rows, public_rows
from classifiers.training.recipe import Recipe
from triage.errors import BadInput, BadSettings

Progress = Callable[[str], None]


def train(  # noqa: PLR0913  the knobs of a run
    data: Sequence[Path],
    out: Path,
    *,
    dev: Sequence[Path] = (),
    judge: Sequence[Path] = (),
    public: Path | None = None,
    epochs: int = 6,
    seed: int = 1123,
    name: str = "desk",
    start: Path | None = None,
    cache: Path | None = None,
    progress: Progress = print,
) -> Path:
    """Train on labelled files (`data`, and the train split in the folder `public`), write `out`.

    `start` is the adapter of an earlier run to go on from. `dev` rows are never trained on;
    calibration and thresholds are fitted to them. To `judge` rows nothing is fitted: they only
    measure, and show what the lines may promise. An interrupted run goes on from
    `out`/checkpoint.pt.

    Raises:
        BadSettings: the `train` extra is not installed.
        BadInput: a file cannot be read, or a set is too small to learn or to calibrate from.
        Unavailable: the encoder cannot be downloaded.
    """
    if find_spec("torch") is None:
        raise BadSettings("training needs the `train` extra: pip install 'firstcontact[train]'")
    own, held_out, judging = own_rows(data), own_rows(dev), own_rows(judge)
    rows = own + (public_rows(public, seed=seed) if public else [])
    _refuse_too_few(own, held_out)
    recipe = Recipe(epochs=epochs, seed=seed)
    cache = cache or default_cache()
    encoder = fetch_encoder(cache, progress)
    progress(f"{len(own)} own rows, {len(rows) - len(own)} public ones, {len(held_out)} dev rows")
    _trained(
        rows,
        held_out,
        out,
        encoder,
        recipe,
        judge=judging,
        name=name,
        start=start,
        progress=progress,
    )
    from classifiers.training.shipping import write_card

    write_card(out, cache=cache, dev=held_out, judge=judging, progress=progress)
    return out


def _refuse_too_few(own: Sequence[Row], dev: Sequence[Row]) -> None:
    if len(own) < 32:
        raise BadInput("train", f"{len(own)} rows are too few to learn from")
    if len({row.label for row in dev}) < 3:
        raise BadInput("dev", "calibration needs held-out rows of all three classes (--dev FILE)")


def _trained(  # noqa: PLR0913  the same
    rows: Sequence[Row],
    dev: Sequence[Row],
    out: Path,
    encoder: Path,
    recipe: Recipe,
    *,
    judge: Sequence[Row],
    name: str,
    start: Path | None,
    progress: Progress,
) -> None:
    from classifiers.training.course import dev_note, train_linear, train_network
    from classifiers.training.shipping import Trained, ship

    file = E5File(encoder / ENCODER)
    tokens = tokens_of(file)
    network = train_network(
        rows,
        file,
        out / "checkpoint.pt",
        recipe,
        progress=progress,
        start=start,
        watch=lambda network: dev_note(network, dev, tokens),
    )
    own = [row for row in rows if row.source == "own"]
    # Public rows cost the linear model 4 points of macro-F1 on dev: it learns their topics.
    linear = train_linear(own, recipe, progress=progress)
    trained = Trained(
        adapter=network.adapter(),
        linear=linear,
        rank=recipe.rank,
        scale=recipe.alpha / recipe.rank,
    )
    about = about_run(rows, dev, recipe, name=name)
    if start is not None:
        about = {**about, "started_from": sha256_of(start)}
    ship(
        trained,
        out,
        encoder=encoder,
        dev=dev,
        judge=judge,
        golden=own,
        about=about,
        progress=progress,
    )
    (out / "checkpoint.pt").unlink(missing_ok=True)


def about_run(
    rows: Sequence[Row], dev: Sequence[Row], recipe: Recipe, *, name: str
) -> Mapping[str, Any]:
    """What the manifest says of a run."""
    sources: dict[str, int] = {}
    for row in rows:
        sources[row.source] = sources.get(row.source, 0) + 1
    return {
        "name": name,
        "recipe": json.loads(json.dumps(asdict(recipe))),
        "rows": dict(sorted(sources.items())),
        "dev_rows": len(dev),
    }
