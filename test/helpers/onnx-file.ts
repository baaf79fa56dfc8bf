/** Weights of an exported file, and its layers computed anew from them with plain loops. */
import { readFileSync } from 'node:fs';
import { ModelProto } from '#core/engine/graph/onnx-proto.ts';

export interface Tensor {
  dims: number[];
  data: Float32Array;
}

/** float32 initializers by name. */
export function weightsOf(file: string): Map<string, Tensor> {
  const model = ModelProto.decode(readFileSync(file)) as unknown as {
    graph: {
      initializer: { name: string; dims: unknown[]; data_type: number; raw_data: Uint8Array }[];
    };
  };
  return new Map(
    model.graph.initializer
      .filter(({ data_type }) => data_type === 1)
      .map(({ name, dims, raw_data }) => [
        name,
        { dims: dims.map(Number), data: new Float32Array(Uint8Array.from(raw_data).buffer) },
      ]),
  );
}

/** Channels × height × width. */
export interface Planes {
  channels: number;
  height: number;
  width: number;
  data: Float32Array;
}

/** Stride 1, without padding, then ReLU; summed in double precision. */
export function convolveRelu(x: Planes, kernel: Tensor, bias: Tensor): Planes {
  const [filters = 0, channels = 0, rows = 0, columns = 0] = kernel.dims;
  const height = x.height - rows + 1;
  const width = x.width - columns + 1;
  const data = new Float32Array(filters * height * width);
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        let sum = bias.data[f]!;
        for (let c = 0; c < channels; c++) {
          for (let u = 0; u < rows; u++) {
            for (let v = 0; v < columns; v++) {
              sum +=
                x.data[(c * x.height + i + u) * x.width + j + v]! *
                kernel.data[((f * channels + c) * rows + u) * columns + v]!;
            }
          }
        }
        data[at++] = Math.max(0, sum);
      }
    }
  }
  return { channels: filters, height, width, data };
}

/** 2×2 windows side by side. */
export function maxPool(x: Planes): Planes {
  const height = Math.floor(x.height / 2);
  const width = Math.floor(x.width / 2);
  const data = new Float32Array(x.channels * height * width);
  let at = 0;
  for (let c = 0; c < x.channels; c++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const corner = (c * x.height + 2 * i) * x.width + 2 * j;
        data[at++] = Math.max(
          ...[corner, corner + 1, corner + x.width, corner + x.width + 1].map((p) => x.data[p]!),
        );
      }
    }
  }
  return { channels: x.channels, height, width, data };
}
