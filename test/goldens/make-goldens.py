"""Writes the golden files of this folder with PyTorch: python3 make-goldens.py (needs torch).

Each file holds one small network in the engine's spec, five batches of images and labels, the first
weights, and what PyTorch makes of them: the first loss and every gradient, and for each optimizer that
means the same here and there the losses of five steps and the weights after them. RMSprop is not among
them: PyTorch adds epsilon to the root, Keras (and the engine) under it. Parameters are in the engine's
order and layout; numbers are little-endian float32 in base64, so that the files stay small and exact.
"""

import base64
import json
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent
BATCH, CLASSES, STEPS = 4, 3, 5
BETA2 = 0.999
# Large: with 1e-7 rounding noise in a gradient near zero becomes a whole step of either sign.
EPSILON = 0.01
OPTIMIZERS = {
    "momentum": ({"type": "sgd", "momentum": 0.9}, 0.01),
    "nesterov": ({"type": "sgd", "momentum": 0.9, "nesterov": True}, 0.01),
    "adam": ({"type": "adam", "epsilon": EPSILON}, 0.002),
    "adamw": ({"type": "adamw", "epsilon": EPSILON, "weightDecay": 0.1}, 0.002),
}


def optimizer_of(spec, parameters, rate):
    if spec["type"] == "sgd":
        return torch.optim.SGD(
            parameters, rate, momentum=spec["momentum"], nesterov=spec.get("nesterov", False)
        )
    if spec["type"] == "adam":
        return torch.optim.Adam(parameters, rate, betas=(0.9, BETA2))
    return torch.optim.AdamW(
        parameters, rate, betas=(0.9, BETA2), weight_decay=spec["weightDecay"]
    )


