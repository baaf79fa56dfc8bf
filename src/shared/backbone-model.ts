/** Models on pretrained networks, as the window and the command line make them. */
import * as z from 'zod';
import type { BackboneInfo, BackboneNode, TrainingDefaults } from './contract/index.ts';
import { plainDefaults } from './contract/models.ts';
import type { FineTuningSpec } from './fine-tuning.ts';
import type { BackboneSpec } from './layer-spec.ts';
import type { LayerSpec, ModelSpec } from './model-spec.ts';

/** Of images where nothing says what a network was made for. */
const USUAL_EDGE = 224;
const USUAL_MEAN = [0.485, 0.456, 0.406];
const USUAL_STD = [0.229, 0.224, 0.225];

export interface BackboneChoice {
  /** Name of the value that it is cut at; its usual cut unless given. */
  cut?: string | undefined;
  /** What of it learns: 'none' unless given, 'all', or a node and all that it feeds. */
  freeze?: string | undefined;
  /** Height and width of the images; what the network was made for unless given. */
  size?: number | undefined;
  /** Of the images: 1 where all are grey, else the network's own. */
  channels?: number | undefined;
  rates?: BackboneSpec['rates'];
  /** What of it learns goes by the statistics of each batch. */
  batchStatistics?: boolean | undefined;
}

/** Of the pictures that a network was made for. */
export function sizeOf({ input, preprocessing }: Pick<BackboneInfo, 'input' | 'preprocessing'>): {
  height: number;
  width: number;
} {
  return {
    height: input.height ?? preprocessing?.height ?? USUAL_EDGE,
    width: input.width ?? preprocessing?.width ?? USUAL_EDGE,
  };
}

/** The network's layer and the input that it wants. */
export function backboneModel(
  info: Pick<BackboneInfo, 'sha256' | 'cut' | 'input' | 'preprocessing'>,
  { cut = info.cut, freeze, size, channels, rates, batchStatistics }: BackboneChoice,
): { input: ModelSpec['input']; layers: LayerSpec[] } {
  const { input, preprocessing } = info;
  const { height, width } = size === undefined ? sizeOf(info) : { height: size, width: size };
  const grey = input.channels === 1;
  const {
    channels: order,
    mean,
    std,
  } = preprocessing ?? {
    channels: grey ? 'grey' : 'rgb',
    mean: grey ? USUAL_MEAN.slice(1, 2) : USUAL_MEAN,
    std: grey ? USUAL_STD.slice(1, 2) : USUAL_STD,
  };
  const layer: LayerSpec = {
    type: 'backbone',
    model: info.sha256,
    cut,
    ...(freeze === undefined || freeze === 'none' ? {} : { trainableFrom: freeze }),
    ...(rates === undefined ? {} : { rates }),
    ...(batchStatistics ? { batchStatistics } : {}),
    preprocessing: { channels: order, mean, std },
  };
  return {
    input: { height, width, channels: (channels ?? input.channels) === 1 ? 1 : 3 },
    layers: [layer],
  };
}

/** What stands behind the network, from its end to the classes. */
export const headChoice = z.object({
  /** Units of a dense layer in between; none unless given. */
  dense: z.number().int().min(1).max(65_536).optional(),
  dropout: z.number().min(0).lt(1).default(0.2),
});
export type HeadChoice = z.infer<typeof headChoice>;

export const usualHead: HeadChoice = headChoice.parse({});

/** Global pool · [dense] · dropout · dense, as deep as what the network gives out needs it. */
export function headLayers(shape: readonly number[], { dense, dropout }: HeadChoice): LayerSpec[] {
  return [
    ...(shape.length === 1 ? [] : [{ type: 'globalaveragepool2d' as const }]),
    ...(dense === undefined
      ? []
      : [{ type: 'dense' as const, units: dense, activation: 'relu' as const }]),
    ...(dropout > 0 ? [{ type: 'dropout' as const, rate: dropout }] : []),
    { type: 'dense', units: 'classes', activation: 'softmax' },
  ];
}

/** A whole model. */
export function transferModel(
  info: Pick<BackboneInfo, 'name' | 'sha256' | 'cut' | 'input' | 'preprocessing'> & {
    nodes: readonly BackboneNode[];
  },
  choice: BackboneChoice,
  head: HeadChoice = usualHead,
): ModelSpec {
  const { input, layers } = backboneModel(info, choice);
  const cut = choice.cut ?? info.cut;
  const shape = info.nodes.find(({ name }) => name === cut)?.shape ?? [];
  return {
    name: info.name.slice(0, 100),
    input,
    layers: [...layers, ...headLayers(shape, head)],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  };
}

