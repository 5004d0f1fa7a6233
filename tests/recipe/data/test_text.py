"""Texts as data: windows against the plain text, files held out whole, and what strangers put into a folder."""

import json
import os
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.functional.data.windows import Hidden, Windows, windows_with_test
from netspec.functional.examples import UnfitData
from netspec.functional.fields import UNTOLD
from netspec.recipe.data import DataSet
from netspec.recipe.data.text import texts_in
from netspec.recipe.data.vocabulary import Bytes, tokenizer
from netspec.recipe.recipe import read_recipe

RECIPE = {"loss": "cross_entropy", "optimizer": {"adamw": 1e-3}, "epochs": 1}


def windows(*texts, length=4):
    return Windows([np.frombuffer(text, dtype=np.uint8) for text in texts], length, 0)


def data(path, **options):
    return read_recipe({"data": {"text": str(path), "length": 4, **options}, **RECIPE}).data


def refused(path, **options):
    with pytest.raises(NetspecError) as caught:
        data(path, **options).load()
    return caught.value.diagnostics[0]


DOCUMENTS = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8)


@given(DOCUMENTS, st.integers(1, 20))
def test_windows_are_the_texts_one_after_the_other_with_an_end_after_each(texts, length):
    found = windows(*texts, length=length)
    whole = b"".join(text + b"\0" for text in texts)
    assert found.tokens == len(whole)
    assert len(found) == (len(whole) - 1) // length
    rows = torch.randperm(len(found))
    for row, read in zip(rows.tolist(), found.read(rows), strict=True):
        assert bytes(read.tolist()) == whole[row * length : (row + 1) * length + 1]


@given(st.lists(st.binary(min_size=9, max_size=40), min_size=2, max_size=12), st.floats(0.01, 0.99), st.integers(0, 5))
def test_files_are_held_out_whole_and_always_the_same_ones(texts, amount, seed):
    whole = windows(*texts)
    if not 0 < round(amount * len(texts)) < len(texts):
        with pytest.raises(UnfitData):
            whole.parted(amount, seed, "test")
        return
    left, held = whole.parted(amount, seed, "test")
    assert len(held.documents) == round(amount * len(texts))
    ids = [{id(each) for each in part.documents} for part in (left, held, whole)]
    assert not ids[0] & ids[1]
    assert ids[0] | ids[1] == ids[2]
    again = whole.parted(amount, seed, "test")[1]
    assert [id(each) for each in again.documents] == [id(each) for each in held.documents]


def test_of_a_single_file_the_end_is_held_out():
    left, held = windows_with_test(windows(bytes(range(1, 101))), None)
    assert (left.documents[0][-1], held.documents[0][0], len(held.documents[0])) == (90, 91, 10)
    with pytest.raises(UnfitData, match="is a number of files, and there is one"):
        windows(bytes(range(1, 101))).parted(1, 0, "validation")


def test_too_little_text_is_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"abc")
    found = refused(tmp_path)
    assert (found.code, found.message) == (Code.DATA_MISMATCH, "text has 4 tokens, and a window 4 and one more")
    (tmp_path / "b.txt").write_bytes(b"abc")
    assert "4 tokens are left to learn from" in refused(tmp_path).message
    (tmp_path / "a.txt").write_bytes(b"")
    assert refused(tmp_path / "a.txt").message.endswith("a.txt: it is empty")


def test_files_are_chosen_by_their_names_and_follow_each_other_by_them(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "a.txt", "sub/c.txt", "notes.md", ".hidden.txt"):
        (tmp_path / name).write_text(f"the text of {name}")
    texts, notes = texts_in(tmp_path, "*.txt")
    assert [text.tobytes().decode() for text in texts] == [f"the text of {x}" for x in ("a.txt", "b.txt", "sub/c.txt")]
    assert not notes
    found = refused(tmp_path, files="*.rst")
    assert found.code is Code.DATA_BROKEN
    assert "it holds no texts called `*.rst`" in found.message


def test_what_is_no_text_is_left_out_and_told(tmp_path):
    (tmp_path / "a.txt").write_text("a text that is long enough for windows")
    (tmp_path / "b.txt").write_text("another text that is long enough")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\0\0\0")
    (tmp_path / "empty.txt").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    found = data(tmp_path).load()
    assert found.notes == ("1 file is no text, and left out: image.png",)
    assert len(found.train.documents) + len(found.test.documents) == 2
    assert "it is no text: it holds a byte 0" in refused(tmp_path / "image.png").message


