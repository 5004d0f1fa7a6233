"""Recipes that several processes train as one does: what averages, logs, begins, clips, freezes and sums losses."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from netspec import api
from netspec.training.parallel.world import World
from netspec.training.spec import train_spec
from tests.training.detectors import RETINANET, TRAIN

HEAD = """\
netspec: 1
name: tiny
input: [1, 8, 8]
layers:
  - {conv: 8, kernel: 3, padding: 1, activation: relu, name: first}
  - {conv: 4, kernel: 3, stride: 2, activation: relu, name: second}
  - flatten
  - {linear: 10, name: head}
train:
  data: {digits: , batch_size: 350, validation: 0.1}
  loss: cross_entropy
  epochs: 2
"""
HEADS = """\
netspec: 1
name: heads
input: [1, 8, 8]
layers:
  - flatten
  - {linear: 12, activation: relu, name: trunk}
  - {linear: 10, name: digit}
  - {linear: 1, name: odd, from: trunk}
outputs: {digit: digit, odd: odd}
train:
  data: {arrays: heads.npz, outputs: [digit, odd], targets: {odd: values}, batch_size: 7, validation: 0.2, test: 0.2}
  loss: {digit: cross_entropy, odd: {bce_with_logits: , loss_weight: 0.3}}
  optimizer: {adamw: 5e-3}
  epochs: 2
"""
# No Adam: the gradients of keys' biases are nothing but rounding, which it would bring to the size of all others.
TOKENS = """\
netspec: 1
name: words
input: {shape: [12], dtype: int64}
layers:
  - {embedding: 256, dim: 8}
  - {attention: 2, causal: true}
  - {linear: 256}
train:
  data: {text: texts, batch_size: 5, validation: 0.2, test: 0.2}
  loss: cross_entropy
  optimizer: {sgd: 0.5}
  epochs: 1
"""
EVERYTHING = "[{tensorboard: , histograms: true, hparams: true}]"

SPECS = {
    "lookahead, histograms, options, labels that weigh differently": HEAD.replace(
        "loss: cross_entropy", "loss: {cross_entropy: , weight: {7: 5, 1: 0.2}, ignore_index: 4}"
    )
    + f"  optimizer: {{adamw: 1e-2}}\n  lookahead: {{every: 3}}\n  log: {EVERYTHING}\n",
    "average, accumulation, a schedule that watches": HEAD
    + "  optimizer: {sgd: 0.1, momentum: 0.9}\n  ema: {decay: 0.7}\n  accumulate: 2\n"
    + "  schedule: {reduce_on_plateau: 0, factor: 0.5}\n",
    "whitened first layer, mirrored test, clipped norm": HEAD
    + "  optimizer: {adamw: 1e-2}\n  first_layer: {whitened: 200}\n  test_time: mirrored\n  clip: {norm: 0.3}\n",
    "phases, clipped values, lookahead": HEAD
    + "  optimizer: {adamw: 1e-2}\n  clip: {value: 0.02}\n  lookahead: {every: 2}\n"
    + '  phases: [{epochs: 1, freeze: ["*"], except: [head]}, {rates: {second: 0.5}}]\n',
    "several losses": HEADS.replace("digit: cross_entropy", "digit: {cross_entropy: , weight: balanced}"),
    "tokens, average": TOKENS + f"  ema: {{decay: 0.5}}\n  log: {EVERYTHING}\n",
    "boxes, lookahead": RETINANET.replace("      - batch_norm\n", "").replace("      - {dropout: 0.1}\n", "")
    + TRAIN
    + "  lookahead: {every: 2}\n",
}


def trained(folder, name, world):
    """The losses of all epochs and of the test by names, the weights, and the names of the histograms, of a run."""
    torch.manual_seed(0)
    report = train_spec(api.loads(SPECS[name]), device="cpu", out=folder, world=world, sparing=True)
    metrics = report.metrics
    rows = [*metrics["epochs"], {key: value for key, value in metrics.items() if key.startswith("test_")}]
    losses = {f"{key} {n}": value for n, row in enumerate(rows) for key, value in row.items() if "loss" in key}
    return {
        "losses": losses,
        "weights": {path.name: load_file(path) for path in sorted(Path(folder).glob("*.safetensors"))},
        "histograms": _histograms(folder),
    }


def everything(folder):
    """What two processes leave of each recipe, in copies and in pieces."""
    return {
        (strategy, name): trained(folder / f"{strategy}-{number}", name, World(2, 1, strategy))
        for strategy in ("ddp", "fsdp")
        for number, name in enumerate(SPECS)
    }


def _histograms(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(Path(folder) / "tensorboard"), size_guidance={"histograms": 0}).Reload()
    tags = found.Tags()["histograms"]
    return {tag: [(each.step, each.histogram_value.num) for each in found.Histograms(tag)] for tag in sorted(tags)}
