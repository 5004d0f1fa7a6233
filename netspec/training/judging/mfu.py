"""Model FLOPs utilisation (MFU): the share of a device's peak that a training uses. Imports no torch.

MFU is the arithmetic that the network needs, not the arithmetic that is done, over what the device could do in the
same time (arXiv:2204.02311, appendix B). A multiply-accumulate counts as two operations; a training step needs those of
the forward pass, and backward as many for the gradients of what is learned, and for those of the activations that
something learned has a part in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from netspec.recipe.recipe import Precision

Arithmetic = Literal["float32", "tf32", "bfloat16", "float16"]


@dataclass(frozen=True, slots=True)
class Peak:
    """The peak of a device, in 10^12 operations per second, dense; None where it lacks the arithmetic.

    Attributes:
        name: A pattern, found as whole words in the name that the driver gives.
        source: The place of the figures.
    """

    name: str
    float32: float
    tf32: float | None
    bfloat16: float | None
    float16: float | None
    source: str

    def of(self, arithmetic: Arithmetic) -> float | None:
        """The peak of one kind of arithmetic."""
        found: float | None = getattr(self, arithmetic)
        return found


_BLACKWELL = "NVIDIA Blackwell datasheet (HGX B200), half of the figures with sparsity"
_HOPPER = "NVIDIA H100 Tensor Core GPU architecture white paper, table 2; H200 has the same processors"
_ADA = "NVIDIA Ada GPU architecture white paper, float32 accumulation"
_AMPERE = "NVIDIA A100 Tensor Core GPU architecture white paper, table 1"
_GA102 = "NVIDIA Ampere GA102 GPU architecture white paper, float32 accumulation"
_DATASHEET = "NVIDIA's datasheet of the device, half of the figures with sparsity"

PEAKS = (
    Peak("B200", 75.0, 1100.0, 2250.0, 2250.0, _BLACKWELL),
    Peak("H200 NVL", 60.0, 417.5, 835.5, 835.5, _DATASHEET),
    Peak("H200", 66.9, 494.7, 989.4, 989.4, _HOPPER),
    Peak("GH200", 66.9, 494.7, 989.4, 989.4, _HOPPER),
    Peak("H100 NVL", 60.0, 417.5, 835.5, 835.5, _DATASHEET),
    Peak("H100 PCIe", 51.2, 378.0, 756.0, 756.0, _HOPPER),
    Peak("H100", 66.9, 494.7, 989.4, 989.4, _HOPPER),
    Peak("A100", 19.5, 156.0, 312.0, 312.0, _AMPERE),
    Peak("A10", 31.2, 62.5, 125.0, 125.0, _DATASHEET),
    Peak("L40S", 91.6, 183.0, 362.0, 362.0, _DATASHEET),
    Peak("L4", 30.3, 60.0, 121.0, 121.0, _DATASHEET),
    Peak("RTX 4090$", 82.6, 82.6, 165.2, 165.2, _ADA),
    Peak("RTX 3090$", 35.6, 35.6, 71.0, 71.0, _GA102),
    Peak("V100-SXM2", 15.7, None, None, 125.0, "NVIDIA V100 datasheet"),
    Peak("V100-PCIE", 14.0, None, None, 112.0, "NVIDIA V100 datasheet"),
    Peak("T4", 8.1, None, None, 65.0, "NVIDIA T4 datasheet"),
)
"""Known devices; where the name of one begins another's, the longer comes first."""


@dataclass(frozen=True, slots=True)
class Utilisation:
    """The MFU of a training, or the reason why there is none.

    Attributes:
        share: A fraction of the peak; None where it is not known.
        peak: The peak of all devices together, in operations per second; None likewise.
        source: The place of the peak's figures, or what is missing.
    """

    share: float | None
    peak: float | None
    source: str

    def text(self) -> str:
        """The MFU for the report: ``MFU 41.3 % of 989 TFLOP/s``."""
        if self.share is None or self.peak is None:
            return f"no MFU: {self.source}"
        return f"MFU {self.share:.1%} of {self.peak / 1e12:,.0f} TFLOP/s"


def arithmetic_of(precision: Precision, tf32: bool) -> Arithmetic:
    """The arithmetic of the products in a training."""
    return "tf32" if precision == "float32" and tf32 else precision


def find_peak(device: str) -> Peak | None:
    """The peak of a device by its name, as ``torch.cuda.get_device_name`` gives it.

    A part of a device (MIG) has a part of its peak, which its name alone does not tell.
    """
    if "MIG" in device:
        return None
    return next((peak for peak in PEAKS if re.search(rf"(?<![A-Za-z0-9]){peak.name}(?![A-Za-z0-9])", device)), None)


@dataclass(frozen=True, slots=True)
class Work:
    """The computation of a run, and its devices.

    Attributes:
        macs: Multiply-accumulates of one image in a step, forward and backward; None where that is unknown.
        device: The device's name, as the driver gives it; None for the CPU.
        arithmetic: The arithmetic of products.
        devices: Their number.
        changes: Whether phases freeze some weights and not others: then steps are not all alike.
    """

    macs: int | None
    device: str | None
    arithmetic: Arithmetic = "float32"
    devices: int = 1
    changes: bool = False

    def utilisation(self, images_per_second: float | None) -> Utilisation:
        """The MFU of so many images per second of all devices together; None where none was seen."""
        if self.device is None:
            return Utilisation(None, None, "the peak of a CPU is not known")
        found = find_peak(self.device)
        if found is None:
            return Utilisation(None, None, f"the peak of {self.device} is not known")
        peak = found.of(self.arithmetic)
        if peak is None:
            return Utilisation(None, None, f"{self.device} has no {self.arithmetic}")
        total = peak * 1e12 * self.devices
        if self.macs is None:
            return Utilisation(None, total, "the network's multiply-accumulates are not known")
        if self.changes:
            return Utilisation(None, total, "what is frozen changes from phase to phase")
        if images_per_second is None:
            return Utilisation(None, total, "no image was seen")
        return Utilisation(2 * self.macs * images_per_second / total, total, found.source)
