"""What a tree of statements holds and reads, and the same tree with other expressions."""

from __future__ import annotations

from netspec import expr as e
from netspec.expr import Expr, Identifier, Name
from netspec.program import Call
from netspec.program.building import Attach, Build, For, Let, Loop, Make
from netspec.program.names import ModulePath
from netspec.program.rewrite import calls_in, carried_in, names_in, parts, rewritten, times_read

WIDTH, TWICE, INDEX = (Name(Identifier(name)) for name in ("width", "twice", "i"))
CONV = Call("torch.nn.Conv2d", (WIDTH, [e.Binary("*", WIDTH, TWICE)]), {"bias": INDEX})
LOOP = Loop(INDEX.id, (), WIDTH, None, ((TWICE.id, WIDTH, WIDTH),))
TREE: tuple[Build, ...] = (Let(TWICE.id, WIDTH), For(LOOP, (Attach(ModulePath("conv"), Make(CONV)),)))


def test_a_tree_reads_the_names_of_its_expressions() -> None:
    assert names_in(TREE) == {"width", "twice", "i"}
    assert times_read(TREE, "width") == 6
    assert carried_in(TREE) == {"twice"}
    assert list(calls_in(TREE)) == [CONV]


def test_parts_are_objects_and_texts() -> None:
    every, whole = list(parts(TREE)), list(parts(TREE, whole=Expr))
    assert {"conv", "bias", "torch.nn.Conv2d", "*"} <= {part for part in every if isinstance(part, str)}
    assert "*" not in whole
    assert every.count(WIDTH) == 6
    assert whole.count(WIDTH) == 5


def test_a_tree_is_rewritten_in_its_expressions_alone() -> None:
    other = rewritten(TREE, {"width": e.Literal(3)})
    assert names_in(other) == {"twice", "i"}
    assert next(iter(calls_in(other))).args[0] == e.Literal(3)
    assert rewritten(TREE, {}) is TREE