/** Of a network's weights, at most so many learn in fine-tuning unless told otherwise. */
const TOP_SHARE = 0.6;

/** The node that feeds the most of the weights, but no more of them than that. */
export function usualTop(nodes: readonly BackboneNode[], cut: string): string {
  const below = neededFor(nodes, cut);
  const all = parametersOf(below);
  let top = cut;
  let most = 0;
  for (const { name } of below) {
    const fed = fedBy(below, name);
    const above = parametersOf(fed);
    // Of several the last: one without weights feeds no more than the layer behind it, or a whole block.
    if (above === 0 || above < most || above > TOP_SHARE * all) continue;
    if (fed.some(({ gradient }) => !gradient)) continue;
    most = above;
    top = name;
  }
  return top;
}

const parametersOf = (nodes: readonly BackboneNode[]): number =>
  nodes.reduce((sum, { parameters }) => sum + parameters, 0);

/** The nodes that a value is made of, in their order. */
function neededFor(nodes: readonly BackboneNode[], cut: string): BackboneNode[] {
  const needed = new Set([cut]);
  const found = nodes.toReversed().filter(({ name, inputs }) => {
    if (!needed.has(name)) return false;
    for (const input of inputs) needed.add(input);
    return true;
  });
  return found.toReversed();
}

/** A node and all that read what it gives out, directly or through others. */
export function fedBy(nodes: readonly BackboneNode[], name: string): BackboneNode[] {
  const fed = new Set([name]);
  return nodes.filter((node) => {
    const one = node.name === name || node.inputs.some((input) => fed.has(input));
    if (one) fed.add(node.name);
    return one;
  });
}

/** Images that the head sees in all, counting each time. */
const SEEN = 20_000;
const FEWEST_EPOCHS = 30;
const MOST_EPOCHS = 200;
const FINE_EPOCHS = 20;

/** The settings that go with it, for so many labels. */
export function transferDefaults(
  labels: number,
  finetune: Pick<FineTuningSpec, 'trainableFrom' | 'rates'> | null,
): { settings: TrainingDefaults; finetune: FineTuningSpec | null } {
  const head = Math.min(
    MOST_EPOCHS,
    Math.max(FEWEST_EPOCHS, Math.round(SEEN / Math.max(1, labels))),
  );
  return {
    settings: { ...plainDefaults, epochs: head + (finetune ? FINE_EPOCHS : 0) },
    finetune: finetune && {
      after: head,
      learningRate: 1e-4,
      optimizer: { type: 'sgd', momentum: 0.9 },
      schedule: { type: 'constant' },
      ...finetune,
    },
  };
}

/** All that is chosen of a training on a pretrained network. */
export interface TransferChoice extends BackboneChoice {
  head: HeadChoice;
  /** First the head alone learns, then what `freeze` says: its top where that is nothing. */
  twoPhase: boolean;
}

/** Model, settings and second part of a training, for so many labels. */
export function transferTraining(
  info: Parameters<typeof transferModel>[0],
  { head, twoPhase, ...choice }: TransferChoice,
  labels: number,
): { spec: ModelSpec; settings: TrainingDefaults; finetune: FineTuningSpec | null } {
  const { freeze = 'none', rates } = choice;
  const spec = transferModel(info, twoPhase ? { ...choice, freeze: 'none' } : choice, head);
  const top = freeze === 'none' ? usualTop(info.nodes, choice.cut ?? info.cut) : freeze;
  const later = { trainableFrom: top, ...(rates === undefined ? {} : { rates }) };
  return { spec, ...transferDefaults(labels, twoPhase ? later : null) };
}

/** Up to this edge pictures are small drawings or digits, of which such networks know little. */
const PHOTO_EDGE = 64;

/** Whether a project should start on a pretrained network: few labels, and pictures that are photos. */
export function suggestsTransfer(recipe: {
  suggested: boolean;
  input: { height: number; width: number; channels: number };
}): boolean {
  const { suggested, input } = recipe;
  return suggested && input.channels === 3 && Math.min(input.height, input.width) > PHOTO_EDGE;
}
