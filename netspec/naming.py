"""Names of classes in generated source."""

import keyword
import re

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


def class_name(name: str) -> str:
    """`inverted_residual` as ``InvertedResidual``, ``resnet50`` as ``ResNet50``."""
    joined = "".join(_spelt(word) for word in re.split(r"[^A-Za-z0-9]+", name) if word) or "Network"
    if joined[0].isdigit() or keyword.iskeyword(joined):
        joined = f"Net{joined}"
    return joined


def _spelt(word: str) -> str:
    stem = word.rstrip("0123456789")
    return SPELLINGS[stem] + word[len(stem) :] if stem in SPELLINGS else word[:1].upper() + word[1:]
