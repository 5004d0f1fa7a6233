"""A source is compiled and written only where Python reads in it what its program says."""

from __future__ import annotations

import ast
import copy
import os
import random
from collections.abc import Iterator

import pytest

from netspec import api
from netspec.backends.proof import Source, proven
from netspec.backends.source import render
from netspec.diagnostics import NetspecError
from netspec.program.carried import carried
from netspec.program.classes import Program

SAMPLE = int(os.environ.get("NETSPEC_EXAMPLES", "60"))
"""Changes that are tried of each text."""

TIED = """
netspec: 1
name: tied
input: [3, 16, 16]
params: {depth: 2}
blocks:
  part:
    params: {out: int, act: relu, drop: 0.1}
    layers:
      - residual: [{conv: $out, kernel: 3, padding: 1, bias: false}, {batch_norm: , name: norm}, $act]
        shortcut: [{conv: $out, kernel: 1, when: $(x.channels != out)}]
      - {dropout: $drop}
layers:
  - {part: 8, name: first, freeze: true}
  - {repeat: $depth, layers: [{part: 8, name: body$i, to: [one]}]}
  - {chunk: 2, to: [left, right]}
  - {add: [left, right], name: sum}
  - parallel: {one: [{conv: 4, kernel: 1}], two: [{conv: 4, kernel: 3, padding: 1, init: {weight: {normal: [0, 0.1]}}}]}
  - {reshape: [8, 256]}
  - {linear: 16, name: enc.fc}
  - {mean: 0}
  - {linear: 3, name: "head.out", init: {bias: 0.5}}
"""


def network(name: str) -> tuple[Source, Program, list[str]]:
    spec = api.loads(TIED) if name == "tied" else api.load(name)
    graph, program = api.elaborate(spec), api.lower(spec)
    text = render(program, graph, spec.digest)
    defined = {n.name for n in ast.parse(text).body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    return text, program, list(carried(defined - {cls.name for cls in program.classes}).texts)


NETWORKS = ("tied", "unet", "vit_b_16", "lenet_digits")


@pytest.fixture(scope="module", params=NETWORKS)
def made(request: pytest.FixtureRequest) -> tuple[Source, Program, list[str]]:
    return network(request.param)


def places(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every word in the classes of a text: the number of its node, and the field that has it."""
    defined = [n for n in ast.walk(tree) if isinstance(n, (ast.ClassDef, ast.FunctionDef))]
    docs = {id(n.body[0].value) for n in defined if isinstance(n.body[0], ast.Expr)}
    for number, node in enumerate(ast.walk(tree)):
        for field in ("id", "attr", "arg", "name", "module"):
            if isinstance(getattr(node, field, None), str):
                yield number, field
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield number, "value"


def test_it_is_true_as_it_is_written(made: tuple[Source, Program, list[str]]) -> None:
    text, program, carried = made
    assert proven(text, program, carried) == text


def test_no_word_of_it_can_be_another(made: tuple[Source, Program, list[str]]) -> None:
    text, program, carried = made
    tree = ast.parse(text)
    every = list(places(tree))
    assert len(every) > 60
    for number, field in random.Random(0).sample(every, min(SAMPLE, len(every))):
        changed = copy.deepcopy(tree)
        node = list(ast.walk(changed))[number]
        setattr(node, field, "stranger")
        with pytest.raises(NetspecError, match="NS0912"):
            proven(ast.unparse(changed), program, carried)


STATEMENTS = (
    "import os",
    "from os import system",
    "os.system('touch ran')",
    "__import__('os').system('touch ran')",
    "exec('1')",
    "eval('1')",
    "print('x')",
    "open('x')",
    "x = lambda: 0",
    "x = self.__class__",
    "x = super().__init__.__globals__",
    "x = nn.Module.__subclasses__()",
    "x = torch.load('x')",
    "x = torch.hub.load('a', 'b')",
    "x = nn.functional.torch.load('x')",
    "torch.ops.load_library('x')",
    "self.to('cuda')",
    "self.forward = None",
    "x = ''.format(self)",
    "x = f'{self}'.join([])",
    "x = [i for i in ()]",
    "x = {**{}}",
    "global x",
    "del x",
    "with self: pass",
    "assert self",
    "raise ValueError",
    "try:\n    pass\nfinally:\n    pass",
    "while True: pass",
    "def f(): pass",
    "class C: pass",
    "(x := 1)",
    "x = yield",
    "x = b''",
    "x = 1j",
)


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("place", ["module", "end", "class", "method"])
def test_nothing_can_be_added_to_it(statement: str, place: str) -> None:
    text, program, carried = network("lenet_digits")
    tree = ast.parse(text)
    cls = tree.body[-1]
    assert isinstance(cls, ast.ClassDef)
    method = cls.body[-1]
    assert isinstance(method, ast.FunctionDef)
    added = ast.parse(statement).body
    where = {"module": tree.body, "end": tree.body, "class": cls.body, "method": method.body}[place]
    position = len(where) if place == "end" else len(where) - 1
    where[position:position] = added
    with pytest.raises(NetspecError, match="NS0912"):
        proven(ast.unparse(ast.fix_missing_locations(tree)), program, carried)


def changes(text: str) -> Iterator[str]:
    """Texts with another head: of a class, of a method."""
    yield text.replace("class LeNetDigits(nn.Module)", "class LeNetDigits(nn.Module, metaclass=type)")
    yield text.replace("class LeNetDigits(nn.Module)", "class LeNetDigits(torch.nn.Module)")
    yield text.replace("class LeNetDigits", "@print\nclass LeNetDigits")
    yield text.replace("    def forward(", "    @torch.no_grad()\n    def forward(")
    yield text.replace("    def forward(self, x: Tensor)", "    def forward(self, x: print('x'))")
    yield text.replace("    def forward(self, x: Tensor)", "    def forward(self, x: Tensor, *y)")
    yield text.replace("    def forward(self, x: Tensor)", "    def forward(self, x: Tensor = print())")
    yield text.replace("    def forward(self, x: Tensor) -> Tensor", "    def forward(self, x: Tensor) -> print()")
    yield text.replace("    def forward(", "    async def forward(")
    yield text + "\n    def __call__(self): return 1\n"
    yield text + "\n    x = 1\n"


def test_its_heads_cannot_be_others() -> None:
    text, program, carried = network("lenet_digits")
    found = list(changes(text))
    assert text not in found
    for each in found:
        with pytest.raises(NetspecError, match="NS0912"):
            proven(each, program, carried)


def test_its_calls_come_in_the_programs_order() -> None:
    text, program, carried = network("lenet_digits")
    lines = text.splitlines(keepends=True)
    forward = next(n for n, line in enumerate(lines) if "def forward" in line)
    lines[forward + 1 : forward + 3] = reversed(lines[forward + 1 : forward + 3])
    with pytest.raises(NetspecError, match="NS0912"):
        proven("".join(lines), program, carried)


@pytest.mark.parametrize("text", ["", "x", "def f(:", "\x00", "1" * 10_000, "(" * 3_000])
def test_what_is_no_source_is_refused(text: str) -> None:
    _, program, carried = network("lenet_digits")
    with pytest.raises(NetspecError, match="NS0912"):
        proven(text, program, carried)


@pytest.mark.parametrize("merge", ["add", "multiply"])
def test_a_merge_of_very_many_is_proven(merge: str) -> None:
    names = ", ".join(["a"] * 1200)
    text = f"netspec: 1\nname: many\ninput: [4]\nlayers:\n  - {{relu: , name: a}}\n  - {merge}: [{names}]\n"
    assert "def forward" in api.generate(api.loads(text))
