/**
 * Which weights of one model another one can begin with: those of its first layers, as far as both
 * models are alike. Names do not matter, for a layer more or less changes those of all that follow.
 */
import { allLayers, type ResolvedLayer, type ResolvedModel } from '../layers/resolve.ts';
import type { ParameterSpec } from '../layers/types.ts';

/** Where a model's weights come from. `classes`: of each of its classes, its place there, or -1. */
export interface ClassPlaces {
  classes: readonly number[];
}

/** One parameter, by its full names here and there. */
export interface TakenParameter {
  name: string;
  from: string;
  /** The axis that has a place for each class, which are not the same ones; null: all of it as it is. */
  classAxis: number | null;
}

export interface LayerMatch {
  name: string;
  taken: TakenParameter[];
  /** Parameters that begin as they would without. */
  fresh: number;
}

/** The layers of `to` with parameters, in their order, with what each takes of `from`. */
export function matchLayers(
  from: ResolvedModel,
  to: ResolvedModel,
  { classes }: ClassPlaces,
): LayerMatch[] {
  const known = withParameters(from);
  const wanted = withParameters(to);
  const same = from.classes === classes.length && classes.every((place, at) => place === at);
  let alike = true;
  return wanted.map((layer, index) => {
    const source = alike ? known[index] : undefined;
    const last = index === wanted.length - 1 && index === known.length - 1;
    const taken = source ? takenBy(layer, source, { from, to, same, classes, last }) : null;
    // What computes on other numbers than before has nothing to take.
    if (!taken?.whole) alike = false;
    const found = taken?.parameters ?? [];
    return { name: layer.name, taken: found, fresh: layer.parameters.length - found.length };
  });
}

const withParameters = ({ layers }: ResolvedModel) =>
  allLayers(layers).filter(({ parameters }) => parameters.length > 0);

interface Ends {
  from: ResolvedModel;
  to: ResolvedModel;
  /** Both have the same classes in the same order. */
  same: boolean;
  classes: readonly number[];
  /** Whether the layer is the last one with parameters of both models. */
  last: boolean;
}

interface Taken {
  parameters: TakenParameter[];
  /** Whether what follows may take its weights too. */
  whole: boolean;
}

function takenBy(layer: ResolvedLayer, source: ResolvedLayer, ends: Ends): Taken | null {
  if (layer.spec.type !== source.spec.type) return null;
  if (layer.spec.type === 'backbone') return fromNetwork(layer, source);
  const ofClasses = answersClasses(layer, ends.to, ends) && answersClasses(source, ends.from, ends);
  if (ofClasses && !ends.same) return ofSameClasses(layer, source, ends);
  const taken = layer.parameters.map((parameter, at) => {
    const other = source.parameters[at];
    const fits = other?.name === parameter.name && other.shape.join() === parameter.shape.join();
    return fits ? pair(layer, parameter, source, null) : null;
  });
  if (!isWhole(taken) || layer.parameters.length !== source.parameters.length) return null;
  return { parameters: taken, whole: true };
}

const isWhole = (taken: (TakenParameter | null)[]): taken is TakenParameter[] =>
  taken.every((each) => each !== null);

const pair = (
  to: ResolvedLayer,
  { name }: ParameterSpec,
  from: ResolvedLayer,
  classAxis: number | null,
): TakenParameter => ({ name: `${to.name}/${name}`, from: `${from.name}/${name}`, classAxis });

/** Weights of one and the same file, by their names in it. */
function fromNetwork(layer: ResolvedLayer, source: ResolvedLayer): Taken | null {
  const [to, from] = [layer.spec, source.spec];
  if (to.type !== 'backbone' || from.type !== 'backbone' || to.model !== from.model) return null;
  const shapes = new Map(source.parameters.map(({ name, shape }) => [name, shape.join()]));
  const parameters = layer.parameters
    .filter(({ name, shape }) => shapes.get(name) === shape.join())
    .map((parameter) => pair(layer, parameter, source, null));
  return { parameters, whole: to.cut === from.cut };
}

/** Whether each number that it gives out is of one class. */
function answersClasses({ spec, output }: ResolvedLayer, model: ResolvedModel, ends: Ends) {
  if (spec.type === 'dense' && spec.units === 'classes') return true;
  return ends.last && model.head !== 'sigmoid' && output.at(-1) === model.classes;
}

function ofSameClasses(layer: ResolvedLayer, source: ResolvedLayer, ends: Ends): Taken | null {
  if (!ends.classes.some((place) => place >= 0)) return null;
  const taken = layer.parameters.map((parameter, at) => {
    const axis = classAxis(layer, parameter);
    const other = source.parameters[at];
    if (axis === null || other?.name !== parameter.name) return null;
    const here = parameter.shape.with(axis, 0).join();
    const fits =
      parameter.shape[axis] === ends.to.classes && other.shape[axis] === ends.from.classes;
    return fits && other.shape.with(axis, 0).join() === here
      ? pair(layer, parameter, source, axis)
      : null;
  });
  return isWhole(taken) ? { parameters: taken, whole: true } : null;
}

function classAxis({ spec: { type } }: ResolvedLayer, { shape }: ParameterSpec): number | null {
  if (shape.length === 1) return 0;
  if (type === 'dense') return 1;
  return type === 'conv2d' ? 0 : null;
}
