import type {
  LayerFix,
  LayerProblem,
  LayerSummary,
  ModelCheck,
  ModelSummary,
} from '#shared/contract/index.ts';
import { layerSpec } from '#shared/layer-spec.ts';
import { layerAt } from '#shared/layer-tree.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { noBackbones, type Backbones } from '../backbones/backbones.ts';
import { elements } from '../graph/shape.ts';
import type { ModelError } from './errors.ts';
import { resolveModel, tryResolve, type ResolvedLayer } from './resolve.ts';
import type { ParameterSpec } from './types.ts';

/**
 * Layers with output shapes, exact parameter counts and multiply-adds. What is inside a block comes
 * before the row that joins it, one level deeper. Loads no runtime. Throws MODEL_INVALID, naming the
 * layer, for a model that cannot be built.
 */
export function summarize(
  spec: ModelSpec,
  classes: number,
  backbones: Backbones = noBackbones,
): ModelSummary {
  resolveModel(spec, classes, backbones);
  return checkModel(spec, classes, backbones).summary;
}

/** The same as far as it goes, with the problem where it goes no further. */
export function checkModel(
  spec: ModelSpec,
  classes: number,
  backbones: Backbones = noBackbones,
): ModelCheck {
  const { done, problem } = tryResolve(spec, classes, backbones);
  const counting = spec.counting ?? 'keras';
  const layers = done.map((layer) => row(layer, counting));
  const sum = (of: (layer: LayerSummary) => number) =>
    layers.reduce((total, layer) => total + of(layer), 0);
  return {
    summary: {
      name: spec.name,
      input: spec.input,
      layers,
      parameters: sum(({ parameters }) => parameters),
      trainable: sum(({ trainable }) => trainable),
      movingAverages: done.reduce((total, layer) => total + count(statisticsOf(layer)), 0),
      counting,
      macs: sum(({ macs }) => macs),
    },
    problem: problem && problemOf(spec, problem),
  };
}

function row(layer: ResolvedLayer, counting: ModelSummary['counting']): LayerSummary {
  const weights = count(layer.parameters.filter(({ kind }) => kind === 'weight'));
  return {
    name: layer.name,
    type: layer.className,
    output: [...layer.output],
    parameters: counting === 'keras' ? weights + count(statisticsOf(layer)) : weights,
    trainable: layer.place.frozen
      ? 0
      : count(layer.parameters.filter(({ kind, frozen }) => kind === 'weight' && !frozen)),
    macs: layer.macs,
    // A path alternates between layers and parts: one number at the top, two more for each block.
    depth: (layer.path.length - 1) / 2,
    path: layer.path,
  };
}

function statisticsOf({ parameters }: ResolvedLayer): ParameterSpec[] {
  return parameters.filter(({ kind }) => kind === 'statistic');
}

function count(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
}

function problemOf(spec: ModelSpec, { message, hint, path, mend }: ModelError): LayerProblem {
  const at = path ?? [];
  return {
    path: [...at],
    message,
    hint: hint ?? null,
    fix: mend ? fixOf(spec, at, mend) : null,
  };
}

function fixOf(
  spec: ModelSpec,
  path: readonly number[],
  { label, before, after, changes }: NonNullable<ModelError['mend']>,
): LayerFix | null {
  if (before) return { label, where: 'before', layers: before };
  if (after) return { label, where: 'after', layers: after };
  // Layer types differ in which settings they take: a change that one does not know is no fix.
  const changed = layerSpec.safeParse({ ...layerAt(spec.layers, path), ...changes });
  return changed.success ? { label, where: 'replace', layers: [changed.data] } : null;
}
