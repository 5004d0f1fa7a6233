"""The settings of a training script: the values of a recipe replace these.

Code that a setting rules out is left out of the script: `if CLIP is not None:`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from netspec.functional.aims import Aim
from netspec.functional.augment.changes import Change
from netspec.functional.augment.mixing import Mix
from netspec.functional.data.digits import load_digits_of_sklearn
from netspec.functional.data.idx import load_idx
from netspec.functional.data.windows import Hidden
from netspec.functional.fields import Slot
from netspec.functional.figures import Metric, Quotient, hits
from netspec.functional.phases import Phase
from netspec.functional.schedules import constant

# The length of a run, in epochs or in steps, and the size of a step.
EPOCHS: int | None = 1
STEPS: int | None = None
BATCH_SIZE: int = 128
DROP_LAST: bool = False
BALANCED: bool = False
SHUFFLE_BUFFER: int | None = None
ACCUMULATE: int = 1
SEED: int = 0
AMP: str | None = None
TF32: bool = False
COMPILE: bool = False
SYNC_BATCH_NORM: bool = False
LONE: str | None = None
MACS: int | None = None

# The data: their folder, the part held out of them, and the form of images.
FOLDER: str | None = None
REFUSES: bool = False
UNSEEN: bool = False
SHAPE: tuple[int, ...] = ()
COUNTED: str = "images"
VALIDATION: float | int = 0.0
VALIDATES: bool = False
RESIZE: tuple[int, int] | None = None
PAD: tuple[int, int] = (0, 0)
RANGE: tuple[float, float] | None = None
MEAN: tuple[float, ...] | None = None
STD: tuple[float, ...] | None = None
PACKED: bool = False
HIDES: bool = False

# The augmentation of training images, and the changes while they are read.
STREAMS: bool = False
CROPS: bool = False
CROP_SIZE: tuple[int, int] = (1, 1)
CROP_NUMBERS: int = 0
boxes: Callable[[Tensor, int, int], Tensor] | None = None
AUGMENTS: bool = False
MIXES: bool = False
CLASSES: int = 0
TOLD: str | None = None
VALUES: tuple[int, ...] = ()
ALTERNATING: tuple[int, ...] = ()
slots: list[Slot] = []
changes: list[tuple[int, Change]] = []
mixes: list[tuple[int, Mix]] = []

# The metrics by which the network is judged, and how many examples at once.
SHARES: tuple[str, ...] = ("accuracy",)
EVAL_BATCH_SIZE: int | None = 512
VIEWS: str | None = None
WEIGHED: bool = False
WEIGHS: bool = False
WEIGHTS: dict[str, float] = {}
STANDARDISED: bool = False
BLANK: int = 255
IGNORED: int | None = None
DICT_IN_TRAINING: bool = False
DICT_IN_EVALUATION: bool = False
SIDE_OUTPUTS: tuple[str, ...] = ()
SIDE_LOSS: float = 0.0

# The tasks of several outputs, where each has a target of its own.
SEVERAL: bool = False
PACKS_TARGETS: bool = False
aims: list[Aim] = []

# The losses of a detector, by their names, and what augmentation leaves of an object.
LOSSES: tuple[str, ...] = ()
VISIBLE: float = 0.0

# The figures by which epochs are compared, and the number of best ones that are kept.
MONITORS: bool = False
CHOSEN_BY: str = "loss"
CHOSEN_HIGH: bool = False
STOPPED_BY: str = "loss"
STOPPED_HIGH: bool = False
CHOOSES: bool = False
KEEP: int = 1

# How it learns, and in which phases.
LR: float = 1e-3
DECAY: str = "all"
WEIGHT_DECAY: float = 0.0
AVERAGES: bool = False
EMA: float | None = None
EMA_WARMUP: bool = False
EVERY: int | None = None
ALPHA: float = 0.5
POWER: float = 0.0
FIRST_IMAGES: int | None = None
PHASES: bool = False
PATIENCE: int | None = None
WATCHES: bool = False
MIN_DELTA: float = 0.0
SAVE_STEPS: int | None = None
SAVE_SECONDS: float | None = None

Network: Callable[[], nn.Module] = nn.Identity
load_data: Callable[[], Any] = load_digits_of_sklearn
load_folder: Callable[[Path], Any] = partial(
    load_idx, layouts=("mnist",), source="MNIST"
)
hidden: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = Hidden(0.15, 256, 257)
criterion: Callable[..., Tensor] = F.cross_entropy
box_losses: Callable[[Mapping[str, Tensor]], dict[str, Tensor]] = dict
targets_of: Callable[[Tensor, Tensor], Tensor] | None = None
compared: Callable[..., tuple[Tensor, Tensor]] | None = None
weighing: Callable[..., Tensor | int] | None = None
make_optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW
learning_rate: Callable[..., float] = constant
phases: list[Phase] = []
begin: Callable[[Tensor], dict[str, Tensor]] | None = None
first_layer: Callable[[nn.Module, Tensor], None] = nn.Module.__call__
views: Callable[[Callable[[Tensor], Tensor], Tensor], Tensor] = nn.Module.__call__
clip: Callable[[list[Tensor]], object] | None = None
headline: Mapping[str, Callable[[], Metric]] = {"accuracy": lambda: Quotient(hits)}
metrics: Mapping[str, Callable[[], Metric]] = headline
