"""Specs with recipes: together they hold every part that a script can have."""

from __future__ import annotations

from math import prod
from typing import Any

import yaml

from netspec import api
from netspec.recipe.losses import Loss
from netspec.recipe.losses.boxes import Detector
from netspec.recipe.metrics import Metric
from netspec.recipe.parts import Part
from netspec.recipe.schedules import Schedule

PLAIN: dict[str, Any] = {
    "data": {"digits": None, "batch_size": 32},
    "loss": "cross_entropy",
    "optimizer": {"adamw": 2e-3, "weight_decay": 0.05},
    "schedule": {"one_cycle": 5e-3},
    "epochs": 1,
}

HEAD = [
    {"conv": 8, "kernel": 3, "padding": 1},
    "batch_norm",
    "relu",
    {"max_pool": 2},
    "flatten",
    {"dropout": 0.2},
]


def digits(recipe: dict[str, Any] | None = None, **changes: Any) -> api.Spec:
    """A small network with dropout and batch norm, and a recipe; `changes` are the spec's own keys, None for none."""
    data = {
        "netspec": 1,
        "name": "small",
        "input": [1, 8, 8],
        "layers": [*HEAD, {"linear": 10, "name": "head"}],
        "train": {**PLAIN, **(recipe or {})},
        **changes,
    }
    told = {key: value for key, value in data.items() if value is not None}
    return api.loads(yaml.safe_dump(told, sort_keys=False))


RANDOM = {"synthetic": [1, 8, 8], "classes": 10, "examples": 100, "batch_size": 32}

LOSSES: list[dict[str, Any]] = [
    {"loss": {"cross_entropy": None, "label_smoothing": 0.1}},
    {"loss": {"cross_entropy": None, "weight": [1.0, 2.0, *[0.5] * 8], "ignore_index": 3}},
    {"loss": {"cross_entropy": None, "weight": "balanced", "ignore_index": 3}, "accumulate": 2},
    {"loss": {"nll": None, "ignore_index": 2}},
    {"loss": {"mse": None, "positive": 0.8, "negative": -0.8}},
    {"loss": {"multi_margin": None, "p": 2, "margin": 0.5}},
    {"loss": {"map": None, "j": 0.2}},
    {"loss": {"focal": 1.5, "ignore_index": 2}},
    {"loss": {"bce_with_logits": None, "ignore_index": 2}},
    {"loss": {"dice": None, "smooth": 0.5, "cross_entropy": 0.3, "ignore_index": 1}},
    {"loss": "l1", "task": "autoencoding"},
    {"loss": {"smooth_l1": None, "beta": 0.5}, "task": "autoencoding"},
    {"loss": {"huber": None, "delta": 0.5}, "task": "autoencoding"},
]

OPTIMIZERS: list[dict[str, Any]] = [
    {"optimizer": {"sgd": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4}},
    {"optimizer": {"adam": 1e-3, "weight_decay": 1e-4, "betas": [0.8, 0.9]}},
    {"optimizer": {"adamw": 1e-3, "weight_decay": 0.1, "eps": 1e-6}},
    {"optimizer": {"nadam": 1e-3, "momentum_decay": 1e-3, "decoupled_weight_decay": True}},
    {"optimizer": {"radam": 1e-3}},
    {"optimizer": {"rmsprop": 1e-3, "alpha": 0.9, "momentum": 0.5, "centered": True}},
    {"optimizer": {"adagrad": 1e-2, "lr_decay": 0.1}},
    {"optimizer": {"muon": 1e-3, "ns_steps": 3, "convolutions": True}},
]

