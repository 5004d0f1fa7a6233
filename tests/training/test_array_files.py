"""`netspec predict` of .npy and .npz files, and of folders of them: as arrays in training, and as images in files."""

import csv
import json
import re

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from netspec import Run, api
from netspec.cli import cli
from netspec.training.judging.opened_run import open_run
from netspec.training.judging.predict import Predictor
from netspec.training.judging.rows import RowPredictor
from netspec.training.spec import train_spec

HEAD = "loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1"
WAVES = f"""
netspec: 1
name: waves
input: [2, 6]
layers: [flatten, {{linear: 2}}]
train: {{data: {{arrays: waves.npz, layout: sequences_last, batch_size: 8}}, {HEAD}}}
"""
TINTS = f"""
netspec: 1
name: tints
input: [3, 5, 5]
layers: [flatten, {{linear: 2}}]
train: {{data: {{folder: pictures, resize: 5, batch_size: 4}}, {HEAD}}}
"""
TWO = f"""
netspec: 1
name: two
inputs: {{words: {{shape: [3], dtype: int64}}, mood: [1]}}
layers: [{{embedding: 5, dim: 2, from: words}}, {{flatten: , name: flat}}, {{concat: [flat, mood]}}, {{linear: 2}}]
train: {{data: {{arrays: two.npz, inputs: [words, mood], batch_size: 8}}, {HEAD}}}
"""
MASKS = """
netspec: 1
name: masks
input: [1, 4, 4]
layers: [{conv: 3, kernel: 1}]
train: {data: {arrays: masks.npz, classes: 3, batch_size: 4}, loss: cross_entropy, optimizer: {sgd: 0.1}, epochs: 1}
"""
SPOTS = f"""
netspec: 1
name: spots
input: [1, 8, 8]
layers: [flatten, {{linear: 10}}]
train: {{data: {{digits: , batch_size: 600}}, {HEAD}}}
"""
FLAT = f"""
netspec: 1
name: flat
input: [3, 9, 7]
layers: [flatten, {{linear: 2}}]
train: {{data: {{folder: pictures, batch_size: 8}}, {HEAD}}}
"""
CODES = """
netspec: 1
name: codes
input: [6]
layers: [{linear: 2}, {linear: 6}]
train: {data: {arrays: codes.npz, batch_size: 8}, loss: mse, optimizer: {sgd: 0.1}, epochs: 1}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home, random = tmp_path_factory.mktemp("arrays"), np.random.default_rng(0)
    kinds = np.arange(20) % 2
    np.savez(home / "waves.npz", x_train=random.normal(3, 2, (20, 6, 2)), y_train=kinds)
    np.savez(home / "codes.npz", x_train=random.normal(3, 2, (20, 6)).astype(np.float32))
    masks = random.integers(0, 3, (8, 4, 4))
    np.savez(home / "masks.npz", x_train=(80 * masks).astype(np.uint8), y_train=masks)
    np.savez(
        home / "two.npz", words_train=random.integers(0, 5, (20, 3)), mood_train=random.normal(size=20), y_train=kinds
    )
    for number in range(10):
        place = home / "pictures" / ("dark", "light")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 200, (9, 7, 3)) + 50 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(place / f"{number}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for text in (WAVES, TINTS, TWO, MASKS, CODES, SPOTS, FLAT):
            spec = api.loads(text)
            train_spec(spec, device="cpu", out=home / spec.document.name)
    return home


@pytest.fixture
def here(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return home


def answered(run, *files):
    """The numbers that are told of each row."""
    found = RowPredictor(open_run(run), "cpu")(files)
    return found, np.concatenate([each.outputs.flatten(1).numpy() for each in found.told], 1)


def test_a_file_is_an_example_or_a_batch_of_them(here, tmp_path):
    given = np.load(here / "waves.npz")["x_train"][:4]
    np.savez("batch.npz", x=given)
    np.save("batch.npy", given)
    np.savez("lone.npz", given[2])
    np.save("one.npy", np.asfortranarray(given[2]))
    names = ["batch.npz", "batch.npy", "lone.npz", "one.npy"]
    found, outputs = answered(here / "waves", *(tmp_path / name for name in names))
    counted = [(path.rsplit("/", 1)[1], row) for path, row in found.rows]
    assert counted == [(name, row + 1) for name in names[:2] for row in range(4)] + [("lone.npz", 1), ("one.npy", 1)]
    assert np.array_equal(outputs[:4], outputs[4:8])
    np.testing.assert_allclose(outputs[8:], outputs[[2, 2]], atol=1e-6)
    # By hand: channels first, shifted and scaled by the run's figures.
    facts = json.loads((here / "waves" / "metrics.json").read_text())["data"]
    shift, scale = (np.array(facts[key])[:, None] for key in ("shift", "scale"))
    inputs = torch.tensor((given.transpose(0, 2, 1) - shift) / scale, dtype=torch.float32)
    spec = api.load(here / "waves" / "spec.yaml")
    module = api.compile(spec, weights=str(here / "waves" / "last.safetensors")).eval()
    np.testing.assert_allclose(outputs[:4], module(inputs).detach().numpy(), atol=1e-5)


def test_an_array_of_pixels_is_answered_as_its_image(here, tmp_path):
    files = sorted((here / "pictures").rglob("*.png"))
    pixels = [np.array(Image.open(file)) for file in files]
    np.save("last.npy", pixels[0])
    np.save("first.npy", pixels[1].transpose(2, 0, 1))
    np.save("batch.npy", np.stack(pixels))
    Image.fromarray(pixels[2]).convert("L").save("gray.png")
    np.save("gray.npy", np.array(Image.open("gray.png")))
    deep = np.arange(0, 63000, 1000, dtype=">u2").reshape(9, 7)
    np.save("deep.npy", deep)
    Image.fromarray(deep.astype(np.uint16)).save("deep.png")
    predictor = Predictor(open_run(here / "tints"), "cpu")
    wanted = [predictor(file, 2) for file in (*files[:2], tmp_path / "gray.png", tmp_path / "deep.png", *files)]
    names = ("last", "first", "gray", "deep", "batch")
    found, _ = answered(here / "tints", *(tmp_path / f"{name}.npy" for name in names))
    assert found.unread == []
    for line, told in zip(found.lines(), wanted, strict=True):
        assert line[2] == told.guesses[0].name
        shares = dict(zip(found.told[0].columns, line[3:], strict=True))
        assert shares == pytest.approx({each.name: each.probability for each in told.guesses}, abs=1e-6)


@pytest.mark.parametrize(
    ("run", "shape", "rows"),
    [
        ("spots", (8, 8), 1),
        ("spots", (4, 8, 8), 4),
        ("spots", (3, 8, 8), 3),  # of a run in gray these are three images
        ("spots", (8, 8, 3), 1),
        ("spots", (2, 8, 8, 1), 2),
        ("spots", (2, 3, 8, 8), 2),
        ("spots", (4, 64), "the run learned from images of 8x8"),
        ("spots", (40, 64), "the run learned from images of 8x8"),
        ("spots", (2, 16, 16), "the run learned from images of 8x8"),
        ("spots", (2, 16, 16, 3), "the run learned from images of 8x8"),
        ("spots", (2, 8, 8, 7), r"it is \[2, 8, 8, 7\]; an image is"),
        ("flat", (3, 9, 7), 1),
        ("flat", (9, 7, 4), 1),
        ("flat", (2, 9, 7), 2),
        ("flat", (4, 9, 7), r"make it \[1, 4, 9, 7\] for the image, \[4, 9, 7, 1\] for the four"),
        ("flat", (4, 9, 7, 1), 4),
        ("flat", (10, 3, 63), "the run learned from images of 9x7"),
        ("flat", (10, 189), "the run learned from images of 9x7"),
        ("tints", (10, 25), r"make it \[N, 5, 5\] for such images, or \[10, 25, C\] if it is one image"),
        ("tints", (10, 75), "as long as an image of 5x5 that is flattened"),
        ("tints", (10, 3, 25), "as long as an image of 5x5 that is flattened"),
        ("tints", (10, 25, 1), 1),
    ],
)
def test_arrays_of_another_size_than_the_run_s_are_never_squashed(here, tmp_path, run, shape, rows):
    np.save("given.npy", np.arange(np.prod(shape)).astype(np.uint8).reshape(shape))
    opened = Run(here / run)
    if isinstance(rows, int):
        told = opened.predict("given.npy", device="cpu")
        assert [each.row for each in told] == list(range(1, rows + 1))
        return
    for ask in (lambda: answered(here / run, tmp_path / "given.npy"), lambda: opened.predict("given.npy")):
        with pytest.raises(api.NetspecError) as caught:
            ask()
        (told,) = caught.value.diagnostics
        assert re.search(rows, f"{told.message}: {told.help}")


def test_what_is_in_memory_is_answered_as_its_file(here, tmp_path):
    files = sorted((here / "pictures").rglob("*.png"))[:3]
    tints = Run(here / "tints")
    wanted = [each.guesses[0] for each in tints.predict(files, device="cpu")]
    opened = [Image.open(file) for file in files]
    pixels = np.stack([np.array(each) for each in opened])
    for given in (opened, pixels, torch.tensor(pixels).permute(0, 3, 1, 2), list(pixels)):
        found = [each.guesses[0] for each in tints.predict(given, device="cpu")]
        assert [each.name for each in found] == [each.name for each in wanted]
        assert [each.score for each in found] == pytest.approx([each.score for each in wanted], abs=1e-5)
    found = tints.predict([opened[0], files[1]], device="cpu")
    assert [(str(each.image), each.row) for each in found] == [("image 1", None), (str(files[1]), None)]
    turned = Image.open(files[0]).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[274] = 6  # which says that it is to be turned back
    turned.info["exif"] = exif.tobytes()
    (found,) = tints.predict(turned, device="cpu")
    assert found.guesses[0].score == pytest.approx(wanted[0].score, abs=1e-5)
    assert repr(found).startswith("Prediction(image=PosixPath('image 1'), guesses=(Guess(name=")
    assert "outputs" not in repr(found)
    assert "error" not in repr(found)
    waves = np.load(here / "waves.npz")["x_train"][:3]
    np.save("waves.npy", waves)
    run = Run(here / "waves")
    of_array, of_file = run.predict(waves, device="cpu"), run.predict("waves.npy", device="cpu")
    assert [each.guesses for each in of_array] == [each.guesses for each in of_file]
    assert [(str(each.image), each.row) for each in of_array] == [("array 1", row) for row in (1, 2, 3)]


@pytest.mark.parametrize(
    ("run", "given", "told"),
    [
        ("spots", 3, "number 1 is of the type int: give a file or a folder, an array of NumPy, a tensor"),
        ("spots", b"\x89PNG", "number 1 is of the type bytes"),
        ("spots", [[1.0, 2.0]], "number 1 is of the type list"),
        ("spots", {"x": [1]}, "number 1, x, is of the type list"),
        ("spots", torch.zeros(8, 8, dtype=torch.bfloat16), "tensor 1 cannot be an array"),
        ("spots", np.zeros((8, 8)), "its elements are float64, which have no range of their own"),
        ("spots", np.zeros((9, 9), np.uint8), "array 1: it is [9, 9], and the run learned from images of 8x8"),
        ("spots", np.array([[{}]]), "array 1: it holds Python objects"),
        ("waves", np.zeros((2, 1, 6)), "array 1 gives images of [6, 1], the network takes"),
        ("waves", np.full((6, 2), np.nan), "no finite number"),
        ("waves", Image.new("L", (6, 2)), "takes [2, 6]; an image has 1 channel or 3"),
        ("two", np.zeros((2, 3)), "array 1: it is one array, and the network takes `words`, `mood`: give a dictionary"),
        ("two", {"words": np.zeros((2, 3))}, "array 1: it has no array mood, but words"),
    ],
    ids=range(13),
)
def test_what_fits_nothing_is_told(here, run, given, told):
    with pytest.raises(api.NetspecError) as caught:
        Run(here / run).predict(given, device="cpu")
    (found,) = caught.value.diagnostics
    assert told in f"{found.message}: {found.help}"


def test_images_and_arrays_are_answered_apart(here):
    with pytest.raises(ValueError, match="answered apart"):
        Run(here / "spots").predict([Image.new("L", (8, 8)), np.zeros((8, 8), np.uint8)], device="cpu")


def test_levels_are_the_range_of_floats(here, tmp_path):
    deep = np.linspace(-1, 1, 128, dtype=np.float32).reshape(2, 8, 8)
    np.save("floats.npy", deep)
    np.save("shorts.npy", np.round((deep + 1) / 2 * 65535).astype(np.uint16))
    asked = ["predict", str(here / "spots"), "floats.npy", "--device", "cpu"]
    assert "as `--levels 0,1`" in str(CliRunner().invoke(cli, asked).exception)
    told = json.loads(CliRunner().invoke(cli, [*asked, "--levels", "-1,1", "--format", "json"]).stdout)
    wanted, _ = answered(here / "spots", tmp_path / "shorts.npy")
    for row, line in zip(told, wanted.lines(), strict=True):
        assert row["class"] == line[2]
        assert [row[str(digit)] for digit in range(10)] == pytest.approx(line[3:], abs=1e-4)
    run = Run(here / "spots")
    guesses = run.predict("floats.npy", levels=(-1, 1), device="cpu")[1].guesses
    assert guesses[0].name == told[1]["class"]
    assert guesses[0].probability == pytest.approx(told[1][guesses[0].name])
    Image.fromarray(deep[1]).save("floats.tiff")  # and of files
    (of_file,) = run.predict("floats.tiff", levels=(-1, 1), device="cpu")
    assert of_file.guesses[0].probability == pytest.approx(guesses[0].probability, abs=1e-6)
    for value in ("1", "1,1", "0,nan", "a,b"):
        assert "two different numbers" in CliRunner().invoke(cli, [*asked, "--levels", value]).output
    with pytest.raises(ValueError, match="two different numbers"):
        run.predict("floats.npy", levels=(1, 1))
    with pytest.raises(api.NetspecError, match="`levels` are of pixels"):
        Run(here / "waves").predict(here / "waves.npz", levels=(0, 1))


def test_a_run_answers_files_of_rows_from_python(here, tmp_path):
    given = np.load(here / "two.npz")
    np.savez("few.npz", words=given["words_train"][:3], mood=given["mood_train"][:3])
    run = Run(here / "two")
    found, _ = answered(here / "two", tmp_path / "few.npz")
    for told, line in zip(run.predict("few.npz", device="cpu"), found.lines(), strict=True):
        assert (str(told.image), told.row, told.guesses[0].name) == ("few.npz", line[1], line[2])
        assert told.guesses[0].probability == pytest.approx(max(line[3:]))
    np.savez("wrong.npz", words=given["words_train"])
    with pytest.raises(api.NetspecError, match="it has no array mood") as caught:
        run.predict(["few.npz", "wrong.npz"], device="cpu")
    assert len(caught.value.partial) == 3
    with pytest.raises(ValueError, match="answered apart"):
        run.predict(["few.npz", "few.png"])
    found.write(tmp_path / "told.npz")
    assert np.load("told.npz")["file"].tolist() == [str(tmp_path / "few.npz")] * 3


def test_several_inputs_stand_in_one_file_by_name(here, tmp_path):
    given = np.load(here / "two.npz")
    words, mood = given["words_train"][:3], given["mood_train"][:3]
    np.savez("batch.npz", words=words, mood=mood)
    np.savez("one.npz", words=words[1], mood=mood[1])
    _, outputs = answered(here / "two", tmp_path / "batch.npz", tmp_path / "one.npz")
    np.testing.assert_allclose(outputs[3], outputs[1], atol=1e-6)
    np.save("words.npy", words)
    np.savez("lacking.npz", words=words)
    np.savez("wrong.npz", words=words + 5, mood=mood)
    for name, text in [
        ("words.npy", "it holds one array, and the network takes `words`, `mood`"),
        ("lacking.npz", "it has no array mood, but words"),
        ("wrong.npz", "`words` has [5-9] in example"),
    ]:
        with pytest.raises(api.NetspecError, match=text):
            answered(here / "two", tmp_path / name)


def test_masks_and_what_an_autoencoder_gives(here, tmp_path):
    np.save("mask.npy", np.load(here / "masks.npz")["x_train"][0])
    found, outputs = answered(here / "masks", tmp_path / "mask.npy")
    assert found.told[0].masks.tolist() == outputs.reshape(1, 3, 4, 4).argmax(1).tolist()
    assert sum(found.told[0].numbers[0].tolist()) == pytest.approx(1)
    given = np.load(here / "codes.npz")["x_train"][:3]
    np.save("codes.npy", given)
    found, outputs = answered(here / "codes", tmp_path / "codes.npy")
    facts = json.loads((here / "codes" / "metrics.json").read_text())["data"]
    inputs = (given - np.array(facts["shift"])) / np.array(facts["scale"])
    assert found.header == ["file", "row", "mse"]
    errors = ((outputs - inputs) ** 2).mean(1)
    np.testing.assert_allclose([line[2] for line in found.lines()], errors, rtol=1e-4)


def test_a_folder_is_answered_and_what_is_broken_is_named(here, tmp_path):
    given, folder = np.load(here / "waves.npz")["x_train"], tmp_path / "a folder"
    (folder / "within").mkdir(parents=True)
    for name in ("b", "within/a"):
        np.save(folder / f"{name}.npy", given[0])
    np.save(folder / "objects.npy", np.array([{}]), allow_pickle=True)
    np.save(folder / "nan.npy", np.where(given[:3] > 3, np.nan, given[:3]))
    np.save(folder / "wide.npy", given[:2, :, :1])
    (folder / "cut.npy").write_bytes((folder / "b.npy").read_bytes()[:-8])
    (folder / "none.npz").write_bytes(b"")
    (folder / "readme.txt").write_text("what these are")
    (folder / ".hidden.npy").write_text("")
    (folder / "out.npy").symlink_to(here / "waves.npz")
    asked = ["predict", str(here / "waves"), str(folder), "--device", "cpu"]
    done = CliRunner().invoke(cli, [*asked, "-o", "told.csv"])
    assert done.exit_code == 1
    with (tmp_path / "told.csv").open() as file:
        assert [row["file"][len(str(folder)) + 1 :] for row in csv.DictReader(file)] == ["b.npy", "within/a.npy"]
    for text in (
        "objects.npy: it holds Python objects, which are not read",
        "nan.npy: x: example 0 holds what is no finite number",
        "wide.npy gives images of [1, 6], the network takes [2, 6]",
        "cut.npy: its header promises 96 bytes (6 x 2), it holds 88",
        "none.npz: it cannot be read as arrays (File is not a zip file)",
        "out.npy: it is a link that leads out of the folder",
    ):
        assert text in str(done.exception), text
    record = json.loads(CliRunner().invoke(cli, [*asked, "--format", "json"]).stdout)
    assert [len(each) for each in record[:2]] == [5, 5]
    assert {each["code"] for one in record[2:] for each in one["diagnostics"]} == {"NS0803", "NS0804", "NS0902"}


@pytest.mark.parametrize(
    ("run", "array", "text"),
    [
        ("masks", np.zeros((2, 4, 4), np.float32), "gives float32, and the run learned from uint8"),
        ("tints", np.zeros((5, 5, 3), np.float32), "its elements are float32; colours are read of uint8"),
        ("tints", np.zeros((5, 5), np.int64), "int64, which have no range of their own"),
        ("tints", np.zeros(5, np.uint8), r"it is \[5\]; an image is \[H, W\]"),
        ("tints", np.zeros((0, 5, 5), np.uint8), r"it is \[0, 5, 5\]"),
        ("tints", np.array(["a"]), "it is"),
        ("waves", np.zeros((0, 6, 2)), r"it is \[0, 6, 2\]"),
        ("waves", np.array("a"), "its elements are <U1"),
    ],
)
def test_arrays_that_are_no_examples(here, tmp_path, run, array, text):
    np.save("odd.npy", array)
    with pytest.raises(api.NetspecError, match=text):
        answered(here / run, tmp_path / "odd.npy")


def test_images_beside_arrays_are_told(here, tmp_path):
    (tmp_path / "mixed").mkdir()
    np.save(tmp_path / "mixed" / "a.npy", np.zeros((5, 5, 3), np.uint8))
    Image.new("RGB", (5, 5)).save(tmp_path / "mixed" / "b.png")
    done = CliRunner().invoke(cli, ["predict", str(here / "tints"), "mixed", "--device", "cpu"])
    assert "mixed holds 1 image (b.png) beside 1 file of rows (a.npy)" in str(done.exception)
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(cli, ["predict", str(here / "waves"), "empty", "-o", "t.csv", "--device", "cpu"])
    assert "empty holds no files of rows (.npz, .npy)" in str(done.exception)
