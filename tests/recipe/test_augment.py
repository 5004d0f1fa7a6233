"""Augmentations: each held against torchvision or its definition, all against chance that is not their own."""

import pytest
import torch
from torchvision.transforms import v2

from netspec.diagnostics import Code, NetspecError
from netspec.frontend.problems import NOWHERE, Report
from netspec.functional.augment import colours
from netspec.functional.augment.draws import generator, hashed
from netspec.functional.augment.mixing import beta
from netspec.functional.augment.resample import affine_maps, resized_boxes, warped
from netspec.recipe.augment import Augmentation, Scene
from netspec.recipe.data import DataSet
from netspec.recipe.reading import read_part
from netspec.training.feeding.batches import Batch
from netspec.training.feeding.samples import prepare
from netspec.training.feeding.step_examples import Augment, check_augment

CPU = torch.device("cpu")
SCENE = Scene(255, (120.0, 110.0, 100.0), 10)


def part(written):
    report = Report(NOWHERE)
    found = read_part(Augmentation, written, (), report)
    report.check()
    return found


def images(count=6, channels=3, height=12, width=16):
    shape = (count, channels, height, width)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(1))


def draws(augmentation, count, seed=0):
    return torch.rand(count, augmentation.numbers, generator=generator(seed))


def applied(written, given=None, targets=None, scene=SCENE):
    augmentation, given = part(written), images() if given is None else given
    targets = torch.arange(len(given)) if targets is None else targets
    return augmentation.function()(given, targets, draws(augmentation, len(given)), scene)


EVERY = [
    {"crop": [10, 11], "padding": 2},
    {"crop": 12, "padding": 2, "padding_mode": "reflect"},
    {"random_resized_crop": [9, 14]},
    "flip",
    "alternating_flip",
    {"vertical_flip": 0.3},
    {"rotate": 30},
    {"affine": 20, "translate": 0.2, "scale": [0.7, 1.4], "shear": 15},
    {"color_jitter": None, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1},
    {"grayscale": 0.5},
    {"gaussian_noise": 0.1},
    {"erase": 0.5},
    {"erase": 0.5, "fill": "noise"},
    "randaugment",
    {"randaugment": 20, "num_ops": 3},
    "trivial_augment",
]
MIXING = [{"mixup": 0.2}, {"cutmix": 1.0}, "mixup", "cutmix"]


def test_every_augmentation_is_tried():
    tried = {next(iter(each)) if isinstance(each, dict) else each for each in [*EVERY, *MIXING]}
    of_boxes_alone = {"scale_jitter", "zoom_out", "iou_crop"}  # see test_boxed_augment.py
    assert tried == set(Augmentation.members) - of_boxes_alone


