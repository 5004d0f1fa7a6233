"""What a plugin's layer declares is held against the tensors of its module wherever that is made."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.warm import WarmProcesses

pytest.importorskip("torch")

PLUGIN = """from __future__ import annotations

from typing import ClassVar

from netspec.layers.base import Layer, Weight
from netspec.program import Call
import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x):
        return x * self.weight


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.UninitializedParameter()

    def forward(self, x):
        return x


"""

DECLARED = {
    "right": '{"weight": Weight((3,)), "seen": Weight((1,), buffer=True)}',
    "shaped": '{"weight": Weight((3, 1)), "seen": Weight((1,), buffer=True)}',
    "larger": '{"weight": Weight((30,)), "seen": Weight((1,), buffer=True)}',
    "learnt": '{"weight": Weight((3,)), "seen": Weight((1,))}',
    "unsaid": '{"weight": Weight((3,))}',
    "more": '{"weight": Weight((3,)), "seen": Weight((1,), buffer=True), "bias": Weight((3,))}',
    "none": "{}",
}
"""What layers of these names declare of the same module."""

TOLD = {
    "shaped": ("weight", "a parameter of [3]", "a parameter of [3, 1], as declared"),
    "larger": ("weight", "a parameter of [3]", "a parameter of [30], as declared"),
    "learnt": ("seen", "a buffer of [1]", "a parameter of [1], as declared"),
    "unsaid": ("seen", "a buffer of [1]", "no such tensor, as declared"),
    "more": ("bias", "no such tensor in the module", "a parameter of [3], as declared"),
    "none": ("weight", "a parameter of [3]", "no such tensor, as declared"),
}

RUN = """
import json, sys
from pathlib import Path
from netspec import api
from netspec.diagnostics import NetspecError
from netspec.plugins import load_plugin
load_plugin(Path("own.py"))
told = {}
for name in json.loads(sys.argv[1]):
    told[name] = []
    spec = api.loads("{netspec: 1, name: network, input: [3], layers: [{linear: 3}, {repeat: 2, layers: [%s]}]}" % name)
    for make in (lambda: api.compile(spec), lambda: api.verify(spec, "own.py:reference")):
        try:
            made = make()
            told[name].append(None)
        except NetspecError as error:
            told[name].append(error.diagnostics[0].as_dict())
print(json.dumps(told))
"""


def layer(name: str, emitted: str, declared: str) -> str:
    return (
        f'class {name.title()}Layer(Layer):\n    """A layer."""\n    op: ClassVar = "{name}"\n\n'
        f"    def weights(self, inputs):\n        return {declared}\n\n"
        f"    def emit(self, inputs):\n        return {emitted}\n\n\n"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("declared")
    layers = [layer(name, 'Call("Scale", (3,))', declared) for name, declared in DECLARED.items()]
    layers.append(layer("late", 'Call("Lazy")', '{"weight": Weight((3,))}'))
    reference = "def reference():\n    return nn.Sequential(nn.Linear(3, 3), Scale(3), Scale(3))\n"
    (made / "own.py").write_text(PLUGIN + "".join(layers) + reference)
    return made


@pytest.fixture(scope="module")
def told(folder: Path, warm: WarmProcesses) -> dict[str, Any]:
    """What compiling and verifying say of each layer: nothing, or a diagnostic."""
    names = json.dumps([*DECLARED, "late", "{more: , init: {bias: zeros}}"])
    given = {"cwd": folder, "env": warm.environment, "capture_output": True, "text": True}
    done = subprocess.run([warm.python, "-c", RUN, names], **given)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", TOLD)
def test_another_declaration_than_the_module_is_told_at_its_place(
    name: str, told: dict[str, Any], folder: Path
) -> None:
    tensor, found, expected = TOLD[name]
    lines = (folder / "own.py").read_text().splitlines()
    for diagnostic in told[name]:
        assert diagnostic is not None
        assert diagnostic["code"] == "NS0906"
        assert f"the layer `{name}` declares `{tensor}`" in diagnostic["message"]
        assert (diagnostic["found"], diagnostic["expected"]) == (found, expected)
        assert Path(diagnostic["file"]).name == "own.py"
        assert "def weights" in lines[diagnostic["line"] - 1]
        assert DECLARED[name] in lines[diagnostic["line"]]


def test_what_is_declared_rightly_passes(told: dict[str, Any]) -> None:
    assert told["right"] == [None, None]


def test_what_a_module_does_not_yet_know_is_not_held_against_it(told: dict[str, Any]) -> None:
    assert told["late"][0] is None


def test_a_module_that_cannot_be_made_or_filled_is_told_as_the_plugin_s(told: dict[str, Any]) -> None:
    for diagnostic in (told["late"][1], *told["{more: , init: {bias: zeros}}"]):
        assert diagnostic["code"] == "NS0906"
        assert "cannot be made" in diagnostic["message"]
