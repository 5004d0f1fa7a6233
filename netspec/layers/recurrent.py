"""Recurrent layers over sequences."""

from typing import ClassVar, Literal

from pydantic import Field

from netspec.autograd import FLOAT32, Tape, TapeTensor, Tensors, Weights, operations
from netspec.autograd.recurrence import elman_cell, fused_lstm, gru_cell, unrolled
from netspec.diagnostics import Code
from netspec.layers.base import Example, Layer, Shapes, Weight, features, refuse, refuse_option
from netspec.layers.checks import at_least, at_most, probability
from netspec.layers.products import Product, Sources, mapped
from netspec.layers.ranks import SEQUENCE
from netspec.layers.reach import everything
from netspec.layers.types import Kind
from netspec.shape import Shape, spell

MOST_LAYERS = 1024
"""Stacked layers in one module, each with tensors of its own."""

MOST_STEPS = 20_000
"""Time steps of all layers together whose operations are recorded one by one."""


class _Recurrent(Layer):
    """Base of recurrent layers; `gates` is the number of maps that a step computes, `kept` that of its states."""

    main: ClassVar = "hidden_size"
    ranks: ClassVar = SEQUENCE
    weight_layer: ClassVar = True
    gates: ClassVar[int]
    kept: ClassVar[int] = 1
    arity: ClassVar = (1, 3)
    arguments: ClassVar = (features, "hidden_size")
    examples: ClassVar[tuple[Example, ...]] = (
        Example({"hidden_size": 8}, ((5, 4),)),
        Example({"hidden_size": 3, "num_layers": 2, "bidirectional": True, "dropout": 0.2}, ((4, 6),)),
        Example({"hidden_size": 3, "bidirectional": True, "bias": False, "last": True}, ((4, 6),)),
        Example({"hidden_size": 3, "num_layers": 2, "states": True}, ((4, 6),)),
        Example({"hidden_size": 3, "lengths": True, "bidirectional": True, "last": True}, ((4, 6), ())),
    )
    keywords: ClassVar[tuple[str, ...]] = ("num_layers", "bias", "dropout", "bidirectional", "last", "states")
    samples: ClassVar = {"num_layers": (1, 2)}
    receptive_field = everything

    hidden_size: int
    num_layers: int = 1
    bias: bool = True
    dropout: float = 0.0
    bidirectional: bool = False
    last: bool = False
    states: bool = False
    lengths: bool = Field(False, description="Whether the second input holds the length of each sequence.")

    def kind_at(self, position: int) -> Kind:
        """Floats; the lengths are integers."""
        return "int" if position == 1 and self.lengths else "float"

    def length_bound(self, inputs: Shapes) -> int | None:
        """The padded length."""
        return inputs[0][0] if self.lengths else None

    def target_for(self, inputs: Shapes) -> str:
        """The class for sequences of one length, or of many."""
        return self.target.replace("Sequence", "Packed") if self.lengths else self.target

    def _directions(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs that are not sequences of vectors."""
        initial = self._initial(inputs)
        (length, _), *_ = self.ranked((inputs[0], *initial))
        at_least("hidden_size", self.hidden_size, 1)
        at_least("num_layers", self.num_layers, 1)
        at_most("num_layers", self.num_layers, MOST_LAYERS, "layers", "a `repeat` stacks layers, too")
        probability("dropout", self.dropout)
        features = self.hidden_size * len(self._directions())
        state = (self.num_layers * len(self._directions()), self.hidden_size)
        self._check_states(initial, state)
        found: Shapes = ((features,),) if self.last else ((length, features),)
        return (*found, *(state,) * self.kept) if self.states else found

    def _initial(self, inputs: Shapes) -> Shapes:
        """The initial states among the inputs; refuses lengths that are not one number for each sequence."""
        if not self.lengths:
            return inputs[1:]
        if len(inputs) < 2:
            refuse_option(
                "lengths",
                f"no lengths flow into `{self.op}`",
                found="one input",
                expected="`from: [sequence, lengths]`",
            )
        if inputs[1]:
            refuse(
                Code.BAD_RANK,
                "a length is one number for each sequence",
                option="lengths",
                found=spell(inputs[1]),
                expected="[], of an input `lengths: {shape: [], dtype: int64}`",
            )
        return inputs[2:]

    def _check_states(self, given: Shapes, state: Shape) -> None:
        """Refuses initial states that are not all there, or of another shape than the final ones."""
        if given and len(given) != self.kept:
            message = f"`{self.op}` takes {self.kept} initial states, or none"
            refuse(Code.WRONG_INPUT_COUNT, message, found=f"{len(given)}", expected=self._taken())
        for shape in given:
            if shape != state:
                refuse(
                    Code.UNEQUAL_SHAPES,
                    "an initial state has another shape than the layer's states",
                    found=spell(shape),
                    expected=f"{spell(state)}: a state for each layer and direction",
                )

    def _taken(self) -> str:
        """All inputs, as `from` lists them."""
        names = ("sequence", *("lengths",) * self.lengths, "hidden", "cell")
        return f"`from: [{', '.join(names[: 1 + self.lengths + self.kept])}]`"

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """Per layer and direction ``weight_ih``, ``weight_hh`` and, with bias, ``bias_ih`` and ``bias_hh``."""
        found: dict[str, Weight] = {}
        rows = self.gates * self.hidden_size
        features = inputs[0][1]
        for layer in range(self.num_layers):
            for direction in self._directions():
                suffix = f"l{layer}{direction}"
                found[f"weight_ih_{suffix}"] = Weight((rows, features))
                found[f"weight_hh_{suffix}"] = Weight((rows, self.hidden_size))
                if self.bias:
                    found[f"bias_ih_{suffix}"] = Weight((rows,))
                    found[f"bias_hh_{suffix}"] = Weight((rows,))
            features = self.hidden_size * len(self._directions())
        return found

    def macs(self, inputs: Shapes, outputs: Shapes) -> int:
        """Every matrix once per step, of a sequence of full length."""
        return inputs[0][0] * sum(w.numel for w in self.weights(inputs).values() if len(w.shape) == 2)

    def products(self, inputs: Shapes, outputs: Shapes) -> tuple[Product, ...]:
        """Every matrix once per step, with what flows into its layer, or with the state of the step before."""
        steps, weights = inputs[0][0], self.weights(inputs)
        initial: Sources = tuple(range(1 + self.lengths, len(inputs)))
        found: list[Product] = []
        below: Sources = (0,)
        for layer in range(self.num_layers):
            above: Sources = below
            for direction in self._directions():
                suffix = f"l{layer}{direction}"
                into, onward = f"weight_ih_{suffix}", f"weight_hh_{suffix}"
                own = tuple([name for name in weights if name.endswith(f"_{suffix}")])
                size = weights[onward].numel
                found += [
                    mapped(steps * weights[into].numel, into, *below),
                    mapped(size, onward, *initial),  # the first step's state is that which flows in, or nothing
                    mapped((steps - 1) * size, onward, *own, *below, *initial),
                ]
                above = (*above, *own, *initial)
            below = above
        return tuple(found)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors | None:
        """Operations of torch on the CPU; unknown on CUDA, since cuDNN does not report what it reserves.

        They are also unknown for very many steps, and for lengths that only a batch tells.
        """
        x, *initial = inputs
        if self.lengths or tape.device == "cuda" or x.shape[1] * self.num_layers > MOST_STEPS:
            return None
        sequence = tape.permute(x, (1, 0, 2))
        directions = self._directions()
        begun = [tape.contiguous(tape.permute(state, (1, 0, 2))) for state in initial] or [
            tape.operation([], (self.num_layers * len(directions), x.shape[0], self.hidden_size), dtype=x.dtype)
            for _ in range(self.kept)
        ]
        ends: list[Tensors] = []
        for layer in range(self.num_layers):
            if layer > 0:
                sequence = operations.dropped(tape, sequence, self.dropout)
            outputs = []
            for direction in directions:
                suffix = f"_l{layer}{direction}"
                own = {name.removesuffix(suffix): each for name, each in weights.items() if name.endswith(suffix)}
                output, *last = self._run(tape, sequence, tuple(tape.select(each, 0) for each in begun), own)
                outputs.append(output)
                ends.append(tuple(last))
            shape = (*sequence.shape[:2], self.hidden_size * len(directions))
            sequence = tape.operation(outputs, shape) if self.bidirectional else outputs[0]
        stacked = [tape.operation(each, (len(each), *each[0].shape)) for each in zip(*ends, strict=True)]
        found = tape.permute(sequence, (1, 0, 2))
        if self.last:
            ended = tape.permute(tape.narrow(stacked[0], 0, len(directions)), (1, 0, 2))
            found = tape.reshape(ended, (x.shape[0], self.hidden_size * len(directions)))
        return (found, *(tape.permute(each, (1, 0, 2)) for each in stacked)) if self.states else (found,)

    def _run(self, tape: Tape, sequence: TapeTensor, states: Tensors, weights: Weights) -> Tensors:
        """One layer in one direction: all its states, and the last of each."""
        raise NotImplementedError

    def type_name(self, inputs: Shapes) -> str:
        """The name of torch's class; netspec's own returns the class's result as a tensor."""
        return self.target.removeprefix("netspec.nn.Sequence")


class Lstm(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), as torch.nn.LSTM.

    Input ``[L, F]``, output ``[L, D H]`` with D directions, or with `last` the final states ``[D H]``. Further inputs:
    initial hidden and cell states, each ``[D num_layers, H]``; with `states`, further outputs: the final ones. Per step
    and layer ``4 H (F + H)`` multiply-accumulates for each direction. At most 1,024 layers stack in one module.

    With `lengths`, the second input holds the length of each sequence, an integer from 1 to L: the rest is padding,
    which no state sees, and where the output is 0; the final states are those at each sequence's own end. Its work is
    counted at full length.
    """

    op: ClassVar = "lstm"
    gates: ClassVar = 4
    kept: ClassVar = 2
    arity: ClassVar = (1, 4)
    examples: ClassVar = (
        *_Recurrent.examples,
        Example({"hidden_size": 3, "bidirectional": True, "states": True}, ((4, 6), (2, 3), (2, 3))),
    )
    target: ClassVar = "netspec.nn.SequenceLSTM"

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors | None:
        """Operations of oneDNN on the CPU; unknown in 16 bits, where its workspace is not measured, and for cuDNN."""
        if tape.precision != FLOAT32 or self.lengths:
            return None
        order = (1, 0, 2)
        steps = tape.contiguous(tape.permute(inputs[0], order))
        return super().record(tape, (tape.permute(steps, order), *inputs[1:]), weights)

    def _run(self, tape: Tape, sequence: TapeTensor, states: Tensors, weights: Weights) -> Tensors:
        return fused_lstm(tape, sequence, states, weights)


class Gru(_Recurrent):
    """Gated recurrent unit (Cho et al., 2014), as torch.nn.GRU.

    Input ``[L, F]``, output ``[L, D H]`` with D directions, or with `last` the final states ``[D H]``. Further inputs:
    initial states, ``[D num_layers, H]``; with `states`, further outputs: the final ones. Per step and layer
    ``3 H (F + H)`` multiply-accumulates for each direction. `lengths` as for `lstm`.
    """

    op: ClassVar = "gru"
    gates: ClassVar = 3
    examples: ClassVar = (*_Recurrent.examples, Example({"hidden_size": 3, "last": True}, ((4, 6), (1, 3))))
    target: ClassVar = "netspec.nn.SequenceGRU"

    def _run(self, tape: Tape, sequence: TapeTensor, states: Tensors, weights: Weights) -> Tensors:
        return unrolled(tape, sequence, states[0], weights, gru_cell)


class Rnn(_Recurrent):
    """``h' = tanh(W x + U h + b)`` (Elman, "Finding structure in time", 1990), as torch.nn.RNN.

    Input ``[L, F]``, output ``[L, D H]`` with D directions, or with `last` the final states ``[D H]``. Further inputs:
    initial states, ``[D num_layers, H]``; with `states`, further outputs: the final ones. Per step and layer
    ``H (F + H)`` multiply-accumulates for each direction. `lengths` as for `lstm`.
    """

    op: ClassVar = "rnn"
    gates: ClassVar = 1
    keywords: ClassVar = ("nonlinearity", *_Recurrent.keywords)
    examples: ClassVar = (*_Recurrent.examples, Example({"hidden_size": 3, "states": True}, ((4, 6), (1, 3))))
    target: ClassVar = "netspec.nn.SequenceRNN"

    nonlinearity: Literal["tanh", "relu"] = "tanh"

    def _run(self, tape: Tape, sequence: TapeTensor, states: Tensors, weights: Weights) -> Tensors:
        return unrolled(tape, sequence, states[0], weights, elman_cell)
