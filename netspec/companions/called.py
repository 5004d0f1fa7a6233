"""The methods of a script's classes that its texts may call, by the annotations of what they are taken of."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from netspec.companions.untyped import given_any

_Code = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Called:
    """The attributes that some texts take, each with the class of what they take it of, where that is told.

    It is told by annotations of arguments, of variables and of fields, and by `self`. What else an attribute is taken
    of may be of any class, as may all that is annotated by a protocol, and all in `others`: these are of plugins, whose
    annotations no type checker holds to be true.
    """

    def __init__(self, texts: Sequence[str], others: Sequence[str] = ()) -> None:
        trees = [ast.parse(text) for text in texts]
        more = [ast.parse(text) for text in others]
        self._loose = given_any([*trees, *more])
        self._classes = {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
        self._fields = {
            name: {field: None if {name, field} & self._loose else kind for field, kind in self._annotated(node.body)}
            for name, node in self._classes.items()
        }
        self._taken: dict[str, set[str | None]] = {}
        for tree in trees:
            self._walk(tree, {})
        for node in (node for tree in more for node in ast.walk(tree)):
            if isinstance(node, ast.Attribute):
                self._taken.setdefault(node.attr, set()).add(None)
        nodes = (node for tree in (*trees, *more) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
        self._read = {node.attr for node in nodes if not isinstance(node.ctx, ast.Store)}
        calls = [node for tree in (*trees, *more) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        made = [call for call in calls if isinstance(call.func, ast.Name)]
        functions = {each.name for tree in trees for each in tree.body if isinstance(each, ast.FunctionDef)}
        self._named = {each.arg for call in calls for each in call.keywords if each.arg}
        self._open = any(each.arg is None and _name(call) not in functions for call in made for each in call.keywords)
        self._given: dict[str, int] = {}
        for call in made:
            self._given[_name(call)] = max(self._given.get(_name(call), 0), len(call.args))

    def may_call(self, cls: str, method: str) -> bool:
        """Whether the texts may call a method of a class."""
        return any(kind is None or self._related(kind, cls) for kind in self._taken.get(method, ()))

    def may_read(self, attribute: str) -> bool:
        """Whether the texts may read an attribute, of whatever it be."""
        return attribute in self._read

    def may_have(self, cls: str, field: str, place: int) -> bool:
        """Whether the texts may give or read a field of a class, at a place among the class's own."""
        if self._open or field in self._named or self.may_call(cls, field):
            return True
        return any(self._given.get(each, 0) > place for each in self._classes if self._related(each, cls))

    def _walk(self, node: ast.AST, known: Mapping[str, str | None], owner: str | None = None) -> None:
        """Note the attributes of a node, given the classes of the names around it."""
        if isinstance(node, ast.ClassDef):
            owner = node.name if node.name in self._classes else None
        if isinstance(node, _Code):
            known = {**known, **self._names_of(node, owner)}
            owner = None
        if isinstance(node, ast.Attribute):
            self._taken.setdefault(node.attr, set()).add(self._kind(node.value, known))
        for child in ast.iter_child_nodes(node):
            self._walk(child, known, owner)

    def _names_of(self, code: _Code, owner: str | None) -> dict[str, str | None]:
        """The names that a function binds, with their classes where these are told and are the same throughout."""
        nodes = list(ast.walk(code))
        found: dict[str, str | None] = dict.fromkeys(
            node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        arguments = [each for node in nodes if isinstance(node, ast.arguments) for each in ast.walk(node)]
        given = [each for each in arguments if isinstance(each, ast.arg)]
        trusted = getattr(code, "name", "") not in self._loose
        for each in given:
            found[each.arg] = self._told(each.annotation) if trusted else None
        found |= dict(self._annotated(nodes))
        # A name that a comprehension, a lambda or an inner function binds too may be of another class there.
        inner = [node for node in nodes if isinstance(node, ast.comprehension | _Code) and node is not code]
        for node in inner:
            for part in ast.walk(node.target if isinstance(node, ast.comprehension) else node):
                if isinstance(part, ast.arg):
                    found[part.arg] = None
                elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    found[part.id] = None
        if owner and given and given[0].arg in ("self", "cls"):
            found[given[0].arg] = owner
        return found

    def _annotated(self, nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str | None]]:
        for node in nodes:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id, self._told(node.annotation)

    def _told(self, annotation: ast.expr | None) -> str | None:
        """The class that an annotation names, maybe beside None; None for what is no class of these texts."""
        match annotation:
            case ast.Name(id=name) if name in self._classes and "Protocol" not in self._bases(name):
                return name
            case ast.BinOp(left=left, right=ast.Constant(value=None)):
                return self._told(left)
        return None

    def _kind(self, value: ast.expr, known: Mapping[str, str | None]) -> str | None:
        """The class of a value; None where it is not told."""
        match value:
            case ast.Name(id=name):
                return known.get(name)
            case ast.Attribute(value=inner, attr=attr) if (kind := self._kind(inner, known)) is not None:
                return next(
                    (self._fields[each][attr] for each in self._above(kind) if attr in self._fields[each]), None
                )
        return None

    def _above(self, cls: str) -> list[str]:
        """A class with those that it is made of."""
        return [cls, *(each for base in self._bases(cls) if base in self._classes for each in self._above(base))]

    def _bases(self, cls: str) -> list[str]:
        bases = (base.value if isinstance(base, ast.Subscript) else base for base in self._classes[cls].bases)
        return [base.id for base in bases if isinstance(base, ast.Name)]

    def _related(self, one: str, other: str) -> bool:
        return one in self._above(other) or other in self._above(one)


def _name(call: ast.Call) -> str:
    """The name of what is called; empty where it has none of its own."""
    return call.func.id if isinstance(call.func, ast.Name) else ""