def test_links_that_lead_out_and_files_that_cannot_be_read_are_named(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("a text that is long enough")
    (tmp_path / "secret").write_text("a secret that is long enough")
    (folder / "link.txt").symlink_to(tmp_path / "secret")
    assert "link.txt: it is a link that leads out of the folder" in refused(folder).message


def test_large_files_are_mapped_and_read_alike(tmp_path):
    text = np.random.default_rng(0).integers(1, 256, 3 << 20, dtype=np.uint8)
    text.tofile(tmp_path / "large.txt")
    (found,), _ = texts_in(tmp_path / "large.txt", "*")
    assert not found.flags.owndata
    assert not found.flags.writeable
    read = Windows([found], 1000, 0).read(torch.tensor([0, 3000]))
    assert torch.equal(read, torch.from_numpy(np.stack([text[:1001], text[3000_000:3001_001]]).astype(np.int64)))


def test_there_is_nothing_where_nothing_is(tmp_path):
    found = refused(tmp_path / "absent")
    assert (found.code, "there are no texts at" in found.message) == (Code.DATA_NOT_FOUND, True)
    found = refused(tmp_path, vocabulary=str(tmp_path / "absent.json"))
    assert found.code is Code.DATA_NOT_FOUND


def test_options_of_images_are_refused():
    with pytest.raises(NetspecError, match="`range` is for images, and text has none"):
        data("texts", range=[0, 1])


def test_windows_are_as_long_as_the_network_s_input():
    text = "{netspec: 1, name: t, input: {shape: [%d], dtype: int64}, layers: [{embedding: 256, dim: 4}], train: %s}"
    train = "{data: {text: x}, loss: cross_entropy, optimizer: {adamw: 1e-3}, epochs: 1}"
    for length in (7, 90):
        assert recipe_of(api.loads(text % (length, train))).data.length == length
    given = train.replace("text: x", "text: x, length: 5")
    assert recipe_of(api.loads(text % (7, given))).data.length == 5


def test_the_standard_library_is_there_without_its_tests():
    found = DataSet.members["python_stdlib"](length=64).load()
    held, learned = len(found.test.documents), len(found.train.documents)
    assert learned + held > 300
    assert held == round(0.1 * (learned + held))
    text = Path(sysconfig.get_paths()["stdlib"], "abc.py").read_bytes()
    assert text in {each.tobytes() for part in (found.train, found.test) for each in part.documents}


def test_bytes_are_their_own_tokens():
    plain, masked = Bytes(), Bytes(masked=True)
    assert bytes(plain.encode("ä".encode())) == "ä".encode()
    assert (plain.size, plain.mask, masked.size, masked.mask) == (256, None, 257, 256)
    assert masked.decode([104, 256]) == b"h?"


def test_hidden_tokens_are_chosen_and_replaced_as_bert_s():
    tokens = torch.randint(1, 256, (400, 128), generator=torch.Generator().manual_seed(0))
    seen, told = Hidden(0.15, 256, 257)(tokens, torch.arange(400))
    chosen = told != UNTOLD
    assert torch.equal(told[chosen], tokens[chosen])
    assert torch.equal(seen[~chosen], tokens[~chosen])
    assert chosen.double().mean().item() == pytest.approx(0.15, abs=0.005)
    of = seen[chosen]
    assert (of == 256).double().mean().item() == pytest.approx(0.8, abs=0.02)
    assert (of == tokens[chosen]).double().mean().item() == pytest.approx(0.1, abs=0.02)
    some, _ = Hidden(0.15, 256, 257)(tokens[5:9], torch.arange(5, 9))
    assert torch.equal(some, seen[5:9])  # whatever else is in the batch


@pytest.mark.parametrize("kind", ["bytes", "spaces"])
def test_the_bytes_of_a_vocabulary_s_tokens_are_those_of_the_text(tmp_path, kind):
    library = pytest.importorskip("tokenizers")
    made = library.Tokenizer(library.models.BPE(byte_fallback=kind == "spaces"))
    ends, alphabet = ["<eos>"], []
    if kind == "bytes":  # as GPT-2
        made.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = library.decoders.ByteLevel()
        alphabet = library.pre_tokenizers.ByteLevel.alphabet()
    else:  # as Llama
        made.pre_tokenizer = library.pre_tokenizers.Metaspace(prepend_scheme="never")
        parts = [library.decoders.Replace("\u2581", " "), library.decoders.ByteFallback(), library.decoders.Fuse()]
        made.decoder = library.decoders.Sequence([*parts, library.decoders.Strip(" ", 1, 0)])
        ends += [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = library.trainers.BpeTrainer(
        vocab_size=560, special_tokens=ends[:1], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(["a grey world and a green world, gr\u00fc\u00dfe"] * 3, trainer)
    if kind == "spaces":
        written = json.loads(made.to_str())
        tokens = written["model"]["vocab"]
        tokens |= {name: len(tokens) + at for at, name in enumerate(ends[1:])}
        made = library.Tokenizer.from_str(json.dumps(written))
    made.save(str(tmp_path / "tokenizer.json"))
    found = tokenizer(str(tmp_path / "tokenizer.json"))
    text = "a green gr\u00fc\u00dfe, world \u65e5\u672c and \u00ef".encode()
    tokens = found.encode(text)
    assert found.decode(tokens) == text
    assert sum(found.lengths[token] for token in tokens) == len(text)
    assert found.end == made.token_to_id("<eos>")
