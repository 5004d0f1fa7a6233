"""The zoo: every network has the size, the cost and the weight names of the one it is named after."""

from __future__ import annotations

from functools import cache

import pytest

from netspec import api
from netspec.analysis import Analysis
from tests.alike import DETECTORS, LENGTHS, LIKE, kinds
from tests.originals import IN_ANOTHER_ORDER, documented, in_our_names, in_torchvision, original

SIZES = {
    "alexnet": (60_965_224, 724_406_816),
    "alexnet_torchvision": (61_100_840, 714_188_480),
    "audio_cnn": (559_114, None),
    "bert_base": (109_482_240, None),
    "clip_small": (None, None),
    "conv_autoencoder": (None, None),
    "convnext_base": (88_591_464, 15_354_729_472),
    "convnext_large": (197_767_336, 34_361_433_600),
    "convnext_small": (50_223_688, 8_683_712_256),
    "convnext_tiny": (28_589_128, 4_455_531_264),
    "dcgan_generator": (3_576_704, None),
    "ddpm_unet": (35_746_307, None),  # its paper says 35.7 million (appendix B)
    "deeplabv3_resnet50": (39_638_869, None),
    "densenet121": (7_978_856, 2_834_161_664),
    "efficientnet_b0": (5_288_548, 385_814_752),
    "efficientnet_b1": (7_794_184, 686_802_832),
    "efficientnet_b2": (9_109_994, 1_087_529_456),
    "efficientnet_b3": (12_233_232, 1_827_141_392),
    "efficientnet_b4": (19_341_616, 4_393_771_024),
    "efficientnet_b5": (30_389_784, 10_266_384_752),
    "efficientnet_b6": (43_040_704, 19_067_593_536),
    "efficientnet_b7": (66_347_960, 37_745_884_192),
    "farabet_multiscale": (None, None),
    "fasterrcnn_resnet50_fpn": (41_808_406, 134_379_721_216),
    "fcn_resnet50": (32_957_013, None),
    "fcos_resnet50_fpn": (32_322_720, 128_207_052_800),
    "googlenet": (13_378_280, 1_582_671_872),
    "googlenet_bn": (13_004_888, 1_498_376_192),
    "gpt2": (124_439_808, None),
    "gpt_bytes": (None, None),
    "inception_v3": (27_161_264, 5_713_216_096),
    "keras_cnn": (24_147, None),
    "lenet": (61_706, 416_520),
    "lenet5_1998": (60_000, None),
    "lenet_1989": (9_760, None),
    "lenet_digits": (None, None),
    "llama": (None, None),
    "lraspp_mobilenet_v3_large": (3_221_538, 2_086_219_688),
    "lstm_classifier": (None, None),
    "mlp": (2_904_074, 2_904_032),
    "mnasnet1_0": (4_383_312, 314_415_872),
    "mobilenet_v1": (4_231_976, 568_740_352),
    "mobilenet_v2": (3_504_872, 300_774_272),
    "mobilenet_v3_large": (5_483_032, 216_589_760),
    "mobilenet_v3_small": (2_542_856, 56_510_400),
    "r3d_18": (33_371_472, 40_696_553_472),
    "regnet_y_400mf": (4_344_144, 401_842_848),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnet152": (60_192_808, 11_513_626_624),
    "resnet9": (None, None),
    "retinanet_resnet50_fpn": (34_068_119, 151_540_437_248),
    "resnext50_32x4d": (25_028_904, 4_230_479_872),
    "shapes_detector": (229_280, 104_361_984),
    "shufflenet_v2_x1_0": (2_278_604, 144_907_992),
    "siamese": (None, None),
    "ssd300_vgg16": (35_641_826, 34_858_153_472),
    "ssdlite320_mobilenet_v3_large": (3_440_060, 583_171_904),
    "squeezenet1_0": (1_248_424, 818_924_576),
    "squeezenet1_1": (1_235_496, 349_151_936),
    "swin_t": (28_288_354, 4_490_566_656),
    "transformer_base": (44_140_544, None),
    "unet": (31_030_658, None),
    "vae": (None, None),
    "vgg11": (132_863_336, 7_609_090_048),
    "vgg11_bn": (132_868_840, 7_609_090_048),
    "vgg11_lrn": (132_863_336, 7_609_090_048),
    "vgg13": (133_047_848, 11_308_466_176),
    "vgg13_bn": (133_053_736, 11_308_466_176),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg16_bn": (138_365_992, 15_470_264_320),
    "vgg16c": (133_638_952, None),
    "vgg19": (143_667_240, 19_632_062_464),
    "vgg19_bn": (143_678_248, 19_632_062_464),
    "vit_b_16": (86_567_656, 17_563_828_224),
    "wavenet": (None, None),
    "wide_resnet50_2": (68_883_240, 11_398_021_120),
}
"""Parameters and multiply-accumulates; None where nobody has published a figure."""

