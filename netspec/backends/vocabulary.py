"""The permitted words of a class's text, derived from the program alone, independently of the writer."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from netspec import expr as e
from netspec.objects.immutable import mutable
from netspec.program import Call, Function, building, forward
from netspec.program.classes import ClassDef
from netspec.program.names import Annotation, Identifier, ModulePath, Target
from netspec.program.naming import source_name
from netspec.program.rewrite import parts

ROOTS = frozenset({"F", "nn", "torch"})
"""Modules that the source imports by name."""

CONTAINERS = ("nn.Module", "nn.ModuleDict", "nn.ModuleList", "nn.Parameter", "nn.Sequential")
BUILTINS = ("enumerate", "float", "int", "range", "str", "super", "tuple", "type")
"""Additional callees of constructors: loops, conversions, and the enclosing class."""

METHODS = frozenset(
    {"add_module", "append", "expand", "get_buffer", "get_parameter", "get_submodule", "join", "modules"}
)
METHODS |= {"register_buffer", "register_parameter", "requires_grad_", "train"}
"""Methods of modules, tensors, lists and texts in the text of a program's statements."""

LOCALS = ("_", "layers", "module", "name", "rows", "tensor")
"""Variables that only the text has; a number may follow if the program has one of that name."""


@mutable
class Vocabulary:
    """The words of one class.

    Attributes:
        variables: Variables that are assigned, bound by a loop or parameters.
        attributes: Attributes of `self`.
        kept: The `attributes` that the constructor assigns.
        called: Callees by dotted name, with their permitted keywords.
        methods: Methods called on a value, with their permitted keywords.
        dotted: Dotted names that may stand anywhere, such as types.
        weights: Attributes of modules: their tensors.
        texts: All text literals.
    """

    variables: set[str] = dataclasses.field(default_factory=lambda: {"self"})
    attributes: set[str] = dataclasses.field(default_factory=lambda: {"training"})
    kept: set[str] = dataclasses.field(default_factory=set)
    called: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    methods: dict[str, set[str]] = dataclasses.field(default_factory=lambda: {m: set() for m in METHODS})
    dotted: set[str] = dataclasses.field(default_factory=lambda: {"nn.modules.batchnorm._NormBase"})
    weights: set[str] = dataclasses.field(default_factory=lambda: {"shape"})
    texts: set[str] = dataclasses.field(default_factory=lambda: {""})

    def call(self, name: str, *keywords: str) -> None:
        """Permit a callee with these keywords."""
        self.called.setdefault(name, set()).update(keywords)

    def path(self, path: ModulePath) -> None:
        """Permit access to a module or a tensor by its path, whole or in parts."""
        parts = path.split(".")
        self.attributes.add(parts[0])
        self.texts.update(".".join(parts[a:b]) for a in range(len(parts)) for b in range(a + 1, len(parts) + 1))


def vocabulary(cls: ClassDef) -> Vocabulary:
    """The words of a class.

    Raises:
        TypeError: A name in it is an unchecked text.
    """
    words = Vocabulary()
    for name in (*CONTAINERS, *BUILTINS):
        words.call(name)
    words.call("nn.Buffer", "persistent")
    words.methods["register_buffer"].add("persistent")
    for formal in cls.formals:
        words.variables.add(_sure(formal.name, Identifier))
    words.variables.update(_sure(name, Identifier) for name in cls.inputs)
    for part in parts((cls.formals, cls.build, cls.chain, cls.forward)):
        _add(words, part)
    if cls.assembly is not None:
        for callee, keywords in cls.assembly.words():
            words.call(callee, *(_sure(each, Identifier) for each in keywords))
        words.texts.update(cls.assembly.texts())
    return words


def _sure(text: str, kind: type[str]) -> str:
    if not isinstance(text, kind):
        raise TypeError(f"{text[:80]!r} was not checked")
    return text


def _add(words: Vocabulary, part: Any) -> None:
    match part:
        case str():
            _text(words, part)
        case Call():
            _call(words, part)
        case building.Instance(cls, arguments):
            words.call(_sure(cls, Identifier), *(_sure(name, Identifier) for name, _ in arguments))
        case building.Chain(_, _, names) if names:
            words.call("OrderedDict", *(name for name in names if isinstance(name, Identifier)))
        case building.Require():
            words.call("ValueError")
        case building.Declare(name, type):
            words.kept.add(name)
            words.dotted.update(type.split(" | "))
        case building.Attach(name) | building.AttachParameter(name) | building.Keep(name) if isinstance(name, str):
            words.kept.add(name.partition(".")[0])
        case forward.Expand(name) | forward.Join(name):
            words.weights.add(name.rpartition(".")[2])
        case forward.ForChildren(variable):
            words.call(variable)
        case forward.Child(name, variable=True):
            words.call(str(name))
        case building.Initialise(path, type, weight, function, arguments):
            words.call(f"nn.init.{function}_", *(_sure(key, Identifier) for key, _ in arguments))
            words.weights.add(weight)
            words.dotted.add(source_name(type or "nn.Module"))
            words.texts.add(f"{path}.{weight}" if path and weight else path or weight)
        case building.Tie(path, name, target) if path:
            words.texts.add(path)
            words.kept.add(f"{path}.{name}")
            words.weights.update((name, target.rpartition(".")[2]))
        case building.Freeze(path) if path:
            words.texts.add(path)
        case e.Name(id):
            words.variables.add(_sure(id, Identifier))
        case e.Attribute(_, name):
            words.attributes.add(_sure(name, Identifier))
        case e.Comprehension(_, targets):
            words.variables.update(_sure(name, Identifier) for name in targets)
        case e.Apply(function):
            words.call(function)
        case e.Literal(float() as value) if not math.isfinite(value):
            words.texts.add(str(value))
        case e.Literal(str() as value):
            words.texts.add(value)
        case e.Format(parts):
            words.texts.update(_runs(parts))


def _text(words: Vocabulary, text: str) -> None:
    """A text of the program, by its type; one without a type is a value."""
    if isinstance(text, ModulePath):
        words.path(text)
    elif isinstance(text, Identifier):
        words.variables.add(text)
        words.attributes.add(text)
        words.texts.add(text)
    elif not isinstance(text, (Annotation, Target)):
        words.texts.add(text)


def _call(words: Vocabulary, call: Call) -> None:
    keywords = [_sure(Identifier(key), Identifier) for key in call.kwargs]
    if call.target.startswith("."):
        words.methods.setdefault(call.target.rpartition(".")[2], set()).update(keywords)
    elif isinstance(call, Function) and not call.target[0].isalpha():
        return
    else:
        words.call(source_name(_sure(call.target, Target)), *keywords)


def _runs(parts: tuple[str | e.Expr, ...]) -> Iterator[str]:
    """The texts of a format; consecutive ones are joined."""
    run = ""
    for part in parts:
        if isinstance(part, str):
            yield part
            run += part
        else:
            yield run
            run = ""
    yield run