SCHEDULES: list[dict[str, Any]] = [
    {
        "schedule": {"reduce_on_plateau": 0, "factor": 0.5, "threshold": 0.2},
        "epochs": 3,
        "data": {**PLAIN["data"], "validation": 0.1},
    },
    {"schedule": "constant"},
    {"schedule": {"constant": None, "warmup": 0.5}},
    {"schedule": {"cosine": None, "eta_min": 1e-5, "warmup": 4, "unit": "steps"}},
    {"schedule": {"cosine_restarts": 1, "t_mult": 2}},
    {"schedule": {"linear": None, "end_factor": 0.1}},
    {"schedule": {"polynomial": 2.0}},
    {"schedule": {"exponential": 0.9}},
    {"schedule": {"step": 1, "gamma": 0.5, "warmup": 1.5}},
    {"schedule": {"multi_step": [1, 2], "gamma": 0.5}},
    {"schedule": {"one_cycle": 1e-2, "pct_start": 0.4, "final_div_factor": 100}},
]

DATA: list[dict[str, Any]] = [
    {"data": {"digits": None, "batch_size": 32, "validation": 0.1}},
    {"data": {"digits": None, "validation": 100, "drop_last": True}},
    {"data": {"digits": None, "resize": 4, "pad": [1, 3], "range": [-1, 1]}},
    {"data": {"digits": None, "resize": 4, "mean": [0.3], "std": [0.5]}},
    {"data": {"mnist": "~/some 'where'", "resize": 8, "validation": 0.05}},
    {"data": {"fashion_mnist": None, "resize": [6, 8], "pad": [1, 0], "range": [1, 0]}},
    {"data": {"cifar10": None, "resize": 8}},
    {"data": {"cifar100": "there"}},
    {"data": {**RANDOM, "seed": 3}},
]

FILES: list[dict[str, Any]] = [
    {"data": {"folder": "there", "crop": 8, "validation": 0.1}},
    {"data": {"caltech101": None, "resize": 8}},
    {"data": {"imagenet": None, "crop": 8, "in_memory": True}},
    {"data": {"segmentation": "there", "classes": 10, "resize": 8}},
    {"data": {"parquet": "there", "resize": 8}},
    {"data": {"arrays": "there"}},
    {"data": {"list": "there", "resize": 8}},
    {"data": {"hugging_face": "there", "resize": 8}},
    {"data": {"webdataset": "there", "resize": 8}},
    {"data": {"webdataset": "there", "resize": 8, "in_memory": False, "shuffle_buffer": 100}, "augment": ["flip"]},
    {"data": {"webdataset": "there", "resize": 8, "in_memory": False, "shuffle_buffer": 9}, "accumulate": 2},
    {"data": {"table": "there", "target": "kind", "inputs": {"input": ["a", "b"]}, "encode": "integers"}},
    {"data": {"imagenet": None, "crop": 8, "shorter": 9}, "augment": [{"random_resized_crop": 8}]},
    {"data": {"folder": "there", "resize": 8, "in_memory": False}, "augment": ["flip"]},
]
"""Data of which only reading them tells what they are."""

AUGMENTATIONS: list[dict[str, Any]] = [
    {"augment": [{"crop": 8, "padding": 2, "padding_mode": "reflect"}, "alternating_flip"]},
    {"augment": [{"random_resized_crop": 8}, "vertical_flip", {"grayscale": 0.5}]},
    {"augment": [{"affine": 10, "translate": 0.1, "scale": [0.9, 1.1], "shear": 5}, {"erase": 0.5}]},
    {"augment": [{"rotate": 20}, {"color_jitter": None, "brightness": 0.4, "contrast": 0.2, "hue": 0.1}]},
    {"augment": [{"gaussian_noise": 0.05}, {"erase": 0.5, "fill": "noise"}, {"mixup": 0.3}, "cutmix"]},
    {"augment": [{"randaugment": 9, "num_ops": 2}]},
    {"augment": ["trivial_augment", "flip", {"mixup": 0.2}]},
    {"first_layer": {"whitened": None, "freeze": False}, "test_time": "mirrored", "augment": ["flip"]},
    {"first_layer": {"whitened": 200, "eps": 1e-3}, "test_time": {"mirrored": 1}, "ema": {"decay": 0.9}},
]

