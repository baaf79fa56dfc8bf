/** What is known of a run, as the sections of a report. */
import type { EvaluationReport, Run, Split } from '#shared/contract/index.ts';
import { count, dateTime, duration, integer, percent, real, setting } from '#shared/format.ts';
import { balancedAccuracyInterval, classIntervals, plusMinus, spread } from '#shared/intervals.ts';
import {
  averagingOf,
  earlyStopOf,
  looksDiffer,
  looksOf,
  optimizerOf,
  scheduleOf,
} from '#shared/run-words.ts';
import { judge } from '#shared/verdict.ts';
import type { CoreContext } from '../context.ts';
import { checkModel } from '../engine/layers/summary.ts';
import { evenly } from '../augmentation/preview.ts';
import { readCell, readReport } from '../evaluation/read.ts';
import type { EvaluationRequest } from '../evaluation/evaluate.ts';
import { usualImages } from '../inspect/images.ts';
import type { Project } from '../projects/project.ts';
import { confusion, curves } from './charts.ts';
import type { Fact, ReportContent, Section } from './content.ts';
import { filterPicture, mapPictures } from './inside.ts';
import { camPictures, imagePictures, type Looked } from './pictures.ts';

/** Of each are shown at most so many. */
const most = { mistakes: 16, looks: 4, pairs: 8, files: 4, maps: 2 };

const splitNames: Record<Split, string> = {
  train: 'training',
  validation: 'validation',
  test: 'test',
};

/** @throws AppError NOT_FOUND, ENGINE_FAILED, CANCELLED */
export async function gatherReport(
  context: Pick<CoreContext, 'engine' | 'decoders' | 'runs' | 'options'>,
  project: Project,
  request: EvaluationRequest,
  signal?: AbortSignal,
): Promise<ReportContent> {
  const run = context.runs.get(project, request.run);
  const { versions } = project.store.runs.get(request.run);
  const report = await readReport(project, request);
  const sections: Section[] = [trained(run, versions), course(run)];
  if (report) {
    sections.push(measured(report, run), byClass(report), confused(report));
    sections.push(...(await mistakes(context, project, run, request, report, signal)));
  } else {
    sections.push({
      title: 'How well it does',
      text: [`The run was not evaluated on the ${splitNames[request.split]} images.`],
    });
  }
  sections.push(...(await inside(context, project, run, request, signal)), layers(project, run));
  return {
    title: run.name,
    subtitle: `Run ${run.id} of ${project.name}, ${dateTime(run.createdAt)}`,
    sections: sections.filter(
      (section) => section.text.length > 0 || Object.keys(section).length > 2,
    ),
    footer: `Made by Fovea ${context.options.version} on ${dateTime(Date.now())}. Intervals hold the true value 19 times out of 20.`,
  };
}

function trained(run: Run, versions: Record<string, string>): Section {
  const { options, spec } = run;
  const { height, width, channels } = spec.input;
  const validated =
    options.validateOn.kind === 'fraction'
      ? `${count(run.validationImages, 'image')}, ${percent(options.validateOn.fraction, 0)} held out of training`
      : options.validateOn.kind === 'split'
        ? `${count(run.validationImages, 'image')} of the ${splitNames[options.validateOn.split]} split`
        : 'none';
  const facts: Fact[] = [
    { label: 'Model', value: spec.name },
    { label: 'Parameters', value: integer(run.parameters) },
    { label: 'Input', value: `${height}×${width}×${channels}` },
    { label: 'Training images', value: integer(run.trainImages) },
    { label: 'Validation images', value: validated },
    { label: 'Classes', value: `${run.classes.length}: ${run.classes.join(', ')}` },
    { label: 'Augmentation', value: options.augment?.name ?? 'none' },
    { label: 'Epochs', value: `${run.epochs.length} of ${options.epochs}` },
    { label: 'Batch', value: integer(options.batch) },
    { label: 'Optimizer', value: optimizerOf(spec.optimizer) },
    {
      label: 'Learning rate',
      value: `${setting(options.learningRate)}, ${scheduleOf(options.schedule)}`,
    },
    { label: 'Early stopping', value: earlyStopOf(options.earlyStop) },
    { label: 'Weights kept', value: averagingOf(options.averaging) },
    { label: 'Looks at an image', value: looksOf(options.views) },
    { label: 'Seed', value: String(options.seed) },
    { label: 'Engine', value: run.engine ?? 'not started' },
    { label: 'Time', value: duration(run.seconds) },
    {
      label: 'Versions',
      value: Object.entries(versions)
        .map(([program, version]) => `${program} ${version}`)
        .join(', '),
    },
  ];
  const stale =
    run.staleLabels > 0
      ? [`Trained on older labels: ${count(run.staleLabels, 'label')} changed since.`]
      : [];
  const notes = run.notes.trim() === '' ? [] : [run.notes.trim()];
  return { title: 'What was trained', text: [...notes, ...stale, ...run.warnings], facts };
}

