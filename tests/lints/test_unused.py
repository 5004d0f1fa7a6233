"""What a spec says and nothing comes of: params that no expression reads, blocks that nobody calls."""

import pytest

from netspec import api

HEAD = "netspec: 1\nname: net\n"


BLOCK = "{half: {params: {width: int%s}, let: {inner: $(width // 2)}, layers: [{linear: $inner%s}]}}"


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("params: {a: 1}\ninput: [8]\nlayers: [relu]", ["a"]),
        ("params: {a: 1, b: $(a + 1)}\ninput: [8]\nlayers: [{linear: $b}]", []),
        ("params: {a: 1}\ninput: [8]\nlet: {b: $(2 * a)}\nlayers: [{linear: 4, when: $(b > 1)}]", []),
        ("params: {a: 1}\ninput: [8]\nlayers: [{linear: 4, name: fc$(a)}]", []),
        ("params: {a: 1}\ninput: [8]\nlayers: [{linear: 4, doc: as wide as $a}]", ["a"]),
        ("params: {a: 1}\ninput: [$a]\nlayers: [relu]", []),
        ("params: {act: relu, n: [1, 2]}\ninput: [8]\nlayers: [{linear: 4, repeat: $n.1, activation: $act}]", []),
        (f"blocks: {BLOCK % ('', '')}\ninput: [8]\nlayers: [{{half: 4}}]", []),
        (f"blocks: {BLOCK % (', bias: true', '')}\ninput: [8]\nlayers: [{{half: 4}}]", ["bias"]),
        (f"blocks: {BLOCK % (', bias: true', ', bias: $bias')}\ninput: [8]\nlayers: [{{half: 4}}]", []),
        # A block does not see the network's params.
        (f"params: {{inner: 1}}\nblocks: {BLOCK % ('', '')}\ninput: [8]\nlayers: [{{half: 4}}]", ["inner"]),
        # Of what is extended, nothing is told, nor of what is set anew there.
        ("extends: resnet18\nparams: {classes: 10}", []),
        ("extends: resnet18\nlayers: [relu]", []),
        ("extends: resnet18\nparams: {classes: 10}\nlayers: [relu]", ["classes"]),
        ("extends: resnet18\nparams: {width: 64}", ["width"]),
        ("extends: resnet18\nparams: {clases: 10}\nlayers: [{linear: $clases}]", []),
    ],
)
def test_unused_params(text, unread):
    told = [d for d in api.review(api.loads(HEAD + text)) if d.code.number == "NS2011"]
    assert [d.message for d in told] == [f"nothing reads `{name}`" for name in unread]
    assert all(d.span is not None for d in told)


@pytest.mark.parametrize(
    ("text", "uncalled"),
    [
        ("layers: [{a: 1}]", ["c"]),
        ("layers: [{residual: [{a: 8}]}, {parallel: [{c: 2}, relu]}]", []),
        ("layers: [{layers: [{c: 1}], repeat: 2}]", ["a", "b"]),
        ("layers: [relu]", ["a", "b", "c"]),
    ],
)
def test_blocks_that_nobody_calls(text, uncalled):
    blocks = "".join(f"  {n}: {{params: {{w: int}}, layers: [{{{i}: $w}}]}}\n" for n, i in ("ab", ("b", "linear")))
    blocks += "  c: {params: {w: int}, sequence: [{linear: $w}]}\n"
    told = [
        d for d in api.review(api.loads(f"{HEAD}input: [8]\nblocks:\n{blocks}{text}\n")) if d.code.number == "NS2013"
    ]
    assert [d.message for d in told] == [f"nobody calls the block `{name}`" for name in uncalled]


def test_a_block_over_extends_that_replaces_none():
    text = "extends: resnet18\nblocks: {basics: {params: {w: int}, layers: [{linear: $w}]}}\n"
    (told,) = api.review(api.loads(HEAD + text))
    assert (told.code.number, told.help) == ("NS2013", "did you mean `basic`?")
