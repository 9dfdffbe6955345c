"""The network as it is served: tokens, windows, and a session that passed its self-test."""

import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from classifiers.calibrate import SIGNALS, Row
from classifiers.reasons import by_word, spans
from classifiers.runtime.artefact import Artefact
from classifiers.runtime.build import (
    FP32,
    INT8,
    Built,
    build_model,
    built_folder,
    default_cache,
    read_built,
    verified,
)
from classifiers.runtime.encoder import encoder_ready
from classifiers.runtime.packing import pack, run_packed
from classifiers.runtime.session import Answer, Session
from classifiers.runtime.tokens import Tokens
from classifiers.runtime.vocabulary import own_encoder, read_vocabulary, vocabulary_file
from triage.errors import BadInput
from triage.model import Span
from triage.ports import Reading
from triage.taxonomy import SignalName

LOG = logging.getLogger("firstcontact.classifiers")
SESSIONS = (INT8, FP32)


Read = tuple[Answer, ...]
"""What the network says of a reading: an answer for each of its windows."""


def rows_of(read: Read) -> Row:
    """The logits of a reading's windows (windows x columns)."""
    rows: Row = np.stack([answer.logits for answer in read])
    return rows


class Transformer:
    """Rows of logits for readings. `kind` is int8 or fp32; `degraded` says why it is not int8."""

    def __init__(self, tokens: Tokens, session: Session, *, kind: str, degraded: str = "") -> None:
        self._tokens, self._session = tokens, session
        self.kind, self.degraded = kind, degraded

    def read(self, readings: Sequence[Reading], executor: Executor | None = None) -> list[Read]:
        """Per reading, in order, what the network says.

        Raises:
            Unavailable: the runtime failed.
        """
        packed = pack([self._tokens.windows(each.text, each.thread) for each in readings])
        return run_packed(packed, self._session.read, executor)

    def rows(self, readings: Sequence[Reading], executor: Executor | None = None) -> list[Row]:
        """Per reading, in order: logits of its windows (windows x columns).

        Raises:
            Unavailable: as `read`.
        """
        return [rows_of(read) for read in self.read(readings, executor)]

    def places(
        self, reading: Reading, read: Read, signals: Sequence[SignalName]
    ) -> dict[SignalName, tuple[Span, ...]]:
        """Where in a text signals were read, by what was said of it."""
        cut = self._tokens.words(reading.text, reading.thread)
        found = {}
        for name in signals:
            column = SIGNALS.start + list(SignalName).index(name)
            best = max(range(len(read)), key=lambda at: float(read[at].logits[column]))
            weights = by_word(read[best].evidence, cut.owners[best], column, len(cut.words))
            found[name] = spans(reading.text, cut.words, weights)
        return found


def load_transformer(artefact: Artefact, cache: Path | None = None) -> Transformer:
    """The best session of a built model.

    A model that is not built yet is built if the encoder lies in the cache; nothing is downloaded.

    Raises:
        BadInput: not built, or damaged.
        Unavailable: another build does not end.
    """
    cache = cache or default_cache()
    built = _built(artefact, cache)
    vocabulary = read_vocabulary(verified(built, vocabulary_file(artefact.files)))
    problem = ""
    for name in SESSIONS:
        kind = name.removesuffix(".onnx")
        if name not in built.usable:
            problem = f"{kind} fails its self-test on this processor"
            continue
        try:
            session = Session(verified(built, name), vocabulary.words)
        except BadInput as error:
            problem = str(error)
            continue
        degraded = f"{kind} model, slower: {problem}" if problem else ""
        return Transformer(vocabulary.tokens, session, kind=kind, degraded=degraded)
    raise BadInput(str(built.folder), problem)


def _built(artefact: Artefact, cache: Path) -> Built:
    folder = built_folder(cache, artefact)
    try:
        return read_built(folder)
    except BadInput as error:
        if not (own_encoder(artefact.files) or encoder_ready(cache)):
            raise BadInput("model", "is not built: run `firstcontact model build`") from error
    build_model(cache, lambda line: LOG.info("%s", line), model_dir=artefact.folder)
    return read_built(folder)
