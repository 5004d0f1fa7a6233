"""One fault in a block that a repeat calls with other numbers is one message."""

import pytest

import netspec

HEAD = "netspec: 1\nname: n\ninput: [3, 32, 32]\n"
CALLED = "layers: [{repeat: 20, layers: [{b: $(8 * i + 8), from: input}, relu]}]\n"


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        ("{conv: $out, kernel: 3, name: c-$out}", "NS0208"),
        ("{add: [input, a$out]}", "NS0501"),
    ],
)
def test_one_fault_in_a_block_in_a_repeat_is_one_message(entry: str, number: str) -> None:
    text = f"{HEAD}blocks: {{b: {{params: {{out: int}}, layers: [{entry}]}}}}\n{CALLED}"
    errors = [each for each in netspec.check("n.yaml", text=text) if each.severity == "error"]
    assert [each.code.number for each in errors] == [number]
