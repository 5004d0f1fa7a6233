"""The objects of images as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from netspec.functional.data.boxed import Truth


def truth_of(boxes: Any, labels: Any, area: Any = None, crowd: Any = None) -> Truth:
    """Objects, each of the area of its box and alone unless told otherwise."""
    boxes = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
    if area is None:
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    crowd = np.zeros(len(boxes), dtype=bool) if crowd is None else crowd
    numbers = np.asarray(labels, dtype=np.int64)
    return Truth(boxes, numbers, np.asarray(area, dtype=np.float32), crowd)