TABLES = {"lenet5_1998", "lenet_1989"}
"""Networks whose tables of connections torch computes as if all maps were connected."""


WITH_HEADS = {"fcn_resnet50", "deeplabv3_resnet50", "inception_v3"}
"""Networks that torchvision documents with heads that are there in training alone."""


@cache
def analysis(name: str) -> Analysis:
    return api.analyze(api.load(name))


def test_every_network_is_listed() -> None:
    assert sorted(SIZES) == api.zoo()


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    params, macs = SIZES[name]
    found = analysis(name)
    tensors, shared = found.graph.state_dict.items(), found.graph.owners
    summed = sum(weight.numel for key, weight in tensors if not weight.buffer and shared.get(key, key) == key)
    assert found.weights.total.params == summed
    assert params in (summed, None)
    assert macs in (found.work.total, None)


def test_googlenet_without_its_auxiliary_heads() -> None:
    found = analysis("googlenet")
    assert found.weights.inference.params == 6_998_552
    assert set(found.graph.side_outputs) == {"auxiliary1", "auxiliary2"}
    assert [value.shape for value in found.graph.side_outputs.values()] == [(1000,), (1000,)]


@pytest.mark.parametrize("name", SIZES)
def test_the_spec_is_named_and_documented(name: str) -> None:
    document = api.load(name).document
    assert document.name == name
    assert document.doc
    assert document.references or name in ("keras_cnn", "mlp")


@pytest.mark.parametrize("name", sorted(SIZES.keys() - TABLES - {*DETECTORS, *LENGTHS}))
def test_macs_are_those_that_torch_counts(name: str) -> None:
    pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    from tests.backends.networks import inputs_of, meta

    network, found = meta(name).eval(), analysis(name)
    with FlopCounterMode(display=False) as counter:
        network(*inputs_of(api.load(name), 1, "meta"))
    assert counter.get_total_flops() == 2 * found.work.total


def test_vgg_has_the_parameters_of_its_papers_table_2() -> None:
    """In millions, for the columns A, B, C, D and E; A-LRN is counted with A."""
    found = {name: analysis(name).weights.total.params for name in ("vgg11", "vgg13", "vgg16c", "vgg16", "vgg19")}
    assert [round(params / 1e6) for params in found.values()] == [133, 133, 134, 138, 144]
    assert analysis("vgg11_lrn").weights.total.params == found["vgg11"]


