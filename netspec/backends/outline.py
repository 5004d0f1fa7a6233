"""The outline of a forward pass, statement by statement: from its program, and from its text.

The outline of a statement lists what it assigns, tests, loops over or returns, and its calls, in order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from netspec.program import forward
from netspec.program.naming import source_name

Line = tuple[str, ...]

_REACHING = frozenset({"float", "get_buffer", "get_parameter", "get_submodule", "int", "join", "range", "str", "tuple"})
"""Calls that only access the callee or an argument."""


def said(statements: Sequence[forward.Forward]) -> Iterator[Line]:
    """The outline of a program's statements; children are ``self.PATH``, functions and methods their names."""
    for statement in statements:
        match statement:
            case forward.Assign(targets, value):
                yield ("=", *targets, ":", *_operation(value))
            case forward.When(kind, name, body):
                test = "self.training" if name is None else f"self.{name}"
                yield ("if", f"{test} is not None" if kind == "present" else test)
                yield from _inside(said(body))
            case forward.ForChildren(variable, name, body):
                yield ("for", variable, f"self.{name}")
                yield from _inside(said(body))
            case forward.ForCount(index, count, body):
                yield ("for", index, f"range(self.{count})")
                yield from _inside(said(body))
            case forward.ForSteps(variable, sequence, taken, _, body, gathered):
                for each in gathered:
                    yield ("=", each.rows, ":")
                axis = ", ".join(str(getattr(each, "value", each)) for each in taken.args)
                yield ("for", variable, f"{sequence}{taken.target}({axis})")
                yield from _inside(said(body))
                yield from _inside([("another", f"{each.rows}.append({each.item})") for each in gathered])
                for each in gathered:
                    yield ("=", each.target, ":", source_name(each.function.target))
            case forward.Return(values, names):
                yield ("return", *values, ":", *names)


def _operation(value: forward.Operation) -> Iterator[str]:
    match value:
        case forward.CallModule(child):
            yield _child(child)
        case forward.CallFunction(function, arguments):
            sign = not (function.target[0].isalpha() or function.target.startswith("."))
            for argument in arguments:
                yield from () if sign and isinstance(argument, forward.Expand) else _operation(argument)
            if not sign:
                yield function.target[1:] if function.target.startswith(".") else source_name(function.target)
        case forward.Only(call):
            yield from _operation(call)
        case forward.Expand():
            yield "expand"


def _child(child: forward.Child) -> str:
    if child.variable:
        return str(child.name)
    path = str(child.name) if isinstance(child.name, str) else "..."
    return f"self.{path}" if child.index is None else f"self.{path}.{child.index}"


def written(statements: Sequence[ast.stmt]) -> list[Line]:
    """The outline of the statements of a text."""
    return [line for each in statements for line in _written(each)]


def _written(node: ast.stmt) -> Iterator[Line]:
    match node:
        case ast.Assign([ast.Tuple(targets)], value):
            yield ("=", *map(ast.unparse, targets), ":", *_called(value))
        case ast.Assign([target], value):
            yield ("=", ast.unparse(target), ":", *_called(value))
        case ast.AnnAssign(target, value=None):
            return  # only a type
        case ast.AnnAssign(target, value=ast.expr() as value):
            yield ("=", ast.unparse(target), ":", *_called(value))
        case ast.If(test, body, []):
            yield ("if", ast.unparse(test))
            yield from _inside(written(body))
        case ast.For(target, ast.Call(ast.Name("range")) as count, body, []):
            yield ("for", ast.unparse(target), ast.unparse(count))
            yield from _inside(written(body))
        case ast.For(target, iterable, body, []):
            yield ("for", ast.unparse(target), _reached(iterable))
            yield from _inside(written(body))
        case ast.Return(ast.Dict(keys, values)):
            names = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            yield ("return", *map(ast.unparse, values), ":", *names)
        case ast.Return(ast.Tuple(values)):
            yield ("return", *map(ast.unparse, values), ":")
        case ast.Return(ast.Name(id)):
            yield ("return", id, ":")
        case _:
            yield ("another", ast.unparse(node))


def _inside(lines: Iterator[Line] | Sequence[Line]) -> Iterator[Line]:
    return (("|", *line) for line in lines)


def _called(node: ast.AST) -> Iterator[str]:
    """The calls of an expression, in Python's order of evaluation."""
    if isinstance(node, ast.Call):
        for each in (node.func, *node.args, *node.keywords):
            yield from _called(each)
        name = _reached(node.func)
        if name.startswith("self.") or name not in _REACHING:
            yield name
    elif isinstance(node, ast.BinOp):  # `a + b + ...` of a thousand tensors is a left-leaning tree of that depth
        rights = []
        while isinstance(node, ast.BinOp):
            rights.append(node.right)
            node = node.left
        for operand in (node, *reversed(rights)):
            yield from _called(operand)
    else:
        for each in ast.iter_child_nodes(node):
            yield from _called(each)


def _reached(node: ast.AST) -> str:
    """The object that an expression denotes: a child of `self`, a function, a method of a value."""
    match node:
        case ast.Name(id):
            return id
        case ast.Subscript(value, ast.Constant(str() | int() as key)):
            return f"{_reached(value)}.{key}"
        case ast.Call(ast.Attribute(ast.Name("self"), "get_submodule"), [ast.Constant(str() as path)]):
            return f"self.{path}"
        case ast.Call(ast.Attribute(ast.Name("self"), "get_submodule")):
            return "self...."
        case ast.Attribute(ast.Name("self"), attr) if attr not in _REACHING:
            return f"self.{attr}"
        case ast.Attribute(ast.Name("F" | "nn" | "torch") as root, attr):
            return f"{root.id}.{attr}"
        case ast.Attribute(ast.Attribute() as value, attr) if _reached(value).startswith(("torch.", "nn.")):
            return f"{_reached(value)}.{attr}"
        case ast.Attribute(_, attr):
            return attr
    return ast.unparse(node)
