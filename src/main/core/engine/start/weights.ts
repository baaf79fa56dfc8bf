/** The first weights of a training that begins with those of another run. */
import type { Backbones } from '../backbones/backbones.ts';
import { loadRun } from '../checkpoint/run-folder.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import { initialize } from '../initializers.ts';
import { resolveModel } from '../layers/resolve.ts';
import { allEntries, type ParameterLayout, type ParameterValues } from '../programs/parameters.ts';
import type { TrainJob } from '../protocol.ts';
import { matchLayers } from './match.ts';

/**
 * A value for each parameter of the layout: the other run's, else the seed's. Those of a pretrained
 * network that the other run has not are left out: the network has them.
 * @throws AppError RUN_NOT_READY, SOURCE_UNREADABLE where the other run's files are not whole
 */
export async function startingWeights(
  { spec, classNames, seed }: Pick<TrainJob, 'spec' | 'classNames' | 'seed'>,
  { runDir, checkpoint, classes }: NonNullable<TrainJob['start']>,
  layout: ParameterLayout,
  backbones: Backbones,
): Promise<ParameterValues> {
  const source = await loadRun(runDir, checkpoint);
  const model = resolveModel(spec, classNames.length, backbones);
  const matches = matchLayers(source.model, model, { classes }).flatMap(({ taken }) => taken);
  const sources = new Map(matches.map((match) => [match.name, match]));
  const values = new Map<string, FloatTensor>();
  for (const { fullName, shape, initializer } of allEntries(layout)) {
    const match = sources.get(fullName);
    const found = match && source.parameters.get(match.from);
    if (!match || !found) {
      if (initializer.type === 'given') continue;
      values.set(fullName, { shape, data: initialize(initializer, shape, seed, fullName) });
    } else if (match.classAxis === null) {
      values.set(fullName, found);
    } else {
      const fresh = { shape, data: initialize(initializer, shape, seed, fullName) };
      values.set(fullName, withClasses(fresh, found, match.classAxis, classes));
    }
  }
  return values;
}

/** The classes' numbers where they are now; those of new classes stay as they are in `fresh`. */
function withClasses(
  fresh: FloatTensor,
  found: FloatTensor,
  axis: number,
  places: readonly number[],
): FloatTensor {
  const sizes = (from: number, to?: number) =>
    fresh.shape.slice(from, to).reduce((all, size) => all * size, 1);
  const [outer, inner] = [sizes(0, axis), sizes(axis + 1)];
  const before = found.shape[axis] ?? 0;
  const data = fresh.data.slice();
  for (let row = 0; row < outer; row++) {
    for (const [at, place] of places.entries()) {
      if (place < 0) continue;
      const start = (row * before + place) * inner;
      data.set(found.data.subarray(start, start + inner), (row * places.length + at) * inner);
    }
  }
  return { shape: fresh.shape, data };
}
