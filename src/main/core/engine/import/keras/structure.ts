/** The graph of a foreign model as sequences and blocks of layers. */
import type { BlockSpec, LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { unsupported, type ForeignLayer, type ForeignModel } from './foreign.ts';
import { Settings, translate } from './translate.ts';

export interface Structure {
  layers: LayerSpec[];
  loss: ModelSpec['loss'];
  members: number;
  /** The dense layers of each squeeze-and-excite layer, by its name. */
  excited: ReadonlyMap<string, { reduce: ForeignLayer; expand: ForeignLayer }>;
}

/** @throws AppError MODEL_INVALID naming the first layer that is not supported */
export function structureOf(model: ForeignModel, subject: string): Structure {
  return new Reader(model, subject).read();
}

class Reader {
  readonly #model: ForeignModel;
  readonly #subject: string;
  readonly #excited = new Map<string, { reduce: ForeignLayer; expand: ForeignLayer }>();
  readonly #seen = new Set<string>();
  /** Of each layer, the layer that all ways from the input to it lead through, and how deep it is. */
  readonly #dominators = new Map<string, { by: string | null; depth: number }>();

  constructor(model: ForeignModel, subject: string) {
    this.#model = model;
    this.#subject = subject;
    for (const layer of model.layers.values()) {
      const by = layer.inputs.reduce<string | null>(
        (common, input) => (common === null ? input : this.#common(common, input)),
        null,
      );
      const depth = by === null ? 0 : this.#dominator(by).depth + 1;
      this.#dominators.set(layer.name, { by, depth });
    }
  }

  read(): Structure {
    const ending = this.#ending();
    const body = this.#sequence(ending.from, null);
    const layers = [...body, ...ending.layers];
    const last = layers.at(-1);
    const sigmoid = last && 'activation' in last && last.activation === 'sigmoid';
    return {
      layers,
      loss: sigmoid ? 'binary-crossentropy' : 'crossentropy',
      members: ending.members,
      excited: this.#excited,
    };
  }

  #layer(name: string): ForeignLayer {
    const found = this.#model.layers.get(name);
    if (!found) throw unsupported(this.#subject, `the layer ${name} is missing.`);
    return found;
  }

  #settings(layer: ForeignLayer): Settings {
    return new Settings(layer, this.#subject, this.#model.keras3);
  }

  #dominator(name: string): { by: string | null; depth: number } {
    return this.#dominators.get(name) ?? { by: null, depth: 0 };
  }

  #common(a: string, b: string): string {
    let [left, right] = [a, b];
    while (left !== right) {
      const [first, second] = [this.#dominator(left), this.#dominator(right)];
      if (first.depth >= second.depth && first.by !== null) left = first.by;
      else if (second.by !== null) right = second.by;
      else throw unsupported(this.#subject, 'it has several inputs.');
    }
    return left;
  }

  /** Layers after `stop` up to `end`; from the input where `stop` is null. */
  #sequence(end: string, stop: string | null): LayerSpec[] {
    const found: LayerSpec[] = [];
    let behind: ForeignLayer | null = null;
    for (let at: string | null = end; at !== null && at !== stop;) {
      const layer: ForeignLayer = this.#use(at);
      const excited = layer.className === 'Multiply' ? this.#squeezeExcite(layer) : null;
      if (excited) {
        found.push(excited.spec);
        at = excited.from;
      } else if (layer.className === 'Add' || layer.className === 'Concatenate') {
        const fork: string | null = this.#dominator(at).by;
        found.push(this.#block(layer, fork));
        at = fork;
      } else {
        const spec = this.#plain(layer, behind);
        if (layer.inputs.length > 1) this.#settings(layer).refuse('is not supported.');
        if (spec) found.push(spec);
        at = this.#pooled(layer, spec, found) ?? layer.inputs[0] ?? null;
      }
      behind = layer;
    }
    return found.reverse();
  }

  #plain(layer: ForeignLayer, behind: ForeignLayer | null): LayerSpec | null {
    // Channels first and then flattened is this engine's own order: see weights.ts.
    const first = layer.className === 'Permute' && behind?.className === 'Flatten';
    if (first && JSON.stringify(layer.config['dims']) === '[3,1,2]') return null;
    return translate(this.#settings(layer));
  }

  #use(name: string): ForeignLayer {
    const layer = this.#layer(name);
    if (this.#seen.has(name))
      this.#settings(layer).refuse('leads to several layers in a way that is not supported.');
    this.#seen.add(name);
    return layer;
  }

  #block(layer: ForeignLayer, fork: string | null): BlockSpec {
    const settings = this.#settings(layer);
    const parts = layer.inputs.map((input) => this.#sequence(input, fork));
    if (parts.length < 2) settings.refuse('joins a single layer.');
    const { name } = layer;
    if (layer.className === 'Concatenate') {
      settings.only('axis', -1, 3, 1);
      return { type: 'branches', name, merge: 'concat', branches: parts };
    }
    const [first = [], second = []] = parts;
    if (parts.length > 2 || first.length + second.length === 0) {
      return { type: 'branches', name, merge: 'add', branches: parts };
    }
    // Adding knows no order; the body is the part that has layers.
    const [body, shortcut] = first.length > 0 ? [first, second] : [second, first];
    return { type: 'residual', name, body, ...(shortcut.length > 0 ? { shortcut } : {}) };
  }

  /** x · Reshape(Dense(Dense(GlobalAveragePooling2D(x)))) */
  #squeezeExcite(layer: ForeignLayer): { spec: LayerSpec; from: string } | null {
    const settings = this.#settings(layer);
    for (const [from, gate] of [layer.inputs, layer.inputs.toReversed()]) {
      const steps = this.#back(gate ?? '', ['Reshape', 'Dense', 'Dense', 'GlobalAveragePooling2D']);
      const [, expand, reduce, mean] = steps ?? [];
      if (!expand || !reduce || !mean || mean.inputs[0] !== from || from === undefined) continue;
      for (const step of steps ?? []) this.#use(step.name);
      const [channels, hidden] = [expand, reduce].map((dense) =>
        this.#settings(dense).number('units'),
      );
      const ratio = Math.max(1, Math.round((channels ?? 1) / (hidden ?? 1)));
      const gateActivation = this.#settings(expand).activation();
      if (Math.max(1, Math.round((channels ?? 1) / ratio)) !== hidden)
        settings.refuse('is not supported.');
      if (gateActivation !== 'sigmoid' && gateActivation !== 'hard_sigmoid') {
        settings.refuse(`has a gate with ${gateActivation}, which is not supported.`);
      }
      this.#excited.set(layer.name, { reduce, expand });
      const activation = this.#settings(reduce).activation();
      const gates = gateActivation === 'sigmoid' ? 'sigmoid' : 'hard_sigmoid';
      return {
        spec: { type: 'squeezeexcite', name: layer.name, ratio, activation, gate: gates },
        from,
      };
    }
    return settings.refuse('is not supported.');
  }

  /**
   * A pool at every pixel, cropped, and one of each so many pixels: a pool with padding, as this
   * program writes it. Answers the layer that it takes from.
   */
  #pooled(layer: ForeignLayer, spec: LayerSpec | null, found: LayerSpec[]): string | null {
    if (spec?.type !== 'maxpool2d' && spec?.type !== 'averagepool2d') return null;
    if (spec.size.join() !== '1,1') return null;
    const steps = this.#back(layer.inputs[0] ?? '', ['Cropping2D', layer.className]);
    const [crop, everywhere] = steps ?? [];
    if (!crop || !everywhere) return null;
    const inner = translate(this.#settings(everywhere));
    if (inner?.type !== spec.type || inner.padding !== 'same') return null;
    const cropping = crop.config['cropping'] as [[number, number], [number, number]];
    const padding = ([0, 1] as const).map(
      (axis) => Math.floor((inner.size[axis] - 1) / 2) - cropping[axis][0],
    );
    this.#use(crop.name);
    this.#use(everywhere.name);
    found[found.length - 1] = {
      ...spec,
      size: inner.size,
      padding: [padding[0] ?? 0, padding[1] ?? 0],
    };
    return everywhere.inputs[0] ?? null;
  }

  /** The layers of these classes, from the last back, where they are so; else null. */
  #back(name: string, classes: readonly string[]): ForeignLayer[] | null {
    const found: ForeignLayer[] = [];
    let at: string | undefined = name;
    for (const className of classes) {
      const layer: ForeignLayer | undefined = this.#model.layers.get(at ?? '');
      if (layer?.className !== className || layer.inputs.length !== 1) return null;
      found.push(layer);
      at = layer.inputs[0];
    }
    return found;
  }

  /** How the exports of this program make answers of logits, taken apart again. */
  #ending(): { from: string; layers: LayerSpec[]; members: number } {
    const { output } = this.#model;
    const plain = { from: output, layers: [], members: 1 };
    const does = (layer: ForeignLayer | undefined, activation: string) =>
      layer?.config['activation'] === activation;
    const scales = (layer: ForeignLayer | undefined, scale: number, offset: number) =>
      layer?.className === 'Rescaling' &&
      layer.config['scale'] === scale &&
      (layer.config['offset'] ?? 0) === offset;

    const members = this.#back(output, ['GlobalAveragePooling1D', 'Activation', 'Reshape']);
    if (members && does(members[1], 'softmax')) {
      const shape = members[2]?.config['target_shape'];
      const [count] = Array.isArray(shape) ? (shape as unknown[]) : [];
      const from = members[2]?.inputs[0];
      if (typeof count === 'number' && from !== undefined)
        return { from, layers: [], members: count };
    }
    const normalised = this.#back(output, ['Activation', 'Rescaling', 'Activation', 'Rescaling']);
    if (normalised) {
      const [softmax, logs, softplus, doubt] = normalised;
      const from = doubt?.inputs[0];
      const known =
        does(softmax, 'softmax') &&
        scales(logs, -1, 0) &&
        does(softplus, 'softplus') &&
        scales(doubt, -1, 0);
      if (known && from !== undefined) {
        return { from, layers: [{ type: 'activation', activation: 'sigmoid' }], members: 1 };
      }
    }
    const both = this.#layer(output);
    const [first, second] = both.inputs;
    if (both.className === 'Concatenate' && first !== undefined && second !== undefined) {
      const other = this.#layer(first);
      if (scales(other, -1, 1) && other.inputs[0] === second) return { ...plain, from: second };
    }
    return plain;
  }
}
