"""Settings of a network's weights after their creation, as Python text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from netspec.backends.expressions import document, literal_text
from netspec.backends.layout import Chain, Doc, Group, Text, layout, prefixed
from netspec.expr import Literal
from netspec.program.building import Attach, Freeze, Initialise, Make, Tie
from netspec.program.classes import Program
from netspec.program.naming import source_name
from netspec.program.rewrite import calls_in

SHARED = 3
"""The number of weights from which equally initialised ones share a loop."""

DRAWN_BY_NONE = frozenset({"constant", "dirac", "eye", "ones", "zeros"})
"""Functions of torch.nn.init that draw no random numbers, so that their order does not matter."""

SWITCHES = {"weight": ("affine", "elementwise_affine"), "bias": ("bias", "affine", "elementwise_affine")}
"""Options of torch's modules that omit a weight."""

TENSORS = ("torch.nn.Embedding", "torch.nn.Linear")
"""Modules whose `weight` is a tensor to mypy, so that it may be that of another one; others have a parameter."""


def settings_lines(settings: Sequence[Freeze | Tie | Initialise], program: Program, indent: int) -> list[str]:
    """Statements that initialise, tie and freeze weights."""
    lines: list[str] = []
    initialised = [setting for setting in settings if isinstance(setting, Initialise)]
    for path, group in groupby(initialised, key=lambda each: None if each.type is None else each.path):
        if path is None:
            lines += _one_by_one(list(group), indent)
        else:
            lines += layout("for module in ", _modules(path), ":", indent)
            lines += _by_type(list(group), program, indent + 4)
    for setting in settings:
        match setting:
            case Tie(path, name, target) if (one := _plain(f"{path}.{name}", program)) and (
                other := _plain(target, program)
            ):
                lines.append(f"{' ' * indent}self.{one} = self.{other}")
            case Tie(path, name, target):
                given = (Text(literal_text(name)), _got("self", "parameter", target))
                lines += layout("", _called(_module(path), "register_parameter", given), "", indent)
            case Freeze(path, parameter):
                owner = _got("self", "parameter", path) if parameter else _module(path)
                lines += layout("", _called(owner, "requires_grad_", (Text("False"),)), "", indent)
    if any(isinstance(s, Freeze) and s.statistics for s in settings):
        lines.append(f"{' ' * indent}self.train()")
    return lines


def _one_by_one(initialised: Sequence[Initialise], indent: int) -> list[str]:
    """Statements for single weights; weights with the same setting share a loop.

    Random numbers are drawn in the order of the spec: only settings that draw none change their order.
    """
    what = [(each.function, repr(each.arguments)) for each in initialised]
    drawing = {key for key in what if key[0] not in DRAWN_BY_NONE}
    order = {key: number for number, key in enumerate(dict.fromkeys(what))}
    ranked = list(zip(what, initialised, strict=True))
    if len(drawing) < 2:
        ranked.sort(key=lambda pair: order[pair[0]])
    lines: list[str] = []
    for _, group in groupby(ranked, key=lambda pair: pair[0]):
        alike = [each for _, each in group]
        weights = tuple(_weight(each.path, each.weight) for each in alike)
        shared = len(weights) >= SHARED
        if shared:
            lines += layout("for tensor in ", Group("(", weights, ")", "list"), ":", indent)
        for weight in (Text("tensor"),) if shared else weights:
            made = _initialised(weight, alike[0].function, alike[0].arguments)
            lines += layout("", made, "", indent + 4 if shared else indent)
    return lines


def _by_type(initialised: Sequence[Initialise], program: Program, indent: int) -> list[str]:
    """Statements for a `module` of each type; types with the same settings share a branch."""
    done = [
        ([line for each in group for line in _of_module(each, program, indent + 4)], target)
        for target, group in groupby(initialised, key=lambda each: str(each.type))
    ]
    lines: list[str] = []
    for number, (body, branch) in enumerate(groupby(done, key=lambda each: each[0])):
        first, *others = targets = [Text(f"type(module) is {source_name(target)}") for _, target in branch]
        test = Chain(first, tuple(("or", other) for other in others))
        alone = [each for each in initialised if f"type(module) is {source_name(str(each.type))}" == first.text]
        if len(targets) == len(alone) == 1 and _may_lack(str(alone[0].type), alone[0].weight, program):
            test = Chain(first, (("and", Text(f"module.{alone[0].weight} is not None")),))
            body = layout("", _made(alone[0]), "", indent + 4)
        lines += [*layout("elif " if number else "if ", test, ":", indent), *body]
    return lines


