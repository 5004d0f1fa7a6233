"""Small sets of images with boxes, in each of the ways in which files tell of boxes."""

import json

from PIL import Image

from netspec.recipe.data.shapes import Shapes
from tests.recipe.data.sets import encoded, write

NAMES = ("circle", "square", "triangle")
PARTS = {"train": 6, "val": 3}
SIZES = [(40, 56), (48, 44)]


def drawn():
    """By part and number: an image, its boxes as whole numbers, and their labels."""
    for part, count in PARTS.items():
        for number in range(count):
            size = SIZES[number % 2]
            data = Shapes(size=size, sides=(6, 20), objects=(0, 3), seed=7).load()
            raw = data.train if part == "train" else data.test
            truth = raw.truth(number)
            image = Image.fromarray(raw.pixels(number).transpose(1, 2, 0))
            yield part, number, image, truth.boxes.astype(int).tolist(), truth.labels.tolist()


def coco(root):
    """Annotations of COCO, of which a category has the number 7, and one of the boxes is around a crowd."""
    ids = {1: 2, 2: 3, 3: 7}
    for part in PARTS:
        images, annotations = [], []
        for _, number, image, boxes, labels in (each for each in drawn() if each[0] == part):
            name = f"{number:03}.png"
            write(root / f"{part}2017" / name, encoded(image))
            images.append({"id": 100 + number, "file_name": name, "height": image.height, "width": image.width})
            for (left, top, right, bottom), label in zip(boxes, labels, strict=True):
                entry = {"id": len(annotations) + 1, "image_id": 100 + number, "category_id": ids[label]}
                annotations.append({**entry, "bbox": [left, top, right - left, bottom - top], "iscrowd": 0})
        categories = [{"id": ids[label], "name": NAMES[label - 1]} for label in (3, 1, 2)]
        told = {"images": images[::-1], "annotations": annotations, "categories": categories}
        write(root / "annotations" / f"instances_{part}2017.json", json.dumps(told).encode())
    return root


def voc(root):
    """Annotations of Pascal VOC, whose pixels count from 1, and lists of the parts."""
    for part, number, image, boxes, labels in drawn():
        name = f"{part}{number}"
        write(root / "JPEGImages" / f"{name}.png", encoded(image))
        objects = "".join(
            f"<object><name>{NAMES[label - 1]}</name><difficult>0</difficult><bndbox><xmin>{left + 1}</xmin>"
            f"<ymin>{top + 1}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>"
            for (left, top, right, bottom), label in zip(boxes, labels, strict=True)
        )
        size = f"<size><width>{image.width}</width><height>{image.height}</height><depth>3</depth></size>"
        write(root / "Annotations" / f"{name}.xml", f"<annotation>{size}{objects}</annotation>".encode())
    for part, count in PARTS.items():
        lines = "\n".join(f"{part}{number}" for number in range(count))
        write(root / "ImageSets" / "Main" / f"{part}.txt", lines.encode())
    return root


def yolo(root):
    """Annotations of YOLO, in shares of the image's size; an image without objects has none."""
    for part, number, image, boxes, labels in drawn():
        write(root / "images" / part / f"{number}.png", encoded(image))
        lines = [
            f"{label - 1} {(left + right) / 2 / image.width!r} {(top + bottom) / 2 / image.height!r} "
            f"{(right - left) / image.width!r} {(bottom - top) / image.height!r}"
            for (left, top, right, bottom), label in zip(boxes, labels, strict=True)
        ]
        if lines:
            write(root / "labels" / part / f"{number}.txt", "\n".join(lines).encode())
    write(root / "data.yaml", b"names: {0: circle, 1: square, 2: triangle}\ntrain: images/train\n")
    return root


def boxes(root):
    """A JSON for each image, beside it; every other one as LabelMe writes it."""
    for part, number, image, found, labels in drawn():
        names = [NAMES[label - 1] for label in labels]
        write(root / part / f"{number}.png", encoded(image))
        told = {"boxes": found, "labels": names}
        if number % 2:
            corners = [
                {"label": name, "points": [[r, b], [x, y]]} for name, (x, y, r, b) in zip(names, found, strict=True)
            ]
            told = {"version": "5.0", "shapes": corners}
        write(root / part / f"{number}.json", json.dumps(told).encode())
    return root


FORMATS = {"coco": coco, "voc": voc, "yolo": yolo, "boxes": boxes}
