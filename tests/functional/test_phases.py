"""Patterns of names: what they cover, and which says the most."""

import pytest

from netspec.functional.phases import any_covers, closest, covers


@pytest.mark.parametrize(
    ("pattern", "covered", "others"),
    [
        ("fc", ["fc", "fc.weight"], ["fc2", "fc2.weight", "a.fc", "f"]),
        ("layer1", ["layer1.0.conv1.weight", "layer1"], ["layer10.0.conv1.weight", "x.layer1"]),
        ("layer1.0", ["layer1.0", "layer1.0.bn1.bias"], ["layer1.01.bn1.bias", "layer1x0", "layer1"]),
        ("*", ["fc", "a.b.c", "", "x.y"], []),
        ("*.bias", ["fc.bias", "a.b.bias"], ["bias", "fc.bias2", "fc.weight"]),
        ("layer*.0", ["layer1.0", "layer2.0.conv1.weight", "layer1.1.0"], ["layer1.1", "layer1.1.conv1.weight"]),
        ("*bn*", ["layer1.0.bn1", "bn1.weight"], ["conv1.weight"]),
        ("a+b", ["a+b.weight"], ["aab.weight"]),
    ],
)
def test_covers(pattern, covered, others):
    assert all(covers(pattern, name) for name in covered)
    assert not any(covers(pattern, name) for name in others)
    assert all(any_covers(["nothing", pattern], name) for name in covered)
    assert not any_covers([], pattern)


def test_the_closest_says_the_most():
    patterns = ["*", "layer*", "layer1", "layer1.0", "*.bias", "layer1.0.bn1"]
    assert closest(patterns, "fc.weight") == "*"
    assert closest(patterns, "layer2.0.conv1.weight") == "layer*"
    assert closest(patterns, "layer1.1.conv1.weight") == "layer1"
    assert closest(patterns, "layer1.0.bn1.bias") == "layer1.0.bn1"
    assert closest(patterns, "layer1.0.conv1.bias") == "layer1.0"
    assert closest(["*a", "*b*", "a*"], "ab.a") == "a*"  # of those alike the last
    assert closest(["fc"], "conv.weight") is None
