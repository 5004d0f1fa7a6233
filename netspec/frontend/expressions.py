"""Reads the expressions of a spec: `$name`, `$depths.0`, `$(4 * width)`, and texts that hold them.

`ast` parses the text, which is then rebuilt from a whitelist of nodes; no part of it is ever executed.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache

from netspec import expr as e
from netspec.diagnostics import Code, unknown
from netspec.frontend.parameters import PLAIN, VIEWS, bad_name
from netspec.frontend.scalars import closing
from netspec.frontend.written import SHAPE_PROPERTIES, BadExpression, Written

MAX_TEXT = 2_000
MAX_TEMPLATE = 8_000
MAX_DEPTH = 200

_SYNTAX = "write it as Python would, such as $(4 * width) or $(2 if i == 0 else 1)"
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.(?:\d+|" + "|".join(SHAPE_PROPERTIES) + r")\b)*")
_INDEXED = re.compile(r"""'[^']*'|"[^"]*"|((?<!\w)[A-Za-z_]\w*|[)\]])((?:\.\d+)+)(?!\w)""")
"""A quoted text; or a name or a bracket, and the indices behind it."""

_CONSTANTS = {"true": True, "false": False, "null": None}
_BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARE = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}


@lru_cache(maxsize=16_384)  # each trial of a fix reads the whole text again
def parse(text: str) -> Written | str:
    """A text of a spec with its expressions parsed; the text itself if it holds none.

    Raises:
        BadExpression: An expression in it is malformed or uses a forbidden construct.
    """
    if "$" not in text:
        return text
    if len(text) > MAX_TEMPLATE:
        raise BadExpression(Code.EXPRESSION_BOUND, f"the text is longer than {MAX_TEMPLATE:,} characters")
    parts: list[str | e.Expr] = []
    for piece in pieces(text):
        if piece.startswith("$") and piece != "$$":
            parts.append(_expression(piece[2:-1] if piece.startswith("$(") else piece[1:]))
        elif piece:
            parts.append("$" if piece == "$$" else piece)
    read = [part for part in parts if isinstance(part, e.Expr)]
    if not read:
        return "".join(map(str, parts))
    names, shapes = (frozenset().union(*map(of, read)) for of in (e.names, _shapes))
    return Written(text, tuple(parts), names, shapes)


def pieces(text: str) -> Iterator[str]:
    """The pieces of a text in order: plain texts, expressions with their dollar signs, and ``$$``.

    Raises:
        BadExpression: An expression does not end, or a dollar sign begins none.
    """
    position = 0
    while (start := text.find("$", position)) >= 0:
        yield text[position:start]
        if text.startswith("$$", start):
            position = start + 2
        elif text.startswith("$(", start):
            end, left_open = closing(text, start + 1)
            if left_open:
                raise BadExpression(Code.EXPRESSION_SYNTAX, "`$(` is not closed", "each `(` needs its `)`")
            position = end + 1
        elif reference := _REFERENCE.match(text, start + 1):
            position = reference.end()
        else:
            help = "write `$name`, `$(...)`, or `$$` for a dollar sign"
            raise BadExpression(Code.EXPRESSION_SYNTAX, "a lone `$`", help)
        yield text[start:position]
    yield text[position:]


def _shapes(expr: e.Expr) -> frozenset[str]:
    """The names of the tensors whose shapes an expression reads."""
    found, pending = set(), [expr]
    while pending:
        part = pending.pop()
        if isinstance(part, e.Attribute) and isinstance(part.value, e.Name):
            found.add(str(part.value.id))
        pending.extend(e.children(part))
    return frozenset(found)