def _of_module(each: Initialise, program: Program, indent: int) -> list[str]:
    """Statements for one weight of a `module` of a type."""
    made = _made(each)
    if not _may_lack(str(each.type), each.weight, program):
        return layout("", made, "", indent)
    return [f"{' ' * indent}if module.{each.weight} is not None:", *layout("", made, "", indent + 4)]


def _made(each: Initialise) -> Doc:
    """The call that fills one weight of a `module` of a type."""
    own = Text(f"module.{each.weight}") if each.weight in SWITCHES else _got("module", "parameter", each.weight)
    return _initialised(own, each.function, each.arguments)


def train_lines(freezes: Sequence[Freeze], cls: str) -> list[str]:
    """A `train` that keeps the statistics of frozen norms unchanged; empty if none is frozen."""
    paths = [f.path for f in freezes if f.statistics]
    if not paths:
        return []
    inner = " " * 8
    if len(paths) == 1:
        loop = layout("for module in ", _modules(paths[0]), ":", 8)
    else:
        names = Group("(", tuple(Text(literal_text(p)) for p in paths), ")", "tuple")
        inner = " " * 12
        loop = [*layout("for name in ", names, ":", 8), f"{inner}for module in self.get_submodule(name).modules():"]
    return [
        "",
        f'    def train(self, mode: bool = True) -> "{cls}":',
        '        """Set the mode; frozen norms keep their running statistics."""',
        "        super().train(mode)",
        *loop,
        f"{inner}    if isinstance(module, nn.modules.batchnorm._NormBase):",
        f"{inner}        module.eval()",
        "        return self",
    ]


def _initialised(weight: Doc, function: str, arguments: Sequence[tuple[str, object]]) -> Doc:
    given = tuple(prefixed(f"{key}=", document(value)) for key, value in arguments)
    return Group(f"nn.init.{function}_(", (weight, *given), ")")


def _weight(path: str, weight: str) -> Doc:
    """A weight of one module. To mypy, a bias may be None, but `get_parameter` never returns None."""
    if weight == "weight" and path.isidentifier():
        return Text(f"self.{path}.weight")
    return _got("self", "parameter", ".".join(part for part in (path, weight) if part))


def _plain(key: str, program: Program) -> str | None:
    """A weight's key where the text may read and set it as an attribute: of `TENSORS` at the network's top."""
    path, _, weight = key.rpartition(".")
    attached = (
        each for each in program.main.build if isinstance(each, Attach) and each.name == path and not each.optional
    )
    made = next((each.module for each in attached if path.isidentifier()), None)
    return key if weight == "weight" and isinstance(made, Make) and made.call.target in TENSORS else None


def _may_lack(target: str, weight: str, program: Program) -> bool:
    """Whether modules of a torch class may lack a weight: in this program, or to mypy."""
    made = [call for call in calls_in(program.classes) if call.target == target]
    switches = [call.kwargs[key] for call in made for key in SWITCHES.get(weight, ()) if key in call.kwargs]
    return any(value not in (True, Literal(True)) for value in switches) or (weight == "bias" and "Conv" in target)


def _module(path: str) -> Doc:
    if not path or path.isidentifier():
        return Text(f"self.{path}" if path else "self")
    return _got("self", "submodule", path)


def _modules(path: str) -> Doc:
    return _called(_module(path), "modules", ())


def _got(owner: str, what: str, key: str) -> Doc:
    return Group(f"{owner}.get_{what}(", (Text(literal_text(key)),), ")")


def _called(owner: Doc, method: str, arguments: tuple[Doc, ...]) -> Doc:
    return Group(f"{owner.flat()}.{method}(", arguments, ")")
