"""The row's model in PyTorch: uint8 images in memory, one gather and division a batch."""

import torch
from torch import nn

from common import load, serve

row, pixels, labels = load()
torch.set_num_threads(row["threads"])
torch.manual_seed(1)


def window(layer, size):
    """(before, after) padding on each axis, as TensorFlow's 'same' has it."""
    strides = layer.get("strides", [1, 1])
    padding = layer.get("padding")
    if isinstance(padding, list):
        return strides, [(pad, pad) for pad in padding]
    pads = []
    for length, kernel, stride in zip(size, layer["kernel"], strides):
        total = 0
        if padding == "same":
            total = max(0, (-(-length // stride) - 1) * stride + kernel - length)
        pads.append((total // 2, total - total // 2))
    return strides, pads


class Residual(nn.Module):
    def __init__(self, body, shortcut, activation):
        super().__init__()
        self.body, self.shortcut, self.activation = body, shortcut, activation

    def forward(self, x):
        return self.activation(self.body(x) + self.shortcut(x))


def activation_of(layer):
    """Sigmoid and softmax at the end are part of the loss."""
    return nn.ReLU() if layer.get("activation") == "relu" else nn.Identity()


def sequence(layers, shape, classes):
    """The layers, and the shape that they make of `shape`."""
    modules = []
    for layer in layers:
        kind = layer["type"]
        added = []
        if kind == "conv2d":
            strides, pads = window(layer, shape[2:])
            if any(before != after for before, after in pads):
                (top, bottom), (left, right) = pads
                added.append(nn.ZeroPad2d((left, right, top, bottom)))
                pads = [(0, 0), (0, 0)]
            padding = tuple(before for before, _ in pads)
            kernel = tuple(layer["kernel"])
            bias = layer.get("bias", True)
            added.append(
                nn.Conv2d(shape[1], layer["filters"], kernel, tuple(strides), padding, bias=bias)
            )
        elif kind == "maxpool2d":
            size = tuple(layer["size"])
            padding = layer.get("padding", 0)
            added.append(
                nn.MaxPool2d(
                    size,
                    tuple(layer.get("strides", size)),
                    tuple(padding) if isinstance(padding, list) else 0,
                )
            )
        elif kind == "globalaveragepool2d":
            added += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        elif kind == "batchnorm":
            norm = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
            momentum = 1 - layer.get("momentum", 0.99)
            added.append(norm(shape[1], eps=layer.get("epsilon", 1e-3), momentum=momentum))
        elif kind == "residual":
            body, _ = sequence(layer["body"], shape, classes)
            shortcut, _ = sequence(layer.get("shortcut", []), shape, classes)
            added.append(Residual(body, shortcut, activation_of(layer)))
        elif kind == "dropout":
            added.append(nn.Dropout(layer["rate"]))
        elif kind == "flatten":
            added.append(nn.Flatten())
        elif kind == "dense":
            units = classes if layer["units"] == "classes" else layer["units"]
            added.append(nn.Linear(shape[1], units))
        elif kind != "activation":
            raise ValueError(f"no {kind} here")
        if kind != "residual":
            added.append(activation_of(layer))
        modules += [module for module in added if not isinstance(module, nn.Identity)]
        with torch.no_grad():
            shape = nn.Sequential(*added).eval()(torch.zeros(shape)).shape
    return nn.Sequential(*modules), shape


def build(spec, classes):
    size = spec["input"]
    shape = (1, size["channels"], size["height"], size["width"])
    return sequence(spec["layers"], shape, classes)[0]


model = build(row["spec"], row["classes"])
model.train()
optimizers = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
settings = {"rmsprop": {"alpha": 0.9, "eps": 1e-7}, "adam": {"eps": 1e-7}}
kind = row["spec"]["optimizer"]["type"]
optimizer = optimizers[kind](model.parameters(), lr=1e-3, **settings[kind])
x = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())
y = torch.from_numpy(labels)
last = row["spec"]["layers"][-1]
one = last["units"] == 1
binary = row["spec"]["loss"] == "binary-crossentropy"
loss_of = nn.BCEWithLogitsLoss() if binary else nn.CrossEntropyLoss()


def target(truth):
    if not binary:
        return truth
    if one:
        return truth[:, None].float()
    return nn.functional.one_hot(truth, row["classes"]).float()


def top(logits):
    return (logits[:, 0] > 0).long() if one else logits.argmax(1)


batch = row["batch"]


def steps(order):
    total = 0.0
    right = 0
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        images, truth = x[chosen].float().div_(255), y[chosen]
        optimizer.zero_grad()
        logits = model(images)
        loss = loss_of(logits, target(truth))
        loss.backward()
        optimizer.step()
        total += loss.item()
        right += (top(logits) == truth).sum().item()
    return total, right


serve(lambda: steps(torch.arange(batch)), lambda: steps(torch.randperm(len(y))), len(y))
