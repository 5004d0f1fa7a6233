"""Forward passes as Python text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.backends.constructs import call_arguments
from netspec.backends.expressions import document, literal_text
from netspec.backends.layout import WIDTH, Chain, Doc, Group, Several, Text, layout, prefixed
from netspec.program import forward
from netspec.program.classes import ClassDef
from netspec.program.naming import source_name


def forward_lines(cls: ClassDef, containers: set[str]) -> list[str]:
    """The body of a class's `forward`."""
    # The result of a module call is Any to mypy; a variable that is returned directly must be a Tensor.
    returned: set[str] = {
        s.values[0] for s in cls.forward if isinstance(s, forward.Return) and len(s.values) == 1 and not s.names
    }
    typed = (returned & _any_variables(cls.forward)) - set(cls.inputs)
    lines: list[str] = []
    _Forward(containers, typed).statements(cls.forward, lines, 8)
    return lines


class _Forward:
    def __init__(self, containers: set[str], typed: set[str]) -> None:
        self.containers = containers
        self.typed = typed
        self.shape: tuple[int, ...] | None = None

    def statements(self, statements: Sequence[forward.Forward], lines: list[str], indent: int) -> None:
        pad = " " * indent
        for statement in statements:
            match statement:
                case forward.Assign(targets, value, shape):
                    left = ", ".join(targets)
                    if untyped := self.typed & set(targets):
                        if len(targets) > 1:
                            lines.extend(f"{pad}{name}: Tensor" for name in sorted(untyped))
                        else:
                            left = f"{left}: Tensor"
                    self.typed -= untyped
                    lines.extend(self.remarked(layout(f"{left} = ", self.value(value), "", indent), shape))
                case forward.When(kind, name, body):
                    test = {
                        "training": "self.training",
                        "attribute": f"self.{name}",
                        "present": f"self.{name} is not None",
                    }[kind]
                    lines.append(f"{pad}if {test}:")
                    self.statements(body, lines, indent + 4)
                case forward.ForChildren(variable, name, body):
                    lines.append(f"{pad}for {variable} in {child_text(name, self.containers)}:")
                    self.statements(body, lines, indent + 4)
                case forward.ForCount(index, count, body):
                    lines.append(f"{pad}for {index} in range(self.{count}):")
                    self.statements(body, lines, indent + 4)
                case forward.ForSteps():
                    self.steps(statement, lines, indent)
                case forward.Return(values, names):
                    lines.extend(layout("return ", _returned(values, names), "", indent))

    def steps(self, loop: forward.ForSteps, lines: list[str], indent: int) -> None:
        pad = " " * indent
        lines.extend(f"{pad}{each.rows}: list[Tensor] = []" for each in loop.gathered)
        taken = forward.CallFunction(loop.taken, (loop.sequence,))
        lines.extend(layout(f"for {loop.variable} in ", self.function(taken), ":", indent))
        self.statements(loop.body, lines, indent + 4)
        lines.extend(f"{pad}    {each.rows}.append({each.item})" for each in loop.gathered)
        for each in loop.gathered:
            left = f"{each.target}: Tensor" if each.target in self.typed else each.target
            self.typed.discard(each.target)
            given = (Text(each.rows), *call_arguments(each.function))
            lines.extend(layout(f"{left} = ", Group(f"{source_name(each.function.target)}(", given, ")"), "", indent))

    def remarked(self, lines: list[str], shape: tuple[int, ...] | None) -> list[str]:
        """Lines with the shape as a remark, if it is new and there is room."""
        remark = f"  # [{', '.join(map(str, ('N', *shape)))}]" if shape is not None else ""
        if shape == self.shape or len(lines) > 1 or len(lines[0]) + len(remark) > WIDTH:
            return lines
        self.shape = shape
        return [lines[0] + remark]

    def value(self, value: forward.Operation) -> Doc:
        match value:
            case str():
                return Text(value)
            case forward.CallModule(child, arguments):
                return Group(f"{self.child(child)}(", tuple(Text(a) for a in arguments), ")")
            case forward.CallFunction():
                return self.function(value)
            case forward.Only(call):
                made = self.function(call)
                assert isinstance(made, Group)  # no function between its inputs returns a tuple
                return replace(made, closing=f"{made.closing}[0]")
            case forward.Expand(name, rank, like, constant):
                sizes = (Text(f"{like}.shape[0]"), *(Text("-1") for _ in range(rank)))
                return Group(f"{self.own(name, constant)}.expand(", sizes, ")")
            case forward.Join(name, sign, variable):
                return Chain(Text(self.own(name)), ((sign, Text(variable)),))

    def function(self, value: forward.CallFunction) -> Doc:
        function = value.function
        if not function.target[0].isalnum() and function.target[0] != ".":
            inputs = tuple(
                Text(self.own(a.name, a.constant)) if isinstance(a, forward.Expand) else self.value(a)
                for a in value.arguments
            )
            operands = (*inputs[1:], *(document(each) for each in function.args))
            return Chain(inputs[0], tuple((function.target, operand) for operand in operands))
        inputs = tuple(self.value(a) for a in value.arguments)
        extra = call_arguments(function)
        if function.target.startswith("."):
            return prefixed(inputs[0].flat(), Group(f"{function.target}(", (*inputs[1:], *extra), ")"))
        given: tuple[Doc, ...] = (Group("[", inputs, "]", "list"),) if function.pack else inputs
        return Group(f"{source_name(function.target)}(", (*given, *extra), ")")

    def own(self, name: str, constant: bool = False) -> str:
        """A learned tensor or a constant of the module."""
        head, _, last = name.rpartition(".")
        if not last.isidentifier():
            return f"self.get_{'buffer' if constant else 'parameter'}({literal_text(name)})"
        return f"{child_text(head, self.containers) if head else 'self'}.{last}"

    def child(self, child: forward.Child) -> str:
        if child.variable:
            return str(child.name)
        if not isinstance(child.name, str):
            owner = f"self.get_submodule({document(child.name).flat()})"
        else:
            owner = child_text(child.name, self.containers)
        return owner if child.index is None else f"{owner}[{child.index}]"


def _any_variables(statements: Sequence[forward.Forward]) -> set[str]:
    """Variables that mypy may take for Any: results of module calls, and sums of such results."""
    found: set[str] = set()
    for statement in statements:
        match statement:
            case forward.Assign(targets, value):
                function = value.call if isinstance(value, forward.Only) else value
                typed = isinstance(function, forward.CallFunction) and function.function.target.startswith("torch.")
                found |= set() if typed else set(targets)
            case (
                forward.When(body=body)
                | forward.ForChildren(body=body)
                | forward.ForCount(body=body)
                | forward.ForSteps(body=body)
            ):
                found |= _any_variables(body)
    return found


def child_text(name: str, containers: set[str]) -> str:
    """A child of the module by its dotted name."""
    parts = name.split(".")
    if len(parts) == 1 and name.isidentifier():
        return f"self.{name}"
    if len(parts) == 2 and parts[0] in containers and parts[0].isidentifier():
        return f"self.{parts[0]}[{literal_text(parts[1])}]"
    return f"self.get_submodule({literal_text(name)})"


def _returned(values: Sequence[str], names: Sequence[str]) -> Doc | Several:
    if names:
        pairs = tuple(Text(f"{literal_text(n)}: {v}") for n, v in zip(names, values, strict=True))
        return Group("{", pairs, "}", "list")
    return Several(tuple(Text(value) for value in values))
