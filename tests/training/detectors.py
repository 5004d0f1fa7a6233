"""Detectors as small as they can be, with recipes, for the tests of training."""

RETINANET = """\
netspec: 1
name: dots
params: {classes: 4}
input: [3, 32, 32]
blocks:
  backbone:
    outputs: [fine, coarse]
    layers:
      - {conv: 8, kernel: 4, stride: 4, bias: false}
      - batch_norm
      - {relu: , name: fine}
      - {dropout: 0.1}
      - {conv: 8, kernel: 3, stride: 2, padding: 1, activation: relu, name: coarse}
  head: {params: {out: int}, layers: [{conv: $out, kernel: 3, padding: 1, name: last}]}
layers:
  - {backbone: , name: backbone, to: [fine, coarse]}
  - {head: $classes, from: fine, name: head.classification_head, to: [scores1]}
  - {reuse: head.classification_head, from: coarse, to: [scores2]}
  - {head: 4, from: fine, name: head.regression_head, to: [boxes1]}
  - {reuse: head.regression_head, from: coarse, to: [boxes2]}
detector: {retinanet: , sizes: [[8], [16]], aspect_ratios: [1.0], min_size: 32, max_size: 32, topk_candidates: 20}
"""

FASTER_RCNN = """\
netspec: 1
name: dots
params: {classes: 4}
inputs:
  image: [3, 32, 32]
  region: [8, 3, 3]
blocks:
  backbone: {layers: [{conv: 8, kernel: 4, stride: 4}, batch_norm, relu]}
  proposals:
    outputs: [scores, boxes]
    layers:
      - {conv: 2, kernel: 3, padding: 1, name: scores}
      - {conv: 8, kernel: 3, padding: 1, from: input, name: boxes}
  box_head: {layers: [flatten, {linear: 16, activation: relu, name: hidden}]}
  box_predictor:
    params: {classes: int}
    outputs: [scores, boxes]
    layers: [{linear: $classes, name: scores}, {linear: $(4 * classes), from: input, name: boxes}]
layers:
  - {backbone: , from: image, name: backbone}
  - {proposals: , name: rpn.head, to: [found, moved]}
  - {box_head: , from: region, name: roi_heads.box_head}
  - {box_predictor: $classes, name: roi_heads.box_predictor, to: [scores, boxes]}
detector:
  faster_rcnn:
  sizes: [[8, 16]]
  aspect_ratios: [1.0]
  roi_levels: 1
  roi_size: 3
  min_size: 32
  max_size: 32
  rpn_batch_size_per_image: 16
  box_batch_size_per_image: 8
  rpn_post_nms_top_n_train: 20
  rpn_post_nms_top_n_test: 20
"""

DATA = "  data: {shapes: 24, test: 6, size: 32, sides: [8, 16], objects: [1, 2], batch_size: 4, validation: 6}\n"

TRAIN = f"""\
train:
{DATA}  loss: detector
  optimizer: {{sgd: 0.02, momentum: 0.9}}
  epochs: 2
"""
