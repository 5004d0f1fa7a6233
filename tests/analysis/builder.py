"""Graphs made by hand, of layers made for the purpose: a pass is tested without the front end and the layer library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from netspec.graph import Graph, Input, Node, Scope, ScopeKind, Value
from netspec.layers.base import Layer, Shapes, Weight, Weightless, Window, no_weights, no_work, pointwise
from netspec.program import Call
from netspec.shape import Shape, product


class Kernel(Layer):
    """A 2-D convolution without padding. Without an `op`, so that the registry does not list it."""

    computes_units: ClassVar = True
    weight_layer: ClassVar = True

    out: int
    kernel: int = 3
    stride: int = 1

    def infer(self, inputs: Shapes) -> Shapes:
        _, *spatial = inputs[0]
        return ((self.out, *((size - self.kernel) // self.stride + 1 for size in spatial)),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        return {"weight": Weight((self.out, inputs[0][0], self.kernel, self.kernel)), "bias": Weight((self.out,))}

    def macs(self, inputs: Shapes, outputs: Shapes) -> int | None:
        return product(outputs[0]) * inputs[0][0] * self.kernel**2

    def fan_in(self, inputs: Shapes) -> int | None:
        return inputs[0][0] * self.kernel**2 + 1

    def receptive_field(self, inputs: Shapes) -> Window | None:
        return Window((self.kernel,) * 2, (self.stride,) * 2, (0, 0))

    def type_name(self, inputs: Shapes) -> str:
        return "Conv2d"


class Dense(Layer):
    """A linear map."""

    computes_units: ClassVar = True
    weight_layer: ClassVar = True

    out: int

    def infer(self, inputs: Shapes) -> Shapes:
        return ((self.out,),)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        return {"weight": Weight((self.out, inputs[0][0])), "bias": Weight((self.out,))}

    def macs(self, inputs: Shapes, outputs: Shapes) -> int | None:
        return inputs[0][0] * self.out

    def fan_in(self, inputs: Shapes) -> int | None:
        return inputs[0][0] + 1

    def type_name(self, inputs: Shapes) -> str:
        return "Linear"


class Norm(Layer):
    """Batch normalisation: two parameters a channel, two running statistics, and a counter."""

    macs = no_work
    receptive_field = pointwise

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        channels = (inputs[0][0],)
        buffers = {"running_mean": channels, "running_var": channels, "num_batches_tracked": ()}
        return {
            "weight": Weight(channels),
            "bias": Weight(channels),
            **{name: Weight(shape, buffer=True) for name, shape in buffers.items()},
        }

    def type_name(self, inputs: Shapes) -> str:
        return "BatchNorm2d"


class Flat(Weightless):
    """Flattens."""

    def infer(self, inputs: Shapes) -> Shapes:
        return ((product(inputs[0]),),)

    def type_name(self, inputs: Shapes) -> str:
        return "Flatten"


class Sum(Weightless):
    """Adds its inputs."""

    receptive_field = pointwise

    def infer(self, inputs: Shapes) -> Shapes:
        return inputs[:1]

    def type_name(self, inputs: Shapes) -> str:
        return "Add"


class Source(Layer):
    """A learned tensor without input."""

    shape: tuple[int, ...]

    def infer(self, inputs: Shapes) -> Shapes:
        return (self.shape,)

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        return {"": Weight(self.shape)}

    def type_name(self, inputs: Shapes) -> str:
        return "Parameter"


class Opaque(Layer):
    """Nobody knows what it costs."""

    weights = no_weights

    def type_name(self, inputs: Shapes) -> str:
        return "Opaque"


class Sealed(Layer):
    """Nobody knows what it holds."""

    def type_name(self, inputs: Shapes) -> str:
        return "Sealed"


class Net:
    """Builds a graph call by call; each call takes the one before it unless told otherwise."""

    def __init__(self, *shape: int, name: str = "net") -> None:
        self.name = name
        self.inputs = {"input": Input("input", shape)}
        self.nodes: dict[str, Node] = {}
        self.scopes = [Scope("network", "", True, name)]
        self.last = Value("input", 0, shape)

    def add(
        self,
        layer: Layer,
        path: str,
        *inputs: Value,
        ties: Mapping[str, str] | None = None,
        frozen: bool = False,
        training_only: bool = False,
    ) -> Value:
        """Call `layer` on `inputs`, or on what flows; a side branch leaves the flow as it is."""
        calls = sum(node.path == path for node in self.nodes.values())
        key = f"{path}#{calls + 1}" if calls else path
        taken = () if isinstance(layer, Source) else (inputs or (self.last,))
        shapes: Shapes = tuple(value.shape for value in taken)
        outputs = tuple(Value(key, index, shape) for index, shape in enumerate(layer.infer(shapes)))
        self.nodes[key] = Node(
            key,
            path,
            layer,
            taken,
            outputs,
            layer.weights(shapes),
            Call("torch.nn.Identity"),
            frozen=frozen,
            reuses=bool(calls),
            training_only=training_only,
            ties=ties or {},
        )
        self.scopes[-1].children.append(key)
        if not training_only:
            self.last = outputs[0]
        return outputs[0]

    @contextmanager
    def scope(self, kind: ScopeKind, path: str, label: str, *, level: bool = True) -> Iterator[None]:
        """A part of the scope tree around the calls made within."""
        scope = Scope(kind, path, level, label)
        self.scopes[-1].children.append(scope)
        self.scopes.append(scope)
        yield
        self.scopes.pop()

    def graph(self, *outputs: Value) -> Graph:
        """The graph; without `outputs`, the last call's result is the network's."""
        ends = {f"output{index or ''}": value for index, value in enumerate(outputs or (self.last,))}
        return Graph(self.name, "", self.inputs, self.nodes, tuple(self.nodes), ends, {}, self.scopes[0])


def residual_net() -> Graph:
    """Two rounds of a block with a shortcut, in a named repeat, and a linear end."""
    net = Net(4, 8, 8, name="residual")
    with net.scope("repeat", "layer1", "bottleneck"):
        for index in range(2):
            path = f"layer1.{index}"
            with net.scope("round", path, "round"), net.scope("block", path, "bottleneck"):
                shortcut = net.last
                with net.scope("residual", path, "residual", level=False):
                    net.add(Kernel(out=4, kernel=1), f"{path}.conv1")
                    body = net.add(Norm(), f"{path}.bn1")
                    net.add(Sum(), f"{path}.add1", shortcut, body)
    net.add(Flat(), "flatten1")
    net.add(Dense(out=10), "fc")
    return net.graph()


def lenet(shape: Shape = (1, 14, 14)) -> Graph:
    """Two convolutions and two linear maps, in a row."""
    net = Net(*shape, name="lenet")
    net.add(Kernel(out=6, kernel=5, stride=1), "conv1")
    net.add(Kernel(out=16, kernel=3, stride=2), "conv2")
    net.add(Flat(), "flatten1")
    net.add(Dense(out=84), "fc1")
    net.add(Dense(out=10), "fc2")
    return net.graph()
