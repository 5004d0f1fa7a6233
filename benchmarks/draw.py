"""Processor time of whole commands that draw ResNet-50: netspec from its spec, others from torchvision's model.

Tensorgami and torchview run the model once, torchview on the meta device. Each writes an SVG; runs alternate, and the
least time of each counts. A package that is not installed is left out, saying so; torchview needs Graphviz.
Usage: python benchmarks/draw.py [--runs N]
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path

from processes import alternating

HERE = Path(__file__).parent.parent
DRAW, SUMMARY = "netspec draw resnet50 -o FILE", "netspec summary resnet50"
MODEL = "import torch, torchvision; model = torchvision.models.resnet50().eval(); "
PEERS = {
    "tensorgami": MODEL + "import tensorgami; tensorgami.draw(model, torch.zeros(1, 3, 224, 224)).save('FILE.svg')",
    "torchview": MODEL
    + "import torchview; drawn = torchview.draw_graph(model, input_size=(1, 3, 224, 224), device='meta', depth=2); "
    + "drawn.visual_graph.render('FILE', format='svg')",
}


def main(runs: int) -> int:
    """Run all, and print a row for each; 1 where drawing takes more than 1.3 times a summary."""
    with tempfile.TemporaryDirectory() as folder:
        given = {name: ["-m", *name.replace("FILE", "FILE.svg").split()] for name in (DRAW, SUMMARY)}
        for peer, code in PEERS.items():
            if importlib.util.find_spec(peer) is None:
                print(f"{peer} is not installed: it is left out")
            else:
                given[peer] = ["-c", code]
        file = str(Path(folder) / "picture")
        commands = {
            name: ([sys.executable, *(each.replace("FILE", file) for each in words)], HERE)
            for name, words in given.items()
        }
        taken = {name: times[0] for name, times in alternating(commands, runs).items()}
    for name, seconds in taken.items():
        print(f"{name:<32} {1e3 * seconds:8.0f} ms   {seconds / taken[DRAW]:6.2f} times")
    return int(taken[DRAW] > 1.3 * taken[SUMMARY])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    sys.exit(main(parser.parse_args().runs))