def test_mobilenet_v1_has_the_rows_of_its_papers_table_1() -> None:
    """Kernel, channels in, channels out, stride, whether depthwise, and the input's size.

    The paper's last depthwise row says stride 2, which the sizes in its table rule out.
    """
    separable = [
        *((32, 64, 1, 112), (64, 128, 2, 112), (128, 128, 1, 56), (128, 256, 2, 56), (256, 256, 1, 28)),
        *((256, 512, 2, 28), *5 * [(512, 512, 1, 14)], (512, 1024, 2, 14), (1024, 1024, 1, 7)),
    ]
    table: list[tuple[object, ...]] = [(3, 3, 32, 2, False, 224)]
    for channels, out, stride, size in separable:
        table += [(3, channels, channels, stride, True, size), (1, channels, out, 1, False, size // stride)]
    layers = list(analysis("mobilenet_v1").graph.nodes.values())
    rows = [
        (n.layer.kernel, n.input_shapes[0][0], n.layer.out, n.layer.stride, n.layer.groups > 1, n.input_shapes[0][1])
        for n in layers
        if n.layer.op == "conv"
    ]
    assert rows == table
    assert [(n.layer.op, n.input_shapes[0]) for n in layers[-3:]] == [
        ("global_avg_pool", (1024, 7, 7)),
        ("flatten", (1024, 1, 1)),
        ("linear", (1024,)),
    ]


def test_unet_has_the_sizes_of_its_papers_figure_1() -> None:
    sizes = [
        (node.output_shapes[0][0], node.output_shapes[0][1])
        for node in analysis("unet").graph.nodes.values()
        if node.layer.op in ("conv", "max_pool", "conv_transpose", "pad")
    ]
    contracting = [(64, 570), (64, 568), (64, 284), (128, 282), (128, 280), (128, 140), (256, 138), (256, 136)]
    contracting += [(256, 68), (512, 66), (512, 64), (512, 32), (1024, 30), (1024, 28)]
    expanding = [(512, 56), (512, 56), (512, 54), (512, 52), (256, 104), (256, 104), (256, 102), (256, 100)]
    expanding += [(128, 200), (128, 200), (128, 198), (128, 196), (64, 392), (64, 392), (64, 390), (64, 388)]
    assert sizes == [*contracting, *expanding, (2, 388)]


def test_farabet_multiscale_sees_what_its_paper_s_network_does() -> None:
    """46 pixels of each scale, and 256 features of each."""
    found = analysis("farabet_multiscale")
    keys = ["features.6", "features.6#2", "features.6#3"]
    assert [found.receptive.nodes[key].size for key in keys] == [(46, 46), (92, 92), (184, 184)]
    assert [found.graph.nodes[key].output_shapes[0] for key in keys] == [(256, 60, 80), (256, 30, 40), (256, 15, 20)]
    assert found.graph.nodes["classifier"].input_shapes[0] == (768, 60, 80)


def test_audio_cnn_has_the_half_million_parameters_of_its_paper() -> None:
    assert analysis("audio_cnn").weights.total.params // 100_000 == 5


def test_torchvision_has_most_of_the_zoo() -> None:
    pytest.importorskip("torchvision")
    assert len(in_torchvision()) >= 26


@pytest.mark.parametrize("name", in_torchvision())
def test_weights_are_torchvisions(name: str) -> None:
    torch = pytest.importorskip("torch")
    with torch.device("meta"):
        reference = in_our_names(name, original(name).state_dict())
    found = {key: weight.shape for key, weight in analysis(name).graph.state_dict.items()}
    wanted = {key: tuple(tensor.shape) for key, tensor in reference.items()}
    assert found == wanted
    assert name in IN_ANOTHER_ORDER or list(found) == list(wanted)


@pytest.mark.parametrize("name", sorted(in_torchvision().keys() - WITH_HEADS - {*DETECTORS}))
def test_sizes_are_those_that_torchvision_documents(name: str) -> None:
    """Parameters that evaluation uses, and billions of multiply-accumulates."""
    found = analysis(name)
    assert found.weights.inference.params == documented(name)["num_params"]
    assert round(found.work.total / 1e9, 3) == documented(name)["_ops"]


@pytest.mark.parametrize("name", ["fcn_resnet50", "deeplabv3_resnet50"])
def test_segmentation_is_documented_with_its_auxiliary_head(name: str) -> None:
    pytest.importorskip("torchvision")
    found = api.analyze(api.load(name, aux=True))
    assert found.weights.total.params == documented(name)["num_params"]
    assert round(found.work.training / 1e9, 3) == documented(name)["_ops"]


def test_inception_is_documented_with_the_parameters_of_its_auxiliary_head_and_without_its_work() -> None:
    pytest.importorskip("torchvision")
    found = analysis("inception_v3")
    assert found.weights.total.params == documented("inception_v3")["num_params"]
    assert round(found.work.total / 1e9, 3) == documented("inception_v3")["_ops"]


def test_those_that_stand_for_others_have_all_kinds_of_their_layers() -> None:
    assert {name for name, other in LIKE.items() if not kinds(name) <= kinds(other)} == set()
    assert not LIKE.keys() & set(LIKE.values())
