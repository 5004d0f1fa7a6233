"""Words of papers, and of Caffe, Darknet, JAX and timm."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.frontend.foreign.word import Word, absent, like

_EXCITATION = (
    "squeeze and excitation is a `residual` of `global_avg_pool`, two `conv`s and `sigmoid`, with `merge: multiply`"
)
_SINGLE = "write it as a block: `netspec show` tells how the zoo's networks do"

PAPERS: Mapping[str, Word] = {
    **dict.fromkeys(("fc", "fullyconnected", "innerproduct", "affine"), Word("linear")),
    "convolution": Word("conv"),
    "convolutional": like("conv", "Darknet's has a batch norm and an activation"),
    "conv": like("conv"),
    **dict.fromkeys(("deconv", "deconvolution", "transposedconv", "convtranspose"), Word("conv_transpose")),
    "upconv": like("conv_transpose", "U-Net's is an `upsample` and a convolution"),
    "meanpool": Word("avg_pool"),
    "meanpooling": Word("avg_pool"),
    "plus": Word("add", main="names"),
    **dict.fromkeys(("sub", "minus"), Word("subtract", main="names")),
    "div": Word("divide", main="names"),
    **dict.fromkeys(("bmm", "mm", "dot"), like("matmul", "it takes two inputs: `{matmul: [a, b]}`")),
    **dict.fromkeys(("mul", "product"), Word("multiply", main="names")),
    **dict.fromkeys(("bn", "spatialbn"), Word("batch_norm", main="features")),
    "ln": like("layer_norm", "of images' channels it is `channel_layer_norm`"),
    "gn": Word("group_norm"),
    "lrn": like("local_response_norm", "of other defaults in every tool: say `alpha`, `beta` and `k`"),
    "gap": like("global_avg_pool", "it keeps [C, 1, 1]; `flatten` after it makes a vector"),
    "gmp": like("global_max_pool", "it keeps [C, 1, 1]; `flatten` after it makes a vector"),
    **dict.fromkeys(("swish", "swish1"), Word("silu", main="never")),
    **dict.fromkeys(("hswish",), Word("hardswish", main="never")),
    "hsigmoid": like("hardsigmoid"),
    "droppath": Word("stochastic_depth"),
    **dict.fromkeys(("dropconnect", "survival"), like("stochastic_depth")),
    **dict.fromkeys(("mha", "mhsa", "msa", "selfattention", "multiheadselfattention"), like("attention")),
    "blurpool#d": like("blur_pool"),
    "embed": like("embedding"),
    "view": like("reshape", "shapes are written without the batch"),
    "transpose": like("permute", "axes are counted from 0, without the batch"),
    "resize": like("upsample"),
    "skip": like("residual"),
    "shortcut": like("residual", "`add` joins what two entries give: `{add: [a, b]}`"),
    "branches": like("parallel"),
    "branch": like("parallel"),
    "eltwise": like("add", "`{add: [a, b]}` or `{multiply: [a, b]}`"),
    "route": like("concat"),
    "connected": like("linear", "Darknet's has an activation"),
    **dict.fromkeys(
        ("se", "seblock", "semodule", "squeezeexcite", "squeezeexcitation", "squeezeandexcitation", "selayer"),
        absent(_EXCITATION),
    ),
    "pooling": absent("`max_pool` or `avg_pool`, which Caffe's says as `pool: MAX` or `pool: AVE`"),
    "scale": absent("`layer_scale` learns a factor for each channel; `batch_norm` has one of its own"),
    "grn": absent("global response normalisation is no layer here; one of your own is a plugin"),
    "globalresponsenorm": absent("global response normalisation is no layer here; one of your own is a plugin"),
    **dict.fromkeys(
        ("mlp", "ffn", "cbam", "aspp", "sppf", "spp", "ppm", "c2f", "c3", "bottleneck", "basicblock", "mbconv"),
        absent(_SINGLE),
    ),
    **dict.fromkeys(("swiglu", "geglu", "quickgelu", "reglu"), absent(_SINGLE)),
}
"""Words of the field, in folded form."""
