"""Classes and functions of torch.nn that have another name here, or are no layers here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.frontend.foreign.word import Word, absent, like

_SAME = {
    "conv#d": "conv",
    "lazyconv#d": "conv",
    "convtranspose#d": "conv_transpose",
    "lazyconvtranspose#d": "conv_transpose",
    "linear": "linear",
    "lazylinear": "linear",
    "maxpool#d": "max_pool",
    "avgpool#d": "avg_pool",
    "adaptivemaxpool#d": "adaptive_max_pool",
    "adaptiveavgpool#d": "adaptive_avg_pool",
    "elu": "elu",
    "celu": "celu",
    "gelu": "gelu",
    "hardshrink": "hardshrink",
    "softshrink": "softshrink",
    "leakyrelu": "leaky_relu",
    "prelu": "prelu",
    "threshold": "threshold",
    "groupnorm": "group_norm",
    "localresponsenorm": "local_response_norm",
    "dropout": "dropout",
    "dropout#d": "spatial_dropout",
    "alphadropout": "alpha_dropout",
    "featurealphadropout": "feature_alpha_dropout",
    "embedding": "embedding",
    "pixelshuffle": "pixel_shuffle",
    "pixelunshuffle": "pixel_unshuffle",
    "channelshuffle": "channel_shuffle",
    "sequential": "sequence",
}
"""Words whose first argument, or the first one that is not inferred from the input, is the main one here."""

_ALONE = {
    "hardsigmoid": "hardsigmoid",
    "hardtanh": "hardtanh",
    "hardswish": "hardswish",
    "identity": "identity",
    "logsigmoid": "log_sigmoid",
    "relu": "relu",
    "relu6": "relu6",
    "rrelu": "rrelu",
    "selu": "selu",
    "sigmoid": "sigmoid",
    "silu": "silu",
    "mish": "mish",
    "softplus": "softplus",
    "softsign": "softsign",
    "tanh": "tanh",
    "tanhshrink": "tanhshrink",
    "flatten": "flatten",
    "lppool#d": "lp_pool",
    "upsample": "upsample",
    "interpolate": "upsample",
}
"""Words whose first argument is not an argument of the layer here, or not the main one."""

_FEATURES = {
    "batchnorm": "batch_norm",
    "batchnorm#d": "batch_norm",
    "lazybatchnorm#d": "batch_norm",
    "instancenorm": "instance_norm",
    "instancenorm#d": "instance_norm",
    "lazyinstancenorm#d": "instance_norm",
    "layernorm": "layer_norm",
    "rmsnorm": "rms_norm",
}
"""Words whose first argument is inferred from the input here."""

_PADS: Mapping[str, Mapping[str, Any]] = {
    "zeropad#d": {},
    "constantpad#d": {},
    "reflectionpad#d": {"mode": "reflect"},
    "replicationpad#d": {"mode": "replicate"},
    "circularpad#d": {"mode": "circular"},
}

_BY_ITS_CLASS = "`{{module: {0}, args: {{...}}}}` reaches torch's class"
_LOSS = "a loss is no layer: it stands in the recipe, as `train: {loss: cross_entropy}`"
_UNPOOL = "there is no unpooling: `upsample` or `conv_transpose` enlarge an image"
_TRANSFORMER = "write it as a block of `attention`, `layer_norm` and `linear`, as `netspec show vit_b_16` does"
_STEP = "there is no single step of a recurrent layer: `rnn`, `lstm` and `gru` run over a sequence"
_CONTAINER = "entries are held by `layers`, `sequence` or `parallel`; a `repeat` makes many of one"

_LOSSES = (
    *("bceloss", "bcewithlogitsloss", "ctcloss", "cosineembeddingloss", "crossentropyloss", "gaussiannllloss"),
    *("hingeembeddingloss", "huberloss", "kldivloss", "l1loss", "mseloss", "marginrankingloss"),
    *("multilabelmarginloss", "multilabelsoftmarginloss", "multimarginloss", "nllloss", "nllloss#d", "poissonnllloss"),
    *("smoothl1loss", "softmarginloss", "tripletmarginloss", "tripletmarginwithdistanceloss"),
    *("linearcrossentropyloss", "linearcrossentropyoptions", "crossentropy", "nllloss", "mseloss"),
)

TORCH: Mapping[str, Word] = {
    **{name: Word(op) for name, op in _SAME.items()},
    **{name: Word(op, main="never") for name, op in _ALONE.items()},
    **{name: Word(op, main="features") for name, op in _FEATURES.items()},
    **{name: Word("pad", main="number", adds=adds) for name, adds in _PADS.items()},
    **{name: Word(op, main="negative") for name, op in (("softmin", "softmin"), ("logsoftmax", "log_softmax"))},
    "softmax": Word("softmax", main="negative"),
    "softmax#d": Word("softmax", main="never", adds={"axis": 0}),
    "glu": like("glu", "torch's halves the last axis unless told otherwise: `axis: -1`"),
    "cat": Word("concat", main="names"),
    "concat": Word("concat", main="names"),
    "upsamplingnearest#d": Word("upsample", main="never"),
    "upsamplingbilinear#d": Word("upsample", main="never", adds={"mode": "bilinear", "align_corners": True}),
    "syncbatchnorm": like("batch_norm", "statistics are of each process's own batch"),
    "crossmaplrn#d": like("local_response_norm"),
    "multiheadattention": like("attention", "it attends to its own input, whose width it reads off"),
    "scaleddotproductattention": like(
        "scaled_dot_product_attention", "it has no weights: `{scaled_dot_product_attention: [q, k, v]}`"
    ),
    "lstm": like("lstm", "`lstm: 64` are the hidden features; it gives every step's, or with `last: true` the last"),
    "gru": like("gru", "`gru: 64` are the hidden features; it gives every step's, or with `last: true` the last"),
    "rnn": like("rnn", "`rnn: 64` are the hidden features; it gives every step's, or with `last: true` the last"),
    "unflatten": like("unflatten", "axes are counted without the batch"),
    "clip": like("clamp"),
    "parameter": like("parameter", "its shape is the value: `{parameter: [16, 24]}`"),
    **dict.fromkeys(("layernorm#d",), like("channel_layer_norm", "torchvision's has `eps: 1e-6`")),
    **dict.fromkeys(_LOSSES, absent(_LOSS)),
    **dict.fromkeys(("maxunpool", "maxunpool#d", "unpool", "unpooling", "unpool#d"), absent(_UNPOOL)),
    **{
        name.lower().replace("2d", "#d").replace("3d", "#d"): absent(_BY_ITS_CLASS.format(name))
        for name in ("Fold", "Unfold", "FractionalMaxPool2d", "FractionalMaxPool3d")
    },
    "transformerencoderlayer": absent(f"{_BY_ITS_CLASS.format('TransformerEncoderLayer')}, or {_TRANSFORMER}"),
    **dict.fromkeys(("transformer", "transformerencoder", "transformerdecoder"), absent(_TRANSFORMER)),
    "transformerdecoderlayer": absent(_TRANSFORMER),
    **dict.fromkeys(("rnncell", "lstmcell", "grucell", "rnnbase", "rnncellbase"), absent(_STEP)),
    **dict.fromkeys(("modulelist", "moduledict", "module", "container"), absent(_CONTAINER)),
    **dict.fromkeys(("parameterlist", "parameterdict"), absent("each learned tensor is a `parameter` of its own")),
    **dict.fromkeys(
        ("bilinear", "embeddingbag", "cosinesimilarity", "pairwisedistance", "adaptivelogsoftmaxwithloss"),
        absent("there is no such layer here; one of your own is a plugin (docs/language.md, Custom layers)"),
    ),
}
"""torch's words, in folded form."""
