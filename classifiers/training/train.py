"""From labelled files to a model folder that `classifier.model_dir` can name.

Needs the `train` extra (torch); everything heavy is imported when training starts.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifiers.runtime.build import default_cache
from classifiers.runtime.e5file import E5File
from classifiers.runtime.encoder import ENCODER, fetch_encoder, sha256_of
from classifiers.training.data import Row, own_rows, public_rows
from classifiers.training.recipe import Recipe
from triage.errors import BadInput, BadSettings

if TYPE_CHECKING:
    from classifiers.training.network import Network, Source
    from classifiers.training.own import OwnEncoder
    from classifiers.training.report import Report
    from classifiers.training.shipping import Trained

Progress = Callable[[str], None]
Steps = Callable[[int, int], None]
ADAPTER = "adapter.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Labelled files: to learn from, to fit the lines to, and to measure by only.

    `dev` rows are never trained on; calibration and thresholds are fitted to them. To `judge` rows
    nothing is fitted: they measure, and show what the lines may promise. Of the folder `public`
    the train split is learned too.
    """

    data: tuple[Path, ...]
    dev: tuple[Path, ...] = ()
    judge: tuple[Path, ...] = ()
    public: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How to train, and where the model goes.

    `start` is the adapter of an earlier run to set out from. `encoder` is the folder of a model in
    the layout of the Hugging Face hub, to be trained in place of the pinned encoder. `threads` is
    how many of the processor torch may use, 0 for all.
    """

    out: Path
    name: str = "desk"
    epochs: int = 4
    seed: int = 7
    start: Path | None = None
    encoder: Path | None = None
    threads: int = 0
    cache: Path | None = None

    @property
    def recipe(self) -> Recipe:
        """The recipe with this run's choices."""
        return Recipe(epochs=self.epochs, seed=self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of the files."""

    learned: Sequence[Row]
    dev: Sequence[Row]
    judge: Sequence[Row]

    @property
    def own(self) -> list[Row]:
        """Those to learn from that were written for the purpose."""
        return [row for row in self.learned if row.source == "own"]


def train(
    files: Files,
    run: Run,
    *,
    progress: Progress = print,
    steps: Steps = lambda done, of: None,
) -> "Report":
    """Train, write the model folder, and return what it measures on rows nothing was fitted to.

    An interrupted run goes on from `out`/checkpoint.pt. `steps` is told how many batches are done
    and how many there are.

    Raises:
        BadSettings: the `train` extra is not installed.
        BadInput: a file cannot be read, a set is too small to learn or to calibrate from, or the
            encoder cannot be used.
        Unavailable: the pinned encoder cannot be downloaded.
    """
    if find_spec("torch") is None:
        raise BadSettings("training needs the `train` extra: pip install 'firstcontact[train]'")
    rows = _rows(files, run)
    cache = run.cache or default_cache()
    pinned = None if run.encoder else fetch_encoder(cache, progress)
    _trained(rows, run, pinned, progress, steps)
    from classifiers.training.shipping import write_card

    return write_card(run.out, cache=cache, dev=rows.dev, judge=rows.judge, progress=progress)


def _rows(files: Files, run: Run) -> Rows:
    written = own_rows(files.data)
    public = public_rows(files.public, seed=run.seed) if files.public else []
    rows = Rows(learned=written + public, dev=own_rows(files.dev), judge=own_rows(files.judge))
    if len(written) < 32:
        raise BadInput("train", f"{len(written)} rows are too few to learn from")
    if len({row.label for row in rows.dev}) < 3:
        raise BadInput("dev", "calibration needs held-out rows of all three classes (--dev FILE)")
    return rows


def _trained(rows: Rows, run: Run, pinned: Path | None, progress: Progress, steps: Steps) -> None:
    from classifiers.training.course import dev_note, device_line, train_network
    from classifiers.training.network import tokens_by
    from classifiers.training.shipping import ship

    source, checkpoint = _source(run, pinned), run.out / "checkpoint.pt"
    tokens = tokens_by(source)
    counts = f"{len(rows.learned)} rows, {len(rows.dev)} dev, {len(rows.judge)} that only judge"
    progress(f"training {run.name} on {counts}, on {device_line(run.threads)}")
    network = train_network(
        rows.learned,
        source,
        checkpoint,
        run.recipe,
        progress=progress,
        start=run.start,
        watch=lambda network: dev_note(network, rows.dev, tokens),
        steps=steps,
    )
    ship(
        _handed_over(network, source, rows, run, progress),
        run.out,
        encoder=pinned,
        dev=rows.dev,
        judge=rows.judge,
        golden=rows.own,
        about=about_run(rows, run),
        progress=progress,
    )
    checkpoint.unlink(missing_ok=True)


def _source(run: Run, pinned: Path | None) -> "Source":
    from classifiers.training.own import OwnEncoder

    if run.encoder is not None:
        return OwnEncoder(folder=run.encoder)
    return E5File((pinned or Path()) / ENCODER)


def _handed_over(
    network: "Network", source: "Source", rows: Rows, run: Run, progress: Progress
) -> "Trained":
    from classifiers.training.course import train_linear
    from classifiers.training.own import OwnEncoder
    from classifiers.training.shipping import Trained

    own = None
    if isinstance(source, OwnEncoder):
        progress("exporting the network, so that serving it needs no torch")
        _exported(network, source, run)
        own = source.about()
    # Public rows cost the linear model 4 points of macro-F1 on dev: it learns their topics.
    linear = train_linear(rows.own, run.recipe, progress=progress)
    return Trained(
        adapter=network.adapter(), linear=linear, rank=network.rank, scale=network.scale, own=own
    )


def _exported(network: "Network", source: "OwnEncoder", run: Run) -> None:
    """The trained network keeps its frozen layers in short floats: the file gets them whole."""
    from safetensors.numpy import save_file

    from classifiers.training.network import Network, load_encoder
    from classifiers.training.own import export

    adapter = run.out / ADAPTER
    save_file(dict(network.adapter()), adapter)
    whole = Network(load_encoder(source), rank=network.rank, alpha=run.recipe.alpha, dropout=0)
    whole.learn_from(adapter)
    export(source, whole, run.out)


def about_run(rows: Rows, run: Run) -> Mapping[str, Any]:
    """What the manifest says of a run."""
    sources: dict[str, int] = {}
    for row in rows.learned:
        sources[row.source] = sources.get(row.source, 0) + 1
    return {
        "name": run.name,
        "recipe": json.loads(json.dumps(asdict(run.recipe))),
        "rows": dict(sorted(sources.items())),
        "dev_rows": len(rows.dev),
        **({"started_from": sha256_of(run.start)} if run.start else {}),
    }
