"""What a data set is once it is ready for training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import nn

from netspec.functional.data.boxed import Boxed
from netspec.functional.fields import Field, Slot
from netspec.functional.packing import feed
from netspec.recipe.augment import Scene
from netspec.recipe.data.vocabulary import Vocabulary
from netspec.training.feeding.batches import DataSplit
from netspec.training.feeding.inputs import Inputs
from netspec.training.feeding.told import Told


@dataclass(frozen=True, slots=True)
class Samples:
    """A data set ready for training.

    Attributes:
        train: Training examples, without those held out.
        validation: Examples held out of training; None where there are none.
        test: Test examples, seen once, at the end; None where the data have none.
        classes: Their names; a label is the index of one. Empty where targets are no classes.
        shape: The shape of an image as the network sees it, [C, H, W].
        read: The shape of an image as a batch has it, [C, H, W].
        dtype: The type of an image as a batch has it, "uint8" or "float32".
        inputs: Makes a batch's images what the network takes; the same in training and for judging.
        scene: The facts of the images that augmentations need.
        cropped: Whether training images are cropped at random while they are read.
        mixable: Whether targets can be mixed: classes, or numbers.
        target_shape: The shape of a target: () for a class or a number, [H, W] for a mask, [values] for values; None
            where the data have no targets.
        binary: Whether targets are values of 0 and 1 alone.
        notes: Remarks on the data: on what is left out, and on classes that a part lacks.
        fields: The inputs that images are packed of, by the network's names; empty where they are one as it is.
        outputs: The outputs that targets are packed of; empty where they are those of one.
        vocabulary: Categories and classes by the column of a table.
        told: What the training targets of each of several outputs tell of its task.
        tokens: The vocabulary of texts; None of other data.
        labels: The names of the labels or values that a target has a number for each; empty where they have none.
        objects: The images of each part that have boxes, in whose batches they are lists; then `classes` are all but
            the background. Empty of other data.
        fingerprint: That of the data as they were read, as `fingerprint_of` tells it.
    """

    train: DataSplit
    validation: DataSplit | None
    test: DataSplit | None
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    read: tuple[int, ...]
    inputs: Inputs
    scene: Scene
    cropped: bool = False
    mixable: bool = True
    dtype: str = "float32"
    target_shape: tuple[int, ...] | None = ()
    binary: bool = False
    notes: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    tokens: Vocabulary | None = None
    labels: tuple[str, ...] = ()
    objects: tuple[Boxed, ...] = ()
    fingerprint: str = ""

    def feed(self, network: nn.Module, slots: Sequence[Slot]) -> None:
        """Have a network take these examples: where they are packed, each of its inputs is given its part.

        Args:
            network: It keeps its weights and their names.
            slots: Its inputs, in its order.
        """
        if self.fields:
            feed(network, self.fields, slots)
