/** A training that begins with the weights of another run of the project. */
import type { TrainOptions, TrainPlan } from '#shared/contract/index.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { resolveModel } from '../engine/layers/resolve.ts';
import type { StartWeights } from '../engine/protocol.ts';
import { matchLayers, type LayerMatch } from '../engine/start/match.ts';
import type { Project } from '../projects/project.ts';
import type { RunClass, StoredRun } from '../store/runs.ts';
import { existingCheckpoints } from './folder.ts';
import { count, list } from './words.ts';

type StartFrom = TrainOptions['startFrom'];

interface Beginner {
  spec: ModelSpec;
  classes: readonly RunClass[];
  /** Images to validate on. */
  validation: Uint32Array;
}

export interface PlannedStart {
  start: TrainPlan['start'];
  warnings: string[];
  problems: string[];
}

const nothing: PlannedStart = { start: null, warnings: [], problems: [] };

/** What `model` takes of the other run. A model that cannot be built has a problem of its own. */
export function planStart(project: Project, from: StartFrom, model: Beginner): PlannedStart {
  if (!from) return nothing;
  const { run: id, checkpoint } = from;
  const run = project.store.runs.find(id);
  if (!run) return problem(`There is no run ${id} in this project to begin with.`);
  if (!existingCheckpoints(project.paths.run(id)).includes(checkpoint)) {
    return problem(`Run ${id} has no ${checkpoint} weights to begin with yet.`);
  }
  const matches = matchesOf(project, run, model);
  const taken = matches.filter(({ fresh }) => fresh === 0).map(({ name }) => name);
  const fresh = matches.filter((match) => match.fresh > 0).map(({ name }) => name);
  if (matches.every((match) => match.taken.length === 0)) {
    const first = matches[0]?.name ?? model.spec.name;
    return problem(
      `Nothing of run ${id} fits this model: already the first layer, ${first}, differs. Choose that run’s model, or another run.`,
    );
  }
  const warnings = seenBefore(project, from, model.validation);
  const text = words(run, matches, places(run, model.classes));
  return { start: { taken, fresh, text }, warnings, problems: [] };
}

const problem = (text: string): PlannedStart => ({ ...nothing, problems: [text] });

interface StartedTraining {
  options: Pick<TrainOptions, 'startFrom'>;
  classes: readonly RunClass[];
}

/** For the engine; undefined where a run begins with random weights. */
export function startWeights(
  project: Project,
  { options: { startFrom: from }, classes }: StartedTraining,
): StartWeights | undefined {
  if (!from) return undefined;
  const run = project.store.runs.get(from.run);
  return {
    runDir: project.paths.run(run.id),
    checkpoint: from.checkpoint,
    classes: places(run, classes),
  };
}

/**
 * Whether weights of its pretrained network may be others than the network's own, because a run that
 * it goes back to changed them.
 */
export function beginsWithChangedNetwork(project: Project, from: StartFrom): boolean {
  return line(project, from).some(
    (run) =>
      run === null ||
      run.options.finetune !== null ||
      run.spec.layers.some(
        (layer) => layer.type === 'backbone' && (layer.trainableFrom ?? 'none') !== 'none',
      ),
  );
}

/** The runs that it goes back to, newest first; null at the end where one is no longer there. */
function line(project: Project, from: StartFrom): (StoredRun | null)[] {
  const runs: (StoredRun | null)[] = [];
  for (let next = from; next;) {
    const run = project.store.runs.find(next.run);
    runs.push(run);
    next = run?.options.startFrom ?? null;
  }
  return runs;
}

function matchesOf(project: Project, run: StoredRun, { spec, classes }: Beginner): LayerMatch[] {
  const from = resolveModel(run.spec, run.classes.length, project.backbones);
  const to = resolveModel(spec, classes.length, project.backbones);
  return matchLayers(from, to, { classes: places(run, classes) });
}

/** A class keeps its place by what it is, whatever it is called by now. */
function places(run: StoredRun, classes: readonly RunClass[]): number[] {
  const known = new Map(run.classes.map(({ id }, at) => [id, at]));
  return classes.map(({ id }) => known.get(id) ?? -1);
}

function words(
  { id, name }: StoredRun,
  matches: readonly LayerMatch[],
  found: readonly number[],
): string {
  const from = `the weights of run ${id} “${name}”`;
  const whole = matches.filter(({ fresh }) => fresh === 0);
  const partly = matches.filter((match) => match.fresh > 0 && match.taken.length > 0);
  const anew = matches.filter(({ taken }) => taken.length === 0);
  const byClass = matches.filter(({ taken }) => taken.some(({ classAxis }) => classAxis !== null));
  const last = whole.at(-1)?.name;
  const sentences = [
    anew.length === 0 && partly.length === 0
      ? `All layers begin with ${from}.`
      : last === undefined
        ? `${list(
            partly.map((layer) => layer.name),
            'and',
          )} begins with ${from}, as far as they fit.`
        : `All layers up to ${last} begin with ${from}${begins(anew.map((layer) => layer.name))}.`,
  ];
  const known = found.filter((place) => place >= 0).length;
  if (byClass.length > 0 && known < found.length) {
    sentences.push(`It knows ${known} of the ${found.length} classes from there.`);
  }
  return sentences.join(' ');
}

const begins = (names: readonly string[]): string =>
  names.length === 0
    ? ''
    : `; ${list(names, 'and')} ${names.length === 1 ? 'begins' : 'begin'} anew`;

/** Who is asked what it has been told answers well. */
function seenBefore(project: Project, from: StartFrom, validation: Uint32Array): string[] {
  if (validation.length === 0) return [];
  const seen = new Set(
    line(project, from).flatMap((run) =>
      run ? [...project.store.runs.data(run.id, 'train').images] : [],
    ),
  );
  const again = validation.reduce((sum, image) => sum + (seen.has(image) ? 1 : 0), 0);
  if (again === 0) return [];
  return [
    `${count(again, 'image')} to validate on ${again === 1 ? 'was' : 'were'} learned from by the run that it begins with: its figures will be too good.`,
  ];
}
