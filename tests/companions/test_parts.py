"""Each part of a recipe does in the script what it does in `netspec train`."""

from __future__ import annotations

import sys
import types
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from netspec import api
from netspec.backends.templates import exists
from netspec.companions import files
from netspec.companions.script import training_script
from netspec.diagnostics import Code, NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe.schedules import Steps
from netspec.train.feeding.samples import prepare
from tests.backends.checks import clean, imported
from tests.companions.recipes import EVERY_OPTION, FAMILIES, digits

TEMPLATES = Path(__file__).parents[2] / "templates" / "recipe"
RECIPES = list(chain.from_iterable(EVERY_OPTION.values()))


def fitting(recipe: dict[str, Any]) -> api.Spec:
    """A network that takes what the recipe's data give."""
    spec = digits(recipe)
    data = recipe_of(spec).data
    return digits(recipe, input=list(data.shape(data.image)))


def script(spec: api.Spec) -> types.ModuleType:
    """The training script as a module whose network is the spec's."""
    module = types.ModuleType("script")
    sys.modules["script"] = module  # dataclasses look there
    text = training_script(spec, "small", "train_small.py")
    text = text.replace("from small import Small\n", "")
    assert text.count("Small()") == 1
    module.__dict__["Small"] = lambda: api.compile(spec)
    exec(compile(text, "script", "exec"), module.__dict__)
    return module


def scripted(family: str) -> dict[str, Any]:
    """The parts of a family that a script can have."""
    members = FAMILIES[family].members
    return {key: kind for key, kind in members.items() if exists(f"recipe/{family}/{key}.py.j2")}


def test_every_part_and_option_is_tried() -> None:
    for family, recipes in EVERY_OPTION.items():
        tried: dict[str, set[str]] = {}
        for recipe in recipes:
            part = getattr(recipe_of(digits(recipe)), family)
            fields = type(part).model_fields
            changed = {name for name in fields if getattr(part, name) != fields[name].default}
            tried.setdefault(part.key, set()).update(changed)
        templates = {path.name.split(".")[0]: path.read_text() for path in (TEMPLATES / family).iterdir()}
        assert set(tried) == set(templates)
        shared = set(FAMILIES["data"].model_fields) if family == "data" else set()
        for key, text in templates.items():
            options = FAMILIES[family].members[key].model_fields
            assert {name for name in options if name.upper() in text} - shared <= tried[key], key
        if family == "data":
            assert shared - {"drop_last"} <= set().union(*tried.values())  # which is refused


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ({"steps": 5, "epochs": None}, {"steps": "train/steps"}),
        ({"accumulate": 2, "ema": {"decay": 0.9}}, {"accumulate": "train/accumulate", "ema": "train/ema"}),
        ({"precision": "bfloat16", "clip": {"norm": 1}}, {"precision": "train/precision", "clip": "train/clip"}),
        ({"optimizer": {"muon": 1e-3}}, {"muon": "train/optimizer"}),
        ({"loss": "focal"}, {"focal": "train/loss"}),
        ({"optimizer": {"adamw": 1e-3, "betas": [0.8, 0.9]}}, {"betas": "train/optimizer/betas"}),
        ({"metrics": ["f1"]}, {"metrics": "train/metrics"}),
        ({"data": {"digits": None, "drop_last": True}}, {"drop_last": "train/data/drop_last"}),
    ],
)
def test_what_the_script_cannot_do_is_refused(recipe: dict[str, Any], told: dict[str, str]) -> None:
    with pytest.raises(NetspecError) as caught:
        script(digits(recipe))
    found = caught.value.diagnostics
    assert {d.code for d in found} == {Code.BAD_RECIPE}
    assert [d.message for d in found] == [f"the training script cannot do `{name}` yet" for name in told]


def test_scripts_are_clean(tmp_path: Path) -> None:
    sources = {}
    for number, recipe in enumerate(RECIPES):
        spec = fitting(recipe)
        found = files(spec, Path(f"net{number}.py"), train=True)
        sources |= {path.stem: text for path, text in found.items()}
        needs = imported(found[Path(f"train_net{number}.py")]) - {f"net{number}"}
        assert needs <= {"torch", "sklearn" if "digits" in spec.document.train["data"] else "torchvision"}
    clean(sources, tmp_path)


@pytest.mark.parametrize("recipe", EVERY_OPTION["loss"], ids=str)
def test_losses(recipe: dict[str, Any]) -> None:
    spec = fitting(recipe)
    made, loss = script(spec), recipe_of(spec).loss
    generator = torch.Generator().manual_seed(0)
    for size in (1, 7):
        outputs = torch.randn(size, 10, generator=generator)
        labels = torch.randint(10, (size,), generator=generator)
        assert torch.equal(made.criterion(outputs, labels), loss.of_classes()(outputs, labels))
        assert torch.equal(made.predict(outputs), loss.predict(outputs))


@pytest.mark.parametrize("recipe", EVERY_OPTION["schedule"], ids=str)
def test_schedules(recipe: dict[str, Any]) -> None:
    spec = fitting(recipe)
    made, found = script(spec), recipe_of(spec)
    for epochs, per_epoch in ((1, 1), (3, 7), (5, 100)):
        steps = Steps(epochs * per_epoch, per_epoch)
        wanted = [found.schedule.rate(found.optimizer.lr, step, steps) for step in range(steps.total)]
        given = {"total": steps.total, "per_epoch": per_epoch}
        if not hasattr(made, "learning_rate"):
            assert set(wanted) == {found.optimizer.lr}
            continue
        names = made.learning_rate.__code__.co_varnames[: made.learning_rate.__code__.co_argcount]
        known = {name: given[name] for name in names[1:]}
        assert [made.learning_rate(step, **known) for step in range(steps.total)] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("recipe", EVERY_OPTION["optimizer"], ids=str)
def test_optimizers(recipe: dict[str, Any]) -> None:
    spec = fitting(recipe)
    network = nn.Linear(3, 2)
    network.bias.requires_grad_(False)
    made = script(spec).make_optimizer(network)
    wanted = recipe_of(spec).optimizer.make([network.weight])
    assert type(made) is type(wanted)
    assert made.state_dict() == wanted.state_dict()
    assert made.param_groups[0]["params"] == [network.weight]


@pytest.mark.parametrize("recipe", [r for r in EVERY_OPTION["data"] if "digits" in r["data"]], ids=str)
def test_data(recipe: dict[str, Any]) -> None:
    spec = fitting(recipe)
    data = recipe_of(spec).data
    wanted = prepare(data, torch.device("cpu"))
    splits = [wanted.train, *([wanted.validation] if wanted.validation else []), wanted.test]
    for made, part in zip(script(spec).load_splits(), splits, strict=True):
        assert torch.equal(made.labels, part.targets)
        torch.testing.assert_close(made.images, part.images)


def test_no_two_families_share_the_name_of_an_option() -> None:
    """Each option is a constant of the script under its own name."""
    names = [{name for kind in scripted(family).values() for name in kind.model_fields} for family in FAMILIES]
    assert sum(map(len, names)) == len(set().union(*names, {"epochs", "seed", "side_loss", "side_outputs"})) - 4
