/** Who says what images are: a run, or a pretrained network as it was published. */
import { backboneModel } from '#shared/backbone-model.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { AppError } from '#shared/errors.ts';
import { argmax } from '#shared/metrics.ts';
import { backboneDetailsOf } from '../backbones/describe.ts';
import type { CoreContext } from '../context.ts';
import type { ImportedGraph } from '../engine/import/types.ts';
import type { CallOptions, TensorSet } from '../engine/protocol.ts';
import type { Project } from '../projects/project.ts';
import { readyRun, type ModelRequest } from './model.ts';

export type Asked = ModelRequest | { backbone: string };

export interface Answerer {
  /** The pictures that it wants. */
  input: ModelSpec['input'];
  classes: readonly string[];
  /** Its classes are the project's, whose labels say what is true. */
  knowsLabels: boolean;
  /** Probabilities, images × classes. */
  ask(set: TensorSet, options: CallOptions): Promise<Float32Array>;
}

type Dependencies = Pick<CoreContext, 'engine' | 'backbones'>;

/** @throws AppError NOT_FOUND, RUN_NOT_READY, INVALID_INPUT for a network without an answer */
export function answererOf(context: Dependencies, project: Project, asked: Asked): Answerer {
  return 'backbone' in asked
    ? networkAnswerer(context, asked.backbone)
    : runAnswerer(context, project, asked);
}

function runAnswerer({ engine }: Dependencies, project: Project, asked: ModelRequest): Answerer {
  const run = readyRun(project, asked);
  const { checkpoint } = asked;
  return {
    input: run.spec.input,
    classes: run.classes.map(({ name }) => name),
    knowsLabels: true,
    async ask(set, options) {
      const job = { runDir: project.paths.run(run.id), checkpoint, set };
      return (await engine.predict(job, options)).data;
    },
  };
}

function networkAnswerer({ engine, backbones }: Dependencies, id: string): Answerer {
  const entry = backbones.require(id);
  const network = backboneDetailsOf(entry, backbones);
  const { answer, classNames, sha256 } = network;
  if (answer === null || classNames === null) {
    throw new AppError('INVALID_INPUT', `${network.name} gives out no list of classes.`, {
      subject: id,
      hint: 'Train on it, or choose another network.',
    });
  }
  const { input, layers } = backboneModel(network, { cut: answer });
  const spec = { name: 'answer', input, layers };
  const files = { [sha256]: entry.file };
  const width = classNames.length;
  const settled = endsInSoftmax(entry.graph, answer);
  return {
    input: spec.input,
    classes: classNames,
    knowsLabels: false,
    async ask(set, options) {
      const found = new Float32Array(set.slots.length * width);
      const job = { spec, layers: layers.length, backbones: files, set };
      await engine.features(job, ({ from, values }) => found.set(values, from * width), options);
      if (settled) return found;
      for (let row = 0; row < set.slots.length; row++) {
        softmax(found.subarray(row * width, (row + 1) * width));
      }
      return found;
    },
  };
}

/** Whether its answer is probabilities already. */
function endsInSoftmax({ nodes }: Pick<ImportedGraph, 'nodes'>, answer: string): boolean {
  const passing = new Set(['Reshape', 'Flatten', 'Squeeze', 'Identity', 'Cast']);
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  let maker = makers.get(answer);
  while (maker && passing.has(maker.op)) maker = makers.get(maker.inputs[0] ?? '');
  return maker?.op === 'Softmax';
}

/** In place. */
function softmax(logits: Float32Array): void {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (const [index, logit] of logits.entries()) sum += logits[index] = Math.exp(logit - most);
  for (const [index, each] of logits.entries()) logits[index] = each / sum;
}

/** One row of answers, with the name of its top class. */
export function answerAt(
  { classes }: Pick<Answerer, 'classes'>,
  data: Float32Array,
  row: number,
): { top: string; probabilities: number[] } {
  const width = classes.length;
  return {
    top: classes[argmax(data, row * width, width)]!,
    probabilities: [...data.subarray(row * width, (row + 1) * width)],
  };
}
