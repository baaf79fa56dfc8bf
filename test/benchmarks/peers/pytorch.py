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
    pads = []
    for length, kernel, stride in zip(size, layer["kernel"], strides):
        total = 0
        if layer.get("padding") == "same":
            total = max(0, (-(-length // stride) - 1) * stride + kernel - length)
        pads.append((total // 2, total - total // 2))
    return strides, pads


def build(spec, classes):
    height, width = spec["input"]["height"], spec["input"]["width"]
    shape = (1, spec["input"]["channels"], height, width)
    modules = []
    for layer in spec["layers"]:
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
            added.append(nn.Conv2d(shape[1], layer["filters"], kernel, tuple(strides), padding))
        elif kind == "maxpool2d":
            added.append(nn.MaxPool2d(tuple(layer["size"])))
        elif kind == "batchnorm":
            norm = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
            added.append(norm(shape[1], eps=1e-3, momentum=0.01))
        elif kind == "dropout":
            added.append(nn.Dropout(layer["rate"]))
        elif kind == "flatten":
            added.append(nn.Flatten())
        elif kind == "dense":
            units = classes if layer["units"] == "classes" else layer["units"]
            added.append(nn.Linear(shape[1], units))
        else:
            raise ValueError(f"no {kind} here")
        if layer.get("activation") == "relu":
            added.append(nn.ReLU())
        modules += added
        with torch.no_grad():
            shape = nn.Sequential(*added).eval()(torch.zeros(shape)).shape
    return nn.Sequential(*modules)


model = build(row["spec"], row["classes"])
model.train()
loss_of = nn.CrossEntropyLoss()
optimizers = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
settings = {"rmsprop": {"alpha": 0.9, "eps": 1e-7}, "adam": {"eps": 1e-7}}
kind = row["spec"]["optimizer"]["type"]
optimizer = optimizers[kind](model.parameters(), lr=1e-3, **settings[kind])
x = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())
y = torch.from_numpy(labels)
batch = row["batch"]


def steps(order):
    total = 0.0
    right = 0
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        images, truth = x[chosen].float().div_(255), y[chosen]
        optimizer.zero_grad()
        logits = model(images)
        loss = loss_of(logits, truth)
        loss.backward()
        optimizer.step()
        total += loss.item()
        right += (logits.argmax(1) == truth).sum().item()
    return total, right


serve(lambda: steps(torch.arange(batch)), lambda: steps(torch.randperm(len(y))), len(y))
