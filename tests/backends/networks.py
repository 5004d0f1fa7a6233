"""Networks with weights for the tests of back ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from netspec import api
from netspec.backends.live import build
from netspec.program.carried import carried, carried_classes, carried_functions
from netspec.program.naming import class_name


@cache
def zoo(name: str) -> api.Spec:
    return api.load(name)


SMALL = {"alexnet": 227, "googlenet": 224, "inception_v3": 299, "unet": 188}
"""Heights and widths that these networks of the zoo need; for the others 64 pixels do."""


@cache
def small(name: str) -> api.Spec:
    """A network of the zoo for images so small that it can be run."""
    spec = zoo(name)
    first, *others = spec.graph.inputs.values()
    if len(first.shape) == 4:  # a video
        return api.load(name, {"input": [first.shape[0], 4, 32, 32]})
    if others or len(first.shape) != 3 or max(first.shape[1:]) < 200:
        return spec
    size = SMALL.get(name, 64)
    return api.load(name, {"input": [first.shape[0], size, size]})


@cache
def source(name: str) -> str:
    return api.generate(zoo(name))


@cache
def own_source(name: str) -> str:
    """The source without the classes that it carries along, which `netspec.nn` lays out."""
    text = source(name)
    for each in carried((*carried_classes(), *carried_functions())).texts:
        text = text.replace(f"\n\n\n{each}\n", "\n")
    return text


def meta(name: str) -> nn.Module:
    """A network of the zoo without storage."""
    return build(source(name), class_name(name), "meta")


def compiled(text: str) -> nn.Module:
    """The network of a spec given as text, without the lines that every spec has."""
    return api.compile(loads(text))


def loads(text: str) -> api.Spec:
    return api.loads(f"netspec: 1\nname: net\n{text}")


def module_of(network: nn.Module) -> Any:
    """The Python module that a network's class is from."""
    return sys.modules[type(network).__module__]


def random_state(network: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    """Weights that keep signals of a size, and running statistics that let nothing vanish."""
    generator = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = network.state_dict()  # with its versions
    for key, tensor in list(state.items()):
        if not tensor.is_floating_point():
            state[key] = torch.zeros(tensor.shape, dtype=tensor.dtype)
            continue
        fan_in = max(tensor[0].numel(), 1) if tensor.dim() > 1 else 1
        scale = (3 / fan_in) ** 0.5
        state[key] = torch.empty(tensor.shape).uniform_(-scale, scale, generator=generator)
        if key.endswith("running_var"):
            state[key].abs_().add_(0.5)
    return state


def inputs_of(spec: api.Spec, batch: int, device: str = "cpu", seed: int = 1) -> list[Tensor]:
    """Random inputs, each other numbers; an integer alone for each example is a length."""
    made, generator = [], torch.Generator().manual_seed(seed)
    for each in spec.graph.inputs.values():
        shape = (batch, *each.shape)
        if device == "meta":
            made.append(torch.empty(shape, device=device, dtype=getattr(torch, each.dtype)))
        elif each.dtype.startswith("int"):  # 0 and 1 are in every embedding
            integers = torch.randint(2, shape, generator=generator) + (not each.shape)
            made.append(integers.to(getattr(torch, each.dtype)))
        elif each.dtype == "bool":  # somewhere there is something to see
            seen = torch.rand(shape, generator=generator) > 0.3
            seen[..., 0] = True
            made.append(seen)
        else:
            made.append(torch.randn(shape, generator=generator))
    return made


def same(left: Any, right: Any) -> bool:
    """Whether two outputs, tensors or mappings of them, are equal bit for bit."""
    if isinstance(left, Mapping):
        return list(left) == list(right) and all(torch.equal(left[key], right[key]) for key in left)
    return torch.equal(left, right)


class Standalone:
    """A process that cannot import netspec and runs built files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-I", Path(__file__).with_name("standalone.py")],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.expect("ready")

    def expect(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"

    def run(self, text: str, cls: str, weights: Mapping[str, Tensor], inputs: list[Tensor]) -> Any:
        """The output of a built file's network, in eval mode."""
        files = {kind: self.folder / f"{cls}.{kind}" for kind in ("py", "pt", "out")}
        files["py"].write_text(text)
        torch.save({"weights": dict(weights), "inputs": inputs}, files["pt"])
        request = {
            "source": str(files["py"]),
            "class": cls,
            "saved": str(files["pt"]),
            "output": str(files["out"]),
            "threads": torch.get_num_threads(),
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        self.expect("done")
        output = torch.load(files["out"], weights_only=True)
        for file in files.values():
            file.unlink()
        return output

    def close(self) -> None:
        self.process.communicate()