function course(run: Run): Section {
  const said = judge(run)?.text;
  if (said === undefined) return { title: 'How training went', text: ['No epoch was finished.'] };
  const ended = run.status === 'done' ? [] : [`The run ended as ‘${run.status}’.`];
  return { title: 'How training went', text: [said, ...ended], drawings: curves(run) };
}

function measured(report: EvaluationReport, { options }: Run): Section {
  const differ = looksDiffer(options.views);
  const { accuracy, accuracyInterval, confusion: counts, split, images } = report;
  const balanced = balancedAccuracyInterval(counts);
  const error: [number, number] = [1 - balanced[1], 1 - balanced[0]];
  const right = Math.round(accuracy * images);
  const facts: Fact[] = [
    { label: 'Accuracy', value: `${percent(accuracy)} ${plusMinus(accuracyInterval)}` },
    { label: 'Right answers', value: `${integer(right)} of ${integer(images)}` },
    {
      label: 'Balanced accuracy',
      value: `${percent(report.balancedAccuracy)} ${plusMinus(balanced)}`,
    },
    {
      label: 'Balanced error rate',
      value: `${percent(report.balancedErrorRate)} ${plusMinus(error)}`,
    },
    { label: 'Loss', value: real(report.loss) },
    {
      label: 'Weights',
      value: report.checkpoint === 'best' ? 'of the best epoch' : 'of the last epoch',
    },
  ];
  const text = [
    ...(differ ? [differ] : []),
    ...(report.trainedOn > 0
      ? [`${count(report.trainedOn, 'image')} of these were trained on: the figures flatter.`]
      : []),
    ...(report.excluded > 0
      ? [`${count(report.excluded, 'labeled image')} could not be used.`]
      : []),
    ...(report.staleLabels > 0
      ? [`${count(report.staleLabels, 'label')} changed since this was measured.`]
      : []),
  ];
  const title = `How well it does on ${count(images, `${splitNames[split]} image`)}`;
  return { title, text, facts };
}

function byClass({ classes, confusion: counts }: EvaluationReport): Section {
  const intervals = classIntervals(counts);
  const cell = (value: number, interval: [number, number]) =>
    `${percent(value)} ${spread(interval)}`;
  return {
    title: 'By class',
    text: [],
    table: {
      head: ['Class', 'Precision', 'Recall', 'F1', 'Images'],
      numeric: [false, true, true, true, true],
      rows: classes.map(({ name, precision, recall, f1, support }, index) => [
        name,
        cell(precision, intervals[index]!.precision),
        cell(recall, intervals[index]!.recall),
        cell(f1, intervals[index]!.f1),
        integer(support),
      ]),
    },
  };
}

function confused({ confusedPairs, classes, confusion: counts }: EvaluationReport): Section {
  const pairs = confusedPairs.slice(0, most.pairs).map(({ a, b, count: both, ab, ba }) => {
    const ways = [
      ab > 0 ? `${a} taken for ${b} ${ab}×` : '',
      ba > 0 ? `${b} taken for ${a} ${ba}×` : '',
    ];
    return `${a} ↔ ${b} ${integer(both)}: ${ways.filter(Boolean).join(', ')}.`;
  });
  const names = classes.map(({ name }) => name);
  return {
    title: 'What is confused',
    text: [...pairs, 'Rows are the true classes, columns what the model said.'],
    drawings: [confusion(names, counts)],
  };
}

