"""Phases as they are written: names of modules looked up, lengths that make up the run, diagnostics at their place."""

import pytest

from netspec import api
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe.modules import check_start, resolve_names
from netspec.recipe.phases import Phase
from netspec.recipe.recipe import read_recipe

BASE = {"data": "digits", "loss": "cross_entropy", "optimizer": {"adamw": 1e-3}, "epochs": 10}
TRANSFER = {
    "fresh": ["<head>"],
    "phases": [{"epochs": 3, "freeze": ["*"], "except": ["<head>"]}, {"rates": {"*": 0.1}}],
}


def read(**changes):
    return read_recipe({**BASE, **changes})


def resolved(network="resnet18", **changes):
    return resolve_names(read(**changes), api.elaborate(api.load(network)))


def refused(make):
    with pytest.raises(NetspecError) as caught:
        make()
    return caught.value.diagnostics


def place(diagnostic):
    return "/".join(map(str, diagnostic.path[1:]))


@pytest.mark.parametrize(
    ("network", "heads"),
    [
        ("resnet18", ("fc",)),
        ("vgg16", ("classifier.6",)),
        ("vit_b_16", ("heads.head",)),
        ("convnext_tiny", ("classifier.2",)),
        ("mobilenet_v2", ("classifier.1",)),
        ("googlenet", ("fc", "auxiliary1.fc2", "auxiliary2.fc2")),
        ("fcn_resnet50", ("classifier.4",)),
        ("lenet", ("fc3",)),
    ],
)
def test_the_head_is_what_gives_the_outputs(network, heads):
    recipe = resolved(network, **TRANSFER)
    assert recipe.fresh == recipe.phases[0].exempt == heads


def test_the_head_of_a_norm_is_both():
    text = (
        "netspec: 1\nname: n\ninput: [4]\nlayers: [{linear: 8, name: a}, {linear: 3, name: b}, {batch_norm, name: c}]"
    )
    recipe = resolve_names(read(**TRANSFER), api.elaborate(api.loads(text)))
    assert set(recipe.fresh) == {"b", "c"}


def test_a_head_in_rates_is_its_modules():
    recipe = resolved("googlenet", phases=[{"rates": {"*": 0.1, "<head>": 2}}])
    assert recipe.phases[0].rates == {"*": 0.1, "fc": 2.0, "auxiliary1.fc2": 2.0, "auxiliary2.fc2": 2.0}


def test_what_is_written_is_read_back():
    schedule = {"multi_step": [3, 6], "warmup": 0.5}
    recipe = read(
        decay="weights", fresh=["fc"], phases=[{"epochs": 4, "freeze": ["*"], "except": ["fc"]}, {"schedule": schedule}]
    )
    assert recipe.phases[0] == Phase.model_validate({"epochs": 4, "freeze": ["*"], "except": ["fc"]})
    assert recipe.phases[1].schedule.milestones == (3, 6)
    assert read_recipe(recipe.written()) == recipe


@pytest.mark.parametrize(
    ("changes", "where", "message", "help"),
    [
        ({"fresh": ["fcc"]}, "fresh/0", "no module `fcc`", "`fc`"),
        ({"fresh": ["relu1"]}, "fresh/0", "`relu1` has no weights", None),
        ({"phases": [{"freeze": ["conv1", "layr1"]}]}, "phases/0/freeze/1", "no module `layr1`", "`layer1`"),
        ({"phases": [{"freeze": ["*.bnn1"]}]}, "phases/0/freeze/0", "no module fits `*.bnn1`", "explain"),
        ({"phases": [{"freeze": ["*"], "except": ["fc", "x"]}]}, "phases/0/except/1", "no module `x`", "explain"),
        ({"phases": [{"rates": {"*": 0.1, "fcc": 1}}]}, "phases/0/rates/fcc", "no module `fcc`", "`fc`"),
        ({"phases": [{"freeze": ["*"]}]}, "phases/0/freeze", "nothing learns", "`except: [fc]`"),
    ],
)
def test_names_that_are_none(changes, where, message, help):
    (found,) = refused(lambda: resolved(**changes))
    assert place(found) == where
    assert message in found.message
    assert help is None or help in found.help