def _expression(text: str) -> e.Expr:
    if len(text) > MAX_TEXT:
        raise BadExpression(Code.EXPRESSION_BOUND, f"the expression is longer than {MAX_TEXT:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns about `2if x else 3`; the user cannot use that warning
            found = _convert(ast.parse(_rewrite_indices(text.strip()), mode="eval").body)
        if e.depth(found) > MAX_DEPTH:
            raise RecursionError
        return found
    except (SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise BadExpression(Code.EXPRESSION_SYNTAX, f"`{shown}` cannot be parsed: {reason}", _SYNTAX) from None
    except (RecursionError, MemoryError):
        raise BadExpression(Code.EXPRESSION_BOUND, "the expression is nested too deeply") from None


def _rewrite_indices(text: str) -> str:
    """``depths.0`` as ``depths[0]``, which Python can parse; quoted texts stay."""

    def bracketed(found: re.Match[str]) -> str:
        indices = (found[2] or "").split(".")[1:]
        return (found[1] or found[0]) + "".join(f"[{index}]" for index in indices)

    return _INDEXED.sub(bracketed, text)


def _forbidden(what: str) -> BadExpression:
    allowed = "arithmetic, comparison, and/or/not, a if c else b, indexing, one-for comprehensions and " + ", ".join(
        e.FUNCTIONS
    )
    return BadExpression(Code.EXPRESSION_FORBIDDEN, f"{what} cannot stand in an expression", f"allowed are {allowed}")


def _convert(node: ast.expr) -> e.Expr:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return e.Literal(value)
        case ast.Name(id=name):
            return e.Literal(_CONSTANTS[name]) if name in _CONSTANTS else e.Name(_name(name))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return e.Binary(_BINARY[type(op)], _convert(left), _convert(right))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return e.Literal(-value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return e.Negative(_convert(operand))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _convert(operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return e.Not(_convert(operand))
        case ast.BoolOp(op=op, values=values):
            return e.Logic("and" if isinstance(op, ast.And) else "or", tuple(_convert(v) for v in values))
        case ast.Compare(left=left, ops=ops, comparators=rest) if all(type(op) in _COMPARE for op in ops):
            pairs = tuple((_COMPARE[type(op)], _convert(r)) for op, r in zip(ops, rest, strict=True))
            return e.Compare(_convert(left), pairs)
        case ast.IfExp(test=test, body=then, orelse=otherwise):
            return e.Conditional(_convert(test), _convert(then), _convert(otherwise))
        case ast.Subscript(value=value, slice=ast.Slice(lower=a, upper=b, step=c)):
            parts = (None if p is None else _convert(p) for p in (a, b, c))
            return e.Slice(_convert(value), *parts)
        case ast.Subscript(value=value, slice=index):
            return e.Index(_convert(value), _convert(index))
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in SHAPE_PROPERTIES:
            return e.Attribute(e.Name(_name(name)), _name(attr))
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in VIEWS:
            fact, help = unknown(attr, SHAPE_PROPERTIES), f"it has {', '.join(SHAPE_PROPERTIES)}"
            message = f"`{name}` has no `{attr}`"
            raise BadExpression(Code.EXPRESSION_FORBIDDEN, message, None if fact.meant else help, fact)
        case ast.Attribute(attr=attr):
            raise _forbidden(f"`.{attr}`")
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return e.Items(tuple(_convert(i) for i in items), isinstance(node, ast.Tuple))
        case ast.Call(func=ast.Name(id=function), args=args, keywords=[]) if function in e.FUNCTIONS:
            return e.Apply(function, _arguments(function, args))
        case ast.Call(func=ast.Name(id=function)) if function not in e.FUNCTIONS and (
            (fact := unknown(function, e.FUNCTIONS)).meant
        ):
            raise BadExpression(Code.EXPRESSION_FORBIDDEN, f"there is no function `{function}`", fact=fact)
        case ast.Call():
            raise _forbidden(f"the call `{ast.unparse(node)}`")
        case ast.ListComp(elt=element, generators=[generator]) | ast.GeneratorExp(elt=element, generators=[generator]):
            return _comprehension(element, generator)
    raise _forbidden(f"`{ast.unparse(node)}`")


def _name(name: str) -> e.Identifier:
    """The name of a value; a name that has a value is always an identifier."""
    if not e.is_identifier(name):
        raise BadExpression(Code.UNKNOWN_VARIABLE, f"`{name}` is not known here", f"a name is {PLAIN}")
    return e.Identifier(name)


def _target(name: str) -> e.Identifier:
    """The name of a comprehension's own value."""
    reason = None if name in VIEWS else bad_name(name)
    if reason is not None:
        raise BadExpression(Code.EXPRESSION_FORBIDDEN, f"`{name}` cannot name a value", f"give it {reason}")
    return e.Identifier(name)


_MOST = {"min": 100, "max": 100, "round": 2, "make_divisible": 3}
"""The number of arguments of a function, if it is more than one."""


def refuse_shapes(written: Written, inputs: Sequence[str]) -> None:
    """Refuse shapes of what is no input: `inptu.height`.

    Args:
        written: The text.
        inputs: The names of the inputs around it.

    Raises:
        BadExpression: It reads one.
    """
    for name in sorted(written.shapes):
        if name not in VIEWS and name not in inputs:
            fact = unknown(name, (*VIEWS, *inputs))
            others = f", {', '.join(f'`{each}`' for each in inputs)} its inputs by name" if inputs else ""
            help = None if fact.meant else f"`x` is what flows in, `input` the block's input{others}"
            raise BadExpression(Code.EXPRESSION_FORBIDDEN, f"`{name}` has no shape", help, fact)


def _arguments(function: str, written: list[ast.expr]) -> tuple[e.Expr, ...]:
    """The arguments of a call; fewer than Python allows, so that every call is fast.

    `sum` takes no start (joining lists takes the square of their length) and `round` few digits (its power
    of ten is computed in full).
    """
    most = _MOST.get(function, 1)
    if not 1 <= len(written) <= most:
        takes = "one argument" if most == 1 else f"one to {most} arguments"
        raise BadExpression(Code.EXPRESSION_FORBIDDEN, f"`{function}` takes {takes}, not {len(written)}")
    found = tuple(_convert(each) for each in written)
    if function == "round" and len(found) == 2:
        digits = found[1]
        if not (isinstance(digits, e.Literal) and isinstance(digits.value, int) and abs(digits.value) <= 20):
            raise BadExpression(Code.EXPRESSION_FORBIDDEN, "`round` takes its digits as a number, 20 at most")
    return found


def _comprehension(element: ast.expr, generator: ast.comprehension) -> e.Expr:
    match generator.target:
        case ast.Name(id=name):
            targets: tuple[e.Identifier, ...] = (_target(name),)
        case ast.Tuple(elts=elts) if all(isinstance(t, ast.Name) for t in elts):
            targets = tuple(_target(t.id) for t in elts if isinstance(t, ast.Name))
        case other:
            raise _forbidden(f"the target `{ast.unparse(other)}`")
    if len(generator.ifs) > 1 or generator.is_async:
        raise _forbidden("a second condition")
    condition = _convert(generator.ifs[0]) if generator.ifs else None
    return e.Comprehension(_convert(element), targets, _convert(generator.iter), condition)
