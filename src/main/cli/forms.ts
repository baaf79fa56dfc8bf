/** Options written as 'name:key=value,flag', such as 'sgd:momentum=0.9,nesterov'. */
import { InvalidArgumentError } from 'commander';
import type * as z from 'zod';
import { averagingSpec, type AveragingSpec } from '#shared/averaging.ts';
import { headChoice, type HeadChoice } from '#shared/backbone-model.ts';
import { optimizerSpec, type OptimizerSpec } from '#shared/model-spec.ts';
import {
  earlyStopSpec,
  monitorName,
  scheduleSpec,
  type EarlyStopSpec,
  type ScheduleSpec,
} from '#shared/schedule.ts';
import { viewsSpec, type ViewsSpec } from '#shared/views.ts';

/** How the forms are described in help texts. */
export const optimizerHelp =
  'sgd:momentum=0.9,nesterov · rmsprop:rho=0.9 · adam:beta1=0.9,beta2=0.999 · ' +
  "adamw:weightDecay=0.01; with clipNorm=1 gradients are clipped; the model's own unless given";
export const scheduleHelp =
  'constant · step:every=10,factor=0.5 · cosine:warmup=0.05 · one-cycle:warmup=0.3 · ' +
  'plateau:monitor=val-loss,factor=0.5,patience=10,minDelta=1e-4,cooldown=0,minRate=0';
export const earlyStopHelp =
  'val-loss:patience=35,minDelta=1e-4,restore · val-accuracy:… · loss:… · accuracy:… · none; ' +
  "restore: the best epoch's weights in the end";

export const headHelp =
  'pool:dense=128,dropout=0.3: what is behind a pretrained network; dropout=0.2 unless given';

export const averagingHelp =
  'ema:decay=0.999 averages the weights over the steps, and keeps the average; none';

export const viewsHelp =
  'average:flip,shift=1 lets the trained model look at each image also mirrored and moved; none';

export function optimizer(text: string): OptimizerSpec {
  return byType(text, 'optimizer', optimizerSpec.options, optimizerSpec);
}

export function schedule(text: string): ScheduleSpec {
  return byType(text, 'schedule', scheduleSpec.options, scheduleSpec);
}

/** Of an option that says 'none': commander takes null for nothing given, and makes it text. */
type OrNone<T> = T | false;

export function earlyStop(text: string): OrNone<EarlyStopSpec> {
  if (text === 'none') return false;
  const { name, settings } = split(text);
  oneOf(name, 'value to watch', [...monitorName.options, 'none']);
  if ('restore' in settings) {
    settings['restoreBest'] = settings['restore'];
    delete settings['restore'];
  }
  const keys = Object.keys(earlyStopSpec.shape).filter((key) => key !== 'monitor');
  known(name, settings, keys);
  return checked(earlyStopSpec, { monitor: name, ...settings });
}

export function averaging(text: string): OrNone<AveragingSpec> {
  return onlyForm(text, 'averaging', 'ema', averagingSpec);
}

export function views(text: string): OrNone<ViewsSpec> {
  return onlyForm(text, 'way of looking', 'average', viewsSpec);
}

export function head(text: string): HeadChoice {
  const { name, settings } = split(text);
  oneOf(name, 'head', ['pool']);
  known(name, settings, Object.keys(headChoice.shape));
  return checked(headChoice, settings);
}

/** Of what there is one kind of, or none. */
function onlyForm<T>(
  text: string,
  what: string,
  form: string,
  schema: z.ZodObject & z.ZodType<T>,
): OrNone<T> {
  if (text === 'none') return false;
  const { name, settings } = split(text);
  oneOf(name, what, [form, 'none']);
  known(name, settings, Object.keys(schema.shape));
  return checked(schema, settings);
}

interface Alternative {
  shape: { type: z.ZodLiteral } & z.ZodRawShape;
}

function byType<T>(
  text: string,
  what: string,
  alternatives: readonly Alternative[],
  schema: z.ZodType<T>,
): T {
  const { name, settings } = split(text);
  const types = alternatives.map(({ shape }) => String(shape.type.value));
  oneOf(name, what, types);
  const { type: _type, ...shape } = alternatives[types.indexOf(name)]?.shape ?? {};
  known(name, settings, Object.keys(shape));
  return checked(schema, { type: name, ...settings });
}

type Settings = Record<string, string | number | boolean>;

function split(text: string): { name: string; settings: Settings } {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const settings: Settings = {};
  const parts = colon < 0 ? [] : text.slice(colon + 1).split(',');
  for (const part of parts) {
    const [key = '', value] = part.split('=').map((piece) => piece.trim());
    if (key === '') {
      throw new InvalidArgumentError(
        `'${part}' in '${text}' is no setting. Write ${name}:key=value,key=value.`,
      );
    }
    settings[camel(key)] = value === undefined ? true : read(value);
  }
  return { name, settings };
}

/** 'min-delta' as people write it beside 'minDelta'. */
function camel(key: string): string {
  return key.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function read(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  const number = Number(value);
  return value === '' || Number.isNaN(number) ? value : number;
}

function oneOf(name: string, what: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  throw new InvalidArgumentError(`There is no ${what} '${name}'. Give ${names.join(', ')}.`);
}

function known(name: string, settings: Settings, keys: readonly string[]): void {
  const wrong = Object.keys(settings).find((key) => !keys.includes(key));
  if (wrong === undefined) return;
  const takes = keys.length === 0 ? 'It takes none.' : `It takes ${keys.join(', ')}.`;
  throw new InvalidArgumentError(`'${wrong}' is no setting of ${name}. ${takes}`);
}

function checked<T>(schema: z.ZodType<T>, value: Settings): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = String(issue?.path[0] ?? '');
  throw new InvalidArgumentError(`${key}=${String(value[key])}: ${issue?.message ?? ''}.`);
}
