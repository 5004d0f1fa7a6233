"""Detectors: trained, judged, resumed to the bit, asked; what does not go with them is refused by its key."""

import json
import math
import os
import re
import shutil
import signal

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import load_file

from netspec import api
from netspec.cli import cli, run
from netspec.diagnostics import NetspecError
from netspec.functional.order import epoch_order
from netspec.recipe.data.shapes import Shapes
from netspec.recipe.measuring.boxes import BoxMeter
from netspec.training.feeding.samples import prepare
from netspec.training.finished import Run
from netspec.training.judging.boxes import judge
from netspec.training.judging.opened_run import open_run
from netspec.training.judging.predict import Predictor
from netspec.training.parallel.world import Share
from netspec.training.resuming import prolong_spec, resume_spec
from netspec.training.session import Session
from netspec.training.showing.pictures.of_run import pictures as pictures_of_run
from netspec.training.showing.precisions import read_precisions
from netspec.training.spec import train_spec
from tests.recipe.data.boxed_sets import coco
from tests.training.detectors import DATA, FASTER_RCNN, RETINANET, TRAIN

FULL = (
    TRAIN
    + """\
  schedule: {cosine: , warmup: 3, unit: steps}
  accumulate: 2
  clip: {norm: 1.0}
  ema: {decay: 0.9}
  early_stopping: {patience: 5}
  checkpoint: {steps: 2}
"""
)


@pytest.fixture(autouse=True, scope="module")
def charts():
    """None are drawn, but by a test of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.training.keeping.run_log.pictures", lambda *run: ())
        yield


def trained(text, out, **options):
    return train_spec(api.loads(text), device="cpu", out=out, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run of each kind, whole: with all that goes with detectors."""
    place = tmp_path_factory.mktemp("whole")
    for name, text in {"retinanet": RETINANET, "faster_rcnn": FASTER_RCNN}.items():
        trained(text + FULL, place / name)
    return place


def alike(folder):
    """The weights of a run, and what its metrics tell but for times."""
    found = json.loads((folder / "metrics.json").read_text())
    rows = [{name: value for name, value in row.items() if "second" not in name} for row in found["epochs"]]
    tests = {name: value for name, value in found.items() if name.startswith("test_")}
    files = [(folder / f"{name}.safetensors").read_bytes() for name in ("last", "best", "ema")]
    return files, rows, tests, found["best"]


@pytest.mark.parametrize(
    ("kind", "losses"),
    [("retinanet", ["classification", "bbox_regression"]), ("faster_rcnn", ["classifier", "box_reg", "objectness"])],
)
def test_losses_and_precisions_are_in_the_metrics(whole, kind, losses):
    found = json.loads((whole / kind / "metrics.json").read_text())
    assert (found["task"], found["data"]["classes"]) == ("detection", ["circle", "square", "triangle"])
    for row in found["epochs"]:
        for before in ("", "validation_"):
            named = [value for name, value in row.items() if name.startswith(before) and name.endswith(".loss")]
            own = [
                value
                for name, value in row.items()
                if name.endswith(".loss") and ("validation" in name) == bool(before)
            ]
            assert len(own) == (2 if kind == "retinanet" else 4)
            assert row[f"{before}loss"] == pytest.approx(sum(own))
            assert named
        assert {f"validation_{name}.loss" for name in losses} < row.keys()
        assert 0 <= row["validation_map"] <= row["validation_map50"] <= 1
    assert found["best"]["by"] == "validation_map"
    assert 0 <= found["test_map"] <= found["test_map50"] <= 1
    assert found["test_map_large"] is None  # of images of 32 pixels none is


def test_a_step_is_the_optimizers_on_the_modules_own_losses(tmp_path):
    text = RETINANET.replace("{dropout: 0.1}", "relu") + TRAIN.replace(
        "loss: detector", "loss: {detector: {bbox_regression: 0.5}}"
    )
    report = trained(text, tmp_path / "run", steps=2)
    torch.manual_seed(0)
    network = api.compile(api.loads(text)).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
    data = Shapes(images=24, test=6, size=(32, 32), sides=(8, 16), objects=(1, 2)).load()
    from netspec.functional.data.objects import target_of
    from netspec.recipe.data.held_out import hold_out

    part = hold_out(data, 6).train
    for rows in epoch_order(len(part), 0, 0).split(4)[:2]:
        images = [torch.from_numpy(part.pixels(row)).float() / 255 for row in rows.tolist()]
        truths = [target_of(part.truth(row)) for row in rows.tolist()]
        losses = network(images, [{name: each[name] for name in ("boxes", "labels")} for each in truths])
        optimizer.zero_grad()
        (losses["classification"] + 0.5 * losses["bbox_regression"]).backward()
        optimizer.step()
    saved = load_file(report.folder / "last.safetensors")
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(saved[name], tensor, msg=name)


