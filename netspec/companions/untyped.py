"""The functions and classes of some texts that are given what a type checker does not know: values of type Any."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

_CERTAIN = frozenset({"bool", "enumerate", "float", "int", "isinstance", "len", "range", "str"})
"""Builtins whose results are of a type of their own, whatever they are given."""

_Code = ast.FunctionDef | ast.AsyncFunctionDef


def given_any(trees: Sequence[ast.Module]) -> set[str]:
    """The names of what is given a value that may be of any type, functions, classes and fields.

    What they say of its type may be untrue.
    """
    return _Untyped(trees).called


class _Untyped:
    """The names that are of type Any: of fields and functions everywhere, of variables within a function.

    Attributes:
        called: What is given such values.
    """

    def __init__(self, trees: Sequence[ast.Module]) -> None:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        codes = [node for node in nodes if isinstance(node, _Code)]
        self.certain = _CERTAIN | {each.name for each in codes if each.returns is not None and not _vague(each.returns)}
        self.shared = {"getattr"} | {each.name for each in codes if each.name not in self.certain}
        bodies = (each.body for each in nodes if isinstance(each, ast.ClassDef))
        self.shared |= {name for body in bodies for each in body for name in _declared(each)}
        self.certain -= self.shared
        self.vague = {each.name: [name for arg in _arguments(each) for name in _declared(arg)] for each in codes}
        self.places = {each.name: [arg.arg for arg in _arguments(each)] for each in codes}
        self.called: set[str] = set()
        for tree in trees:
            for statement in tree.body:
                for code in statement.body if isinstance(statement, ast.ClassDef) else [statement]:
                    self._follow(list(ast.walk(code)))

    def _follow(self, nodes: Sequence[ast.AST]) -> None:
        """Note what a function, with those inside it, calls with such values."""
        local = {name for node in nodes for name in _declared(node)}
        while True:
            found = local | {name for node in nodes for name in self._passed_on(node, local)}
            if found == local:
                break
            local = found
        for node in nodes:
            if isinstance(node, ast.Assign) and self._is_any(node.value, local):
                self.called |= {each.attr for each in node.targets if isinstance(each, ast.Attribute)}
        for call in (node for node in nodes if isinstance(node, ast.Call)):
            given = (*call.args, *(keyword.value for keyword in call.keywords))
            if any(self._is_any(each, local) for each in given):
                self.called |= {_name(call.func), *(_name(each) for each in given)} - {""}  # map(f, values)
            self.called |= {_name(part) for each in self._taken_as_any(call) for part in ast.walk(each)} - {""}

    def _taken_as_any(self, call: ast.Call) -> Iterator[ast.expr]:
        """The arguments of a call that are taken for what may be of any type, or is called with it."""
        names = {name for each in self.vague.values() for name in each}
        yield from (each.value for each in call.keywords if each.arg in names)
        vague, places = (some.get(_name(call.func), []) for some in (self.vague, self.places))
        yield from (each for each, name in zip(call.args, places, strict=False) if name in vague)

    def _passed_on(self, node: ast.AST, local: set[str]) -> Iterator[str]:
        """The names that a node binds to such values."""
        match node:
            case ast.Assign(targets=targets, value=value) if self._is_any(value, local):
                bound: Sequence[ast.AST] = targets
            case ast.For() | ast.comprehension() if self._is_any(node.iter, local):
                bound = [node.target]
            case ast.NamedExpr() if self._is_any(node.value, local):
                bound = [node.target]
            case ast.withitem(optional_vars=ast.expr() as kept) if self._is_any(node.context_expr, local):
                bound = [kept]
            case _:
                return
        yield from (each.id for one in bound for each in ast.walk(one) if isinstance(each, ast.Name))

    def _is_any(self, value: ast.AST, local: set[str]) -> bool:
        """Whether a value may be of any type, or holds such a value."""
        match value:
            case ast.Name(id=name):
                return name in local or name in self.shared
            case ast.Call(func=func) if _name(func) in self.certain:
                return False
            case ast.Compare() | ast.JoinedStr():
                return False
            case ast.Attribute(attr=attr) if attr in self.shared:
                return True
        return any(self._is_any(each, local) for each in ast.iter_child_nodes(value))


def _arguments(code: _Code) -> list[ast.arg]:
    """The arguments of a function, a method's own object left out."""
    found = [*code.args.posonlyargs, *code.args.args, *code.args.kwonlyargs]
    return found[1:] if found and found[0].arg in ("self", "cls") else found


def _declared(node: ast.AST) -> list[str]:
    """The names that a node says to be of type Any."""
    match node:
        case (
            ast.arg(arg=name, annotation=annotation)
            | ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name), annotation=annotation)
        ):
            return [name] if annotation is not None and _vague(annotation) else []
    return []


def _vague(annotation: ast.expr) -> bool:
    """Whether an annotation names Any, or a variable of types."""
    names = {_name(each) for each in ast.walk(annotation)}
    return "Any" in names or "Self" in names or any(len(name) == 1 for name in names)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
