"""What generated source carries along is of `netspec.nn`, word for word, with all that it reads there and imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec import api
from netspec.program import carried as module
from netspec.program.carried import carried, carried_classes, carried_functions
from netspec.program.foreign import Import
from netspec.program.python_file import NotCarried

FILES = sorted((Path(api.__file__).parent / "nn").rglob("*.py"))


def test_every_definition_is_found_with_its_text() -> None:
    texts = {
        node.name: (type(node), ast.get_source_segment(file.read_text(encoding="utf-8"), node))
        for file in FILES
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    }
    assert carried_classes() == tuple(name for name, (kind, _) in texts.items() if kind is ast.ClassDef)
    assert carried_functions() == tuple(name for name, (kind, _) in texts.items() if kind is ast.FunctionDef)
    assert {name: carried([name]).texts[-1] for name in texts} == {name: text for name, (_, text) in texts.items()}


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The texts of the files, which a test changes."""
    texts = dict(module._texts())
    caches = (module._file, module._homes)
    for each in caches:
        each.cache_clear()
    monkeypatch.setattr(module, "_texts", lambda: texts)
    yield texts
    for each in caches:
        each.cache_clear()


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("def gate(x):\n    return mish(x)", ["mish", "gate"]),
        ("def gate(x: 'mish'):\n    return x", ["mish", "gate"]),
        ("class gate:\n    def forward(self, x):\n        return [mish(each) for each in x]", ["mish", "gate"]),
        ("class gate:\n    mish = staticmethod(mish)", ["mish", "gate"]),
        ("def gate(x):\n    mish = 2 * x\n    return mish", ["gate"]),
        ("def gate(mish):\n    return mish", ["gate"]),
        ("def gate(x):\n    return [mish for mish in x]", ["gate"]),
        ("def gate(x):\n    def mish(y):\n        return y\n    return mish(x)", ["gate"]),
    ],
)
def test_a_variable_of_its_own_is_no_use_of_a_function(text: str, needed: list[str], files: dict[str, str]) -> None:
    files["netspec.nn.own"] = f"def mish(x):\n    return x\n\n\n{text}\n"
    assert [re.split(r"\W", each)[1] for each in carried(["gate"]).texts] == needed


UNUSUAL = """
import math
from itertools import chain as linked

SIDES = tuple(linked((1,), (math.isqrt(5),)))
"""


def test_a_source_has_whatever_a_file_of_what_it_carries_imports(files: dict[str, str]) -> None:
    text = files["netspec.nn.shaping"].replace("self.shape = shape", "self.shape = SIDES[:0] + shape")
    head = "from torch import Tensor, nn\n"
    files["netspec.nn.shaping"] = text.replace(head, head + UNUSUAL, 1)
    spec = api.loads("netspec: 1\nname: net\ninput: [4]\nlayers:\n  - {reshape: [2, 2], name: math}\n  - {linear: 3}\n")
    source = api.generate(spec)
    assert source.count("\nimport math\nfrom itertools import chain as linked\n\nfrom torch import Tensor, nn\n") == 1
    assert source.count("\n\n\nSIDES = tuple(linked((1,), (math.isqrt(5),)))\n\n\nclass Reshape(") == 1
    assert Import("math") in carried(["Reshape"]).imports
    pytest.importorskip("torch")
    assert "Reshape((2, 2))" in repr(api.compile(spec))


def test_what_a_file_does_not_define_is_not_carried(files: dict[str, str]) -> None:
    files["netspec.nn.own"] = "def gate(x):\n    return nowhere(x)\n"
    with pytest.raises(NotCarried, match="nowhere"):
        carried(["gate"])
