"""The share of a device's peak that a training makes use of."""

import pytest

from netspec import api
from netspec.analysis.training_work import training_work
from netspec.training.judging.mfu import PEAKS, Work, arithmetic_of, find_peak


@pytest.mark.parametrize(
    ("device", "name", "bfloat16"),
    [
        ("NVIDIA H200", "H200", 989.4),
        ("NVIDIA H200 NVL", "H200 NVL", 835.5),
        ("NVIDIA GH200 480GB", "GH200", 989.4),
        ("NVIDIA H100 80GB HBM3", "H100", 989.4),
        ("NVIDIA H100 PCIe", "H100 PCIe", 756.0),
        ("NVIDIA A100-SXM4-40GB", "A100", 312.0),
        ("Tesla V100-SXM2-16GB", "V100-SXM2", None),
        ("NVIDIA GeForce RTX 4090", "RTX 4090$", 165.2),
        ("NVIDIA L40S", "L40S", 362.0),
        ("NVIDIA L4", "L4", 121.0),
    ],
)
def test_devices_by_name(device, name, bfloat16):
    found = find_peak(device)
    assert (found.name, found.of("bfloat16")) == (name, bfloat16)


@pytest.mark.parametrize(
    "device",
    ["NVIDIA A10G", "NVIDIA GB200", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "cpu"],
)
def test_no_device_passes_for_another(device):
    assert find_peak(device) is None


def test_peaks_are_dense_and_sourced():
    for peak in PEAKS:
        assert peak.source
        assert peak.float16 > peak.float32
        assert peak.bfloat16 in (None, peak.float16)


def test_resnet50_on_an_h200():
    macs = sum(training_work(api.elaborate(api.load("resnet50")), lambda key: True).values())
    work = Work(macs, "NVIDIA H200", arithmetic_of("bfloat16", tf32=False))
    found = work.utilisation(3000.0)
    # 4.09 GMACs forward and twice that backward, less 0.118 of the first layer, which needs no gradient of the image:
    # 24.3 GFLOPs for a step of one image. 3,000 of them a second are 72.9 of 989.4 TFLOP/s.
    assert found.share == pytest.approx(0.0737, abs=2e-4)
    assert found.text() == "MFU 7.4% of 989 TFLOP/s"
    assert Work(macs, "NVIDIA H200", "bfloat16", devices=8).utilisation(24000.0).share == pytest.approx(found.share)


@pytest.mark.parametrize(
    ("work", "rate", "why"),
    [
        (Work(10, None), 1.0, "the peak of a CPU is not known"),
        (Work(10, "Abacus"), 1.0, "the peak of Abacus is not known"),
        (Work(10, "Tesla T4", "bfloat16"), 1.0, "Tesla T4 has no bfloat16"),
        (Work(None, "Tesla T4"), 1.0, "the network's multiply-accumulates are not known"),
        (Work(10, "Tesla T4", changes=True), 1.0, "what is frozen changes from phase to phase"),
        (Work(10, "Tesla T4"), None, "no image was seen"),
    ],
)
def test_what_is_not_known_is_said(work, rate, why):
    found = work.utilisation(rate)
    assert found.share is None
    assert found.text() == f"no MFU: {why}"


def test_tf32_has_a_peak_of_its_own():
    assert arithmetic_of("float32", tf32=True) == "tf32"
    assert arithmetic_of("float16", tf32=True) == "float16"
