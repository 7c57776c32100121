"""Makes the tiny ONNX models of the worker's tests.

Run with a Python that has `onnx`, from anywhere:

    python make_models.py

It writes <model>/1/model.onnx under ../resources/models, byte for byte the same each time. The
config.pbtxt files beside them are written by hand, or by the tests.
"""

import pathlib

import onnx
from onnx import TensorProto, helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "resources" / "models"
OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8

TYPES = {
    "bool": TensorProto.BOOL,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "fp16": TensorProto.FLOAT16,
    "bf16": TensorProto.BFLOAT16,
    "fp32": TensorProto.FLOAT,
    "fp64": TensorProto.DOUBLE,
    "bytes": TensorProto.STRING,
}


def tensor(name, element_type, *shape):
    return helper.make_tensor_value_info(name, element_type, list(shape))


def save(name, nodes, inputs, outputs, initializers=(), version=1):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    domains = sorted({""} | {node.domain for node in nodes})
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(domain, OPSETS[domain]) for domain in domains],
        producer_name="trawl-tests",
    )
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    path = OUT / name / str(version) / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def identities():
    """OUT = IN for each element type, [batch, anything]."""
    for name, element_type in TYPES.items():
        save(
            f"identity_{name}",
            [helper.make_node("Identity", ["IN"], ["OUT"])],
            [tensor("IN", element_type, "batch", "length")],
            [tensor("OUT", element_type, "batch", "length")],
        )


def add():
    """SUM = A + B and DIFFERENCE = A - B over [batch, 4]; version 2 gives twice as much."""
    a, b = tensor("A", TensorProto.FLOAT, "batch", 4), tensor("B", TensorProto.FLOAT, "batch", 4)
    outputs = [
        tensor("SUM", TensorProto.FLOAT, "batch", 4),
        tensor("DIFFERENCE", TensorProto.FLOAT, "batch", 4),
    ]
    save(
        "add",
        [
            helper.make_node("Add", ["A", "B"], ["SUM"]),
            helper.make_node("Sub", ["A", "B"], ["DIFFERENCE"]),
        ],
        [a, b],
        outputs,
    )
    two = helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0])
    save(
        "add",
        [
            helper.make_node("Add", ["A", "B"], ["s"]),
            helper.make_node("Sub", ["A", "B"], ["d"]),
            helper.make_node("Mul", ["s", "two"], ["SUM"]),
            helper.make_node("Mul", ["d", "two"], ["DIFFERENCE"]),
        ],
        [a, b],
        outputs,
        [two],
        version=2,
    )


def batch_size():
    """ROWS[i] = number of rows that ran together, IN: [batch, length]."""
    zero = helper.make_tensor("zero", TensorProto.INT64, [], [0])
    one = helper.make_tensor("one", TensorProto.INT64, [1], [1])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [0])
    save(
        "batch_size",
        [
            helper.make_node("Shape", ["IN"], ["shape"]),
            helper.make_node("Gather", ["shape", "zero"], ["rows"]),
            helper.make_node("Unsqueeze", ["rows", "axis"], ["rows1"]),
            helper.make_node("Concat", ["rows1", "one"], ["target"], axis=0),
            helper.make_node("Expand", ["rows1", "target"], ["ROWS"]),
        ],
        [tensor("IN", TensorProto.FLOAT, "batch", "length")],
        [tensor("ROWS", TensorProto.INT64, "batch", 1)],
        [zero, one, axis],
    )


def matmul():
    """PRODUCT = IN x (all ones), 128 wide, sixteen times over: slow for its size."""
    width = 128
    ones = helper.make_node(
        "ConstantOfShape",
        ["square"],
        ["ones"],
        value=helper.make_tensor("value", TensorProto.FLOAT, [1], [1.0 / width]),
    )
    square = helper.make_tensor("square", TensorProto.INT64, [2], [width, width])
    nodes, last = [ones], "IN"
    for i in range(16):
        out = "PRODUCT" if i == 15 else f"p{i}"
        nodes.append(helper.make_node("MatMul", [last, "ones"], [out]))
        last = out
    save(
        "matmul",
        nodes,
        [tensor("IN", TensorProto.FLOAT, "batch", width)],
        [tensor("PRODUCT", TensorProto.FLOAT, "batch", width)],
        [square],
    )


