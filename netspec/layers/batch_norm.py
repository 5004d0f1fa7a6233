"""Normalisation with statistics over the batch, or over each example's channels."""

from typing import ClassVar

from netspec.autograd import Tape, Tensors, Weights, operations
from netspec.diagnostics import Code
from netspec.layers.base import Centring, Example, Layer, Shapes, Weight, channels, no_work, pointwise, refuse, tensors
from netspec.layers.checks import above
from netspec.layers.ranks import SPATIAL, Ranks
from netspec.layers.reach import unfollowed
from netspec.shape import product, spell


class _ChannelNorm(Layer):
    """``(x - mean) / sqrt(var + eps) * weight + bias`` per channel; the state is the same for all."""

    arguments: ClassVar = (channels,)
    macs = no_work
    receptive_field = pointwise
    followed = unfollowed

    eps: float = 1e-5
    momentum: float | None = 0.1
    affine: bool
    track_running_stats: bool

    @property
    def idempotent(self) -> bool:
        """Whether a second pass changes nothing: not where `eps` matters, which shrinks small deviations each time."""
        return 0 < self.eps <= 0.001

    def weights(self, inputs: Shapes) -> dict[str, Weight]:
        """``weight [C]``, ``bias [C]``, and as buffers the running statistics."""
        weight = (inputs[0][0],) if self.affine else None
        learned = tensors(weight=weight, bias=weight)
        if not self.track_running_stats:
            return learned
        mean, count = Weight((inputs[0][0],), buffer=True), Weight((), buffer=True)
        return {**learned, **tensors(running_mean=mean, running_var=mean, num_batches_tracked=count)}


class BatchNorm(_ChannelNorm):
    """Normalises each channel over the batch, as torch.nn.BatchNorm1d, BatchNorm2d or BatchNorm3d.

    Input and output ``[C]`` or ``[C, *S]``; ``(x - mean) / sqrt(var + eps) * weight + bias`` (Ioffe and Szegedy,
    "Batch normalization", 2015). `momentum` weighs the newest batch in the running statistics; null averages all.
    """

    op: ClassVar = "batch_norm"
    target: ClassVar = "torch.nn.BatchNorm{}d"
    ranks: ClassVar = Ranks(
        1,
        4,
        "takes channels and up to three spatial axes",
        "[channels] or [channels, *spatial]",
        "`layer_norm` normalises inputs of any rank",
    )
    examples: ClassVar = (
        Example({}, ((6, 8, 8),)),
        Example({"eps": 0.001, "momentum": None}, ((10,),)),
        Example({"affine": False, "track_running_stats": False}, ((4, 7),)),
        Example({"affine": False}, ((2, 3, 4, 4),)),
    )
    samples: ClassVar = {"eps": (1e-5, 0.001)}

    affine: bool = True
    track_running_stats: bool = True

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses inputs without channels or with more than three spatial axes."""
        above("eps", self.eps, 0, ": it keeps the division defined, as 1e-5 does")
        return self.ranked(inputs)

    def centring(self, inputs: Shapes) -> Centring:
        """Each channel's mean over the batch."""
        return Centring(tuple(range(1, len(inputs[0]))), over_batch=True)

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """It keeps its input, and the batch's statistics where it uses them."""
        x = inputs[0]
        of_batch = not self.track_running_stats or (tape.training and not tape.frozen)
        strides = tape.image_strides(x, x.shape)
        return (operations.normalised(tape, x, weights, x.shape[1] if of_batch else 0, strides=strides),)


class InstanceNorm(_ChannelNorm):
    """Normalises each channel of each example, as torch.nn.InstanceNorm1d, InstanceNorm2d or InstanceNorm3d.

    Input and output ``[C, *S]``; ``(x - mean) / sqrt(var + eps) * weight + bias``, mean and variance over S (Ulyanov,
    Vedaldi and Lempitsky, "Instance normalization", 2016). torch's default has neither weights nor statistics.
    """

    op: ClassVar = "instance_norm"
    target: ClassVar = "torch.nn.InstanceNorm{}d"
    ranks: ClassVar = SPATIAL.advising("`layer_norm` normalises vectors")
    examples: ClassVar = (
        Example({}, ((6, 8, 8),)),
        Example({"affine": True, "track_running_stats": True}, ((4, 7),)),
        Example({"affine": True}, ((2, 3, 4, 4),)),
    )
    samples: ClassVar = {"eps": (1e-5, 0.001)}

    momentum: float = 0.1  # torch takes null for 0, and the statistics then never change
    affine: bool = False
    track_running_stats: bool = False

    def infer(self, inputs: Shapes) -> Shapes:
        """Refuses a single spatial element, which has no variance."""
        if product(self.ranked(inputs)[0][1:]) == 1:
            refuse(
                Code.BAD_OPTION,
                "`instance_norm` needs more than one spatial element: a single one has no variance",
                found=spell(inputs[0]),
                expected="at least 2 spatial elements",
                help="`batch_norm` and `layer_norm` take such inputs",
            )
        return inputs

    def centring(self, inputs: Shapes) -> Centring:
        """The mean of each channel of each example."""
        return Centring(tuple(range(1, len(inputs[0]))))

    def record(self, tape: Tape, inputs: Tensors, weights: Weights) -> Tensors:
        """Batch normalisation of one example with all the channels of the batch; weights are repeated for it."""
        x = tape.contiguous(inputs[0])
        maps = tape.batch * x.shape[1]
        repeated = {name: tape.operation([w], (maps,)) for name, w in weights.items() if w.shape}
        joined = x.seen((1, maps, *x.shape[2:]), (x.numel, *x.strides[1:]))
        of_examples = not self.track_running_stats or (tape.training and not tape.frozen)
        y = operations.normalised(tape, joined, repeated, maps if of_examples else 0)
        return (y.seen(x.shape, x.strides),)
