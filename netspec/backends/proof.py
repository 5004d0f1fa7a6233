"""The proof of a source: as Python reads it, it equals its program and contains nothing else.

The text is parsed again before it is compiled or written, and compared with the program by code that is independent of
the writer: imports, the carried definitions, classes with their parameters and methods, the calls of a forward pass in
order, and every name, attribute, call, keyword and text. If the text has something that the program does not have,
untrusted text became code, or the writer has a fault; the source is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from netspec.backends.assembly_text import DETECTION, OPS, base_text, check_assembly
from netspec.backends.imports import carried_by
from netspec.backends.outline import said, written
from netspec.backends.syntax import Untrue, Words
from netspec.backends.vocabulary import Vocabulary, vocabulary
from netspec.diagnostics import Code, NetspecError
from netspec.program.building import Freeze
from netspec.program.classes import ClassDef, Program
from netspec.program.foreign import Import

IMPORTS = frozenset(
    {
        Import("collections", "OrderedDict"),
        Import("collections.abc", "Sequence"),
        Import("torch"),
        Import("torch", "Tensor"),
        Import("torch", "nn"),
        Import("torch.nn.functional", "", "F"),
    }
)
"""The imports of a source, without those of the statements that it carries."""

_TRAIN = {"mode", "bool", "isinstance"}
"""Additional words of the method `train` of a class with frozen norms."""


class Source(str):
    """The text of a program that `proven` has verified: no other text is compiled."""

    __slots__ = ()


def proven(text: str, program: Program, definitions: Sequence[str] = ()) -> Source:
    """A source that is true to its program.

    Args:
        text: The source.
        program: The program that it was written from.
        definitions: The texts of netspec and of plugins that it carries, in order.

    Raises:
        NetspecError: NS0912: it is not. That is a fault of netspec, not of the user.
    """
    try:
        tree = ast.parse(text)
        _check_module(tree, program, definitions)
    except (Untrue, SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        line = error.line if isinstance(error, Untrue) else getattr(error, "lineno", None)
        where = f"line {line} of the source" if line else "the source"
        raise untrue(f"{where}: {error}") from None
    return Source(text)


def untrue(found: str) -> NetspecError:
    """The error of a text that differs from its program."""
    return NetspecError.of(
        Code.UNTRUE_SOURCE,
        f"the generated source is not what the spec says: {found}",
        expected="names, calls and texts that the spec has",
        help="nothing was written or run; this is a fault of netspec: please report it, with the spec",
    )


def _check_module(tree: ast.Module, program: Program, definitions: Sequence[str]) -> None:
    known = IMPORTS.union(carried_by(program).imports, *(each.imports for each in program.foreign))
    if program.main.assembly is not None:
        known |= {DETECTION, OPS}
    rest = list(tree.body)
    while rest and isinstance(rest[0], (ast.Import, ast.ImportFrom)):
        if not known.issuperset(_imports(rest[0])):
            raise Untrue("an import of another kind", rest[0])
        del rest[0]
    for text in definitions:
        for node in ast.parse(text).body:
            if not rest or ast.dump(rest[0]) != ast.dump(node):
                raise Untrue("another definition than the one that is carried", rest[0] if rest else None)
            del rest[0]
    for cls in program.classes:
        if not rest or not isinstance(rest[0], ast.ClassDef):
            raise Untrue(f"no class `{cls.name}`", rest[0] if rest else None)
        _check_class(rest[0], cls)
        del rest[0]
    if rest:
        raise Untrue("a statement after the last class", rest[0])


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    for each in node.names:
        if isinstance(node, ast.Import):
            yield Import(each.name, "", each.asname or "")
        else:
            yield Import("." * node.level + (node.module or ""), each.name, each.asname or "")


def _check_class(node: ast.ClassDef, cls: ClassDef) -> None:
    words = vocabulary(cls)
    base = "nn.Module" if cls.chain is None else "nn.Sequential"
    if cls.assembly is not None:
        base = base_text(cls.assembly)
    head = node.name == cls.name and [ast.unparse(each) for each in node.bases] == [base]
    if not head or node.keywords or node.decorator_list or getattr(node, "type_params", None):
        raise Untrue(f"another head than that of class `{cls.name}`", node)
    runs = cls.chain is None and cls.assembly is None
    expected = ["__init__", *(["forward"] if runs else [])]
    frozen = any(isinstance(each, Freeze) and each.statistics for each in cls.build)
    expected += ["train"] if frozen else []
    methods = {each.name: each for each in _methods(node)}
    if list(methods) != expected:
        raise Untrue(f"other methods than {', '.join(expected)}", node)
    formals = [(formal.name, str(formal.type)) for formal in cls.formals]
    _check_signature(methods["__init__"], formals, "None", sum(formal.default is not None for formal in cls.formals))
    Words(words).check([*methods["__init__"].args.defaults, *methods["__init__"].body])
    _check_kept(methods["__init__"], words)
    if cls.assembly is not None:
        check_assembly(methods["__init__"], cls)
    if runs:
        forward = methods["forward"]
        _check_signature(forward, [(name, "Tensor") for name in cls.inputs], str(cls.returns))
        Words(words).check(forward.body)
        if (made := written(forward.body)) != (wanted := list(said(cls.forward))):
            differs = next((a for a, b in zip(made, wanted, strict=False) if a != b), "statements of another number")
            raise Untrue(f"another forward pass: {differs}", forward)
    if frozen:
        _check_train(methods["train"], cls, words)


def _methods(node: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    for position, each in enumerate(node.body):
        if position == 0 and isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
            continue  # the docstring
        if not isinstance(each, ast.FunctionDef) or each.decorator_list or getattr(each, "type_params", None):
            raise Untrue("something in a class that is no method", each)
        yield each


def _check_signature(
    node: ast.FunctionDef, formals: Sequence[tuple[str, str]], returns: str, defaults: int = 0
) -> None:
    args = node.args
    own, *rest = args.args
    found = [(each.arg, ast.unparse(each.annotation) if each.annotation else "") for each in rest]
    plain = own.arg == "self" and not (args.posonlyargs or args.kwonlyargs or args.vararg or args.kwarg)
    if (
        not plain
        or len(args.defaults) != defaults
        or found != list(formals)
        or node.returns is None
        or ast.unparse(node.returns) != returns
    ):
        raise Untrue(f"another signature of `{node.name}`", node)


def _check_kept(node: ast.FunctionDef, words: Vocabulary) -> None:
    """Check that the constructor assigns the program's attributes, unless it passes them to `add_module`."""
    for each in ast.walk(node):
        stored = isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
        if stored and ast.unparse(each).removeprefix("self.") not in words.kept:
            raise Untrue(f"an assignment to `{ast.unparse(each)}`", each)


def _check_train(node: ast.FunctionDef, cls: ClassDef, words: Vocabulary) -> None:
    doc, *body = node.body
    if not (isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)):
        raise Untrue("another method `train`", node)
    if ast.unparse(node.args) != "self, mode: bool=True" or ast.unparse(node.returns or node) != f"'{cls.name}'":
        raise Untrue("another signature of `train`", node)
    words.methods["eval"] = set()
    words.call("isinstance")
    Words(words, _TRAIN).check(body)
