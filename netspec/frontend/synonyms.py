"""Names of options in other tools: torch, Keras, Caffe, Darknet."""

from __future__ import annotations

from collections.abc import Collection

OPTIONS = {
    "kernel_size": ("kernel",),
    "window": ("kernel",),
    "pool_size": ("kernel",),
    "filter_size": ("kernel",),
    "strides": ("stride",),
    "pad": ("padding",),
    "dilation_rate": ("dilation",),
    "use_bias": ("bias",),
    "dim": ("axis", "axes"),
    "dims": ("axes",),
    "axis": ("dim", "axes"),
    "out_channels": ("out",),
    "out_features": ("out",),
    "filters": ("out",),
    "channels": ("out",),
    "features": ("out",),
    "units": ("out", "hidden_size"),
    "hidden": ("hidden_size",),
    "rate": ("p",),
    "prob": ("p",),
    "drop_prob": ("p",),
    "size": ("kernel", "output_size"),
    "ksize": ("kernel",),
    "filter": ("out",),
    "num_output": ("out",),
    "n_groups": ("groups",),
    "group": ("groups",),
    "hidden_dim": ("hidden_size",),
    "slope": ("negative_slope",),
    "num_groups": ("groups",),
    "epsilon": ("eps",),
    "heads": ("num_heads",),
    "embedding_dim": ("dim",),
    "num_embeddings": ("num",),
    "scale": ("scale_factor",),
    "target_shape": ("shape",),
    "class_weight": ("weight",),
    "class_weights": ("weight",),
    "weights": ("weight",),
    "learning_rate": ("lr",),
    "batch": ("batch_size",),
}
"""Foreign option names and their candidates here; the first one that the layer has is meant."""

LIKE = frozenset({"dim", "dims", "axis", "channels", "features", "hidden", "scale", "target_shape"})
"""Foreign options whose values may have another meaning: axes count the batch, shapes have the channels last."""

INFERRED = (
    *("in_channels", "in_features", "num_features", "num_channels", "input_size", "input_shape", "input_dim"),
    *("normalized_shape", "embed_dim"),
)
"""Options of torch and Keras that describe the input, which netspec infers."""

NAMING = ("type", "class", "class_name", "name", "kind", "op", "layer", "target", "_target_")
"""Keys under which other tools write the name of a layer or of a part of a recipe, which is a key itself here."""

IDLE = ("inplace",)
"""Options that do not change the function of a network."""


def option_meant(name: str, known: Collection[str]) -> str | None:
    """The option of a layer that another tool calls `name`; None if there is none."""
    return next((each for each in OPTIONS.get(name, ()) if each in known), None)
