"""The calls of a forward pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from types import SimpleNamespace

from netspec.expr.tracing import computed
from netspec.objects.immutable import immutable, mutable
from netspec.program import Call, forward
from netspec.program.classes import ClassDef
from netspec.resolve.modules import Module, below, evaluated

TensorId = tuple[int, int]
"""A tensor: the number of its call (-1 and below for inputs), and its index among the results."""


Place = forward.Assign | forward.ForSteps | forward.Gather
"""A statement, or a part of one, that has a call."""


@immutable
class ForwardCall:
    """One call of a forward pass: its `path` (None for a function), the call, and its input tensors.

    `results` is the number of tensors that the program takes from the call's result.
    """

    path: str | None
    call: Call
    inputs: tuple[TensorId, ...]
    results: int


@mutable
class _Result:
    values: tuple[TensorId, ...]
    names: tuple[str, ...] = ()


@mutable
class _Frame:
    module: Module
    path: str
    tensors: dict[str, TensorId]
    children: dict[str, tuple[Module, str]] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)


class Run:
    """A forward pass in training mode.

    Attributes:
        steps: Its calls.
        outputs: The tensors that it returns, by name.
        held: For each tensor, the last step at which a local variable, or the caller of a module, still holds it.
        places: For each call, the class whose text has it and the statement there; None in a chain that is the network.
        scans: By the number of the call that takes a loop's steps: each carried tensor before a step, and after it.
    """

    def __init__(self, root: Module, inputs: int) -> None:
        self.steps: list[ForwardCall] = []
        self.places: list[tuple[ClassDef, Place] | None] = []
        self._place: tuple[ClassDef, Place] | None = None
        self.scans: dict[int, tuple[tuple[TensorId, TensorId], ...]] = {}
        self.held: dict[TensorId, int] = {}
        result = self._forward(root, "", tuple((-1 - n, 0) for n in range(inputs)))
        self.outputs = dict(zip(result.names or ("output",), result.values, strict=True))

    def _forward(self, module: Module, path: str, inputs: tuple[TensorId, ...]) -> _Result:
        cls = module.cls
        if cls is None or cls.chain is not None:
            for name, child in module.children.items():
                inputs = self._apply(child, below(path, name), inputs)
            return _Result(inputs)
        frame = _Frame(module, path, dict(zip(cls.inputs, inputs, strict=True)))
        result = self._statements(cls.forward, frame)
        assert result is not None, f"{cls.name} returns nothing"
        self._let_go(frame.tensors.values())
        return result

    def _let_go(self, tensors: Iterable[TensorId]) -> None:
        """Note that a holder of tensors up to the last step releases them."""
        self.held.update(dict.fromkeys(tensors, len(self.steps) - 1))

    def _apply(self, module: Module, path: str, inputs: tuple[TensorId, ...], wanted: int = 1) -> tuple[TensorId, ...]:
        if module.call is None:
            results = self._forward(module, path, inputs).values
            self._let_go(inputs)  # a caller's arguments
            return results
        return self._step(path, module.call, inputs, wanted)

    def _step(
        self, path: str | None, call: Call, inputs: tuple[TensorId, ...], wanted: int = 1
    ) -> tuple[TensorId, ...]:
        # Only the graph knows the number of a layer's results; a caller unpacks as many as it names.
        self.steps.append(ForwardCall(path, call, inputs, wanted))
        self.places.append(self._place)
        return tuple((len(self.steps) - 1, result) for result in range(wanted))

    def _statements(self, statements: Sequence[forward.Forward], frame: _Frame) -> _Result | None:
        for statement in statements:
            match statement:
                case forward.Assign(targets, value):
                    around = self._place
                    if frame.module.cls is not None:
                        self._place = frame.module.cls, statement
                    results = self._value(value, frame, len(targets))
                    self._place = around
                    self._let_go(frame.tensors[name] for name in targets if name in frame.tensors)
                    frame.tensors.update(zip(targets, results, strict=True))
                case forward.When(kind, name, body):
                    attributes, children = frame.module.attributes, frame.module.children
                    if kind == "attribute" and name is not None:
                        attributes[name] = bool(attributes[name])  # one decision for all calls
                    holds = name is None or (attributes[name] if kind == "attribute" else name in children)
                    if holds and (result := self._statements(body, frame)):
                        return result
                case forward.ForChildren(variable, name, body):
                    for number, child in frame.module.descend(name).children.items():
                        frame.children[variable] = (child, below(frame.path, f"{name}.{number}"))
                        self._statements(body, frame)
                case forward.ForCount(index, count, body):
                    frame.module.attributes[count] = rounds = int(frame.module.attributes[count])
                    for round_number in range(rounds):
                        frame.indices[index] = round_number
                        self._statements(body, frame)
                case forward.ForSteps():
                    self._scan(statement, frame)
                case forward.Return(values, names):
                    return _Result(tuple(frame.tensors[v] for v in values), names)
        return None

    def _scan(self, loop: forward.ForSteps, frame: _Frame) -> None:
        """One step of a loop over an axis, between the call that takes the steps and those that join the results."""
        whole = frame.tensors[loop.sequence]
        around = self._place
        if frame.module.cls is not None:
            self._place = frame.module.cls, loop
        [frame.tensors[loop.variable]] = self._step(None, evaluated(loop.taken, {}), (whole,))
        number = len(self.steps) - 1
        before = [frame.tensors[name] for name in loop.carried]
        self._statements(loop.body, frame)
        self.scans[number] = tuple(zip(before, (frame.tensors[name] for name in loop.carried), strict=True))
        for each in loop.gathered:
            if frame.module.cls is not None:
                self._place = frame.module.cls, each
            inputs = frame.tensors[each.item], whole
            [frame.tensors[each.target]] = self._step(None, evaluated(each.function, {}), inputs)
        self._place = around

    def _value(self, value: forward.Operation, frame: _Frame, wanted: int = 1) -> tuple[TensorId, ...]:
        """The results of an operation for `wanted` variables."""
        match value:
            case str():
                return (frame.tensors[value],)
            case forward.CallModule(child, arguments):
                module, path = self._child(child, frame)
                return self._apply(module, path, tuple(frame.tensors[a] for a in arguments), wanted)
            case forward.CallFunction(function, arguments):
                if function.parts != (wanted > 1):
                    raise ValueError(f"the program takes {function.target} for what it does not give")
                return self._function(value, frame, wanted)
            case forward.Only(call):
                if not call.function.parts:
                    raise ValueError(f"the program takes {call.function.target} for a tuple")
                return self._function(call, frame, 1)
            case forward.Expand(name):
                return self._step(below(frame.path, name), frame.module.parameters[name], ())
            case forward.Join(name, _, variable):
                inputs = (frame.tensors[variable],)
                return self._step(below(frame.path, name), frame.module.parameters[name], inputs)

    def _function(self, value: forward.CallFunction, frame: _Frame, wanted: int) -> tuple[TensorId, ...]:
        inputs = tuple(self._value(a, frame)[0] for a in value.arguments)
        kept = SimpleNamespace(**frame.module.attributes)
        return self._step(None, evaluated(value.function, {"self": kept}), inputs, wanted)

    def _child(self, child: forward.Child, frame: _Frame) -> tuple[Module, str]:
        if child.variable:
            return frame.children[str(child.name)]
        name = child.name if isinstance(child.name, str) else computed(child.name, frame.indices)
        if child.index is not None:
            name = f"{name}.{child.index}"
        return frame.module.descend(name), below(frame.path, name)