METRICS: list[dict[str, Any]] = [
    {
        "metrics": ["precision", "recall", "f1"],
        "checkpoint": {"monitor": "f1", "keep": 2},
        "early_stopping": {"patience": 1, "monitor": "top5_error"},
        "epochs": 2,
    },
    {"metrics": ["cohen_kappa", "matthews", "auroc", {"calibration_error": None, "bins": 10}]},
    {"metrics": [{"top_k": 2}], "loss": {"cross_entropy": None, "ignore_index": 3}},
    {"metrics": ["mae", "rmse"], "loss": "mse", "task": "autoencoding"},
]

PHASES = [{"epochs": 1, "freeze": ["*"], "except": ["<head>"]}, {"rates": {"head": 2.0}, "schedule": {"cosine": None}}]

RUNS: list[dict[str, Any]] = [
    {"data": {**PLAIN["data"], "sampler": "balanced", "drop_last": True}},
    {"phases": PHASES, "epochs": 3, "decay": "weights"},
    {"epochs": None, "steps": 7},
    {"accumulate": 2},
    {"clip": {"norm": 0.5}},
    {"clip": {"value": 0.01}},
    {"decay": "weights"},
    {"ema": {"decay": 0.9, "warmup": True}},
    {"lookahead": {"every": 3, "alpha": 0.4, "power": 2}, "epochs": 2},
    {"early_stopping": {"patience": 1}, "epochs": 3},
    {"precision": "bfloat16", "tf32": True},
    {"checkpoint": {"steps": 2, "seconds": 60}},
    {"sync_batch_norm": True, "compile": False},
]


def others(family: type[Part], key: str, listed: list[dict[str, Any]]) -> list[str]:
    """The parts of a family that no recipe of a list has and that need no option: new ones are tried by themselves."""
    given = [each[key] for each in listed if key in each]
    parts = [part for some in given for part in (some if isinstance(some, list) else [some])]
    names = {part if isinstance(part, str) else next(iter(part)) for part in parts}
    return [name for name, part in family.members.items() if name not in names and not part.required()]


for other in others(Loss, "loss", LOSSES):
    if issubclass(Loss.members[other], Detector):
        continue  # a detector's, which no script trains
    LOSSES.append({"loss": other} | ({} if Loss.members[other].takes_classes() else {"task": "autoencoding"}))
SCHEDULES += [{"schedule": other} for other in others(Schedule, "schedule", SCHEDULES)]
for other in others(Metric, "metrics", METRICS):
    if "classification" in Metric.members[other].tasks:
        METRICS.append({"metrics": [other]})

EVERY: list[dict[str, Any]] = [*AUGMENTATIONS, *FILES, *LOSSES, *OPTIMIZERS, *SCHEDULES, *DATA, *METRICS, *RUNS]


SEVERAL = api.loads("""
netspec: 1
name: several
input: [1, 8, 8]
layers: [{flatten: , name: all}, {linear: 10, name: digit}, {linear: 1, name: ink, from: all}]
outputs: {digit: digit, ink: ink}
train:
  data: {arrays: digits.npz, outputs: [digit, ink], validation: 0.1}
  loss: {digit: cross_entropy, ink: {mse: , loss_weight: 0.1}}
  optimizer: {adamw: 1e-3}
  epochs: 1
""")
"""Two outputs with a loss each."""


def fitting(recipe: dict[str, Any], **changes: Any) -> api.Spec:
    """A small network that takes what the recipe's data give, and answers what its task wants."""
    from netspec.driver.recipes import recipe_of

    found = recipe_of(digits(recipe))
    image = found.data.image or getattr(found.data, "size", (3, 8, 8))
    shape = list(found.data.shape(image))
    layers: list[Any] = [*HEAD, {"linear": found.data.class_count or 10, "name": "head"}]
    if found.task and found.task.key == "autoencoding":
        layers = ["flatten", {"linear": 16}, "relu", {"linear": prod(shape)}, {"reshape": shape}]
    if found.data.key == "imagenet":
        layers = [*HEAD, {"linear": 1000}]
    if found.data.key == "segmentation":
        layers = [{"conv": 10, "kernel": 1}]
    if found.loss.key == "nll":
        layers = [*layers, "log_softmax"]
    return digits(recipe, **{"input": shape, "layers": layers, **changes})
