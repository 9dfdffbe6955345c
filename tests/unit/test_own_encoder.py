"""An encoder of one's own: trained, exported, and served without torch."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers.ensemble import load_ensemble
from classifiers.inforce import read_servable
from classifiers.runtime.artefact import read_artefact
from classifiers.runtime.build import FP32, INT8, build_model, built_folder, read_built
from classifiers.runtime.foreign import foreign_tokens
from classifiers.runtime.session import Session
from classifiers.training.data import own_rows
from classifiers.training.shipping import refit
from classifiers.training.train import Files, Run, train
from config.settings import Classifier as ClassifierSettings
from triage.errors import BadInput
from triage.ports import Reading

torch = pytest.importorskip("torch", reason="training needs the `train` extra")

TEXTS = ("he has a knife outside number", "when do you open on day", "my ex hit me on day")
CLASSES = ("emergency", "routine", "abuse")
SMALL = {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def rows(path: Path, count: int) -> Path:
    lines = [
        {"text": f"{TEXTS[n % 3]} {n}", "class": CLASSES[n % 3], "lang": "en"} for n in range(count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def pieces(path: Path, *, byte_level: bool, marks: tuple[str, ...] = ("[S]", "[E]")) -> int:
    """Write a tokenizer learnt from the texts; returns how many pieces it has."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    kept = ["[PAD]", "[UNK]", "[S]", "[E]"]
    if byte_level:
        tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer: Any = trainers.BpeTrainer(vocab_size=300, special_tokens=kept)
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=kept)
    tokenizer.train_from_iterator([*TEXTS, "0 1 2 3 4 5 6 7 8 9"], trainer)
    if marks:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{marks[0]} $A {marks[1]}", special_tokens=[("[S]", 2), ("[E]", 3)]
        )
    tokenizer.enable_truncation(16)
    tokenizer.save(str(path))
    return int(tokenizer.get_vocab_size())


def bert(words: int) -> Any:
    from transformers import BertConfig, BertModel

    return BertModel(BertConfig(vocab_size=words, hidden_size=32, **SMALL))


def xlm_roberta(words: int) -> Any:
    from transformers import XLMRobertaConfig, XLMRobertaModel

    config = XLMRobertaConfig(
        vocab_size=words, hidden_size=32, max_position_embeddings=300, pad_token_id=0, **SMALL
    )
    return XLMRobertaModel(config)


def mpnet(words: int) -> Any:
    from transformers import MPNetConfig, MPNetModel

    return MPNetModel(MPNetConfig(vocab_size=words, hidden_size=32, **SMALL))


def distilbert(words: int) -> Any:
    from transformers import DistilBertConfig, DistilBertModel

    config = DistilBertConfig(vocab_size=words, dim=32, n_layers=2, n_heads=2, hidden_dim=64)
    return DistilBertModel(config)


Made = Callable[[int], Any]


def an_encoder(folder: Path, made: Made = bert, *, byte_level: bool = False) -> Path:
    """A folder with a tiny encoder that knows nothing."""
    folder.mkdir()
    torch.manual_seed(3)
    made(pieces(folder / "tokenizer.json", byte_level=byte_level)).save_pretrained(folder)
    return folder


def trained(tmp_path: Path, encoder: Path, *, start: Path | None = None) -> Path:
    files = Files(data=(rows(tmp_path / "rows", 40),), dev=(rows(tmp_path / "dev", 30),))
    run = Run(
        out=tmp_path / "out", epochs=1, encoder=encoder, cache=tmp_path / "cache", start=start
    )
    train(files, run, progress=lambda line: None)
    return run.out


@pytest.mark.parametrize(
    ("made", "byte_level"), [(bert, False), (xlm_roberta, True), (mpnet, False), (distilbert, True)]
)
def test_an_encoder_is_trained_and_proves_itself_in_both_forms(
    tmp_path: Path, made: Made, *, byte_level: bool
) -> None:
    out = trained(tmp_path, an_encoder(tmp_path / "mine", made, byte_level=byte_level))
    cache = tmp_path / "another cache"
    artefact = read_servable(out)
    assert artefact.manifest["encoder"]["name"] == "mine"
    assert {"network.onnx", "tokenizer.json"} <= artefact.files.keys()
    build_model(cache, model_dir=out)
    built = read_built(built_folder(cache, artefact))
    assert built.usable == (INT8, FP32)
    served = load_ensemble(ClassifierSettings(model_dir=out), cache=cache)
    texts = ("he has a knife", "", "не знаю </s> [E]", TEXTS[1] * 200)
    verdicts = served.read([Reading(text=text) for text in texts])
    assert [each.degraded for each in verdicts] == [""] * 4
    window = foreign_tokens(out / "tokenizer.json").windows("he has a knife outside")[0]
    session = Session(built.folder / FP32)
    bias = session.logits(window) - session.read(window).evidence.sum(axis=0)
    other = foreign_tokens(out / "tokenizer.json").windows("when do you open")[0]
    again = session.logits(other) - session.read(other).evidence.sum(axis=0)
    assert np.allclose(bias, again, atol=1e-5)


