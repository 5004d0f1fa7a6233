"""Processor time per layer of ``netspec summary``, start-up taken off, as networks grow.

Specs are written with a repeat and written out. Start-up is a summary of one layer.
Target: from 10,000 layers to 1,000,000 of a repeat (3 GB of memory) the time per layer grows by at most three tenths,
from 1,000 written out to 80,000, near the most that a text may hold, by at most a half.
Usage: python benchmarks/scale.py [RUNS]
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from processes import seconds

HERE = Path(__file__).parent.parent
HEAD = "netspec: 1\nname: chain\ninput: [16]\nlayers:\n"
SHORT_RUNS = 15
"""The small specs are cheap and their difference is slight: they are run so much more often."""


def repeated(layers: int) -> str:
    return f"{HEAD}  - repeat: {layers // 2}\n    layers: [{{linear: 16}}, relu]\n"


def written_out(layers: int) -> str:
    return HEAD + "  - {linear: 16}\n  - relu\n" * (layers // 2)


class Growth(NamedTuple):
    """How a spec is written, two numbers of layers, and what one layer of the larger may take of one of the smaller."""

    write: Callable[[int], str]
    small: int
    large: int
    most: float


GROWTHS = (Growth(repeated, 10_000, 1_000_000, 1.3), Growth(written_out, 1_000, 80_000, 1.5))


def least(spec: Path, runs: int) -> float:
    """The least time of some summaries."""
    command = [sys.executable, "-m", "netspec", "summary", "--max-entries", "10000000", str(spec)]
    return min(seconds(command, HERE) for _ in range(runs))


def per_layer(growth: Growth, folder: Path, runs: int) -> tuple[float, float]:
    """Seconds per layer at both numbers of layers."""
    times = {}
    for layers in (0, growth.small, growth.large):
        spec = folder / f"{growth.write.__name__}_{layers}.yaml"
        spec.write_text(growth.write(layers) if layers else f"{HEAD}  - relu\n")
        times[layers] = least(spec, runs if layers == growth.large else runs * SHORT_RUNS)
    small, large = ((times[layers] - times[0]) / layers for layers in (growth.small, growth.large))
    return small, large


def main(runs: int = 1) -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for growth in GROWTHS:
            small, large = per_layer(growth, Path(folder), runs)
            within = large <= growth.most * small
            missed += not within
            print(
                f"{growth.write.__name__:<12} {1e6 * small:.1f} us per layer at {growth.small:,}, "
                f"{1e6 * large:.1f} at {growth.large:,}: ratio {large / small:.2f}, "
                f"target at most {growth.most:g}{'' if within else ', which is missed'}"
            )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