def pooled():
    """MEAN over an open length, masked: two inputs of different types, [batch, length, 2]."""
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    last = helper.make_tensor("last", TensorProto.INT64, [1], [2])
    save(
        "pooled",
        [
            helper.make_node("Cast", ["MASK"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["mask3"]),
            helper.make_node("Mul", ["VALUES", "mask3"], ["masked"]),
            helper.make_node("ReduceSum", ["masked", "axes"], ["sum"], keepdims=0),
            helper.make_node("ReduceSum", ["mask3", "axes"], ["count"], keepdims=0),
            helper.make_node("Div", ["sum", "count"], ["MEAN"]),
        ],
        [
            tensor("MASK", TensorProto.INT64, "batch", "length"),
            tensor("VALUES", TensorProto.FLOAT, "batch", "length", 2),
        ],
        [tensor("MEAN", TensorProto.FLOAT, "batch", 2)],
        [axes, last],
    )


def unbatched():
    """TOTAL = sum of IN, of any length, without a batch dimension."""
    save(
        "unbatched",
        [helper.make_node("ReduceSum", ["IN"], ["TOTAL"], keepdims=0)],
        [tensor("IN", TensorProto.FLOAT, "length")],
        [tensor("TOTAL", TensorProto.FLOAT)],
    )


def scaled():
    """SCALED = IN x FACTOR and TOTAL, its sum: numbers without dimensions, in and out."""
    save(
        "scaled",
        [
            helper.make_node("Mul", ["IN", "FACTOR"], ["SCALED"]),
            helper.make_node("ReduceSum", ["SCALED"], ["TOTAL"], keepdims=0),
        ],
        [tensor("IN", TensorProto.FLOAT, "length"), tensor("FACTOR", TensorProto.FLOAT)],
        [tensor("SCALED", TensorProto.FLOAT, "length"), tensor("TOTAL", TensorProto.FLOAT)],
    )


def row_sums():
    """SUM[i] = sum of row i of IN + BIAS[i]: tensors with no dimension but the batch."""
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    save(
        "row_sums",
        [
            helper.make_node("ReduceSum", ["IN", "axes"], ["sum"], keepdims=0),
            helper.make_node("Add", ["sum", "BIAS"], ["SUM"]),
        ],
        [tensor("IN", TensorProto.FLOAT, "batch", "length"), tensor("BIAS", TensorProto.FLOAT, "batch")],
        [tensor("SUM", TensorProto.FLOAT, "batch")],
        [axes],
    )


def doubled_rows():
    """TWICE = IN followed by IN: an output with other rows than the batch, which is a mistake."""
    save(
        "doubled_rows",
        [helper.make_node("Concat", ["IN", "IN"], ["TWICE"], axis=0)],
        [tensor("IN", TensorProto.FLOAT, "batch", "length")],
        [tensor("TWICE", TensorProto.FLOAT, "rows", "length")],
    )


def labels():
    """CODE[i] = what TEXT[i] is known as, and back: the model itself compares and makes texts."""
    texts = ["plain", "\U0001f600", "a\0b", b"\xff\xfe"]
    codes = list(range(len(texts)))
    pairs = [("text_code", "STRING", "INT64", texts, codes), ("code_text", "INT64", "STRING", codes, texts)]
    for name, given, made, keys, values in pairs:
        kind = {"STRING": "strings", "INT64": "int64s"}
        default = {"STRING": {"default_string": "?"}, "INT64": {"default_int64": -1}}[made]
        save(
            name,
            [
                helper.make_node(
                    "LabelEncoder",
                    ["IN"],
                    ["OUT"],
                    domain="ai.onnx.ml",
                    **{f"keys_{kind[given]}": keys, f"values_{kind[made]}": values},
                    **default,
                )
            ],
            [tensor("IN", getattr(TensorProto, given), "batch", 1)],
            [tensor("OUT", getattr(TensorProto, made), "batch", 1)],
        )


def lookup():
    """VECTORS = rows IDS of a table of ten, [batch, length, 2]: what no row has cannot be run."""
    table = helper.make_tensor("table", TensorProto.FLOAT, [10, 2], [float(i) for i in range(20)])
    save(
        "lookup",
        [helper.make_node("Gather", ["table", "IDS"], ["VECTORS"], axis=0)],
        [tensor("IDS", TensorProto.INT64, "batch", "length")],
        [tensor("VECTORS", TensorProto.FLOAT, "batch", "length", 2)],
        [table],
    )


def rounds():
    """DONE = TIMES, counted one by one up to the largest of the batch: as long as one likes."""
    yes = helper.make_tensor("yes", TensorProto.BOOL, [], [True])
    one = helper.make_tensor("one", TensorProto.INT64, [], [1])
    zero = helper.make_tensor("zero", TensorProto.INT64, [], [0])
    body = helper.make_graph(
        [
            helper.make_node("Add", ["count_in", "one"], ["count_out"]),
            helper.make_node("Identity", ["go_in"], ["go_out"]),
        ],
        "body",
        [
            tensor("i", TensorProto.INT64),
            tensor("go_in", TensorProto.BOOL),
            tensor("count_in", TensorProto.INT64),
        ],
        [tensor("go_out", TensorProto.BOOL), tensor("count_out", TensorProto.INT64)],
    )
    save(
        "rounds",
        [
            helper.make_node("ReduceMax", ["TIMES"], ["most"], keepdims=0),
            helper.make_node("Loop", ["most", "yes", "zero"], ["counted"], body=body),
            helper.make_node("Min", ["TIMES", "counted"], ["DONE"]),
        ],
        [tensor("TIMES", TensorProto.INT64, "batch", 1)],
        [tensor("DONE", TensorProto.INT64, "batch", 1)],
        [yes, one, zero],
    )


def pairs():
    """TOTAL = sum over all pairs of a row's values of their product: memory as length squared."""
    last = helper.make_tensor("last", TensorProto.INT64, [1], [2])
    middle = helper.make_tensor("middle", TensorProto.INT64, [1], [1])
    both = helper.make_tensor("both", TensorProto.INT64, [2], [1, 2])
    save(
        "pairs",
        [
            helper.make_node("Unsqueeze", ["IN", "last"], ["column"]),
            helper.make_node("Unsqueeze", ["IN", "middle"], ["line"]),
            helper.make_node("Mul", ["column", "line"], ["products"]),
            helper.make_node("ReduceSum", ["products", "both"], ["TOTAL"], keepdims=0),
        ],
        [tensor("IN", TensorProto.FLOAT, "batch", "length")],
        [tensor("TOTAL", TensorProto.FLOAT, "batch")],
        [last, middle, both],
    )


def zeros():
    """ZEROS = as many as the largest SIZE of the batch, for each row: an answer of any length."""
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [0])
    zero = helper.make_tensor("zero", TensorProto.INT64, [], [0])
    save(
        "zeros",
        [
            helper.make_node("ReduceMax", ["SIZE"], ["most"], keepdims=0),
            helper.make_node("Unsqueeze", ["most", "axis"], ["width"]),
            helper.make_node("Shape", ["SIZE"], ["shape"]),
            helper.make_node("Gather", ["shape", "zero"], ["rows"]),
            helper.make_node("Unsqueeze", ["rows", "axis"], ["height"]),
            helper.make_node("Concat", ["height", "width"], ["whole"], axis=0),
            helper.make_node("ConstantOfShape", ["whole"], ["ZEROS"]),
        ],
        [tensor("SIZE", TensorProto.INT64, "batch", 1)],
        [tensor("ZEROS", TensorProto.FLOAT, "batch", "width")],
        [axis, zero],
    )


if __name__ == "__main__":
    identities()
    add()
    batch_size()
    matmul()
    pooled()
    unbatched()
    scaled()
    row_sums()
    doubled_rows()
    labels()
    lookup()
    rounds()
    pairs()
    zeros()
    print("written under", OUT)
