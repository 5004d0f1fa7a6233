"""Names of classes in generated source."""

import keyword
import re

from netspec.carried import carried_classes
from netspec.expr import Identifier

IMPORTED = frozenset({"F", "OrderedDict", "Sequence", "Tensor"})
"""What generated source imports by name."""

SPELLINGS = {
    "alexnet": "AlexNet",
    "cnn": "CNN",
    "convnext": "ConvNeXt",
    "dcgan": "DCGAN",
    "densenet": "DenseNet",
    "efficientnet": "EfficientNet",
    "fcn": "FCN",
    "fpn": "FPN",
    "gan": "GAN",
    "googlenet": "GoogLeNet",
    "gpt": "GPT",
    "lenet": "LeNet",
    "lstm": "LSTM",
    "mlp": "MLP",
    "mobilenet": "MobileNet",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "rnn": "RNN",
    "se": "SE",
    "shufflenet": "ShuffleNet",
    "unet": "UNet",
    "vgg": "VGG",
    "vit": "ViT",
}
"""How the field spells names that a spec writes in small letters."""


def source_name(target: str) -> str:
    """A target of a call as built source has it: ``nn.Conv2d``, ``F.relu``, ``torch.cat``; else its bare name."""
    for prefix, kept in (("torch.nn.functional.", "F."), ("torch.nn.", "nn."), ("torch.", "torch.")):
        if target.startswith(prefix):
            return kept + target[len(prefix) :]
    return target.rpartition(".")[2]


def class_name(name: str) -> Identifier:
    """`inverted_residual` as ``InvertedResidual``, ``resnet50`` as ``ResNet50``, ``lenet5_1998`` as ``LeNet5_1998``."""
    joined = ""
    for word in filter(None, re.split(r"[^A-Za-z0-9]+", name)):
        between = "_" if joined[-1:].isdigit() and word[0].isdigit() else ""  # 5 and 1998 are not 51998
        joined += between + _spelt(word)
    joined = joined or "Network"
    if joined[0].isdigit() or keyword.iskeyword(joined) or joined in ("I", "O"):
        joined = f"Net{joined}"
    return Identifier(joined)


def network_class(name: str) -> Identifier:
    """The name of a network's class, one that nothing else in generated source bears: ``TensorNet`` for `tensor`."""
    own = class_name(name)
    return Identifier(f"{own}Net") if own in IMPORTED or own in carried_classes() else own


def _spelt(word: str) -> str:
    stem = word.rstrip("0123456789")
    return SPELLINGS[stem] + word[len(stem) :] if stem in SPELLINGS else word[:1].upper() + word[1:]
