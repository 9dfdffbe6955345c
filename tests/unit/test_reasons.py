"""The words shown for a signal are those the network went by, found again in the original."""

import numpy as np
import pytest

from classifiers.ensemble import load_ensemble, load_models
from classifiers.reasons import by_word, spans, strongest
from classifiers.runtime.artefact import SHIPPED
from classifiers.runtime.build import build_model, default_cache
from classifiers.runtime.e5file import E5File, tokens_of
from classifiers.runtime.encoder import ENCODER
from classifiers.runtime.session import Session
from config.settings import Classifier as ClassifierSettings
from triage.errors import Unavailable
from triage.ports import Reading
from triage.taxonomy import Label


def shown(text: str, words: list[str], weights: list[float]) -> list[str]:
    return [text[span.start : span.end] for span in spans(text, words, weights)]


def test_the_strongest_words_are_shown_in_the_order_of_the_text() -> None:
    text = "He has a Knife and is outside"
    words = text.lower().split()
    assert shown(text, words, [0.1, 0, 0, 2.0, 0, 0, 1.5]) == ["Knife", "outside"]


def test_neighbours_are_one_place() -> None:
    assert shown("end it tonight", ["end", "it", "tonight"], [1.0, 0.0, 0.9]) == ["end", "tonight"]
    assert shown("all the pills", ["all", "the", "pills"], [1.0, 0.9, 0.8]) == ["all the pills"]


def test_weak_words_and_words_that_speak_against_are_not_shown() -> None:
    assert strongest([2.0, 0.9, 1.0, -3.0]) == [0, 2]
    assert strongest([-1.0, 0.0]) == []
    assert strongest([]) == []


def test_a_word_that_tells_nothing_by_itself_is_not_shown() -> None:
    assert shown("i took pills", ["i", "took", "pills"], [9.0, 0.1, 1.0]) == ["pills"]


def test_words_are_found_behind_what_was_replaced() -> None:
    text = "@knifeman 07700 900123 he has a k\u200bnife"
    words = ["@user", "[phone]", "he", "has", "a", "knife"]
    assert shown(text, words, [0, 0, 0, 0, 0, 1.0]) == ["k\u200bnife"]


def test_of_a_text_whose_middle_was_not_read_no_place_is_given() -> None:
    assert spans("word " * 5_000, ["word"] * 5_000, [1.0] * 5_000) == ()


def test_evidence_is_summed_over_the_tokens_of_a_word() -> None:
    evidence = np.array([[9.0], [1.0], [2.0], [4.0]], dtype=np.float32)
    assert by_word(evidence, (-1, 0, 0, 1), 0, 2) == [3.0, 4.0]


@pytest.fixture(scope="module")
def built() -> None:
    try:
        build_model(default_cache())
    except Unavailable as error:
        pytest.skip(f"the model cannot be built here: {error}")


@pytest.mark.usefixtures("built")
def test_a_logit_is_the_sum_of_its_evidence() -> None:
    from safetensors.numpy import load_file

    folder = load_models(SHIPPED).artefact
    assert folder is not None
    bias = load_file(SHIPPED / "adapter.safetensors")["heads.bias"].astype(np.float32)
    from classifiers.runtime.build import built_folder

    place = built_folder(default_cache(), folder)
    file = E5File(place / ENCODER)
    session, tokens = Session(place / "fp32.onnx", file.words()), tokens_of(file)
    read = tokens.words("theres a man with a machete outside the shop", ("he is back",))
    assert read.windows == tuple(
        tokens.windows("theres a man with a machete outside the shop", ("he is back",))
    )
    answer = session.read(read.windows[0])
    evidence = answer.evidence
    assert len(evidence) == len(read.windows[0].ids) == len(read.owners[0])
    assert evidence.sum(axis=0) + bias == pytest.approx(answer.logits, abs=1e-3)


@pytest.mark.usefixtures("built")
def test_an_alert_shows_where_the_network_read_it_and_routine_does_not() -> None:
    ensemble = load_ensemble(ClassifierSettings(threads=1))
    text = "they keep putting it through my letterbox, pictures of me getting changed"
    alert, routine = ensemble.read(
        [Reading(text=text), Reading(text="what time does the counter open on saturday")]
    )
    assert alert.label is not Label.ROUTINE
    assert any(signal.spans for signal in alert.signals)
    assert any(reason.rule.startswith("words:") for reason in alert.reasons)
    told = " ".join(reason.text for reason in alert.reasons)
    assert not {"letterbox", "pictures", "changed"} & set(told.split())
    assert not any(signal.spans for signal in routine.signals)
