"""Comparison of a class's text with its vocabulary, word by word: any other word is an error."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable

from netspec.backends.vocabulary import LOCALS, ROOTS, Vocabulary

_OWN = re.compile(rf"({'|'.join(LOCALS)})\d*")

_PLAIN = (
    *(ast.Load, ast.Store, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
    *(ast.Module, ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If, ast.For, ast.Return),
    *(ast.Tuple, ast.List, ast.Starred, ast.Subscript, ast.Slice, ast.BinOp, ast.UnaryOp, ast.BoolOp),
    *(ast.Compare, ast.IfExp, ast.GeneratorExp, ast.comprehension, ast.JoinedStr, ast.FormattedValue, ast.keyword),
)
"""Statements and expressions without words of their own."""


class Untrue(Exception):
    """A text contains something that its program does not."""

    def __init__(self, what: str, node: ast.AST | None = None) -> None:
        super().__init__(what)
        self.line: int | None = getattr(node, "lineno", None)


def dotted(node: ast.AST) -> str | None:
    """The dotted name that an expression is, or None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


class Words:
    """Checks statements of one method.

    Attributes:
        vocabulary: The words that they may contain.
        known: Additional methods and variables of this method.
    """

    def __init__(self, vocabulary: Vocabulary, known: Collection[str] = ()) -> None:
        self.vocabulary = vocabulary
        self.variables = vocabulary.variables | set(known)

    def check(self, nodes: Iterable[ast.AST]) -> None:
        """Check that trees contain only the vocabulary's words.

        Raises:
            Untrue: They contain something else.
        """
        pending = list(nodes)
        while pending:
            node = pending.pop()
            check = _CHECKS.get(type(node))
            if check is not None:
                pending.extend(check(self, node))
            elif isinstance(node, _PLAIN):
                pending.extend(ast.iter_child_nodes(node))
            else:
                raise Untrue(f"a construct of another kind, {type(node).__name__}", node)

    def name(self, node: ast.Name) -> list[ast.AST]:
        """A variable."""
        known = node.id in self.variables or node.id in self.vocabulary.dotted or _OWN.fullmatch(node.id)
        if not known and node.id not in ("Tensor", "list"):
            raise Untrue(f"the name `{node.id}`", node)
        return []

    def constant(self, node: ast.Constant) -> list[ast.AST]:
        """A literal: any number, or a text of the program."""
        if isinstance(node.value, str) and node.value not in self.vocabulary.texts:
            raise Untrue("a text of another origin", node)
        if not isinstance(node.value, (str, int, float, type(None))):
            raise Untrue("a literal of another kind", node)
        return []

    def mapping(self, node: ast.Dict) -> list[ast.AST]:
        """The dictionary that a network of several outputs returns."""
        return [*(key or ast.Yield() for key in node.keys), *node.values]

    def refusal(self, node: ast.Raise) -> list[ast.AST]:
        """The error of a constructor that refuses its arguments: a `ValueError`, whose text is checked."""
        raised = node.exc
        if node.cause is not None or not isinstance(raised, ast.Call) or dotted(raised.func) != "ValueError":
            raise Untrue("another refusal", node)
        return [raised]

    def attribute(self, node: ast.Attribute) -> list[ast.AST]:
        """An attribute: of a module that is imported by its whole name, of `self`, or of a value."""
        words, name = self.vocabulary, dotted(node)
        root = name.partition(".")[0] if name is not None else None
        if root in ROOTS or name in words.called or name in words.dotted:
            if name not in words.called and name not in words.dotted:
                raise Untrue(f"the name `{name}`", node)
            return []
        own = root == "self" and isinstance(node.value, ast.Name) and node.attr in words.attributes
        if not own and node.attr not in words.weights:
            raise Untrue(f"the attribute `{node.attr}`", node)
        return [node.value]

    def call(self, node: ast.Call) -> list[ast.AST]:
        """A call: of a callee of the program, with the program's keywords."""
        inner: list[ast.AST] = [*node.args, *(keyword.value for keyword in node.keywords)]
        given = {keyword.arg for keyword in node.keywords}
        name = dotted(node.func)
        known = self.vocabulary.called.get(name) if name is not None else None
        if known is None and isinstance(node.func, ast.Attribute):
            known, inner = self.method(node.func), [*inner, node.func.value]
        elif known is None and name is None:  # a child, by its number or its path
            known, inner = set(), [*inner, node.func]
        if known is None:
            raise Untrue(f"a call of `{name}`", node)
        if other := given - known:
            raise Untrue(f"the keyword `{other.pop()}`", node)
        return [each for each in inner if not (isinstance(each, ast.Name) and each.id == "super")]

    def method(self, node: ast.Attribute) -> set[str] | None:
        """The keywords of a call on a value: of a child of `self`, or of a method."""
        words = self.vocabulary
        if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in words.attributes:
            return set()
        if node.attr == "__init__" and ast.unparse(node.value) == "super()":
            return words.called.get("super().__init__", set())
        if node.attr == "join" and not (isinstance(node.value, ast.Constant) and node.value.value == ""):
            return None
        return words.methods.get(node.attr)


_CHECKS: dict[type, Callable[[Words, ast.AST], list[ast.AST]]] = {
    ast.Name: Words.name,  # type: ignore[dict-item]
    ast.Dict: Words.mapping,  # type: ignore[dict-item]
    ast.Raise: Words.refusal,  # type: ignore[dict-item]
    ast.Constant: Words.constant,  # type: ignore[dict-item]
    ast.Attribute: Words.attribute,  # type: ignore[dict-item]
    ast.Call: Words.call,  # type: ignore[dict-item]
}
