"""Authors of plugins hold their layers to the contract of netspec's own; each kind of broken word is told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.docs import ROOT, blocks
from tests.warm import WarmProcesses

pytest.importorskip("torch")

PLUGIN = next(block.text for block in blocks(ROOT / "docs" / "plugins.md") if block.file == "gates.py")

BROKEN = {
    (
        "def weights(self",
        "def infer(self, inputs: Shapes) -> Shapes:\n        return ((*inputs[0][:2], 1),)\n\n    def weights(self",
    ): ("`infer` tells (3, 4, 1), its module has (3, 4, 4)"),
    (
        '{"weight": Weight(',
        '{"scale": Weight(',
    ): "`weights` tells parameter scale [3, 1, 1], its module has parameter weight",
    ("(inputs[0][0], 1, 1))}", "(inputs[0][0], 1, 1), buffer=True)}"): "`weights` tells buffer weight [3, 1, 1]",
    (
        "op: ClassVar",
        'out_dtype: ClassVar = "int"\n    op: ClassVar',
    ): "`result_types` tells int64, its module has float32",
    ("(inputs[0][0], 1, 1)", "(inputs[0].index(3) + 3, 1, 1)"): "a rule fails: ValueError",
    ("arguments: ClassVar = (channels,)", "arguments: ClassVar = (channels, 7)"): "TypeError",
    ('target: ClassVar = "Gate"', 'target: ClassVar = "Nowhere"'): "it emits `Nowhere`, which its file does not define",
    ("x * self.weight.sigmoid()", "(x @ x.mT) * self.weight.sigmoid()"): "`macs` tells 0, torch counts 192",
    (
        "pointwise\n\n",
        "pointwise\n\n    def fan_in(self, inputs: Shapes) -> int:\n        return 3\n\n",
    ): "`fan_in` tells of units",
    ("x * self", "x[..., :4] * self"): "of [3, 6, 6]: `infer` tells (3, 6, 6), its module has (3, 6, 4)",
    ("((3, 4, 4),)),)", "((3, 4),)),)"): "`gate` refuses its own example {} of [3, 4]",
    ("examples: ClassVar", "samples: ClassVar"): "`gate` has no `examples`",
}
"""Changes of the page's plugin, each with what is then told."""

DRIVER = """
import json, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from netspec.contract import check_layer
from netspec.layers import registry
from netspec.plugins import load_plugin
told = []
for text in json.loads(sys.argv[1]):
    Path("own.py").write_text(text)
    load_plugin(Path("own.py"))
    try:
        kept = check_layer(registry()["gate"], 30)
        told.append([kept.examples, kept.accepted, kept.refused])
    except AssertionError as error:
        told.append(str(error))
print(json.dumps(told))
"""


def test_each_kind_of_broken_word_is_told(tmp_path: Path, warm: WarmProcesses) -> None:
    texts = [PLUGIN]
    for old, new in BROKEN:
        assert PLUGIN.count(old) == 1, old
        texts.append(PLUGIN.replace(old, new))
    done = subprocess.run(
        [warm.python, "-c", DRIVER, json.dumps(texts)],
        cwd=tmp_path,
        env=warm.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    kept, *told = json.loads(done.stdout)
    assert kept[0] == 1
    assert kept[1] > 0, "no random use was taken"
    assert kept[2] > 0, "no random use was refused"
    for wanted, found in zip(BROKEN.values(), told, strict=True):
        assert wanted in str(found), (wanted, found)