@pytest.mark.parametrize("kind", ["retinanet", "faster_rcnn"])
def test_an_interrupted_run_goes_on_to_the_bit(whole, kind, tmp_path, monkeypatch):
    pause, stops = Session.pause, [2, 4]

    def asked(session):
        if stops and session.loop.step == stops[0]:
            stops.pop(0)
            os.kill(os.getpid(), signal.SIGTERM)
        return pause(session)

    monkeypatch.setattr(Session, "pause", asked)
    text = {"retinanet": RETINANET, "faster_rcnn": FASTER_RCNN}[kind]
    report = trained(text + FULL, tmp_path / "run")
    while report.state == "interrupted":
        torch.rand(7)  # whatever the process did before
        report = resume_spec(tmp_path / "run", device="cpu")
    assert not stops
    assert alike(tmp_path / "run") == alike(whole / kind)


def test_eval_repeats_the_figures_of_the_test(whole, tmp_path):
    told = json.loads((whole / "retinanet" / "metrics.json").read_text())
    shown = CliRunner().invoke(
        cli, ["eval", str(whole / "retinanet"), "--format", "json", "--precision-recall", str(tmp_path / "pr.png")]
    )
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.output)
    for name, value in told.items():
        if name.startswith("test_"):
            assert found[name] == (value if value is None else pytest.approx(value, rel=1e-5)), name
    assert [each["name"] for each in found["classes"]] == ["circle", "square", "triangle"]
    known = [each["map50"] for each in found["classes"] if each["map50"] is not None]
    assert sum(known) / len(known) == pytest.approx(found["test_map50"])
    with Image.open(tmp_path / "pr.png") as picture:
        assert picture.size[0] > 500
    text = CliRunner().invoke(cli, ["eval", str(whole / "retinanet")]).output
    assert "mAP50" in text
    assert "triangle" in text
    refused = CliRunner().invoke(cli, ["eval", str(whole / "retinanet"), "--confusion", str(tmp_path / "c.png")])
    assert refused.exit_code == 2
    assert "is a detector, which has no confusion matrix" in refused.output
    refused = CliRunner().invoke(cli, ["eval", str(whole / "retinanet"), "--data", "elsewhere"])
    assert "the data set `shapes` is read from no file or folder: `--data` does not go" in str(refused.exception)


