"""Layers of Keras that have another name here, or that differ from the layer of their name."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.frontend.foreign.word import Word, absent, like

_SPLIT = "write it as two: `{conv: $x.channels, kernel: 3, groups: $x.channels}`, then `{conv: 64, kernel: 1}`"
_DEPTHWISE = "a depthwise convolution is `{conv: $x.channels, kernel: 3, groups: $x.channels}`"
_KEEPS = "it keeps [C, 1, 1]; `flatten` after it makes a vector"
_NONE = "there is no such layer here; one of your own is a plugin (docs/language.md, Custom layers)"

KERAS: Mapping[str, Word] = {
    "dense": Word("linear"),
    "conv#dtranspose": Word("conv_transpose"),
    "maxpooling#d": Word("max_pool"),
    "maxpooling": Word("max_pool"),
    "averagepooling#d": Word("avg_pool"),
    "averagepooling": Word("avg_pool"),
    "spatialdropout#d": Word("spatial_dropout"),
    "upsampling#d": Word("upsample", main="number"),
    "upsampling": Word("upsample", main="number"),
    "zeropadding#d": Word("pad", main="number"),
    "zeropadding": Word("pad", main="number"),
    "concatenate": Word("concat", main="names"),
    "add": Word("add", main="names"),
    "multiply": Word("multiply", main="names"),
    **dict.fromkeys(
        ("globalaveragepooling#d", "globalaveragepooling", "globalavgpool#d"), like("global_avg_pool", _KEEPS)
    ),
    **dict.fromkeys(("globalmaxpooling#d", "globalmaxpooling", "globalmaxpool#d"), like("global_max_pool", _KEEPS)),
    "batchnormalization": like("batch_norm", "Keras's defaults are `momentum: 0.01, eps: 0.001` here"),
    "layernormalization": like("layer_norm", "Keras's default is `eps: 0.001` here"),
    "groupnormalization": like("group_norm", "Keras's defaults are `groups: 32, eps: 0.001` here"),
    "rmsnormalization": like("rms_norm", "Keras's default is `eps: 1e-6` here"),
    "attention": like("attention", "it has learned projections, and its value is the number of heads"),
    "additiveattention": like("attention", "it has learned projections, and its value is the number of heads"),
    "groupedqueryattention": like("attention"),
    "simplernn": like("rnn", "with `last: true` it gives the last step alone, as Keras's does"),
    "permute": like("permute", "axes are counted from 0, without the batch"),
    "reshape": like("reshape", "the channels come first"),
    "hardsigmoid": Word("hardsigmoid", main="never"),
    "convolution#d": Word("conv"),
    "inputlayer": absent("the input stands at the top of the spec: `input: [3, 32, 32]`"),
    "input": absent("the input stands at the top of the spec: `input: [3, 32, 32]`"),
    "activation": absent("an activation is an entry by its own name, such as `relu`"),
    **dict.fromkeys(("separableconv#d", "separableconv", "sepconv", "separableconvolution#d"), absent(_SPLIT)),
    **dict.fromkeys(("depthwiseconv#d", "depthwiseconv", "dwconv", "depthwise"), absent(_DEPTHWISE)),
    "cropping#d": absent("a negative `pad` crops: `{pad: -1}`"),
    "lambda": absent("a spec runs no code: write it with layers, or as a plugin"),
    **dict.fromkeys(
        (
            *("masking", "repeatvector", "timedistributed", "average", "maximum", "minimum", "subtract", "dot"),
            *("gaussiannoise", "gaussiandropout", "activityregularization", "unitnormalization"),
            *("spectralnormalization", "thresholdedrelu", "convlstm#d", "einsumdense", "hashing", "discretization"),
            *("normalization", "categoryencoding", "rescaling", "resizing", "centercrop"),
        ),
        absent(_NONE),
    ),
    "bidirectional": absent("`bidirectional: true` is an option of `rnn`, `lstm` and `gru`"),
}
"""Keras's words, in folded form."""
