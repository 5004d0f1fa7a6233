"""Layers say truly what joins the examples of a batch in training: held against parts of batches."""

import warnings
from typing import Any, ClassVar

import pytest

from netspec.contract.apart import hold_apart
from netspec.contract.word import Broken
from netspec.layers import joined, registry
from netspec.layers.base import Example, Layer, Shapes

ENCODER = {"d_model": 4, "nhead": 2, "dropout": 0.0}

MORE = {
    "embedding": (
        Example({"num": 10, "dim": 4, "max_norm": 0.1}, ((3, 5),)),
        Example({"num": 10, "dim": 4, "scale_grad_by_freq": True}, ((3,),)),
    ),
    "dropout": (Example({"p": 0.0}, ((3,),)),),
    "stochastic_depth": (Example({"p": 0.0}, ((3,),)),),
    "lstm": (Example({"hidden_size": 3, "dropout": 0.2}, ((4, 6),)),),
    "module": (
        Example({"module": "RReLU"}, ((5,),)),
        Example({"module": "TransformerEncoderLayer", "args": ENCODER}, ((5, 4),)),
        Example({"module": "TransformerEncoderLayer", "args": {**ENCODER, "batch_first": True}}, ((5, 4),)),
        Example({"module": "FractionalMaxPool2d", "args": {"kernel_size": 2, "output_size": 2}}, ((3, 5, 5),)),
    ),
}
"""Uses beside the examples of the classes: what decides where these do not."""

SAID_OF_NOTHING = ("max_norm", 1.0)
"""An option of an example whose index is the padding, the zeros of which nothing scales down."""


def is_apart(layer: Layer, inputs: Shapes) -> bool:
    try:
        hold_apart(layer, inputs)
    except Broken:
        return False
    return True


def test_examples_are_joined_where_a_layer_says_so_and_nowhere_else() -> None:
    uses = [(op, use) for op, cls in registry().items() for use in (*cls.examples, *MORE.get(op, ()))]
    wrong = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for op, use in uses:
            layer = registry()[op](**use.options)
            if SAID_OF_NOTHING not in use.options.items() and is_apart(layer, use.inputs) != (joined(layer) is None):
                wrong.append((op, use, joined(layer)))
    assert wrong == []


class Plain(Layer):
    """A plugin's layer that says nothing of it."""

    op: ClassVar = ""


class Centred(Plain):
    """One that says the wrong thing of a batch norm."""

    def emit(self, inputs: Shapes) -> Any:
        return registry()["batch_norm"]().emit(inputs)

    @property
    def joins_examples(self) -> None:
        return None


class Dropping(registry()["dropout"]):  # type: ignore[misc]
    """One made of a layer of netspec's own that says it."""


def test_of_a_plugins_layer_it_is_known_where_it_is_said() -> None:
    assert joined(Plain()) == "does not say that it computes each example by itself"
    assert joined(Dropping()) == "draws random numbers"
    assert joined(Centred()) is None
    with pytest.raises(Broken, match="training changes its state"):
        hold_apart(Centred(), ((3, 4),))