def test_what_was_trained_is_served_without_torch(tmp_path: Path) -> None:
    out = trained(tmp_path, an_encoder(tmp_path / "mine"))
    asked = (
        "import sys; from pathlib import Path; from classifiers.ensemble import load_ensemble;"
        "from config.settings import Classifier; from triage.ports import Reading;"
        f"served = load_ensemble(Classifier(model_dir=Path({str(out)!r})),"
        f" cache=Path({str(tmp_path / 'cache')!r}));"
        "verdict = served.read([Reading(text='my ex hit me')])[0];"
        "print(repr(verdict.degraded), 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "'' False False\n"


def test_a_run_sets_out_from_what_an_earlier_one_learned(tmp_path: Path) -> None:
    encoder = an_encoder(tmp_path / "mine")
    first = trained(tmp_path, encoder)
    start = (first / "adapter.safetensors").rename(tmp_path / "adapter.safetensors")
    second = read_artefact(trained(tmp_path, encoder, start=start))
    assert second.manifest["started_from"]
    with pytest.raises(BadInput, match=r"dev: weights cannot be read"):
        trained(tmp_path, encoder, start=tmp_path / "dev")


def test_its_lines_can_be_fitted_anew_and_it_is_served_from_elsewhere(tmp_path: Path) -> None:
    out, cache = trained(tmp_path, an_encoder(tmp_path / "mine")), tmp_path / "cache"
    dev = own_rows([rows(tmp_path / "other", 45)])
    refit(out, tmp_path / "anew", cache=cache, dev=dev, progress=lambda line: None)
    old, new = read_artefact(out), read_servable(tmp_path / "anew")
    assert new.files["network.onnx"] == old.files["network.onnx"]
    assert new.files["calibration.json"] != old.files["calibration.json"]
    assert load_ensemble(ClassifierSettings(model_dir=new.folder), cache=cache).degraded == ""


# --- pieces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("byte_level", [True, False])
def test_words_are_cut_as_the_whole_text_would_be(tmp_path: Path, *, byte_level: bool) -> None:
    from tokenizers import Tokenizer

    path = tmp_path / "tokenizer.json"
    pieces(path, byte_level=byte_level)
    whole = Tokenizer.from_file(str(path))
    whole.no_truncation()
    text = "he has a knife outside number 12, my ex hit me on day 7"
    (window,) = foreign_tokens(path).windows(text)
    assert list(window.ids) == whole.encode(f" {text}" if byte_level else text).ids


def test_a_mark_that_somebody_writes_is_only_text(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    pieces(path, byte_level=False)
    (window,) = foreign_tokens(path).windows("[E] open [S]")
    assert window.ids.count(3) == window.ids.count(2) == 1


# --- what cannot be used --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    encoder = an_encoder(tmp_path / "mine")
    (encoder / name).unlink()
    with pytest.raises(BadInput, match=name) as refused:
        trained(tmp_path, encoder)
    assert str(encoder) in str(refused.value)


def test_a_tokenizer_without_marks_is_refused(tmp_path: Path) -> None:
    encoder = an_encoder(tmp_path / "mine")
    pieces(encoder / "tokenizer.json", byte_level=False, marks=())
    with pytest.raises(BadInput, match=r"tokenizer.json: puts 0 marks around a text"):
        trained(tmp_path, encoder)


def changed(encoder: Path, **fields: object) -> None:
    path = encoder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_an_architecture_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    encoder = an_encoder(tmp_path / "mine")
    changed(encoder, model_type="of my own making")
    with pytest.raises(BadInput, match=r"mine: encoder cannot be loaded: .*of my own making"):
        trained(tmp_path, encoder)


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    encoder = an_encoder(tmp_path / "mine")
    changed(encoder, num_hidden_layers=3)
    with pytest.raises(BadInput, match=r"its weights do not fit its config: encoder.layer.2"):
        trained(tmp_path, encoder)


def test_an_encoder_of_short_texts_is_refused_before_anything_is_learned(tmp_path: Path) -> None:
    def short(words: int) -> Any:
        from transformers import BertConfig, BertModel

        config = BertConfig(vocab_size=words, hidden_size=32, max_position_embeddings=64, **SMALL)
        return BertModel(config)

    with pytest.raises(BadInput, match="BertModel cannot read 256 word pieces"):
        trained(tmp_path, an_encoder(tmp_path / "mine", short))