def test_all_names_that_are_none_are_told_of():
    wrong = {"fresh": ["a"], "phases": [{"epochs": 1, "freeze": ["b"], "except": ["c"]}, {"rates": {"d": 1}}]}
    assert len(refused(lambda: resolved(**wrong))) == 4


@pytest.mark.parametrize(
    ("phases", "where", "message"),
    [
        (3, "phases", "`phases` has the wrong type"),
        ([3], "phases/0", "the value has the wrong type"),
        ([{"frieze": ["fc"]}], "phases/0/frieze", "there is no key `frieze` here"),
        ([{"freeze": "fc"}], "phases/0/freeze", "`freeze`"),
        ([{"freeze": [3]}], "phases/0/freeze", "`freeze`"),
        ([{"freeze": [""]}], "phases/0/freeze", "`freeze`"),
        ([{"except": ["fc"]}], "phases/0", "`except` takes out of `freeze`"),
        ([{"rates": {"fc": 0}}], "phases/0/rates/fc", "`fc` is out of range"),
        ([{"rates": {"fc": "fast"}}], "phases/0/rates/fc", "`fc` has the wrong type"),
        ([{"epochs": 0}, {}], "phases/0/epochs", "`epochs`"),
        ([{"schedule": {"cosin": None}}], "phases/0/schedule/cosin", "no schedule `cosin`"),
        ([{"schedule": {"one_cycle": 1e-4}}], "phases/0/schedule", "below the optimizer's rate"),
        ([{"epochs": 3}, {"epochs": 3}], "phases", "6 epochs long, the run 10"),
        ([{"epochs": 10}, {}], "phases", "10 epochs long, the run 10"),
        ([{}, {"epochs": 1}, {}], "phases/2", "2 phases do not say"),
        ([{"steps": 10}, {}], "phases/0/steps", "so many epochs long"),
    ],
)
def test_phases_that_are_none(phases, where, message):
    (found,) = refused(lambda: read(phases=phases))
    assert place(found) == where
    assert message in found.message


def test_phases_of_a_run_in_steps():
    steps = {key: value for key, value in BASE.items() if key != "epochs"} | {"steps": 100}
    recipe = read_recipe({**steps, "phases": [{"steps": 30}, {}]})
    assert recipe.plan(1000).starts == (0, 30)
    (found,) = refused(lambda: read_recipe({**steps, "phases": [{"epochs": 30}, {}]}))
    assert place(found) == "phases/0/epochs"


def test_a_recipe_of_a_spec_is_resolved_and_its_names_have_their_place(tmp_path):
    file = tmp_path / "net.yaml"
    text = """netspec: 1
name: net
input: [1, 8, 8]
layers: [flatten, {linear: 16, name: body}, relu, {linear: 10, name: top}]
train:
  data: digits
  loss: cross_entropy
  optimizer: {adamw: 1e-3}
  epochs: 4
  phases:
    - {epochs: 1, freeze: [NAME], except: [<head>]}
    - {rates: {"*": 0.1}}
"""
    file.write_text(text.replace("NAME", "body"))
    assert recipe_of(api.load(file)).phases[0].exempt == ("top",)
    file.write_text(text.replace("NAME", "bdy"))
    (found,) = refused(lambda: recipe_of(api.load(file)))
    assert (found.span.line, found.help) == (11, "did you mean `body`?")


def test_what_begins_anew_needs_weights_for_the_rest():
    (found,) = refused(lambda: check_start(read(fresh=["fc"]), "torchvision:resnet18"))
    assert place(found) == "fresh"
    assert "`--weights default` is torchvision:resnet18" in found.help
    check_start(read(), None)
