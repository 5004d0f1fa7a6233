"""Networks of padded sequences with their lengths: trained on arrays, resumed to the bit, judged; what is refused."""

import json

import numpy as np
import pytest
import torch

from netspec import api
from netspec.analysis.lengths import longest_sequences
from netspec.diagnostics import Code, NetspecError
from netspec.interop.randomness import random_inputs
from netspec.training.finished import Run
from netspec.training.resuming import resume_spec
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_several_outputs import alike
from tests.training.test_text import Interrupts

SPEC = """
netspec: 1
name: last_word
inputs: {words: {shape: [5], dtype: int64}, lengths: {shape: [], dtype: int64}, mood: []}
layers:
  - {embedding: 6, dim: 4, name: meanings, from: words}
  - {lstm: 6, from: [meanings, lengths], lengths: true, last: true, name: read}
  - {unsqueeze: -1, from: mood, name: moods}
  - {concat: [read, moods]}
  - {linear: 2}
train:
  data: {arrays: words.npz, inputs: [lengths, mood, words], batch_size: 8, validation: 0.2}
  loss: cross_entropy
  optimizer: {adamw: 2e-2}
  epochs: 2
"""


def arrays(**changed):
    """Sentences of 1 to 5 words, whose last tells the class; the lengths are in a row of numbers."""
    random = np.random.default_rng(0)
    lengths, words = random.integers(1, 6, 60), random.integers(0, 6, (60, 5))
    told = {"lengths": lengths, "words": words, "mood": random.normal(4, 2, 60), "y": words[range(60), lengths - 1] > 2}
    return {f"{name}_train": each for name, each in (told | changed).items()}


@pytest.fixture(autouse=True)
def _there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
    np.savez("words.npz", **arrays())


def test_a_run_on_lengths_that_was_cut_short_goes_on_to_the_bit(tmp_path):
    whole = train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        Interrupts(patch, 4)
        cut = train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "cut")
    assert cut.state == "interrupted"
    resume_spec(cut.folder, device="cpu")
    assert alike(cut.folder) == alike(whole.folder)
    judged = evaluate_spec(api.loads(SPEC), str(whole.folder), device="cpu")
    metrics = json.loads((whole.folder / "metrics.json").read_text())
    assert judged["test_loss"] == pytest.approx(metrics["test_loss"], rel=1e-6)


def test_what_is_padding_changes_no_figure(tmp_path):
    """The losses of every epoch are those of other words behind each sentence, so that its own are what is learned."""
    found = []
    for seed in (1, 2):
        given = arrays()
        padding = np.arange(5) >= given["lengths_train"][:, None]
        given["words_train"][padding] = np.random.default_rng(seed).integers(0, 6, padding.sum())
        np.savez("words.npz", **given)
        folder = train_spec(api.loads(SPEC), device="cpu", out=tmp_path / f"run{seed}").folder
        epochs = json.loads((folder / "metrics.json").read_text())["epochs"]
        found.append([(each["loss"], each["validation_loss"]) for each in epochs])
    assert found[0] == found[1]


def test_rows_are_answered_as_the_network_answers_them(tmp_path, netspec):
    folder = train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "run").folder
    given = {name.removesuffix("_train"): each[:7] for name, each in arrays().items() if name != "y_train"}
    np.savez("rows.npz", **given)
    code, _, err = netspec("predict", str(folder), "rows.npz", "-o", "answers.npz", "--device", "cpu")
    assert code == 0, err
    data = json.loads((folder / "metrics.json").read_text())["data"]
    mood = (torch.tensor(given["mood"]).float() - data["shift"][1]) / data["scale"][1]
    assert (data["shift"][0], data["scale"][0]) == (0.0, 1.0)
    with torch.no_grad():
        wanted = Run(folder).model()(torch.tensor(given["words"]), torch.tensor(given["lengths"]), mood)
    torch.testing.assert_close(torch.tensor(np.load("answers.npz")["outputs"]), wanted)


@pytest.mark.parametrize("wrong", [0, -1, 6, 2.5])
def test_a_length_that_no_sequence_has_is_refused_before_the_first_step(wrong, tmp_path):
    lengths = arrays()["lengths_train"].astype(float)
    lengths[3] = wrong
    np.savez("words.npz", **arrays(lengths=lengths))
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "run")
    (found,) = caught.value.diagnostics
    assert found.code in (Code.DATA_MISMATCH, Code.FILE_UNREADABLE)
    assert f"`lengths` has {wrong:g} in example" in found.message
    assert "whole numbers from 1 to 5" in f"{found.help} {found.expected}"


def test_two_numbers_are_no_length(tmp_path):
    np.savez("words.npz", **arrays(lengths=np.ones((60, 2))))
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(SPEC), device="cpu", out=tmp_path / "run")
    assert "arrays gives [2] for `lengths`, the network takes []" in caught.value.diagnostics[0].message


def test_the_shortest_sequence_bounds_the_lengths_of_several_layers():
    text = """
netspec: 1
name: both
inputs: {words: [7, 3], others: [4, 3], lengths: {shape: [], dtype: int64}}
layers:
  - {gru: 2, from: [words, lengths], lengths: true, last: true, name: a}
  - {gru: 2, from: [others, lengths], lengths: true, last: true, name: b}
  - {gru: 2, from: [words, lengths], lengths: true, last: true, name: c}
  - {concat: [a, b, c]}
"""
    graph = api.loads(text).graph
    assert longest_sequences(graph) == {"lengths": 4}
    assert set(random_inputs(graph, 0, 400)[2].tolist()) == {1, 2, 3, 4}


def test_a_mask_of_padding_bounds_its_lengths():
    text = """
netspec: 1
name: masked
inputs: {words: [3, 4], lengths: {shape: [], dtype: int64}}
layers:
  - {padding_mask: [words, lengths], name: mask}
  - {attention: 2, from: [words, words, words, mask]}
"""
    graph = api.loads(text).graph
    assert longest_sequences(graph) == {"lengths": 3}
    assert set(random_inputs(graph, 0, 100)[1].tolist()) == {1, 2, 3}
