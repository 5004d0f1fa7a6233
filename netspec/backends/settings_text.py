"""What a network does to its weights once they are made, as Python text."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.backends.constructs import short
from netspec.backends.expressions import document, literal_text
from netspec.backends.layout import Group, Text, layout, prefixed
from netspec.program import Freeze, Initialise, Program, Tie


def settings_lines(settings: Sequence[Freeze | Tie | Initialise], program: Program, indent: int) -> list[str]:
    """Statements that initialise, tie and freeze weights."""
    lines: list[str] = []
    pad = " " * indent
    for setting in settings:
        match setting:
            case Initialise(path, None, weight, function, arguments):
                key = ".".join(part for part in (path, weight) if part)
                _initialise(lines, f"self.get_parameter({literal_text(key)})", function, arguments, indent)
            case Initialise(path, type, weight, function, arguments):
                test = f"type(module) is {short(str(type))}"
                if weight != "weight":
                    test += f" and module.{weight} is not None"
                owner = _module(path)
                if not owner.replace(".", "").isidentifier():
                    lines.extend(layout("part = ", Group("self.get_submodule(", (Text(literal_text(path)),), ")"), "", indent))
                    owner = "part"
                lines.append(f"{pad}for module in {owner}.modules():")
                lines.extend(layout("if ", Text(test), ":", indent + 4))
                _initialise(lines, f"module.{weight}", function, arguments, indent + 8)
            case Tie(path, name, target):
                value = f"self.get_parameter({literal_text(target)})"
                doc = Group(f"{_module(path)}.register_parameter(", (Text(literal_text(name)), Text(value)), ")")
                lines.extend(layout("", doc, "", indent))
            case Freeze(path, parameter):
                owner = f"self.get_parameter({literal_text(path)})" if parameter else _module(path)
                lines.append(f"{pad}{owner}.requires_grad_(False)")
    if any(isinstance(s, Freeze) and s.statistics for s in settings):
        lines.append(f"{pad}self.train()")
    return lines


def train_lines(freezes: Sequence[Freeze], cls: str, program: Program) -> list[str]:
    """A `train` that leaves the statistics of frozen batch norms as they are; nothing where none is frozen."""
    paths = [f.path for f in freezes if f.statistics]
    if not paths:
        return []
    names = Group("(", tuple(Text(literal_text(p)) for p in paths), ")", single=len(paths) == 1)
    return [
        "",
        f'    def train(self, mode: bool = True) -> "{cls}":',
        '        """Set the mode; frozen batch norms keep their statistics."""',
        "        super().train(mode)",
        *layout("for name in ", names, ":", 8),
        "            for module in self.get_submodule(name).modules():",
        "                if isinstance(module, nn.modules.batchnorm._NormBase):",
        "                    module.eval()",
        "        return self",
    ]


def _initialise(
    lines: list[str], weight: str, function: str, arguments: Sequence[tuple[str, object]], indent: int
) -> None:
    given = tuple(prefixed(f"{key}=", document(value)) for key, value in arguments)
    lines.extend(layout("", Group(f"nn.init.{function}_(", (Text(weight), *given), ")"), "", indent))


def _module(path: str) -> str:
    if not path:
        return "self"
    return f"self.{path}" if path.isidentifier() else f"self.get_submodule({literal_text(path)})"