def conv(inputs, filters, kernel, stride=1, groups=1):
    return nn.Conv2d(inputs, filters, kernel, stride, kernel // 2, groups=groups, bias=False)


class Basic(nn.Module):
    """ResNet's block of two convolutions."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, filters, 3, stride), nn.BatchNorm2d(filters)
        self.conv2, self.bn2 = conv(filters, filters, 3), nn.BatchNorm2d(filters)
        plain = stride == 1 and inputs == filters
        self.shortcut = (
            nn.Sequential()
            if plain
            else nn.Sequential(conv(inputs, filters, 1, stride), nn.BatchNorm2d(filters))
        )

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class Inverted(nn.Module):
    """MobileNetV2's block with a shortcut."""

    def __init__(self, channels, expand):
        super().__init__()
        wide = channels * expand
        self.body = nn.Sequential(
            conv(channels, wide, 1), nn.BatchNorm2d(wide), nn.ReLU6(),
            conv(wide, wide, 3, 1, groups=wide), nn.BatchNorm2d(wide), nn.ReLU6(),
            conv(wide, channels, 1), nn.BatchNorm2d(channels),
        )

    def forward(self, x):
        return x + self.body(x)


def s_conv(filters, kernel, stride=1):
    return {"type": "conv2d", "filters": filters, "kernel": [kernel, kernel],
            "strides": [stride, stride], "padding": [kernel // 2, kernel // 2], "bias": False}


S_BN = {"type": "batchnorm", "momentum": 0.9, "epsilon": 1e-5}
S_POOL = {"type": "globalaveragepool2d"}
S_HEAD = {"type": "dense", "units": "classes", "activation": "softmax"}


def s_act(name):
    return {"type": "activation", "activation": name}


def s_depthwise(stride=1):
    return {"type": "depthwiseconv2d", "kernel": [3, 3], "strides": [stride, stride],
            "padding": [1, 1], "bias": False}


def s_basic(filters, stride, shortcut):
    block = {"type": "residual", "activation": "relu",
             "body": [s_conv(filters, 3, stride), S_BN, s_act("relu"), s_conv(filters, 3), S_BN]}
    if shortcut:
        block["shortcut"] = [s_conv(filters, 1, stride), S_BN]
    return block


def resnet():
    module = nn.Sequential(
        conv(3, 8, 7, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        Basic(8, 8, 1), Basic(8, 12, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, CLASSES),
    )
    layers = [
        s_conv(8, 7, 2), S_BN, s_act("relu"),
        {"type": "maxpool2d", "size": [3, 3], "strides": [2, 2], "padding": [1, 1]},
        s_basic(8, 1, False), s_basic(12, 2, True), S_POOL, S_HEAD,
    ]
    return module, layers, (18, 16, 3)


def batchnorm():
    module = nn.Sequential(
        nn.Conv2d(1, 6, 5, 2), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(6),
        nn.Conv2d(6, 8, 3), nn.ReLU(), nn.BatchNorm2d(8), nn.Flatten(),
        nn.Linear(8 * 3 * 2, 10), nn.Tanh(), nn.Linear(10, CLASSES),
    )
    layers = [
        {"type": "conv2d", "filters": 6, "kernel": [5, 5], "strides": [2, 2], "activation": "relu"},
        {"type": "maxpool2d", "size": [2, 2]}, S_BN,
        {"type": "conv2d", "filters": 8, "kernel": [3, 3], "activation": "relu"}, S_BN,
        {"type": "flatten"}, {"type": "dense", "units": 10, "activation": "tanh"}, S_HEAD,
    ]
    return module, layers, (24, 20, 1)


def depthwise():
    module = nn.Sequential(
        conv(3, 6, 3, 2), nn.BatchNorm2d(6), nn.ReLU6(),
        Inverted(6, 2),
        conv(6, 6, 3, 2, groups=6), nn.BatchNorm2d(6), nn.SiLU(),
        nn.Conv2d(6, 8, 3, padding=2, dilation=2, groups=2), nn.GELU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, CLASSES),
    )
    layers = [
        s_conv(6, 3, 2), S_BN, s_act("relu6"),
        {"type": "residual", "body": [s_conv(12, 1), S_BN, s_act("relu6"),
                                      s_depthwise(), S_BN, s_act("relu6"), s_conv(6, 1), S_BN]},
        s_depthwise(2), S_BN, s_act("silu"),
        {"type": "conv2d", "filters": 8, "kernel": [3, 3], "padding": [2, 2], "dilation": [2, 2],
         "groups": 2, "activation": "gelu"},
        S_POOL, S_HEAD,
    ]
    return module, layers, (13, 12, 3)


def flat(tensors, linear):
    """All parameters in the engine's order and layout: it keeps dense kernels as [inputs, units]."""
    parts = [(t.T if id(p) in linear else t).reshape(-1) for p, t in tensors]
    return torch.cat(parts).detach()


def encode(tensor):
    return base64.b64encode(tensor.contiguous().numpy().astype("<f4").tobytes()).decode()


def make(name, build):
    torch.manual_seed(7)
    module, layers, (height, width, channels) = build()
    parameters = list(module.parameters())
    with torch.no_grad():
        for p in parameters:
            # Batch normalisation's begin as ones and zeros, which would hide mistakes.
            if p.dim() == 1:
                p.add_(torch.randn_like(p) * 0.2)
    start = [p.detach().clone() for p in parameters]
    linear = {id(m.weight) for m in module.modules() if isinstance(m, nn.Linear)}
    images = torch.randint(0, 256, (STEPS, BATCH, height, width, channels), dtype=torch.uint8)
    labels = torch.randint(0, CLASSES, (STEPS, BATCH))

    def loss_of(step):
        pixels = images[step].permute(0, 3, 1, 2).float() / 255
        return nn.functional.cross_entropy(module(pixels), labels[step])

    def flattened(pairs):
        return encode(flat(pairs, linear))

    module.train()
    weights = flattened(zip(parameters, start))
    first = loss_of(0)
    first.backward()
    gradient = flattened([(p, p.grad) for p in parameters])
    runs = {}
    for kind, (spec, rate) in OPTIMIZERS.items():
        with torch.no_grad():
            for p, before in zip(parameters, start):
                p.copy_(before)
        optimizer = optimizer_of(spec, parameters, rate)
        losses = []
        for step in range(STEPS):
            for group in optimizer.param_groups:
                if "eps" in group:
                    # Keras adds epsilon before the bias correction of the root, PyTorch after it.
                    group["eps"] = EPSILON / (1 - BETA2 ** (step + 1)) ** 0.5
            optimizer.zero_grad()
            loss = loss_of(step)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        after = flattened([(p, p) for p in parameters])
        runs[kind] = {"optimizer": spec, "rate": rate, "losses": losses, "after": after}

    golden = {
        "torch": torch.__version__.split("+")[0],
        "input": {"height": height, "width": width, "channels": channels},
        "classes": CLASSES,
        "layers": layers,
        "images": [base64.b64encode(batch.numpy().tobytes()).decode() for batch in images],
        "labels": labels.tolist(),
        "weights": weights,
        "loss": first.item(),
        "gradient": gradient,
        "runs": runs,
    }
    (HERE / f"{name}.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    for each in (resnet, batchnorm, depthwise):
        make(each.__name__, each)
