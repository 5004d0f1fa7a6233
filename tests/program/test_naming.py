"""Names of classes are the field's, and tell numbers apart."""

import pytest

from netspec import api
from netspec.program.naming import class_name, network_class


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("inverted_residual", "InvertedResidual"),
        ("resnet50", "ResNet50"),
        ("mobilenet_v3_small", "MobileNetV3Small"),
        ("lenet5_1998", "LeNet5_1998"),
        ("lenet_1989", "LeNet1989"),
        ("resnext50_32x4d", "ResNeXt50_32x4d"),
        ("wide_resnet50_2", "WideResNet50_2"),
        ("squeezenet1_1", "SqueezeNet1_1"),
        ("regnet_y_400mf", "RegNetY400mf"),
        ("efficientnet_v2_s", "EfficientNetV2S"),
        ("convnext_tiny", "ConvNeXtTiny"),
        ("vgg16_bn", "VGG16BN"),
        ("vgg16c", "VGG16c"),
        ("myNet", "MyNet"),
        ("conv_bn_relu", "ConvBNRelu"),
        ("lstm2", "LSTM2"),
        ("net", "Net"),
        ("next", "Next"),
        ("my_net", "MyNet"),
        ("layers_layers", "Layers"),
        ("mix_Net", "MixNet"),
        ("I", "NetI"),
        ("1x1", "Net1x1"),
        ("none", "NetNone"),
        ("?", "Network"),
    ],
)
def test_class_name(name: str, wanted: str) -> None:
    assert class_name(name) == wanted
    assert class_name(name).isidentifier()


@pytest.mark.parametrize(
    ("name", "wanted"), [("tensor", "TensorNet"), ("attention", "AttentionNet"), ("lenet", "LeNet")]
)
def test_a_network_s_class_shadows_nothing(name: str, wanted: str) -> None:
    assert network_class(name) == wanted
    source = api.generate(api.loads(f"netspec: 1\nname: {name}\ninput: [4, 8]\nlayers: [{{attention: 2}}]\n"))
    scope: dict[str, object] = {}
    exec(source, scope)
    assert f"class {wanted}(nn.Module):" in source
