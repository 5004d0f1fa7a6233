"""What options mean that many layers share: the hover texts of editors.

An option that means something else in its layer, or is its layer's alone, is described by the field itself:
``Field(description=...)``; that wins.
"""

from __future__ import annotations

from netspec.layers.base import Layer

WORDS = {
    "affine": "Whether it learns a scale and a shift for each channel.",
    "align_corners": "Whether the corner pixels' centres stay in place, as torch's option of that name.",
    "alpha": "The factor alpha of the layer's formula.",
    "amplitude": "The function's largest value.",
    "antialias": "Whether shrinking smooths first.",
    "approximate": "How it is computed: exactly, or by the hyperbolic tangent.",
    "args": "The class's arguments by name.",
    "axes": "Axes of the shape as written, 0 the channels.",
    "axis": "The axis, counted in the shape as written: 0 the channels, -1 the last.",
    "beta": "The factor or exponent beta of the layer's formula.",
    "bias": "Whether it adds a learned bias.",
    "bidirectional": "Whether a second layer reads the sequence backwards; the features double.",
    "causal": "Whether a position sees only those before it.",
    "ceil_mode": "Whether the last window may reach over the edge: sizes are rounded up.",
    "centers": "The points that distances are measured to.",
    "chunks": "Number of parts.",
    "connections": "For each output map, the input maps that it sees.",
    "count_include_pad": "Whether padded zeros count in the mean.",
    "dilation": "Distance between the kernel's elements.",
    "dim": "Size of each vector.",
    "divisor_override": "What the sum is divided by, instead of the window's size.",
    "downscale_factor": "By how much height and width shrink; the channels grow by its square.",
    "dropout": "Probability with which a value is zeroed in training.",
    "elementwise_affine": "Whether it learns a scale and a shift for each element.",
    "end_axis": "The last axis that is joined.",
    "eps": "Added to the denominator, against a division by zero.",
    "groups": "Parts that the channels are split into, each computed alone; as many as channels is depthwise.",
    "hidden_size": "Features of the hidden state.",
    "index": "The position that is taken.",
    "k": "The constant that is added.",
    "kernel": "The window's size: one number, or one for each spatial axis.",
    "lambd": "The threshold.",
    "last": "Whether only the last step's output flows on.",
    "lower": "The lower end of the random slope.",
    "max_norm": "The largest norm of a vector; longer ones are scaled down.",
    "max_val": "The largest output.",
    "min_val": "The smallest output.",
    "mode": "Which way it is computed.",
    "module": "A class of torch.nn.",
    "momentum": "Weight of the newest batch in the running statistics; null averages all alike.",
    "negative_slope": "The slope below zero.",
    "nonlinearity": "The function of the hidden state.",
    "norm_type": "The exponent of the norm.",
    "num": "Number of vectors: the size of the vocabulary.",
    "num_heads": "Heads that attend side by side; they divide the features.",
    "num_layers": "Layers, each fed by the one before.",
    "num_parameters": "Learned slopes: 1, or one for each channel.",
    "out": "Output channels or features.",
    "output": "The output's shape, or `same`; unknown without it.",
    "output_padding": "Added to one side of the output's size.",
    "output_size": "The output's size: one number, or one for each spatial axis.",
    "p": "Probability with which a value, a map or a branch is zeroed in training.",
    "padding": "Positions added on both sides: one number, or one for each spatial axis.",
    "padding_idx": "The index whose vector stays zero.",
    "padding_mode": "What the padding holds.",
    "recompute_scale_factor": "Whether the factor is computed anew from the sizes.",
    "scale_factor": "By how much the spatial axes grow.",
    "scale_grad_by_freq": "Whether gradients are divided by how often an index occurs.",
    "shape": "The shape without the batch; -1 is worked out.",
    "shifts": "By how many positions it is rolled.",
    "sigma": "The width of the Gaussian.",
    "size": "The size: one number, or one for each axis.",
    "sizes": "Sizes of the parts.",
    "slope": "The function's slope.",
    "sparse": "Whether gradients are sparse tensors.",
    "start_axis": "The first axis that is joined.",
    "stride": "Step of the window: one number, or one for each spatial axis.",
    "threshold": "The value at which the function changes.",
    "track_running_stats": "Whether it keeps running statistics for evaluation.",
    "upper": "The upper end of the random slope.",
    "upscale_factor": "By how much height and width grow; the channels shrink by its square.",
    "value": "The value that is put in, or that it starts from.",
    "weights": "Its weights' shapes by name; unknown without them.",
}
"""Options by name. Words that hold wherever an option of the name stands."""


def option_words(layer: type[Layer], option: str) -> str | None:
    """What an option of a layer means; None where nobody says."""
    field = layer.model_fields[layer.option_fields()[option]]
    return field.description or WORDS.get(option)
