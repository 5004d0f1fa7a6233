"""What other tools call things: the layers of Keras, JAX and papers, the options of torch and Keras."""

from __future__ import annotations

import re
from collections.abc import Collection

LAYERS = {
    "dense": "linear",
    "fc": "linear",
    "fully_connected": "linear",
    "inner_product": "linear",
    "convolution": "conv",
    "deconv": "conv_transpose",
    "cat": "concat",
    "concatenate": "concat",
    "sum": "add",
    "plus": "add",
    "mul": "multiply",
    "product": "multiply",
    "lrn": "local_response_norm",
    "bn": "batch_norm",
    "ln": "layer_norm",
    "batch_normalization": "batch_norm",
    "layer_normalization": "layer_norm",
    "group_normalization": "group_norm",
    "gap": "global_avg_pool",
    "global_average_pooling": "global_avg_pool",
    "global_max_pooling": "global_max_pool",
    "average_pooling": "avg_pool",
    "max_pooling": "max_pool",
    "conv_transpose": "conv_transpose",
    "swish": "silu",
    "hard_swish": "hardswish",
    "hard_sigmoid": "hardsigmoid",
    "drop_path": "stochastic_depth",
    "multi_head_attention": "attention",
    "multihead_attention": "attention",
    "zero_padding": "pad",
    "up_sampling": "upsample",
    "interpolate": "upsample",
    "view": "reshape",
    "transpose": "permute",
    "sequential": "sequence",
    "skip": "residual",
    "branches": "parallel",
}
"""Layers and structures by other names."""

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
    "num_groups": ("groups",),
    "epsilon": ("eps",),
    "heads": ("num_heads",),
    "embedding_dim": ("dim",),
    "num_embeddings": ("num",),
    "scale": ("scale_factor",),
    "target_shape": ("shape",),
}
"""Options by other names, and what they may mean; the first that the layer has is meant."""

INFERRED = ("in_channels", "in_features", "num_features", "input_size", "input_shape", "input_dim", "normalized_shape")
"""What torch and Keras want to be told of the input, and netspec reads off it."""


def bare(name: str) -> str:
    """A layer's name without the number of dimensions that other tools put in it: `Conv` of `Conv2d` and `Conv2D`."""
    return re.sub(r"_?[123][dD]", "", name)


def layer_meant(name: str) -> str | None:
    """The layer or structure that another tool calls `name`."""
    return _FOLDED.get(_folded(bare(name)))


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


_FOLDED = {_folded(name): layer for name, layer in LAYERS.items()}


def option_meant(name: str, known: Collection[str]) -> str | None:
    """The option, of those that a layer has, that another tool calls `name`."""
    return next((each for each in OPTIONS.get(name, ()) if each in known), None)
