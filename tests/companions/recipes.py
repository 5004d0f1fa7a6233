"""Specs with recipes: together they hold every part that a recipe can have."""

from __future__ import annotations

from typing import Any

import yaml

from netspec import api
from netspec.recipe.data import DataSet
from netspec.recipe.losses import Loss
from netspec.recipe.optimizers import Optimizer
from netspec.recipe.parts import Part
from netspec.recipe.schedules import Schedule

PLAIN: dict[str, Any] = {
    "data": {"digits": None, "batch_size": 32},
    "loss": "cross_entropy",
    "optimizer": {"adamw": 2e-3, "weight_decay": 0.05},
    "schedule": {"one_cycle": 5e-3},
    "epochs": 1,
}


def digits(recipe: dict[str, Any] | None = None, **changes: Any) -> api.Spec:
    """A small network with dropout and batch norm, and a recipe; `changes` are the spec's own keys."""
    data = {
        "netspec": 1,
        "name": "small",
        "input": [1, 8, 8],
        "layers": [
            {"conv": 8, "kernel": 3, "padding": 1},
            "batch_norm",
            "relu",
            {"max_pool": 2},
            "flatten",
            {"dropout": 0.2},
            {"linear": 10, "name": "head"},
        ],
        "train": {**PLAIN, **(recipe or {})},
        **changes,
    }
    return api.loads(yaml.safe_dump(data, sort_keys=False))


EVERY_OPTION: dict[str, list[dict[str, Any]]] = {
    "data": [
        {"data": {"digits": None, "batch_size": 32, "validation": 0.1}},
        {"data": {"digits": None, "resize": 4, "pad": [1, 3], "range": [-1, 1]}},
        {"data": {"digits": None, "resize": 4, "mean": [0.3], "std": [0.5]}},
        {"data": {"mnist": "~/some 'where'", "resize": 8, "validation": 0.05}},
        {"data": {"mnist": None, "resize": [6, 8], "pad": [1, 0], "range": [1, 0]}},
    ],
    "loss": [
        {"loss": {"cross_entropy": None, "label_smoothing": 0.1}},
        {"loss": "nll"},
        {"loss": {"mse": None, "positive": 0.8, "negative": -0.8}},
        {"loss": {"multi_margin": None, "p": 2, "margin": 0.5}},
        {"loss": {"map": None, "j": 0.2}},
    ],
    "optimizer": [
        {"optimizer": {"sgd": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4}, "schedule": None},
        {"optimizer": {"adam": 1e-3, "weight_decay": 1e-4}, "schedule": None},
        {"optimizer": {"adamw": 1e-3, "weight_decay": 0.1}, "schedule": None},
    ],
    "schedule": [
        {"schedule": "constant"},
        {"schedule": {"constant": None, "warmup": 0.5}},
        {"schedule": {"cosine": None, "eta_min": 1e-5}},
        {"schedule": {"cosine": None, "eta_min": 1e-5, "warmup": 0.4}},
        {"schedule": {"step": 2, "gamma": 0.5}},
        {"schedule": {"step": 1, "gamma": 0.5, "warmup": 1.5}},
        {"schedule": {"one_cycle": 1e-2, "pct_start": 0.4, "final_div_factor": 100}},
    ],
}

FAMILIES: dict[str, type[Part]] = {"data": DataSet, "loss": Loss, "optimizer": Optimizer, "schedule": Schedule}