def test_judging_leaves_the_network_and_the_random_numbers_as_they_are(whole):
    from netspec.training.feeding.batches import in_order
    from netspec.training.fitting import check_fit

    opened = open_run(whole / "faster_rcnn")
    device, module = opened.module("cpu")
    samples = prepare(opened.recipe.data, device)
    aim = check_fit(opened.network, samples, opened.recipe, opened.spec.document.places)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    random = torch.get_rng_state()
    made = [
        judge(module, aim, samples.test, samples.inputs, device, in_order(samples.test, size), Share())
        for size in (6, 6)
    ]
    assert not any(each.training for each in module.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    first, second = (each.figures() for each in made)
    assert all(value == second[name] or math.isnan(value) for name, value in first.items())


@pytest.fixture
def pictures(tmp_path):
    """Files of images of different sizes."""
    for name, size in {"one": (40, 32), "two": (24, 60)}.items():
        pixels = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    return [tmp_path / "one.png", tmp_path / "two.png"]


def test_predict_tells_the_boxes_of_the_module(whole, pictures, tmp_path):
    asked = ["predict", str(whole / "retinanet"), *map(str, pictures), "--score", "0", "--format", "json"]
    shown = CliRunner().invoke(cli, [*asked, "--pictures", str(tmp_path / "drawn")])
    assert shown.exit_code == 0, shown.output
    network = api.compile(whole / "retinanet" / "spec.yaml", weights=str(whole / "retinanet")).eval()
    for record, file in zip(json.loads(shown.output), pictures, strict=True):
        pixels = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1).float() / 255
        with torch.inference_mode():
            (own,) = network([pixels])
        scores = [each["score"] for each in record["boxes"]]
        assert scores == sorted(scores, reverse=True)
        torch.testing.assert_close(torch.tensor(scores), own["scores"].sort(descending=True).values)
        for each in record["boxes"]:
            left, top, right, bottom = each["box"]
            assert each["name"] in ("circle", "square", "triangle")
            assert 0 <= left <= right <= pixels.shape[2]
            assert 0 <= top <= bottom <= pixels.shape[1]
        with Image.open(tmp_path / "drawn" / f"{file.stem}.boxes.png") as drawn:
            assert max(drawn.size) >= 384
    assert Predictor(open_run(whole / "retinanet"))(pictures[0], least=1.0).boxes == ()
    (told,) = Run(whole / "retinanet").predict(pictures[0], score=0.0)
    assert [each.score for each in told.boxes] == [each["score"] for each in json.loads(shown.output)[0]["boxes"]]
    nothing = CliRunner().invoke(cli, [*asked[:3], "--score", "1"]).output
    shown = re.search(r"no objects: the best box has a score of .*%, and `--score (\S+)`\s+shows it", nothing)
    assert shown is not None
    assert "no objects" not in CliRunner().invoke(cli, [*asked[:3], "--score", shown[1]]).output


def test_runs_show_the_precision(whole):
    shown = CliRunner().invoke(cli, ["runs", str(whole)])
    assert shown.exit_code == 0
    assert "mAP" in shown.output


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"  loss: detector": "  loss: cross_entropy"}, "losses of its own"),
        ({DATA: "  data: {digits: , batch_size: 4}\n"}, "digits has no boxes"),
        ({"  loss: detector": "  loss: {detector: {box_reg: 2}}"}, "no loss `box_reg`"),
        ({"  epochs: 2": "  epochs: 2\n  test_time: mirrored"}, "`test_time` does not go with a detector"),
        ({"  epochs: 2": "  epochs: 2\n  side_loss: 0.3"}, "`side_loss` does not go with a detector"),
        ({"  epochs: 2": "  epochs: 2\n  compile: true"}, "`compile` does not go with a detector"),
        ({"  epochs: 2": "  epochs: 2\n  metrics: [accuracy]"}, "accuracy does not judge detection"),
        (
            {"  epochs: 2": "  epochs: 2\n  early_stopping: {patience: 1, monitor: box_reg.loss}"},
            "no figure `box_reg.loss`",
        ),
        ({"  epochs: 2": "  epochs: 2\n  checkpoint: {monitor: accuracy}"}, "no figure `accuracy`"),
        ({"classes: 4": "classes: 3"}, "shapes has 3 classes, the network tells 2 apart"),
    ],
)
def test_what_does_not_go_with_a_detector_is_refused(changed, message, tmp_path, capsys):
    text = RETINANET + TRAIN
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "spec.yaml").write_text(text)
    assert run(["check", str(tmp_path / "spec.yaml")]) == 1
    assert message in " ".join("".join(capsys.readouterr()).split())
    with pytest.raises(NetspecError) as caught:
        train_spec(api.load(str(tmp_path / "spec.yaml")), out=tmp_path / "run")
    assert message in " ".join(each.message for each in caught.value.diagnostics)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("part", ["loss", "data"])
def test_a_network_that_is_no_detector_takes_neither_its_loss_nor_boxes(part):
    given = {"loss": "{digits: }", "data": "shapes"}[part], {"loss": "detector", "data": "cross_entropy"}[part]
    text = f"""
netspec: 1
name: plain
input: [1, 8, 8]
layers: [flatten, {{linear: 10}}]
train: {{data: {given[0]}, loss: {given[1]}, optimizer: {{sgd: 0.1}}, epochs: 1}}
"""
    with pytest.raises(NetspecError) as caught:
        train_spec(api.loads(text))
    assert "which `plain` has not" in caught.value.diagnostics[0].message


