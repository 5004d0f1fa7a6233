"""Small specs, one for each thing that generated source seldom holds. All are networks named `net`."""

from __future__ import annotations

SPECS: dict[str, str] = {
    "carried": """
input: [3, 9, 9]
layers:
  - {conv: 4, kernel: 4, padding: [[1, 2], [2, 1]], name: odd}
  - {conv: 8, kernel: 3, padding: same, stride: 1, name: even}
  - {permute: [1, 2, 0]}
  - {reshape: [81, 8]}
  - {lstm: 6}
""",
    "init": """
input: [3, 8, 8]
layers:
  - {conv: 16, kernel: 3, name: first, init: {weight: {normal: [0, 0.02]}, bias: zeros}}
  - {batch_norm, name: bn, init: {weight: zeros, bias: {constant: 0.5}}}
  - layers:
      - {conv: 16, kernel: 1, bias: false, name: a}
      - {conv: 16, kernel: 1, name: b}
    name: group
    init: {conv: {weight: {kaiming_normal: {mode: fan_out, nonlinearity: relu}}, bias: ones}}
  - flatten
  - {linear: 5, name: head}
""",
    "init_everywhere": """
input: [12]
layers:
  - layers:
      - {linear: 8}
      - relu
      - {linear: 4}
    init: {linear: {weight: {trunc_normal: {std: 0.02}}, bias: zeros}}
""",
    "init_alike": """
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 1, name: a, init: {weight: {normal: [0, 0.02]}, bias: zeros}}
  - {batch_norm, name: bn, init: {weight: zeros}}
  - {conv: 4, kernel: 1, name: b, init: {weight: {normal: [0, 0.02]}, bias: zeros}}
  - {conv: 5, kernel: 1, name: c, init: {weight: {normal: [0, 0.02]}, bias: zeros}}
  - {batch_norm, name: bn2, init: {weight: ones}}
  - {conv: 5, kernel: 1, name: d, init: {weight: zeros}}
""",
    "init_drawn": """
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 1, name: a, init: {weight: {normal: [0, 0.02]}, bias: {uniform: [0, 1]}}}
  - {conv: 4, kernel: 1, name: b, init: {weight: {normal: [0, 0.02]}, bias: {uniform: [0, 1]}}}
  - {conv: 4, kernel: 1, name: c, init: {weight: {normal: [0, 0.02]}, bias: {uniform: [0, 1]}}}
  - {conv: 4, kernel: 1, name: d, bias: false, init: {weight: {normal: [0, 0.02]}}}
  - {conv: 4, kernel: 1, name: e, init: {weight: zeros, bias: ones}}
""",
    "init_recurrent": """
input: [7, 5]
layers:
  - {lstm: 4, name: rnn, init: {weight_hh_l0: orthogonal, bias_ih_l0: zeros}}
""",
    "freeze": """
input: [3, 8, 8]
blocks:
  unit:
    params: {out: int}
    layers: [{conv: $out, kernel: 3, padding: 1, name: conv}, {batch_norm, name: bn}, relu]
layers:
  - layers:
      - {unit: 4, name: a}
      - {unit: 4, name: b, freeze: false}
      - {unit: 4, name: c}
    freeze: true
    name: body
  - {unit: 4, name: tail}
""",
    "freeze_all": """
input: [3, 8, 8]
layers:
  - layers:
      - {conv: 4, kernel: 3}
      - {batch_norm, name: bn}
      - {parameter: [4, 6, 6], name: offset}
      - {add: [bn, offset]}
    freeze: true
""",
    "tie": """
params: {words: 11, width: 6}
input: {shape: [5], dtype: int64}
layers:
  - {embedding: $words, dim: $width, name: wte}
  - {linear: $width, name: mix}
  - {linear: $words, bias: false, name: head, tie: {weight: wte.weight}}
""",
    "reuse": """
input: [6]
layers:
  - {linear: 6, name: shared}
  - relu
  - {reuse: shared}
  - tanh
  - {linear: 6, name: acted, activation: relu}
  - {reuse: acted}
""",
    "parameter": """
input: [5, 4]
layers:
  - {parameter: [1, 4], name: cls_token}
  - {concat: [cls_token, input], axis: 0, name: tokens}
  - {parameter: [6, 4], name: pos, init: {weight: {normal: [0, 0.02]}}}
  - {add: [tokens, pos]}
""",
    "dotted": """
input: [6]
layers:
  - {linear: 8, name: encoder.first}
  - relu
  - {linear: 8, name: encoder.deep.second}
  - {linear: 3, name: heads.head}
""",
    "several": """
inputs: {left: [4], right: [6]}
layers:
  - {linear: 5, from: left, name: a}
  - {linear: 5, from: right, name: b}
  - {add: [a, b], name: joined}
  - {linear: 2, name: small}
  - {linear: 3, from: joined, name: large}
outputs: {small: small, large: large}
""",
    "parallel": """
input: [3, 8, 8]
layers:
  - parallel:
      narrow: [{conv: 4, kernel: 1}, relu]
      wide: {conv: 6, kernel: 3, padding: 1}
      same: []
  - parallel: {p: {conv: 2, kernel: 1}, q: {conv: 2, kernel: 1}}
    merge: none
  - {multiply: [p, q]}
""",
    "activation": """
input: [3, 8, 8]
params: {slope: 0.2}
layers:
  - {conv: 4, kernel: 3, activation: relu}
  - {conv: 4, kernel: 3, activation: {leaky_relu: 0.1}}
  - {conv: 4, kernel: 3, activation: {elu: $slope}}
  - flatten
  - {linear: 5, activation: softmax}
""",
    "blocks": """
params: {heads: 2}
input: [6, 8]
blocks:
  two:
    doc: Takes two and gives two.
    inputs: [left, right]
    outputs: {sum: total, product: scaled}
    layers:
      - {add: [left, right], name: total}
      - {multiply: [left, right], name: scaled}
  gated:
    params: {width: int, gate: bool}
    layers:
      - {linear: $width, name: up}
      - {linear: $width, name: gate, when: $gate}
      - relu
layers:
  - {linear: 8, name: a}
  - {linear: 8, name: b, from: input}
  - {two, from: [a, b], to: [s, p], name: pair}
  - {concat: [s, p], axis: -1}
  - {gated: 8, gate: true, name: on}
  - {gated: 8, gate: false, name: off}
""",
    "side_branch": """
input: [3, 8, 8]
layers:
  - {conv: 4, kernel: 3, name: stem}
  - layers: [flatten, {linear: 2, name: fc}]
    only: training
    name: auxiliary
  - flatten
  - {linear: 3, name: head}
""",
    "loops": """
params: {widths: [4, 8], act: relu, deep: true}
input: [3, 8, 8]
layers:
  - repeat: $widths
    as: w
    layers:
      - {conv: $w, kernel: 3, padding: 1, name: conv$(i + 1)}
      - $act
  - {conv: "$((widths + [16])[2])", kernel: 1, when: $deep, name: extra}
  - {conv: $(sum(widths * 2)), kernel: 1, name: last}
""",
    "attribute_names": """
input: [3, 8, 8]
blocks:
  reshaper: {layers: [{reshape: [3, 64]}, {linear: 4, name: out}]}
layers:
  - {reshaper, name: class_}
""",
    "fixed_kernels": """
input: [3, 24, 24]
blocks:
  smooth:
    params: {kind: str, size: int, sigma: 1.0}
    layers:
      - {filter: $kind, size: $size, sigma: "$(sigma if kind == 'gaussian' else null)", padding: same}
      - {min_pool: 2}
layers:
  - {smooth: gaussian, size: 3, name: a}
  - {smooth: gaussian, size: 5, sigma: 2.0, name: b}
  - {smooth: box, size: 3, name: c}
  - {filter: [[-1, 0, 1]], mode: convolution, padding: [[0, 0], [1, 1]], name: edges}
  - {blur_pool: 2, stride: 1}
  - sequence:
      - {roll: [1, 2], axes: [1, 2]}
      - {std_pool: 2, stride: 1}
      - global_sum_pool
      - flatten
    name: last
""",
    "connections": """
input: [4, 12, 12]
params: {table: [[0, 1], [2, 3], [1, 2]]}
blocks:
  stage:
    params: {rows: list, size: 3, kind: any}
    layers:
      - conv: $(len(rows))
        kernel: $size
        padding: $(size // 2)
        connections: $rows
        bias: $kind
        name: conv
        activation: {scaled_tanh: , amplitude: 1.5}
      - {subsample: 2, name: pool}
layers:
  - {stage: $table, kind: unshared, name: one}
  - {stage: [[0], [1], [2, 0]], size: 5, kind: true, name: two}
  - {stage: [[0], [1], [2]], size: 1, kind: false, name: three}
""",
    "connections_repeated": """
input: [3, 9]
blocks:
  unit:
    params: {rows: list}
    layers: [{conv: 3, kernel: 3, padding: same, connections: $rows, bias: unshared, name: conv}, scaled_tanh]
layers:
  - {unit: $rows, repeat: [[[0], [1], [2]], [[0, 1], [1, 2], [2, 0]]], as: rows}
  - {conv: 6, kernel: 3, stride: 2, dilation: 2, padding: [[2, 0]], groups: 3, bias: unshared, name: apart}
  - {conv: 2, kernel: 1, connections: [[4, 1], [0]], padding_mode: circular, padding: 1, name: one}
""",
    "distances": """
input: [2, 4, 3]
params: {out: 2}
layers:
  - {conv: $out, kernel: 3, padding: 1, bias: unshared, name: scaled_tanh, activation: scaled_tanh}
  - {rbf: $(2 * out), activation: scaled_tanh, name: learned}
  - {rbf: 2, centers: ["#.#.", [0.5, -1, 2, 0]], name: fixed}
  - flatten
  - rbf: 2
    centers:
      - |
        ##..
        ..##
        #..#
        .##.
      - ".... .... .... ...."
""",
    "sequences": """
input: [3, 18, 18]
params: {k: [1, 1], ks: [[1, 1], [3, 3]], pad: [1, 2], sizes: [4, 4], axes: [0, 2, 1], parts: [1, 3], one: [[2, 1]]}
let: {same: "$([1, 1])", even: "$([2 * j for j in k])", twice: "$(k * 1)"}
blocks:
  unit:
    params: {k: [1, 1], big: false}
    layers: [{conv: 4, kernel: "$(k if big else [3, 3])"}, {avg_pool: "$(k[0])"}, {pad: 1}]
layers:
  - {conv: 4, kernel: $k, padding: $pad}
  - {conv: 4, kernel: $same}
  - {repeat: $ks, as: k, layers: [{conv: 4, kernel: $k}]}
  - {repeat: $ks, as: k, layers: [{unit: $k}]}
  - {unit: [2, 2], big: true}
  - {conv: 4, kernel: "$(one[0])"}
  - {conv: 4, kernel: $twice}
  - {split: $parts, axis: 0, to: [a, b]}
  - {split: ["$(sizes[0] // 4)", 2], axis: 0, from: b, to: [c, d]}
  - {concat: [a, c, d], axis: 0}
  - {max_pool: $even}
  - {upsample: $k}
  - {adaptive_avg_pool: $sizes}
  - {permute: [0, 2, 1]}
  - {reshape: "$([4, 4 * sizes[0]])"}
""",
    "ambiguous": """
input: [4, 8]
params: {l: 3, O: 4}
blocks:
  i:
    params: {l: int}
    layers: [{linear: $l, name: O}, {linear: $l, name: I}]
  o:
    params: {l: int, O: 3}
    layers: [{linear: $l, name: O}, {linear: $l, name: I, to: l}, {add: [O, l], name: last}]
layers:
  - {i: $l, name: l}
  - {o: $O, O: 2, name: O}
  - {linear: 4, to: I}
  - {add: [O, I]}
""",
    "learned_pairs": """
input: [1, 1]
layers:
  - {linear: 1, name: l}
  - {parameter: [1, 1], name: p, init: {weight: {normal: [0, 0.02]}}}
  - {parameter: [1, 1], name: q, init: {weight: ones}}
  - {multiply: [l, p], name: m}
  - {add: [m, q], name: n}
  - {parameter: [1, 1], name: r}
  - {parameter: [1, 1], name: s}
  - {add: [r, s], name: t}
  - {multiply: [t, n]}
""",
    "unread": """
input: [6, 4]
blocks:
  halves:
    layers:
      - {linear: 4, name: first}
      - {linear: 4, from: input, name: a}
      - {linear: 4, from: first, name: b}
      - {add: [a, b], name: both}
    outputs: [a, b, both]
layers:
  - {residual: [{halves: , name: one}]}
  - {parallel: {left: [{halves: , name: two}], right: [{linear: 4}]}, merge: concat}
""",
    "logic": """
input: [3, 8, 8]
blocks:
  unit:
    params: {a: bool, n: int, act: str}
    layers:
      - {conv: 4, kernel: 1, when: $(a == true)}
      - {conv: 4, kernel: 1, when: "$(not not a)"}
      - {conv: 4, kernel: 1, when: "$(a and true)"}
      - {conv: 4, kernel: 1, when: "$(true if a else false)"}
      - {conv: 4, kernel: 1, when: "$(false if a else true)"}
      - {conv: 4, kernel: 1, when: "$(not n == 4)"}
      - {conv: 4, kernel: 1, when: "$(not n != 4)"}
      - {conv: 4, kernel: 1, when: "$(a == false)"}
      - {conv: 4, kernel: 1, when: "$(not act in ['gelu'])"}
      - {conv: 4, kernel: 1, when: "$(a and n == n)"}
      - {conv: 4, kernel: 1, when: "$(null == null and a)"}
      - {conv: "$(n if n > 2 else 2)", kernel: 1}
      - {conv: "$(n if n > 2 else n)", kernel: 1}
      - {conv: "$(int(n) + round(n) + int(3))", kernel: 1}
      - {conv: "$(max(n, n))", kernel: 1}
      - {conv: "$(n + n + n)", kernel: 1}
      - {conv: "$(0 < n and n < 5 and n or 2)", kernel: 1}
      - {conv: "$([n, 4, n + 1][0])", kernel: 1}
      - {conv: 4, kernel: 1, activation: $act}
layers:
  - {unit, a: true, n: 3, act: relu}
  - {unit, a: false, n: 4, act: gelu}
""",
}
