"""Small data sets on disk, for the tests of reading them."""

import io

import numpy as np
from PIL import Image

from netspec.frontend.problems import NOWHERE, Report
from netspec.recipe.data import DataSet
from netspec.recipe.reading import read_part

COLOURS = {"blue": (20, 40, 220), "green": (30, 200, 60), "red": (230, 30, 40)}


def dataset(written):
    """The part of a recipe that writes a data set."""
    report = Report(NOWHERE)
    found = read_part(DataSet, written, (), report)
    report.check()
    return found


def picture(seed=0, colour=(120, 120, 120), size=(12, 10), mode="RGB"):
    """An image of a colour with a little noise; `size` is height and width."""
    noise = np.random.default_rng(seed).integers(-20, 21, (*size, 3))
    return Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).convert(mode)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def folder(root, parts=("train", "val"), each=6, kind="PNG", **options):
    """A folder for each class of each part; a part of "" has the classes in the root itself."""
    for number, part in enumerate(parts):
        for label, (name, colour) in enumerate(COLOURS.items()):
            for index in range(each):
                image = picture(1000 * number + 100 * label + index, colour, **options)
                write(root / part / name / f"{index}.{kind.lower()}", encoded(image, kind))
    return root


def masked(root, parts=("train", "val"), each=4, size=(12, 10)):
    """Images with masks of classes 0 and 1, and a frame that is ignored."""
    for number, part in enumerate(parts):
        for index in range(each):
            mask = np.zeros(size, np.uint8)
            mask[3 : 5 + index, 2:7] = 1
            mask[0] = 255
            write(root / part / "images" / f"{index}.jpg", encoded(picture(100 * number + index, size=size), "JPEG"))
            write(root / part / "masks" / f"{index}.png", encoded(Image.fromarray(mask)))
    return root


def parquet(path, labels, images=None, names=None, image="image", label="label"):
    """A file as Hugging Face writes one."""
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    images = [encoded(picture(i), "JPEG") for i in range(len(labels))] if images is None else images
    rows = [{"bytes": data, "path": f"{index}.jpg"} for index, data in enumerate(images)]
    table = pa.table({image: pa.array(rows, pa.struct([("bytes", pa.binary()), ("path", pa.string())])), label: labels})
    if names:
        features = {"info": {"features": {label: {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path


def arrays(path, **changed):
    """An .npz of 20 and 8 images of 3 classes."""
    generator = np.random.default_rng(0)
    found = {
        "x_train": generator.integers(0, 256, (20, 6, 5, 3)).astype(np.uint8),
        "y_train": np.arange(20) % 3,
        "x_test": generator.integers(0, 256, (8, 6, 5, 3)).astype(np.uint8),
        "y_test": np.arange(8) % 3,
    }
    np.savez(path, **{name: array for name, array in (found | changed).items() if array is not None})
    return path
