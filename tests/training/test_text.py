"""Networks of texts: trained on next and on hidden tokens, resumed to the bit, judged, and asked to write."""

import io
import json
import math
import random

import pytest
import torch
from rich.console import Console
from torch.nn import functional as F

from netspec import api
from netspec.diagnostics import Code, NetspecError
from netspec.training.finished import Run
from netspec.training.judging.generating import Sampling, Writer
from netspec.training.resuming import resume_spec
from netspec.training.showing.progress import Lines
from netspec.training.spec import evaluate_spec, train_spec
from tests.training.test_several_outputs import alike

SPEC = """
netspec: 1
name: bytes
input: {shape: [12], dtype: int64, dynamic: [0]}
layers:
  - {embedding: 256, dim: 8}
  - {gru: 12}
  - {linear: 256}
train:
  data: {text: texts, batch_size: 8, validation: 0.2, test: 0.2}
  loss: cross_entropy
  optimizer: {adamw: 1e-2}
  epochs: 2
"""
ATTENTION = SPEC.replace("{gru: 12}", "{attention: 2, causal: true}").replace("epochs: 2", "epochs: 1")
HIDDEN = (
    SPEC.replace("test: 0.2", "test: 0.2, masked: 0.3").replace("256", "257").replace("dynamic: [0]", "dynamic: []")
)


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A folder with ten files of words."""
    folder = tmp_path_factory.mktemp("texts")
    chance = random.Random(0)
    (folder / "texts").mkdir()
    for number in range(10):
        words = (chance.choice(["the", "cat", "sat", "on", "mats"]) for _ in range(40))
        (folder / "texts" / f"{number}.txt").write_text(" ".join(words))
    return folder


@pytest.fixture(autouse=True)
def _there(texts, monkeypatch):
    monkeypatch.chdir(texts)
    monkeypatch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())


@pytest.fixture(scope="module")
def run(texts):
    """A run of next tokens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(texts)
        patch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
        return train_spec(api.loads(SPEC), device="cpu", out=texts / "run").folder


class Interrupts:
    """Stops a run after some steps."""

    def __init__(self, monkeypatch, step):
        from netspec.training.session import Session

        pause = Session.pause

        def asked(session):
            if session.loop.step == step:
                session.interrupt.signal = 15
            return pause(session)

        monkeypatch.setattr(Session, "pause", asked)


def test_figures_are_those_of_the_right_tokens(run):
    metrics = json.loads((run / "metrics.json").read_text())
    assert (metrics["task"], metrics["data"]["train"] > 50) == ("next_token", True)
    spec = api.loads(SPEC)
    from netspec.driver.recipes import recipe_of

    windows = recipe_of(spec).data.load().test
    read = windows.read(torch.arange(len(windows)))
    with torch.no_grad():
        outputs = Run(run).model()(read[:, :-1])
    nats = F.cross_entropy(outputs.double().flatten(0, 1), read[:, 1:].flatten()).item()
    assert metrics["test_loss"] == pytest.approx(nats, rel=1e-5)
    assert metrics["test_perplexity"] == pytest.approx(math.exp(nats), rel=1e-5)
    assert metrics["test_bits_per_byte"] == pytest.approx(nats / math.log(2), rel=1e-5)
    right = (outputs.argmax(2) == read[:, 1:]).double().mean().item()
    assert metrics["test_token_accuracy"] == pytest.approx(right)
    assert metrics["test_bits_per_byte"] < 5
    again = evaluate_spec(spec, str(run), device="cpu")
    assert again["test_bits_per_byte"] == pytest.approx(metrics["test_bits_per_byte"], rel=1e-6)


def test_windows_are_called_so_wherever_they_are_counted(tmp_path):
    out = io.StringIO()
    display = Lines(Console(file=out, width=200))
    report = train_spec(api.loads(ATTENTION), device="cpu", out=tmp_path / "run", display=display)
    told = out.getvalue() + report.text()
    assert out.getvalue().endswith(" windows/s\n")
    assert f"of {report.metrics['data']['test']} windows, test" in told
    assert " windows/s, cpu" in report.text()
    assert "images" not in told


@pytest.mark.parametrize("text", [SPEC, HIDDEN], ids=["next", "hidden"])
def test_a_run_that_was_cut_short_goes_on_to_the_bit(text, tmp_path, monkeypatch):
    whole = train_spec(api.loads(text), device="cpu", out=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        Interrupts(patch, 5)
        cut = train_spec(api.loads(text), device="cpu", out=tmp_path / "cut")
    assert cut.state == "interrupted"
    resume_spec(cut.folder, device="cpu")
    assert alike(cut.folder) == alike(whole.folder)


def test_hidden_tokens_differ_from_epoch_to_epoch_and_not_in_the_test(tmp_path):
    found = train_spec(api.loads(HIDDEN), device="cpu", out=tmp_path / "run")
    metrics = json.loads((found.folder / "metrics.json").read_text())
    assert metrics["task"] == "masked_token"
    assert "test_bits_per_byte" not in metrics
    assert metrics["test_perplexity"] < 257
    judged = [evaluate_spec(api.loads(HIDDEN), str(found.folder), device="cpu")["test_perplexity"] for _ in range(2)]
    assert judged[0] == judged[1] == pytest.approx(metrics["test_perplexity"], rel=1e-6)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("embedding: 256", "embedding: 200", "text has 256 tokens, and the network's table 200"),
        ("linear: 256", "linear: 100", "text has 256 tokens, to be told at 12 places; the network gives [12, 100]"),
        ("  - {linear: 256}\n", "  - {linear: 256}\n  - {select: -1}\n", "the network gives [256]"),
        ("test: 0.2}", "length: 5}", "text gives windows of [5], the network takes [12]"),
        ("epochs: 2", "epochs: 2\n  task: masked_token", "masked_token takes hidden tokens; text has the next tokens"),
        ("validation: 0.2", "validation: 1.5", "a share from 0"),
        ("{text: texts,", "{text: nowhere,", "there are no texts at nowhere"),
    ],
)
def test_what_does_not_fit_is_told_before_the_first_step(before, after, told, tmp_path):
    assert before in SPEC
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(SPEC.replace(before, after)), device="cpu", out=tmp_path / "run")
    assert told in " ".join(f"{each.message} {each.expected}" for each in caught.value.diagnostics)


