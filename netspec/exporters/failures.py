"""Failures of torch and ONNX as diagnostics that name the layer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import FrameType

from torch import fx, nn

from netspec.diagnostics import Code, NetspecError, Span
from netspec.exporters.culprit import culprit, looping
from netspec.exporters.subject import Subject
from netspec.graph import Graph, Node

_OPERATOR = re.compile(r"aten[.:]+(\w+)")
_UNSUPPORTED = ("No ONNX function found", "Unsupported", "Couldn't export operator", "not supported")
_CONSTANT = ("specialized it to be a constant", "Constraints violated", "generated guard", "constraints violated")
_BOUND = "the batch, or another axis that may have any size, has but one that works"
_LOOP = "its scan runs along an axis of any size"
_FIXED = "leave out `dynamic`: a scan along an axis of one size is written step by step"
_MISSING = "it has no operator for torch's"
_WIDTH = 240
"""Characters of a foreign message that are shown."""


def refusal(
    error: BaseException, title: str, subject: Subject, path: str | None = None, other: str | None = None
) -> NetspecError:
    """A failure of an exporter as a diagnostic.

    Args:
        error: The exporter's exception.
        title: The format's common name.
        subject: The network.
        path: The module at fault, where it is known.
        other: The help where the format lacks an operator.
    """
    reason = _reason(error)
    path = path or failing_module(error, subject.network)
    if path is None and reason == _BOUND:
        if (key := looping(subject)) is not None:
            return _refused(title, f"`{subject.graph.name}`", subject.graph.nodes[key].span, _LOOP, _FIXED)
        path = culprit(subject)
    name, node = _place(path, subject.graph)
    help = other if _MISSING in reason else None
    if node is not None and not node.layer.repeatable and _MISSING not in reason:
        reason, help = "it draws anew in evaluation", node.layer.drawless or None
    return _refused(title, name, node.span if node is not None else None, reason, help)


def _refused(title: str, name: str, span: Span | None, reason: str, help: str | None) -> NetspecError:
    message = f"{name} cannot be exported to {title}: {reason}"
    return NetspecError.of(Code.EXPORT_FAILED, message, span=span, help=help)


def failing_module(error: BaseException, network: nn.Module) -> str | None:
    """The path of the innermost module that was being traced or translated, None where the error does not show it.

    torch's messages do not name it, but its frames hold the module, or the node of the traced graph.
    """
    paths: dict[int, str] = {id(module): path for path, module in network.named_modules()}
    for each in reversed(list(_chain(error))):
        for frame in reversed(list(_frames(each))):
            for name in ("self", "mod", "node", "n"):
                held: object = frame.f_locals.get(name)
                if isinstance(held, nn.Module) and (path := paths.get(id(held))):
                    return path
                if isinstance(held, fx.Node) and (path := module_of(held)):
                    return path
    return None


def module_of(node: fx.Node) -> str | None:
    """The path of the innermost module that a node of a traced graph is from."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    path = str(stack[-1][0]) if stack else ""
    return path.removeprefix("L['self']").removeprefix(".") or None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and its causes, outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _frames(error: BaseException) -> Iterator[FrameType]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _place(path: str | None, graph: Graph) -> tuple[str, Node | None]:
    """A module for a message, and its own layer or the layer that contains it, where there is one."""
    if path is None:
        return f"`{graph.name}`", None
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        node = graph.nodes.get(".".join(parts[:end]))
        if node is not None:
            return f"`{node.path}` ({node.layer.op})", node
    return f"`{path}`", None


def _reason(error: BaseException) -> str:
    """The line with the reason, from all messages of the exceptions."""
    messages = [str(each) for each in _chain(error)]
    for message in messages:
        if any(word in message for word in _CONSTANT):
            return _BOUND
    for message in messages:
        _, told, status = message.partition("Status Message: ")
        if told:
            return f"onnxruntime refuses it: {_short(status)}"
    for message in reversed(messages):
        if any(word in message for word in _UNSUPPORTED):
            operator = _OPERATOR.search(message)
            if operator:
                return f"{_MISSING} `{operator[1].strip('_')}`"
    lines = [line.strip() for message in messages for line in message.splitlines() if line.strip()]
    return _short(lines[0] if lines else type(error).__name__)


def _short(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}..."
