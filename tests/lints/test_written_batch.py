"""`written-batch` tells of images with a batch, and of no volume."""

from __future__ import annotations

import pytest

from tests.lints.test_lints import found

IMAGES = {
    "a batch of one": "input: [1, 3, 32, 32]\nlayers: [{conv: 8, kernel: 3}, relu]",
    "a batch of many": "input: [64, 1, 28, 28]\nlayers: [{conv: 8, kernel: 3, padding: 1}, relu]",
    "channels last": "input: [1, 32, 32, 3]\nlayers: [{conv: 8, kernel: 3, padding: 1}, relu]",
    "a pooling first": "input: [1, 3, 32, 32]\nlayers: [{max_pool: 2}, {conv: 8, kernel: 1}, relu]",
    "one of several inputs": "inputs: {left: [1, 3, 32, 32], right: [1, 3, 32, 32]}\n"
    "layers: [{concat: [left, right]}, {conv: 8, kernel: 3}, relu]",
}

VOLUMES = {
    "a clip of colours": "input: [3, 16, 112, 112]\nlayers: [{conv: 8, kernel: 3, padding: 1}, relu]",
    "a short clip": "input: [3, 4, 112, 112]\nlayers: [{conv: 8, kernel: 3, padding: 1}, relu]",
    "three frames": "input: [3, 3, 64, 64]\nlayers: [{conv: 8, kernel: 3, padding: 1}, relu]",
    "a scan": "input: [1, 64, 64, 64]\nlayers: [{conv: 8, kernel: 3, padding: 1}, relu]",
    "a scan of few slices": "input: [1, 3, 64, 64]\nlayers: [{conv: 8, kernel: [1, 3, 3]}, relu]",
    "a stem that keeps time": "input: [1, 3, 64, 64]\n"
    "layers: [{conv: 8, kernel: 3, padding: 1, stride: [1, 2, 2]}, relu, {conv: 8, kernel: 3, padding: 1}]",
    "sequences of images as they are": "input: [1, 3, 32, 32]\nlayers: [flatten, {linear: 8}]",
    "an image": "input: [3, 32, 32]\nlayers: [{conv: 8, kernel: 3}, relu]",
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_with_its_batch(name: str) -> None:
    assert "written-batch" in found(IMAGES[name] + "\n")


@pytest.mark.parametrize("name", VOLUMES)
def test_a_volume(name: str) -> None:
    assert "written-batch" not in found(VOLUMES[name] + "\n")
