/** The JSON of a functional model, as Keras 3 and as Keras 2 (and TensorFlow.js) write it. */
import type { KerasLayer, KerasModel, KerasTensor } from './graph.ts';

export type Json = Record<string, unknown>;

function keras3Tensor({ layer, call, shape }: KerasTensor): Json {
  const config = { shape: [null, ...shape], dtype: 'float32', keras_history: [layer, call, 0] };
  return { class_name: '__keras_tensor__', config };
}

/** `config.json` of a `.keras` file. */
export function keras3Config(model: KerasModel): Json {
  const layers = model.layers.map((layer): Json => {
    const { name, className, config, calls, merges } = layer;
    const [first] = calls;
    const built = merges ? first?.map(withBatch) : first?.[0] && withBatch(first[0]);
    return {
      module: 'keras.layers',
      class_name: className,
      config: { name, dtype: 'float32', ...config },
      registered_name: null,
      ...(built ? { build_config: { input_shape: built } } : {}),
      name,
      inbound_nodes: isInput(layer)
        ? []
        : calls.map((inputs) => {
            const tensors = inputs.map(keras3Tensor);
            return { args: merges ? [tensors] : tensors, kwargs: {} };
          }),
    };
  });
  const config = {
    name: model.name,
    trainable: true,
    layers,
    input_layers: history(model.input),
    output_layers: history(model.output),
  };
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config,
    registered_name: 'Functional',
  };
}

/** What `.h5` files and TensorFlow.js hold; Keras 3 reads it too. */
export function keras2Config(model: KerasModel): Json {
  const layers = model.layers.map((layer): Json => {
    const { name, className, config, calls } = layer;
    const { batch_shape: shape, ...rest } = config;
    const input = isInput(layer) ? { batch_input_shape: shape } : {};
    return {
      class_name: className,
      config: { name, dtype: 'float32', ...input, ...rest },
      name,
      inbound_nodes: isInput(layer)
        ? []
        : calls.map((inputs) => inputs.map((tensor) => [...history(tensor), {}])),
    };
  });
  const config = {
    name: model.name,
    trainable: true,
    layers,
    input_layers: [history(model.input)],
    output_layers: [history(model.output)],
  };
  return { class_name: 'Functional', config };
}

const isInput = ({ className }: KerasLayer): boolean => className === 'InputLayer';
const history = ({ layer, call }: KerasTensor): [string, number, number] => [layer, call, 0];
const withBatch = ({ shape }: KerasTensor): (number | null)[] => [null, ...shape];
