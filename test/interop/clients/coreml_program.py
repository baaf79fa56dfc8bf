"""Core ML packages without Core ML: coremltools reads and type-checks the program, PyTorch computes it.

Core ML itself runs on Apple's systems only. What is shown here: the package and the specification are
what coremltools reads, its MIL parser builds every operation and infers the shapes that the file
declares, and the operations, computed one by one as Apple's reference describes them, answer as the
app does. What Core ML makes of the program is not shown.
"""
import logging
from pathlib import Path

logging.disable(logging.WARNING)
import numpy as np
import torch
import torch.nn.functional as F
from coremltools.converters.mil.frontend.milproto import load as milproto
from coremltools.converters.mil.mil import ListVar
from coremltools.libmilstoragepython import _BlobStorageReader
from coremltools.libmodelpackage import ModelPackage
from coremltools.models import MLModel

TYPES = {1: torch.bool, 11: torch.float32, 23: torch.int32}


def tensor_shape(named):
    return [each.constant.size for each in named.type.tensorType.dimensions]


def check_types(package: Path, spec) -> None:
    """coremltools' own parser: every operation with its inputs, and the shapes that come out."""
    weights = package / "Data/com.apple.CoreML/weights"
    program = milproto.load(
        model_spec=spec,
        specification_version=spec.specificationVersion,
        file_weights_dir=str(weights),
    )
    program.validate()
    block = spec.mlProgram.functions["main"].block_specializations["CoreML5"]
    declared = {out.name: tensor_shape(out) for op in block.operations for out in op.outputs}
    outputs = [out for op in program.functions["main"].operations for out in op.outputs]
    inferred = {out.name: out for out in outputs if not isinstance(out, ListVar)}
    compared = 0
    for name, shape in declared.items():
        if name.startswith("classLabel"):
            continue
        assert list(inferred[name].shape) == shape, (name, shape, inferred[name].shape)
        compared += 1
    assert compared > len(block.operations) / 2