@pytest.mark.parametrize("written", EVERY, ids=str)
@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_an_image_alone_is_as_in_a_batch(written, kind):
    """Each image has its own numbers: in its range, of the shape that is told, untouched by its neighbours."""
    augmentation, given = part(written), images().to(kind)
    before = given.clone()
    chance = draws(augmentation, 6)
    together, targets = augmentation.function()(given, torch.arange(6), chance, SCENE)
    assert torch.equal(given, before)
    assert torch.equal(targets, torch.arange(6))
    assert tuple(together.shape[1:]) == augmentation.shape((3, 12, 16))
    assert 0 <= together.min() <= together.max() <= 255
    for row in range(6):
        alone, _ = augmentation.function()(given[row : row + 1], torch.tensor([row]), chance[row : row + 1], SCENE)
        torch.testing.assert_close(alone[0], together[row], rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("written", EVERY, ids=str)
def test_images_change(written):
    assert not torch.equal(applied(written)[0].float(), images().float()[:, :, :, :])


def test_crop_takes_a_piece_of_the_padded_image():
    augmentation, given = part({"crop": 12, "padding": 3}), images(64, height=12, width=12)
    chance = draws(augmentation, 64)
    found = augmentation.move()(given, chance, 0, False)
    padded = v2.functional.pad(given, [3, 3, 3, 3])
    corners = (chance * 7).long().tolist()
    for row, (top, left) in enumerate(corners):
        assert torch.equal(found[row], padded[row, :, top : top + 12, left : left + 12])
    assert {corner for pair in corners for corner in pair} == set(range(7))


@pytest.mark.parametrize(("mode", "theirs"), [("reflect", "reflect"), ("edge", "edge")])
def test_crop_pads_as_torchvision_does(mode, theirs):
    augmentation, given = part({"crop": [18, 22], "padding": 3, "padding_mode": mode}), images()
    found = augmentation.move()(given, torch.zeros(6, 2), 0, False)
    assert torch.equal(found, v2.functional.pad(given, [3, 3, 3, 3], padding_mode=theirs))


@pytest.mark.parametrize("size", [(5, 7), (12, 16), (20, 9)])
def test_boxes_are_resized_as_torchvision_does(size):
    given = images(4)
    boxes = torch.tensor([[0, 0, 12, 16], [2, 3, 7, 9], [5, 0, 1, 1], [0, 10, 12, 6]])
    found = resized_boxes(given.float(), boxes, size, nearest=False)
    for row, (top, left, height, width) in enumerate(boxes.tolist()):
        wanted = v2.functional.resized_crop(given[row].float(), top, left, height, width, list(size), antialias=True)
        torch.testing.assert_close(found[row], wanted, rtol=1e-4, atol=1e-2)


def test_random_resized_crops_are_of_their_areas_and_shapes():
    augmentation = part({"random_resized_crop": 8, "scale": [0.2, 0.5], "ratio": [0.5, 2]})
    boxes = augmentation.boxes(draws(augmentation, 2000), 100, 160).double()
    top, left, height, width = boxes.unbind(1)
    assert ((top >= 0) & (left >= 0) & (top + height <= 100) & (left + width <= 160)).all()
    area, ratio = height * width / 16000, width / height
    assert (area > 0.19).all()
    assert (area < 0.51).all()
    assert (ratio > 0.48).all()
    assert (ratio < 2.08).all()
    assert area.mean() == pytest.approx(0.35, abs=0.02)
    assert ratio.log().mean() == pytest.approx(0, abs=0.05)


def test_a_box_that_never_fits_is_the_largest_in_the_middle():
    augmentation = part({"random_resized_crop": 8, "scale": [1, 1], "ratio": [1, 1]})
    assert augmentation.boxes(draws(augmentation, 2), 10, 40).tolist() == [[0, 15, 10, 10]] * 2


@pytest.mark.parametrize(
    ("angle", "translate", "scale", "shear"),
    [(30, (0, 0), 1.0, (0, 0)), (0, (3, -2), 1.0, (0, 0)), (-50, (1, 2), 1.3, (10, -20)), (0, (0, 0), 0.6, (0, 25))],
)
def test_maps_are_torchvision_s(angle, translate, scale, shear):
    given = images(1, height=21, width=31).float()
    one = torch.ones(1)
    maps = affine_maps(
        -angle * one, translate[0] * one, translate[1] * one, scale * one, shear[0] * one, shear[1] * one
    )
    wanted = v2.functional.affine(
        given, angle, list(translate), scale, list(shear), interpolation=v2.InterpolationMode.BILINEAR
    )
    found = warped(given, maps, 0.0, nearest=False)
    inner = (slice(None), slice(None), slice(4, -4), slice(4, -4))
    torch.testing.assert_close(found[inner], wanted[inner], rtol=1e-3, atol=0.5)


AMOUNTS = torch.tensor([0.3, 0.9, 1.0, 1.6])


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("brightness", v2.functional.adjust_brightness),
        ("contrast", v2.functional.adjust_contrast),
        ("saturation", v2.functional.adjust_saturation),
        ("sharpness", v2.functional.adjust_sharpness),
    ],
)
def test_colours_are_torchvision_s(name, theirs):
    given = images(4).float()
    found = getattr(colours, name)(given, AMOUNTS, 255.0)
    for row, amount in enumerate(AMOUNTS.tolist()):
        torch.testing.assert_close(found[row], theirs(given[row] / 255, amount) * 255, rtol=1e-4, atol=0.05)


