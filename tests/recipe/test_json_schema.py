"""The JSON Schema of the section `train:`: it accepts and refuses what reading a recipe does."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

import netspec
from netspec import api
from netspec.diagnostics import NetspecError
from netspec.frontend import source
from netspec.recipe.recipe import Recipe, read_recipe

jsonschema = pytest.importorskip("jsonschema")

GOOD: dict[str, Any] = {"data": "digits", "loss": "cross_entropy", "optimizer": {"sgd": 0.1}, "epochs": 3}
SOUND = {
    "names alone": {},
    "a folder": {"data": {"mnist": "~/mnist", "batch_size": 64}},
    "a main argument left out": {"data": {"mnist": None, "validation": 0.1}},
    "pixels as a number": {"data": {"digits": None, "pad": 2}},
    "pixels for each axis": {"data": {"digits": None, "resize": [16, 32]}},
    "an integer for a number": {"optimizer": {"adamw": 1}},
    "options": {"optimizer": {"sgd": 0.1, "momentum": 0.9, "nesterov": True}},
    "a schedule": {"schedule": {"step": 10, "gamma": 0.5}},
    "no schedule": {"schedule": None},
    "a seed": {"seed": 7},
    "phases": {"phases": [{"epochs": 1, "freeze": ["*"], "except": ["<head>"]}, {"rates": {"*": 0.1}}]},
    "a schedule of a phase": {"phases": [{"schedule": {"multi_step": [1, 2], "unit": "steps"}}]},
    "what begins anew": {"fresh": ["fc"], "decay": "weights"},
}
BROKEN = {
    "an unknown data set": {"data": "minst"},
    "an unknown loss": {"loss": "crossentropy"},
    "an unknown optimizer": {"optimizer": {"agd": 0.1}},
    "an unknown option": {"optimizer": {"sgd": 0.1, "momentun": 0.9}},
    "an unknown key": {"batch": 3},
    "a missing rate": {"optimizer": "sgd"},
    "a rate of the wrong type": {"optimizer": {"sgd": "fast"}},
    "a rate out of range": {"optimizer": {"sgd": -1}},
    "a main argument where there is none": {"loss": {"cross_entropy": 3}},
    "a main argument by its own name": {"optimizer": {"sgd": None, "lr": 0.1}},
    "epochs of the wrong type": {"epochs": "three"},
    "no epochs at all": {"epochs": 0},
    "a fraction of a round": {"epochs": 2.5},
    "a number for a part": {"data": 3},
    "a list for a part": {"loss": ["nll"]},
    "an empty part": {"optimizer": {}},
    "a true number": {"seed": True},
    "no list of phases": {"phases": {"epochs": 3}},
    "a phase without such an option": {"phases": [{"frieze": ["fc"]}]},
    "a rate of nothing": {"phases": [{"rates": {"fc": 0}}]},
    "a phase with an unknown schedule": {"phases": [{"schedule": "cosin"}]},
    "a decay that is none": {"decay": "norms"},
}
UNSEEN = {
    "options that need one another": {"optimizer": {"sgd": 0.1, "nesterov": True}},
    "lengths that do not add up": {"phases": [{"epochs": 1}, {"epochs": 1}]},
    "the order of keys": {"optimizer": {"momentum": 0.9, "sgd": 0.1}},
    "what a validator of its own reads": {"data": {"digits": None, "resize": "large"}},
}
"""Mistakes that JSON Schema, or what pydantic says of a validator, cannot tell; `netspec check` does."""


@cache
def validator() -> Any:
    made = api.schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made["properties"]["train"])


def recipe_stands(data: Any) -> bool:
    try:
        read_recipe(data)
    except NetspecError:
        return False
    return True


@pytest.mark.parametrize("changes", SOUND.values(), ids=SOUND)
def test_sound_recipes_are_accepted(changes: dict[str, Any]) -> None:
    assert recipe_stands(GOOD | changes)
    assert list(validator().iter_errors(GOOD | changes)) == []


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN)
def test_broken_recipes_are_refused(changes: dict[str, Any]) -> None:
    assert not recipe_stands(GOOD | changes)
    assert not validator().is_valid(GOOD | changes)


@pytest.mark.parametrize("changes", UNSEEN.values(), ids=UNSEEN)
def test_what_a_schema_cannot_see(changes: dict[str, Any]) -> None:
    assert not recipe_stands(GOOD | changes)
    assert validator().is_valid(GOOD | changes)


@pytest.mark.parametrize("key", sorted(Recipe.model_fields.keys() - {*GOOD}))
def test_a_key_may_be_left_empty(key: str) -> None:
    assert recipe_stands(GOOD | {key: None})
    assert list(validator().iter_errors(GOOD | {key: None})) == []


@pytest.mark.parametrize("missing", ["data", "loss", "optimizer"])
def test_what_a_recipe_needs(missing: str) -> None:
    data = {key: value for key, value in GOOD.items() if key != missing}
    assert not recipe_stands(data)
    assert not validator().is_valid(data)


def test_the_recipes_of_the_zoo_are_accepted_and_stand() -> None:
    recipes = [source.parse(api.zoo_text(name)).data.get("train") for name in api.zoo()]
    recipes = [recipe for recipe in recipes if recipe]
    assert recipes
    for name in api.recipes():
        recipe = source.read(api.locate_recipe(name)).data
        data = recipe["data"] if "folder" not in recipe["data"] else recipe["data"] | {"folder": "photos"}
        recipes.append(recipe | {"data": data})
    for recipe in recipes:
        assert recipe_stands(recipe)
        assert list(validator().iter_errors(recipe)) == []


def test_every_part_and_option_has_a_hover_text() -> None:
    def described(made: Any) -> None:
        if isinstance(made, list):
            for each in made:
                described(each)
        if isinstance(made, dict):
            for each in made.get("properties", {}).values():
                assert each.get("description"), made
            for each in made.values():
                described(each)

    described(api.schema()["properties"]["train"])


def test_parts_have_their_names_main_arguments_and_defaults() -> None:
    recipe = api.schema()["properties"]["train"]["anyOf"][0]
    assert list(recipe["properties"]) == list(Recipe.model_fields)
    names, *members = recipe["properties"]["optimizer"]["anyOf"]
    assert "sgd" not in names["enum"]
    [sgd] = [each for each in members if "sgd" in each["properties"]]
    assert sgd["properties"]["sgd"]["exclusiveMinimum"] == 0
    assert "lr" not in sgd["properties"]
    assert sgd["properties"]["momentum"]["default"] == 0
    assert sgd["required"] == ["sgd"]


def test_the_command_and_the_function_print_it(capsys: pytest.CaptureFixture[str]) -> None:
    from netspec.cli import run

    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(api.schema()))
    assert netspec.schema is api.schema