def test_mixed_precision_trains_and_is_judged_in_full(tmp_path, monkeypatch):
    found, judging = [], BoxMeter.update
    monkeypatch.setattr(BoxMeter, "update", lambda meter, *given: found.append(given) or judging(meter, *given))
    report = trained(RETINANET + TRAIN + "  precision: bfloat16\n", tmp_path / "run", epochs=1)
    assert {boxes["boxes"].dtype for outputs, _, _ in found for boxes in outputs} == {torch.float32}
    assert any((boxes["boxes"] != boxes["boxes"].bfloat16()).any() for outputs, _, _ in found for boxes in outputs)
    saved = load_file(report.folder / "last.safetensors")
    assert all(tensor.isfinite().all() for tensor in saved.values())
    assert all(tensor.dtype == torch.float32 for tensor in saved.values() if tensor.is_floating_point())


def test_metrics_of_other_classes_are_a_failure_and_no_traceback(whole, tmp_path, capsys):
    shutil.copytree(whole / "retinanet", tmp_path / "run")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    metrics["data"]["classes"] = ["circle"]
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(metrics))
    Image.new("RGB", (32, 32)).save(tmp_path / "image.png")
    assert run(["predict", str(tmp_path / "run"), str(tmp_path / "image.png")]) == 1
    assert "NS0902" in capsys.readouterr().err


@pytest.fixture(scope="module")
def of_files(tmp_path_factory):
    """The run of a detector of COCO's files, and where they are."""
    root = coco(tmp_path_factory.mktemp("coco"))
    data = f"  data: {{coco: {root}, batch_size: 2}}\n"
    trained(RETINANET + TRAIN.replace(DATA, data), root / "run", epochs=1)
    return root


def judged(run, folder, capsys):
    from netspec.cli import run as command

    code = command(["eval", str(run), "--data", str(folder), "--device", "cpu", "--format", "json"])
    out, err = capsys.readouterr()
    return json.loads(out) if code == 0 else err


def test_other_data_s_classes_go_by_their_names(of_files, tmp_path, capsys):
    own = judged(of_files / "run", of_files, capsys)
    for name in ("train2017", "val2017"):
        shutil.copytree(of_files / name, tmp_path / "other" / name)
    (tmp_path / "other" / "annotations").mkdir()
    for file in (of_files / "annotations").iterdir():
        told = json.loads(file.read_text())
        turned = {each["id"]: 100 - each["id"] for each in told["categories"]}  # the order of the numbers is another
        told["categories"] = [{"id": turned[each["id"]], "name": each["name"]} for each in told["categories"]]
        told["annotations"] = [{**each, "category_id": turned[each["category_id"]]} for each in told["annotations"]]
        (tmp_path / "other" / "annotations" / file.name).write_text(json.dumps(told))
    other = judged(of_files / "run", tmp_path / "other", capsys)
    assert [each["name"] for each in other["classes"]] == [each["name"] for each in own["classes"]]
    assert {each["objects"] for each in own["classes"]} != {0}
    for name in ("test_map", "test_loss", "test_images"):
        assert other[name] == pytest.approx(own[name], rel=1e-5), name
    assert [each["objects"] for each in other["classes"]] == [each["objects"] for each in own["classes"]]
    for file in (tmp_path / "other" / "annotations").iterdir():
        file.write_text(file.read_text().replace("square", "star"))
    assert "star, which" in judged(of_files / "run", tmp_path / "other", capsys)


