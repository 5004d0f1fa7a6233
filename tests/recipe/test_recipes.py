"""The recipes that come with netspec, by their names; and fine-tuning by one command, from a file of weights."""

import json
import re
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from netspec import api
from netspec.cli import run
from netspec.diagnostics import NetspecError
from netspec.driver.recipes import recipe_of
from netspec.recipe.data.objects import Objects

ROOT = Path(__file__).parents[2]
COMMANDS = {
    name: re.search(r"^#   netspec train (.+)$", api.locate_recipe(name).read_text(), re.M) for name in api.recipes()
}


def test_all_have_a_name_and_are_told_of():
    files = {file.stem for file in (ROOT / "specs" / "recipes").iterdir()}
    told = set(re.findall(r"^\| `(\w+)` \|.+\|.+\|$", (ROOT / "docs" / "transfer.md").read_text(), re.MULTILINE))
    assert files == set(api.recipes()) == told
    assert not files & set(api.zoo())


def test_the_command_lists_them_and_prints_each_as_a_recipe(capsys, tmp_path):
    assert run(["recipes"]) == 0
    told = capsys.readouterr().out
    assert all(re.search(rf"^{name} +\w", told, re.M) for name in api.recipes())
    assert run(["recipes", "--format", "json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["command"]) for each in records] == [
        (name, f"netspec train {command[1]}") for name, command in COMMANDS.items()
    ]
    assert run(["recipes", "cifar.yaml"]) == 0
    printed = capsys.readouterr().out
    (tmp_path / "mine.yaml").write_text(printed)
    settings = {"input": [3, 32, 32], "classes": 10}
    own, shipped = (recipe_of(api.load("resnet18", settings, each)) for each in (tmp_path / "mine.yaml", "cifar"))
    assert own == shipped
    assert "--recipe mine.yaml" in printed
    assert run(["recipes", "cifer"]) == 1
    assert "did you mean `cifar`" in capsys.readouterr().err


@pytest.mark.parametrize("name", api.recipes())
def test_each_is_right_for_the_network_that_it_shows(name):
    command = COMMANDS[name]
    assert command, "its comment shows no command"
    network, *options = re.findall(r'"[^"]*"|\S+', command[1])
    given = [options[at + 1].strip('"') for at, option in enumerate(options) if option == "--set"]
    settings = {key: json.loads(value) for key, value in (text.split("=") for text in given)}
    assert options[options.index("--recipe") + 1] == name
    spec = api.load(network, settings, name)
    folder = "photos" if "--data" in options else None
    recipe = recipe_of(spec, folder=folder)
    assert recipe.decay == "weights"
    shape = next(iter(api.elaborate(spec).inputs.values())).shape
    if isinstance(recipe.data, Objects):
        assert recipe.data.class_count == api.elaborate(spec).detection.classes - 1
    else:
        assert shape[1:] == recipe.augment[0].size if recipe.augment else shape == (recipe.data.length,)
    assert recipe.plan(1000).rate(0) > 0
    assert (
        recipe_of(api.load(network, settings, f"{name}.yaml"), folder="photos" if "--data" in options else None)
        == recipe
    )


def test_a_file_goes_before_a_name_and_what_is_neither_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cifar").write_text("data: digits\nloss: nll\noptimizer: {sgd: 0.1}\nepochs: 1\n")
    assert recipe_of(api.load("lenet", recipe="cifar")).loss.key == "nll"
    with pytest.raises(NetspecError) as caught:
        api.load("lenet", recipe="cifra")
    (found,) = caught.value.diagnostics
    assert (found.code.number, found.help) == ("NS0901", "did you mean `cifar`?")


def test_what_is_wrong_in_a_recipe_with_a_name_is_shown_there(capsys):
    assert run(["train", "lenet", "--recipe", "transfer", "--data", "photos", "--device", "cpu"]) == 1
    shown = capsys.readouterr().err
    assert "only `fc3` is to begin anew, and the run starts without weights for the rest" in shown
    assert re.search(r"--> transfer.yaml:\d+:8\n", shown)
    assert "| fresh: [<head>]" in shown


CHANGES = {
    "classes": 3,
    "input": [3, 32, 32],
    "train.data.shorter": 36,
    "train.data.crop": 32,
    "train.augment": ["flip"],
}
CHANGES |= {"train.data.batch_size": 4, "train.data.validation": 0, "train.data.test": 0.25, "train.data.workers": 0}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A folder of images, four of each of three classes, and a file of weights of a thousand classes."""
    folder = tmp_path_factory.mktemp("given")
    generator = torch.Generator().manual_seed(0)
    for kind in ("cat", "dog", "emu"):
        (folder / "photos" / kind).mkdir(parents=True)
        for number in range(8):
            pixels = torch.randint(256, (40, 48, 3), generator=generator, dtype=torch.uint8)
            Image.fromarray(pixels.numpy()).save(folder / "photos" / kind / f"{number}.png")
    network = api.compile(api.load("resnet18", {"input": [3, 32, 32]}))
    save_file(network.state_dict(), folder / "resnet18.safetensors")
    torch.save({"model": network.state_dict()}, folder / "resnet18.pt")
    return folder


def tune(given, out, kind="safetensors", *, phases=None, epochs=2):
    settings = CHANGES | ({"train.phases": phases} if phases else {"train.phases.0.epochs": 1})
    options = [part for key, value in settings.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    weights, photos = str(given / f"resnet18.{kind}"), str(given / "photos")
    command = [
        "train",
        "resnet18",
        "--weights",
        weights,
        "--recipe",
        "transfer",
        "--data",
        photos,
        "--epochs",
        str(epochs),
    ]
    assert run([*command, "--device", "cpu", "--out", str(out), *options]) == 0
    return load_file(out / "last.safetensors")


def differing(given, found):
    """The tensors that are not the file's, to the bit, the head's aside, which is of another size."""
    original = load_file(given / "resnet18.safetensors")
    assert original.keys() == found.keys()
    return {name for name in found if not name.startswith("fc.") and not torch.equal(found[name], original[name])}


def test_one_command_trains_the_head_and_then_all(given, tmp_path, capsys):
    head = tune(given, tmp_path / "head", phases=[{"freeze": ["*"], "except": ["<head>"]}], epochs=1)
    assert not differing(given, head)
    assert head["fc.weight"].shape == (3, 512)
    told = capsys.readouterr().err
    assert "fresh  fc.weight  begins anew, [3, 512]; [1000, 512] in the file" in told
    assert "120 tensors loaded as they are" in told
    both = tune(given, tmp_path / "both", "pt")
    assert differing(given, both) == both.keys() - {"fc.weight", "fc.bias"}
    assert "begins anew, [3, 512]" in capsys.readouterr().err
    metrics = json.loads((tmp_path / "both" / "metrics.json").read_text())
    assert metrics["started_from"].endswith("resnet18.pt")
    assert metrics["recipe"]["phases"][0]["except"] == metrics["recipe"]["fresh"] == ["fc"]
