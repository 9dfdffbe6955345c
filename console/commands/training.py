"""Labelled rows in, a model folder out: train."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.common import ConfigFile, now, say, settings_of
from triage.errors import BadInput

if TYPE_CHECKING:
    from classifiers.training.report import Report
    from classifiers.training.train import Files, Run

TENTHS = 10


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(train)


def train(  # noqa: PLR0913  the options of the command
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="Labelled JSON lines; repeat.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the trained model.")] = None,
    dev: Annotated[
        list[Path] | None, typer.Option("--dev", help="Held-out labelled lines.")
    ] = None,
    judge: Annotated[
        list[Path] | None, typer.Option("--judge", help="Labelled lines that only measure.")
    ] = None,
    public: Annotated[
        Path | None,
        typer.Option("--public", help="Folder of mapped public sets, learnt too."),
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--start", help="adapter.safetensors to set out from.")
    ] = None,
    encoder: Annotated[
        Path | None,
        typer.Option("--encoder", help="Folder of a Hugging Face model, for the pinned encoder."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The model's name in verdicts.")] = "desk",
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the data.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 7,
    threads: Annotated[int, typer.Option(min=0, help="Processor threads; 0 for all.")] = 0,
    from_corrections: Annotated[
        bool,
        typer.Option("--from-corrections", help="Make a candidate out of what officers corrected."),
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Train the classifier's adapter and heads (needs the `train` extra)."""
    from classifiers.training.train import Files, Run

    files = Files(
        data=tuple(data or ()), dev=tuple(dev or ()), judge=tuple(judge or ()), public=public
    )
    run = Run(
        out=out or Path(),
        name=name,
        epochs=epochs,
        seed=seed,
        start=start,
        encoder=encoder,
        threads=threads,
    )
    if from_corrections:
        _train_candidate(config, files, run, out)
    elif not data or out is None:
        raise typer.BadParameter("--data and --out are needed, or --from-corrections")
    else:
        report = _fit(files, run)
        sys.stdout.write(f"{out}\n")
        say(_where_it_is(out, report))


def _fit(files: "Files", run: "Run", *, progress: Callable[[str], None] = say) -> "Report":
    from classifiers.training.train import train as fit

    for path in (run.encoder, run.start, files.public):
        if path is not None and not path.exists():
            raise BadInput(str(path), "is not there")
    with _shown() as shown:
        return fit(files, run, progress=shown.line, steps=shown.steps)


def _train_candidate(config: Path | None, files: "Files", run: "Run", out: Path | None) -> None:
    from console.candidates import make_candidate, planned
    from console.opening import existing_store

    settings = settings_of(config)
    plan = planned(settings, files, run, out=out, now=now())
    store = existing_store(settings)
    folder = make_candidate(store, settings, plan, now=now(), progress=say, train=_fit)
    store.close()
    sys.stdout.write(f"{folder}\n")
    say(f"now measure it: firstcontact model promote {folder}")


def _where_it_is(out: Path, report: "Report") -> str:
    return (
        f"{report.model} lies in {out}: macro-F1 {report.macro_f1:.3f} on {report.items} rows that "
        f'nothing was fitted to. To use it: model_dir = "{out}" under [classifier] in the settings.'
    )


# --- progress -------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Lines:
    """Progress as plain lines: what is told, and each tenth of the way with the time left."""

    began: float = 0.0
    first: int = -1
    told: int = 0

    def line(self, text: str) -> None:
        """Something worth a line of its own."""
        say(text)

    def steps(self, done: int, of: int) -> None:
        """How many batches are done, of how many; a run that goes on begins further in."""
        if self.first < 0:
            self.began, self.first, self.told = time.monotonic(), done, TENTHS * done // of
        tenth = TENTHS * done // of
        if tenth > self.told and done < of:
            self.told = tenth
            pace = (time.monotonic() - self.began) / max(1, done - self.first)
            say(f"{done} of {of} batches, about {_minutes(pace * (of - done))} left")


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


class Bar:
    """Progress as a bar with the time left, for a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        self.drawn = Progress(
            "training",
            BarColumn(),
            MofNCompleteColumn(),
            "batches,",
            TimeRemainingColumn(),
            "left",
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self.drawn.add_task("training", total=None, visible=False)

    def line(self, text: str) -> None:
        """Something worth a line of its own, above the bar."""
        self.drawn.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def steps(self, done: int, of: int) -> None:
        """How many batches are done, of how many."""
        self.drawn.update(self._task, completed=done, total=of, visible=done < of)


@contextmanager
def _shown() -> Iterator[Lines | Bar]:
    if not sys.stderr.isatty():
        yield Lines()
        return
    bar = Bar()
    with bar.drawn:
        yield bar