def test_hues_are_torchvision_s():
    given, amounts = images(5).float(), torch.tensor([-0.5, -0.2, 0.0, 0.13, 0.5])
    found = colours.hue(given, amounts, 255.0)
    for row, amount in enumerate(amounts.tolist()):
        torch.testing.assert_close(
            found[row], v2.functional.adjust_hue(given[row] / 255, amount) * 255, atol=0.1, rtol=0
        )


@pytest.mark.parametrize("name", ["autocontrast", "equalize"])
def test_stretched_colours_are_torchvision_s(name):
    given = torch.cat([images(3), images(3) // 4 + 30, torch.full((1, 3, 12, 16), 7, dtype=torch.uint8)])
    found = getattr(colours, name)(given.float(), torch.zeros(7), 255.0)
    torch.testing.assert_close(found, getattr(v2.functional, name)(given).float(), atol=1.01, rtol=0)


def test_posterize_and_solarize_are_torchvision_s():
    given = images(3)
    bits = torch.tensor([2.0, 5.0, 8.0])
    found = colours.posterize(given.float(), bits, 255.0)
    for row, kept in enumerate((2, 5, 8)):
        assert torch.equal(found[row], v2.functional.posterize(given[row], kept).float())
    found = colours.solarize(given.float(), torch.tensor([100.0, 0.0, 255.0]) / 255, 255.0)
    for row, threshold in enumerate((100, 0, 255)):
        assert torch.equal(found[row], v2.functional.solarize(given[row], threshold).float())


def test_noise_is_normal_and_its_own_for_each_image():
    given = torch.full((8, 3, 64, 64), 127.5)
    found = applied({"gaussian_noise": 0.1}, given)[0] - 127.5
    assert found.std() == pytest.approx(25.5, rel=0.02)
    assert found.mean() == pytest.approx(0, abs=0.3)
    flat = found.flatten(1)
    assert (torch.corrcoef(flat) - torch.eye(8)).abs().max() < 0.05
    kurtosis = (found / found.std()).pow(4).mean()
    assert kurtosis == pytest.approx(3, abs=0.15)


def test_hashed_numbers_are_uniform_and_depend_on_key_and_place_alone():
    keys = torch.tensor([0.0, 0.25, 0.7, 0.999999])
    numbers = hashed(keys, 10_000)
    assert torch.equal(hashed(keys[2:3], 10_000)[0], numbers[2])
    assert torch.equal(hashed(keys, 100), numbers[:, :100])
    assert numbers.mean(1).tolist() == pytest.approx([0.5] * 4, abs=0.015)
    counts = (numbers * 16).long().flatten().bincount(minlength=16)
    assert counts.min() > 2300
    assert counts.max() < 2700
    assert (torch.corrcoef(numbers) - torch.eye(4)).abs().max() < 0.05


def test_erase_fills_a_rectangle_of_its_area():
    given = torch.full((400, 3, 40, 40), 7, dtype=torch.uint8)
    found, _ = applied({"erase": 0.75, "scale": [0.1, 0.2], "ratio": [0.5, 2]}, given)
    gone = (found != 7).all(1)
    share = gone.flatten(1).float().mean(1)
    erased = share > 0
    assert erased.float().mean() == pytest.approx(0.75, abs=0.06)
    assert share[erased].min() > 0.08
    assert share[erased].max() < 0.22
    assert found[:, 0][gone].unique().tolist() == [120.0]
    assert found[:, 2][gone].unique().tolist() == [100.0]
    rows, columns = gone.any(2).sum(1), gone.any(1).sum(1)
    assert torch.equal(rows * columns, gone.flatten(1).sum(1))


def test_masks_move_with_their_images():
    mask = torch.zeros(6, 12, 16, dtype=torch.int64)
    mask[:, 3:9, 4:12] = 1
    given = (mask[:, None] * 255).expand(-1, 3, -1, -1).to(torch.uint8)
    for written in (
        "flip",
        {"crop": 10, "padding": 2},
        {"rotate": 45},
        {"affine": 10, "translate": 0.3},
        "trivial_augment",
    ):
        moved, masks = applied(written, given, mask)
        assert masks.shape[1:] == moved.shape[2:]
        assert masks.dtype == torch.int64
        assert set(masks.unique().tolist()) <= {0, 1, 255}
        if written != "trivial_augment":
            seen = (moved[:, 0].float() > 127) == (masks == 1)
            assert seen.float().mean() > 0.97
    assert (applied({"rotate": 45}, given, mask)[1] == 255).any()


def augmented(parts, count=24, classes=10):
    data = DataSet.members["synthetic"](size=(3, 12, 12), classes=classes, examples=count)
    parts = [part(each) for each in parts]
    samples = prepare(data, CPU, parts)
    check_augment(parts, samples)
    return Augment.of(parts, samples), samples


LISTS = [
    [{"crop": 12, "padding": 2}, "flip", {"erase": 0.25}, {"mixup": 0.2}],
    ["trivial_augment", {"gaussian_noise": 0.05}, "mixup", "cutmix"],
    [{"random_resized_crop": 12}, {"cutmix": 1.0}],
    [{"color_jitter": None, "hue": 0.1}, {"rotate": 10}],
    [{"crop": 12, "padding": 2}, "alternating_flip", {"mixup": 0.2}],
    [],
]


@pytest.mark.parametrize("written", LISTS, ids=str)
@pytest.mark.parametrize("size", [24, 13, 1])
def test_results_do_not_depend_on_the_number_of_processes(written, size):
    augment, samples = augmented(written)
    order = torch.randperm(24, generator=generator(3))[:size]
    for step in (0, 1, 977):
        (whole,) = samples.train.batches([order])
        inputs, targets = augment(whole, 5, step)
        for processes in (2, 3, 5):
            for rank in range(min(processes, size)):
                share = slice(rank, size, processes)
                rows = order[augment.positions(size, share)]
                (own,) = samples.train.batches([rows])
                found, told = augment(own, 5, step, share, size)
                torch.testing.assert_close(found, inputs[share], rtol=1e-5, atol=1e-5)
                torch.testing.assert_close(told, targets[share])


def test_seed_and_step_change_everything_and_nothing_else_does():
    augment, samples = augmented(LISTS[0])
    (batch,) = samples.train.batches([torch.arange(24)])
    first = augment(batch, 5, 7)[0]
    torch.manual_seed(99)
    torch.rand(10)
    assert torch.equal(augment(batch, 5, 7)[0], first)
    assert not torch.equal(augment(batch, 5, 8)[0], first)
    assert not torch.equal(augment(batch, 6, 7)[0], first)


def test_an_alternating_flip_shows_each_image_from_both_sides_in_two_epochs():
    augment, samples = augmented([{"grayscale": 0}, "alternating_flip"], 200)

    def mirrored(rows, seed, step, epoch):
        (batch,) = samples.train.batches([rows])
        plain, found = samples.inputs(batch.images), augment(batch, seed, step, epoch=epoch)[0]
        same, other = ((each == found).flatten(1).all(1) for each in (plain, plain.flip(3)))
        assert (same ^ other).all()
        return other

    rows = torch.arange(200)
    first = mirrored(rows, 5, 0, 0)
    assert 70 < first.sum() < 130
    order = torch.randperm(200, generator=generator(1))
    assert torch.equal(mirrored(order, 5, 9, 1), ~first[order])  # in whatever batch it comes
    assert torch.equal(mirrored(order, 5, 17, 2), first[order])
    assert not torch.equal(mirrored(rows, 6, 0, 0), first)


def test_mixup_mixes_pixels_and_targets_alike():
    augment, samples = augmented([{"mixup": 1.0}], 8)
    (batch,) = samples.train.batches([torch.arange(8)])
    found, targets = augment(batch, 0, 0)
    plain = samples.inputs(batch.images)
    partner = torch.arange(8).roll(-4)
    labels = torch.nn.functional.one_hot(batch.targets, 10).float()
    ratios = []
    for row in range(8):
        a, b, mixed = plain[row].flatten(), plain[partner[row]].flatten(), found[row].flatten()
        ratio = ((mixed - b) @ (a - b) / ((a - b) @ (a - b))).item()
        torch.testing.assert_close(mixed, ratio * a + (1 - ratio) * b, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(
            targets[row], ratio * labels[row] + (1 - ratio) * labels[partner[row]], atol=1e-3, rtol=0
        )
        ratios.append(ratio)
    assert len({round(ratio, 3) for ratio in ratios}) == 8
    torch.testing.assert_close(targets.sum(1), torch.ones(8))


def test_cutmix_weighs_targets_by_area():
    augment, samples = augmented([{"cutmix": 1.0}], 64)
    (batch,) = samples.train.batches([torch.arange(64)])
    found, targets = augment(batch, 0, 0)
    plain, partner = samples.inputs(batch.images), torch.arange(64).roll(-32)
    own = (found == plain).all(1)
    assert ((found == plain[partner]).all(1) | own).all()
    share = own.flatten(1).float().mean(1)
    labels = torch.nn.functional.one_hot(batch.targets, 10).float()
    wanted = share[:, None] * labels + (1 - share[:, None]) * labels[partner]
    torch.testing.assert_close(targets, wanted, atol=0.02, rtol=0)


@pytest.mark.parametrize("alpha", [0.1, 0.2, 1.0, 4.0])
def test_mixing_ratios_are_beta(alpha):
    found = beta(torch.rand(20_000, generator=generator(2)), alpha).double()
    assert found.mean() == pytest.approx(0.5, abs=0.015)
    assert found.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_each_batch_draws_one_of_several_ways_to_mix():
    augment, _ = augmented(["mixup", "cutmix"])
    drawn = [augment.numbers(0, step, 4)[1] for step in range(200)]
    assert 70 < sum(drawn) < 130


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ([{"mixup": 0.2}, "flip"], "`flip` must stand before it"),
        ([{"crop": 16, "padding": 1}], "crop wants 16 pixels, the padded images are 14 high"),
        ([{"crop": 8}], "augmented images become [3, 8, 8], those for judging [3, 12, 12]"),
        ([{"crop": 12, "padding": 12, "padding_mode": "reflect"}], "cannot reflect 12 pixels"),
    ],
)
def test_augmentations_that_do_not_fit(written, told):
    with pytest.raises(NetspecError) as caught:
        augmented(written)
    assert caught.value.diagnostics[0].code is Code.BAD_RECIPE
    assert told in caught.value.diagnostics[0].message


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"crop": 0}, "a whole number of pixels"),
        ({"random_resized_crop": 2**40}, "1 to 8,192"),
        ({"flip": 1.5}, "at most 1"),
        ({"random_resized_crop": 8, "scale": [0.9, 0.1]}, "[least, most]"),
        ({"random_resized_crop": 8, "scale": [0.1, 1.5]}, "at most 1"),
        ({"rotate": None}, None),
        ({"mixup": 0}, "greater than 0"),
        ({"erase": 0.2, "fill": "black"}, "`neutral` or `noise`"),
        ("flop", "`flip`"),
    ],
)
def test_options_that_are_refused(written, told):
    with pytest.raises(NetspecError) as caught:
        part(written)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code.number < "NS03"
    assert told is None or told in f"{diagnostic.expected} {diagnostic.help}"


def test_regression_targets_are_mixed_and_images_that_are_targets_follow():
    augment, _ = augmented([{"mixup": 1.0}])
    given = images(4, height=12, width=12)
    batch = Batch(given, torch.arange(4.0)[:, None], torch.arange(4))
    _, targets = augment(batch, 0, 0)
    assert targets.shape == (4, 1)
    assert not torch.equal(targets, batch.targets)
    plain, _ = augmented(["flip"])
    inputs, told = plain(Batch(given, given, torch.arange(4)), 0, 0)
    assert told is inputs
