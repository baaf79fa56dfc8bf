/** Short sentences about the data, each with a number and a place to look. */
import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClassInfo, HealthFinding, SplitSummary } from '#shared/contract/index.ts';
import { findSuspects } from '../evaluation/suspects.ts';
import type { Project } from '../projects/project.ts';

/** Fewer than this, and nothing can be said of how well a class is told apart. */
const FEW_IMAGES = 20;
/** Largest class over smallest, from which on a model does best by guessing the large one. */
const IMBALANCE = 5;
/** Pixels of the shorter edge below which there is little to see. */
const TINY = 16;

/** @returns warnings first, then notes, then what is good */
export async function healthOf(project: Project): Promise<HealthFinding[]> {
  const { store } = project;
  const summary = store.splits.summary();
  if (summary.total === 0) return [];
  const classes = store.classes.list();
  const findings = [
    ...labelFindings(summary, classes),
    ...flagFindings(project),
    ...suspectFindings(project),
    ...balanceFindings(classes),
    ...splitFindings(summary),
    ...sizeFindings(project),
    ...(await referenceFindings(project)),
  ];
  const order = { warning: 0, note: 1, good: 2 };
  return findings.sort((a, b) => order[a.severity] - order[b.severity]);
}

function labelFindings(summary: SplitSummary, classes: ClassInfo[]): HealthFinding[] {
  const labeled = classes.reduce((sum, { images }) => sum + images, 0);
  const unlabeled = summary.total - labeled;
  if (unlabeled === 0) {
    const text = `All ${images(labeled)} are labeled.`;
    return [{ id: 'labels', severity: 'good', text, count: labeled, filter: null }];
  }
  return [
    {
      id: 'unlabeled',
      severity: 'note',
      text: `${images(unlabeled)} without a label.`,
      count: unlabeled,
      filter: { classes: ['none'] },
    },
  ];
}

function flagFindings({ store }: Project): HealthFinding[] {
  const conflicts = store.images.count({ flags: ['conflict'] });
  if (conflicts === 0) return [];
  const text =
    conflicts === 1
      ? '1 image came with two different labels; the first was kept.'
      : `${number(conflicts)} images came with two different labels; the first was kept.`;
  return [
    {
      id: 'conflicts',
      severity: 'warning',
      text,
      count: conflicts,
      filter: { flags: ['conflict'] },
    },
  ];
}

/** By the newest folds: each image was judged by a model that did not learn from it. */
function suspectFindings(project: Project): HealthFinding[] {
  const study = project.store.studies
    .list()
    .find(({ request, status }) => request.kind === 'folds' && status === 'done');
  if (!study) return [];
  const { suspects } = findSuspects(project, { kind: 'study', study: study.id });
  // What was given another label since then was looked at.
  const count = suspects.filter(({ now }) => now === null).length;
  if (count === 0) return [];
  return [
    {
      id: 'mislabeled',
      severity: 'warning',
      text: count === 1 ? '1 label is likely wrong.' : `${number(count)} labels are likely wrong.`,
      count,
      filter: null,
      study: study.id,
    },
  ];
}

function balanceFindings(classes: ClassInfo[]): HealthFinding[] {
  const findings: HealthFinding[] = [];
  if (classes.length === 1) {
    findings.push({
      id: 'one-class',
      severity: 'warning',
      text: 'Only 1 class: training needs at least 2.',
      count: 1,
      filter: null,
    });
  }
  const used = classes.filter((info) => info.images > 0);
  const empty = classes.filter((info) => info.images === 0);
  if (empty.length > 0) {
    findings.push({
      id: 'empty-classes',
      severity: 'note',
      text: `${names(empty)} ${empty.length === 1 ? 'has' : 'have'} no images yet.`,
      count: empty.length,
      filter: null,
    });
  }
  const few = used.filter((info) => info.images < FEW_IMAGES);
  if (few.length > 0) {
    findings.push({
      id: 'few-images',
      severity: 'warning',
      text: `${names(few)} ${few.length === 1 ? 'has' : 'have'} fewer than ${FEW_IMAGES} images.`,
      count: few.length,
      filter: { classes: few.map(({ id }) => id) },
    });
  }
  const sorted = used.toSorted((a, b) => b.images - a.images);
  const largest = sorted[0];
  const smallest = sorted.at(-1);
  if (largest && smallest && largest.images >= smallest.images * IMBALANCE) {
    const times = Math.round(largest.images / smallest.images);
    findings.push({
      id: 'imbalance',
      severity: 'warning',
      text: `${largest.name} has ${times} times as many images as ${smallest.name}.`,
      count: times,
      filter: { classes: [smallest.id] },
    });
  } else if (used.length > 1 && few.length === 0) {
    findings.push({
      id: 'balance',
      severity: 'good',
      text: `${used.length} classes of similar size.`,
      count: used.length,
      filter: null,
    });
  }
  return findings;
}

function splitFindings(summary: SplitSummary): HealthFinding[] {
  const { total, train, validation, test, none } = summary;
  if (none === total) {
    return [
      {
        id: 'no-split',
        severity: 'note',
        text: `${images(total)} without a split: training would have nothing to be tested on.`,
        count: total,
        filter: { splits: ['none'] },
      },
    ];
  }
  const findings: HealthFinding[] = [];
  if (validation + test === 0) {
    findings.push({
      id: 'no-held-out',
      severity: 'warning',
      text: `All ${images(train)} are for training: none are held out to test on.`,
      count: train,
      filter: { splits: ['train'] },
    });
  }
  if (train === 0) {
    findings.push({
      id: 'no-train',
      severity: 'warning',
      text: `None of ${images(total)} is for training.`,
      count: total,
      filter: null,
    });
  }
  if (none > 0) {
    findings.push({
      id: 'unassigned',
      severity: 'note',
      text: `${images(none)} in no split: not used for training or testing.`,
      count: none,
      filter: { splits: ['none'] },
    });
  }
  return findings;
}

function sizeFindings({ store }: Project): HealthFinding[] {
  const { tiny, smallest } = store.images.tiny(TINY);
  if (tiny === 0) return [];
  return [
    {
      id: 'tiny',
      severity: 'note',
      text: `${images(tiny)} narrower than ${TINY} pixels; the smallest is ${smallest}.`,
      count: tiny,
      filter: null,
    },
  ];
}

async function referenceFindings({ store }: Project): Promise<HealthFinding[]> {
  let missing = 0;
  const references = store.images.referencedFiles();
  for (const [index, { path, images: count }] of references.entries()) {
    if (!existsSync(path)) missing += count;
    // Thousands of files on a slow disk must not hold up everything else.
    if (index % 200 === 199) await nextTurn();
  }
  if (missing === 0) return [];
  return [
    {
      id: 'missing',
      severity: 'warning',
      text: `${images(missing)} not where ${missing === 1 ? 'it was' : 'they were'}: import the folder again from its new place.`,
      count: missing,
      filter: null,
    },
  ];
}

function names(classes: ClassInfo[]): string {
  const shown = classes.slice(0, 3).map(({ name }) => name);
  const more = classes.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)!}` : shown[0]!;
}

function images(count: number): string {
  return count === 1 ? '1 image' : `${number(count)} images`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