async function mistakes(
  context: Pick<CoreContext, 'engine' | 'decoders'>,
  project: Project,
  run: Run,
  request: EvaluationRequest,
  { images, accuracy }: EvaluationReport,
  signal: AbortSignal | undefined,
): Promise<Section[]> {
  const wrong = { ...request, correct: false, offset: 0, limit: most.mistakes };
  const { total, predictions } = readCell(project, wrong);
  if (total === 0)
    return [{ title: 'Mistakes', text: [`None: all ${integer(images)} are right.`] }];
  const shown = await imagePictures(context, project, predictions, signal);
  const sections: Section[] = [
    {
      title: 'Mistakes',
      text: [
        `${count(total, 'mistake')}, ${percent(1 - accuracy)} of the images. Here are those that the model was surest of.`,
      ],
      pictures: shown,
    },
  ];
  if (!run.checkpoints.includes(request.checkpoint)) return sections;
  const looked = predictions
    .slice(0, most.looks)
    .flatMap(({ image, truth, top }) => (image === null ? [] : [{ image, truth, said: top }]));
  const cams = await camPictures(context, project, request, looked, run, signal);
  if (cams.length > 0) {
    sections.push({
      title: 'Where it looked in mistakes',
      text: ['Warm places spoke for the wrong answer (Grad-CAM of the last convolution).'],
      pictures: cams,
    });
  }
  return sections;
}

async function inside(
  context: Pick<CoreContext, 'engine' | 'decoders'>,
  project: Project,
  run: Run,
  request: EvaluationRequest,
  signal: AbortSignal | undefined,
): Promise<Section[]> {
  if (!run.checkpoints.includes(request.checkpoint)) return [];
  const filters = await filterPicture(context, project, request, signal);
  const sections: Section[] = filters
    ? [{ title: 'What the first layer looks for', text: [], pictures: [filters] }]
    : [];
  const images = examples(project, run);
  const looks = await camPictures(context, project, request, images, run, signal);
  if (looks.length > 0) {
    sections.push({
      title: 'Where it looks',
      text: [
        `${count(looks.length, 'image')} of the library, and what the model says of each: warm places spoke for that (Grad-CAM of the last convolution).`,
      ],
      pictures: looks,
    });
  }
  for (const image of images.slice(0, most.maps)) {
    const pictures = await mapPictures(context, project, request, image, signal);
    if (pictures.length === 0) break;
    sections.push({
      title: `What the layers make of an image: ${image.truth ?? 'without a label'}`,
      text: [
        'The image, and the first feature maps of each convolution and pool: bright where a filter found what it looks for.',
      ],
      pictures,
    });
  }
  return sections;
}

/** Some images that the run validated on, else of those that it learned from, else of the library. */
function examples(project: Project, { id }: Run): Looked[] {
  const { store } = project;
  const usual = usualImages(project, store.runs.get(id), most.looks);
  const chosen =
    usual.length > 0
      ? usual
      : evenly(store.images.labeled(), most.looks).map(({ id: image }) => image);
  const names = new Map(store.classes.list().map((each) => [each.id, each.name]));
  return store.images
    .rows(chosen)
    .map(({ id: image, classId }) => ({ image, truth: names.get(classId ?? -1) ?? null }));
}

function layers({ backbones }: Project, { spec, classes }: Run): Section {
  const { summary } = checkModel(spec, classes.length, backbones);
  return {
    title: 'The model, layer by layer',
    text: [
      `${integer(summary.parameters)} parameters, ${integer(summary.trainable)} of them trainable; ${integer(summary.macs)} multiply-adds for one image.`,
    ],
    table: {
      head: ['Layer', 'Type', 'Output', 'Parameters'],
      numeric: [false, false, false, true],
      rows: summary.layers.map(({ name, type, output, parameters, depth }) => [
        `${'· '.repeat(depth)}${name}`,
        type,
        output.join('×'),
        integer(parameters),
      ]),
    },
  };
}