def test_a_run_keeps_its_precision_over_recall_and_draws_it_again(tmp_path, capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netspec.training.keeping.run_log.pictures", pictures_of_run)
        trained(RETINANET + TRAIN, tmp_path / "run", epochs=1)
    told, picture = tmp_path / "run" / "precision_recall.csv", tmp_path / "run" / "precision_recall.png"
    header, *rows = [line.split(",") for line in told.read_text().splitlines()]
    assert (header[1], header[51], header[-1], len(header)) == ("0", "0.5", "1", 102)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    means = [np.mean([float(number) for number in row[1:]]) for row in rows]
    assert np.mean(means) == pytest.approx(metrics["test_map50"])
    before = picture.read_bytes()
    picture.unlink()
    assert run(["runs", str(tmp_path), "--draw"]) == 0
    assert picture.read_bytes() == before
    assert read_precisions(tmp_path / "run").keys() == {row[0] for row in rows}
    tables = ("", "class,0,1\nsquare,0.5\n", "class,0,1\nsquare,nan,1\n", "class,0,1\nsquare,x,1\n", "class,0,1\n")
    for broken in tables:
        told.write_text(broken)
        with pytest.raises(NetspecError) as caught:
            read_precisions(tmp_path / "run")
        assert caught.value.diagnostics[0].code.value[0] == "NS0902", broken
    assert run(["runs", str(tmp_path), "--draw"]) == 1
    assert "precision_recall.csv" in "".join(capsys.readouterr())


def thin_folder(root):
    """YOLO's files: five images, of which one of those to train on is 900 pixels high and one wide."""
    for row in range(5):
        (root / "images").mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (1, 900) if row == 4 else (32, 32)).save(root / "images" / f"{row}.png")
        (root / "images" / f"{row}.txt").write_text("0 0.5 0.5 1 0.5")
    return f"  data: {{yolo: {root}, classes: [a, b, c], batch_size: 2, workers: 0, test: 1}}\n"


THIN = ": of 900x1 (height x width), scaled to `max_size: 32`, no width is left"


def test_an_image_that_is_too_thin_is_named_before_a_run_begins(tmp_path):
    text = RETINANET + TRAIN.replace(DATA, thin_folder(tmp_path))
    with pytest.raises(NetspecError) as error:
        trained(text, tmp_path / "run")
    (only,) = error.value.diagnostics
    assert only.message == f"{tmp_path / 'images' / '4.png'}{THIN}"
    assert not (tmp_path / "run").exists()


def test_an_image_that_is_too_thin_is_named_by_all_that_show_it_to_a_run(whole, tmp_path, capsys):
    thin_folder(tmp_path)
    own, thin = str(whole / "retinanet"), tmp_path / "images" / "4.png"
    for command, *options in [("predict", "--device", "cpu"), ("look", "--output", str(tmp_path / "seen"))]:
        assert run([command, own, str(thin), *options]) == 1
        assert f"{thin}{THIN}" in " ".join(capsys.readouterr().err.split())


def test_a_thin_image_is_taken_as_long_as_torchvision_leaves_it_a_pixel(whole):
    spec = api.load(whole / "retinanet" / "spec.yaml")
    kind, transform = spec.graph.detection.kind, api.compile(spec).eval().transform
    for height, width in [(32, 1), (33, 1), (64, 2), (1, 31), (65, 2), (3, 97), (96, 3), (31, 1)]:
        try:
            transform([torch.rand(3, height, width)])
            taken = True
        except RuntimeError:
            taken = False
        assert (kind.untaken(height, width) is None) is taken, (height, width)


def test_a_run_whose_annotations_have_changed_since_goes_on_no_further(of_files, tmp_path):
    for name in ("train2017", "val2017", "annotations"):
        shutil.copytree(of_files / name, tmp_path / "data" / name)
    options = {"epochs": 2, "device": "cpu", "folder": str(tmp_path / "data"), "out": tmp_path / "on"}
    file = tmp_path / "data" / "annotations" / "instances_val2017.json"
    told = json.loads(file.read_text())
    told["annotations"][0]["bbox"][2] -= 1
    file.write_text(json.dumps(told))
    with pytest.raises(NetspecError, match=r"NS0806 the data are not those that .* was trained on"):
        prolong_spec(of_files / "run", **options)
    assert not (tmp_path / "on").exists()


def test_an_image_that_augmentation_makes_too_thin_ends_the_run_with_a_diagnostic(tmp_path):
    Image.new("RGB", (2, 60)).save(tmp_path / "0.png")
    (tmp_path / "0.txt").write_text("0 0.5 0.5 1 1")
    data = f"  data: {{yolo: {tmp_path}, classes: [a, b, c], batch_size: 1, workers: 0, test: 0}}\n"
    text = RETINANET + TRAIN.replace(DATA, f"{data}  augment: [{{scale_jitter: [0.7, 0.72]}}]\n")
    with pytest.raises(NetspecError, match="an augmented image is too thin: of 43x1"):
        trained(text, tmp_path / "run")