class Interpreter:
    """Computes the operations of a program in float32, by the reference of MIL's operations."""

    def __init__(self, package: Path):
        root = Path(ModelPackage(str(package)).getRootModel().path())
        assert root.samefile(package / "Data/com.apple.CoreML/model.mlmodel")
        model = MLModel(str(package), skip_model_load=True)
        self.spec = model.get_spec()
        check_types(package, self.spec)
        self.block = self.spec.mlProgram.functions["main"].block_specializations["CoreML5"]
        self.reader = _BlobStorageReader(str(package / "Data/com.apple.CoreML/weights/weight.bin"))
        self.constants = {
            op.outputs[0].name: self.constant(op.attributes["val"])
            for op in self.block.operations
            if op.type == "const"
        }

    def constant(self, value):
        kind = value.type.tensorType
        shape = [each.constant.size for each in kind.dimensions]
        if value.WhichOneof("value") == "blobFileValue":
            assert value.blobFileValue.fileName == "@model_path/weights/weight.bin"
            numbers = np.array(self.reader.read_float_data(value.blobFileValue.offset))
            return torch.from_numpy(numbers.astype(np.float32)).reshape(shape)
        tensor = value.immediateValue.tensor
        values = list(getattr(tensor, tensor.WhichOneof("value")).values)
        if kind.dataType == 2:
            return values[0]
        return torch.tensor(values, dtype=TYPES[kind.dataType]).reshape(shape)

    def __call__(self, image: torch.Tensor):
        """The image as Core ML hands it over: float32 [1, channels, height, width], 0 to 255."""
        known = dict(self.constants, image=image)
        for op in self.block.operations:
            if op.type == "const":
                continue
            args = {
                key: [known[each.name] for each in argument.arguments if each.WhichOneof("binding") == "name"]
                for key, argument in op.inputs.items()
            }
            if op.type == "classify":
                return self.classify(op, args)
            several = {key: found for key, found in args.items() if key == "values"}
            single = {key: found[0] for key, found in args.items() if key != "values"}
            made = getattr(self, op.type)(**single, **several)
            for out, result in zip(op.outputs, made if isinstance(made, tuple) else (made,), strict=True):
                assert list(result.shape) == tensor_shape(out), (op.type, out.name, result.shape)
                known[out.name] = result
        raise AssertionError("the program does not classify")

    def classify(self, op, args):
        (classes,) = op.inputs["classes"].arguments
        names = [each.immediateValue.tensor.strings.values[0] for each in classes.value.immediateValue.list.values]
        (probabilities,) = args["probabilities"]
        (row,) = probabilities.tolist()
        return dict(zip(names, row, strict=True))

    add = staticmethod(lambda x, y: x + y)
    sub = staticmethod(lambda x, y: x - y)
    mul = staticmethod(lambda x, y: x * y)
    real_div = staticmethod(lambda x, y: x / y)
    pow = staticmethod(lambda x, y: torch.pow(x, y))
    maximum = staticmethod(lambda x, y: torch.maximum(*torch.broadcast_tensors(x, y)))
    minimum = staticmethod(lambda x, y: torch.minimum(*torch.broadcast_tensors(x, y)))
    clip = staticmethod(lambda x, alpha, beta: torch.minimum(torch.maximum(x, alpha), beta))
    relu = staticmethod(lambda x: torch.relu(x))
    relu6 = staticmethod(lambda x: F.relu6(x))
    sigmoid = staticmethod(lambda x: torch.sigmoid(x))
    tanh = staticmethod(lambda x: torch.tanh(x))
    exp = staticmethod(lambda x: torch.exp(x))
    log = staticmethod(lambda x: torch.log(x + 1e-45))
    sqrt = staticmethod(lambda x: torch.sqrt(x))
    erf = staticmethod(lambda x: torch.erf(x))
    softplus = staticmethod(lambda x: torch.log1p(torch.exp(-x.abs())) + torch.relu(x))
    elu = staticmethod(lambda x, alpha: torch.where(x >= 0, x, alpha * (torch.exp(x) - 1)))
    leaky_relu = staticmethod(lambda x, alpha: torch.where(x >= 0, x, alpha * x))
    softmax = staticmethod(lambda x, axis: torch.softmax(x, int(axis)))
    linear = staticmethod(lambda x, weight, bias=None: F.linear(x, weight, bias))
    concat = staticmethod(lambda values, axis, interleave: torch.cat(values, int(axis)))
    transpose = staticmethod(lambda x, perm: x.permute(perm.tolist()))
    reshape = staticmethod(lambda x, shape: x.reshape(shape.tolist()))
    reverse = staticmethod(lambda x, axes: x.flip(axes.tolist()))
    tile = staticmethod(lambda x, reps: x.repeat(reps.tolist()))
    split = staticmethod(lambda x, split_sizes, axis: tuple(x.split(split_sizes.tolist(), int(axis))))
    reduce_mean = staticmethod(lambda x, axes, keep_dims: x.mean(axes.tolist(), bool(keep_dims)))
    reduce_sum = staticmethod(lambda x, axes, keep_dims: x.sum(axes.tolist(), bool(keep_dims)))
    reduce_max = staticmethod(lambda x, axes, keep_dims: x.amax(axes.tolist(), bool(keep_dims)))
    reduce_log_sum_exp = staticmethod(lambda x, axes, keep_dims: x.logsumexp(axes.tolist(), bool(keep_dims)))

    @staticmethod
    def matmul(x, y, transpose_x, transpose_y):
        return (x.mT if transpose_x else x) @ (y.mT if transpose_y else y)

    @staticmethod
    def gather(x, indices, axis):
        return torch.from_numpy(np.take(x.numpy(), indices.numpy(), int(axis)))

    @staticmethod
    def slice_by_index(x, begin, end, stride):
        return x[tuple(map(slice, begin.tolist(), end.tolist(), stride.tolist()))]

    @staticmethod
    def pad(x, pad, mode, constant_val):
        sides = pad.reshape(-1, 2).flip(0).flatten().tolist()
        return F.pad(x, sides, mode, float(constant_val) if mode == "constant" else None)

    @staticmethod
    def conv(x, weight, strides, pad_type, pad, dilations, groups, bias=None):
        assert pad_type == "custom"
        top, bottom, left, right = pad.tolist()
        around = F.pad(x, (left, right, top, bottom))
        return F.conv2d(around, weight, bias, strides.tolist(), 0, dilations.tolist(), int(groups))

    @staticmethod
    def conv_transpose(x, weight, strides, pad_type, pad, dilations, groups, bias=None):
        assert pad_type == "custom"
        top, bottom, left, right = pad.tolist()
        whole = F.conv_transpose2d(x, weight, bias, strides.tolist(), 0, 0, int(groups), dilations.tolist())
        return whole[:, :, top : whole.shape[2] - bottom, left : whole.shape[3] - right]

    @staticmethod
    def max_pool(x, kernel_sizes, strides, pad_type, pad, ceil_mode):
        assert pad_type == "custom" and not ceil_mode
        top, bottom, left, right = pad.tolist()
        around = F.pad(x, (left, right, top, bottom), value=-torch.inf)
        return F.max_pool2d(around, kernel_sizes.tolist(), strides.tolist())

    @staticmethod
    def avg_pool(x, kernel_sizes, strides, pad_type, pad, ceil_mode, exclude_padding_from_average):
        assert pad_type == "custom" and not ceil_mode
        top, bottom, left, right = pad.tolist()
        area = lambda of: F.avg_pool2d(F.pad(of, (left, right, top, bottom)), kernel_sizes.tolist(), strides.tolist())
        return area(x) / area(torch.ones_like(x)) if exclude_padding_from_average else area(x)

    @staticmethod
    def resize_bilinear(x, target_size_height, target_size_width, sampling_mode):
        assert sampling_mode == "UNALIGN_CORNERS"
        size = (int(target_size_height), int(target_size_width))
        return F.interpolate(x, size, mode="bilinear", align_corners=False)