def test_greedy_text_is_the_likeliest_token_again_and_again(run):
    module = Run(run).model()
    seen = list(b"the c")
    for _ in range(20):
        with torch.no_grad():
            seen.append(int(module(torch.tensor([seen[-12:]]))[0, -1].argmax()))
    assert Run(run).generate("the c", tokens=20, temperature=0) == bytes(seen[5:]).decode("utf-8", "replace")


def test_a_network_of_one_length_writes_what_one_of_any_length_does(run, tmp_path):
    fixed = train_spec(api.loads(SPEC.replace(", dynamic: [0]", "")), device="cpu", out=tmp_path / "run").folder
    assert not Writer(fixed).dynamic
    assert Writer(run).dynamic
    for prompt in ("", "t", "the cat sat on mats"):
        options = {"tokens": 15, "temperature": 0.0}
        assert Run(fixed).generate(prompt, **options) == Run(run).generate(prompt, **options)


def test_what_is_drawn_follows_the_seed_and_the_likeliest_alone_are_drawn(run):
    drawn = {seed: Run(run).generate("the ", tokens=30, seed=seed) for seed in (0, 1)}
    assert drawn[0] != drawn[1]
    assert drawn[0] == Run(run).generate("the ", tokens=30, seed=0)
    assert Run(run).generate("a", tokens=9, top_k=1, seed=5) == Run(run).generate("a", tokens=9, temperature=0)


def test_what_a_network_keeps_changes_no_text(texts):
    run = train_spec(api.loads(ATTENTION), device="cpu", out=texts / "attention").folder
    writer, anew = Writer(run, device="cpu"), Writer(run, device="cpu")
    assert len(writer.keeping) == 1
    anew.keeping = None
    read = []
    writer.module.register_forward_hook(lambda module, given, found: read.append(given[0].shape[1]))
    for prompt in ("", "the c", "the cat sat on mats"):
        for sampling in (Sampling(0), Sampling(0.9, seed=1), Sampling(2.0, 5)):
            read.clear()
            assert list(writer.text(prompt, 15, sampling)) == list(anew.text(prompt, 15, sampling))
            first = min(len(prompt), 12) or 1
            assert read == [first, *[1] * (12 - first), *[12] * (2 + first)]


def test_numbers_out_of_range_are_refused(run):
    for wrong in ({"temperature": -1}, {"temperature": float("nan")}, {"top_k": 0}, {"tokens": -1}):
        with pytest.raises(ValueError, match=r"at least|from 0"):
            Run(run).generate("a", **wrong)


def test_the_command_writes_text_or_data(run, netspec):
    options = ("--tokens", "10", "--temperature", "0", "--device", "cpu")
    code, out, _ = netspec("predict", str(run), "--prompt", "the ", *options)
    text = Run(run).generate("the ", tokens=10, temperature=0)
    assert (code, out) == (0, f"the {text}\n")
    code, out, _ = netspec("predict", str(run), "--prompt", "the ", *options, "--format", "json")
    assert json.loads(out) == {"prompt": "the ", "text": text, "tokens": 10}
    for wrong in ((), ("--seed", "1"), ("--prompt", "a", "image.png")):
        assert netspec("predict", str(run), *wrong)[0] == 2


def test_what_a_network_writes_moves_no_cursor(run, netspec, monkeypatch):
    monkeypatch.setattr(Writer, "tokens", lambda self, *given: iter(b"\x1b[2J\xe2\x80\xae\xff\n"))
    code, out, _ = netspec("predict", str(run), "--prompt", "\x1b", "--device", "cpu")
    assert (code, out) == (0, "\\u001b\\u001b[2J\\u202e\ufffd\n\n")


def test_a_network_of_images_writes_no_text(tmp_path, netspec):
    text = """
netspec: 1
name: small
input: [1, 8, 8]
layers: [flatten, {linear: 10}]
train: {data: digits, loss: cross_entropy, optimizer: {adamw: 1e-3}, steps: 1}
"""
    folder = train_spec(api.loads(text), device="cpu", out=tmp_path / "run").folder
    with pytest.raises(NetspecError) as caught:
        Run(folder).generate("a")
    (found,) = caught.value.diagnostics
    assert found.code is Code.DATA_MISMATCH
    assert "tells of classification with digits: no text can be written" in found.message
