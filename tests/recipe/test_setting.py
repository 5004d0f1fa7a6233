"""Values set in a recipe by dotted keys: each lands where the recipe writes it."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest

from netspec import api
from netspec.recipe.setting import laid_in

WRITTEN: dict[str, Any] = {
    "data": "digits",
    "loss": "cross_entropy",
    "augment": ["flip", {"crop": 8, "padding": 1}],
    "optimizer": {"adamw": 2e-3, "weight_decay": 0.05},
    "phases": [{"epochs": 1, "schedule": {"one_cycle": 0.1}}],
    "epochs": 3,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("optimizer.lr", {"optimizer": {"adamw": 7, "weight_decay": 0.05}}),
        ("optimizer.adamw", {"optimizer": {"adamw": 7, "weight_decay": 0.05}}),
        ("optimizer.weight_decay", {"optimizer": {"adamw": 2e-3, "weight_decay": 7}}),
        ("optimizer", {"optimizer": 7}),
        ("data.batch_size", {"data": {"digits": None, "batch_size": 7}}),
        ("augment.1.size", {"augment": ["flip", {"crop": 7, "padding": 1}]}),
        ("augment.0.p", {"augment": [{"flip": 7}, {"crop": 8, "padding": 1}]}),
        ("phases.0.schedule.max_lr", {"phases": [{"epochs": 1, "schedule": {"one_cycle": 7}}]}),
        ("ema.decay", {"ema": {"decay": 7}}),
        ("clip.norm", {"clip": {"norm": 7}}),
        ("epochs", {"epochs": 7}),
        ("nothing.of.it", {"nothing": {"of": {"it": 7}}}),
    ],
)
def test_a_value_lands_where_it_is_written(path: str, expected: dict[str, Any]) -> None:
    before = repr(WRITTEN)
    made, place = laid_in(WRITTEN, path.split("."), 7)
    assert made == WRITTEN | expected
    assert reduce(lambda inner, key: inner[key], place, made) == 7
    assert repr(WRITTEN) == before


@pytest.mark.parametrize("written", [None, 3, [], "", {"adamw": None}, {"nonsense": 1}, {3: 4}])
def test_what_is_no_recipe_is_left_to_its_own_check(written: Any) -> None:
    made, place = laid_in({"optimizer": written}, ["optimizer", "lr"], 7)
    assert made["optimizer"] is not written
    assert place[0] == "optimizer"


def test_settings_go_by_either_name_also_one_after_the_other() -> None:
    settings = {"train.optimizer": {"sgd": 0.1}, "train.optimizer.lr": 0.2, "train.data.folder": "here"}
    spec = api.load("lenet", settings)
    assert spec.document.train["optimizer"] == {"sgd": 0.2}
    assert spec.document.train["data"]["mnist"] == "here"
