/** Anything → a model spec, or what is wrong with it, said where it is. */
import type * as z from 'zod';
import type { LayerPath, LayerProblem } from '#shared/contract/index.ts';
import { modelSpec, type ModelSpec } from '#shared/model-spec.ts';

type Parsed = { spec: ModelSpec; problem: null } | { spec: null; problem: LayerProblem };

export function parseSpec(value: unknown): Parsed {
  const result = modelSpec.safeParse(value);
  if (result.success) return { spec: result.data, problem: null };
  const [issue] = result.error.issues;
  return { spec: null, problem: problemOf(value, issue) };
}

function problemOf(value: unknown, issue: z.core.$ZodIssue | undefined): LayerProblem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return notASpec('This is no model.');
  }
  const { path, field } = placeOf(issue?.path ?? []);
  const where = path.length > 0 ? `Layer ${spoken(path)}` : 'The model';
  return {
    path,
    message: `${where}: ${reasonOf(issue, field, valueAt(value, issue?.path ?? []))}`,
    hint: path.length > 0 ? 'The settings of each layer type are in docs/engine.md.' : HINT,
    fix: null,
  };
}

const HINT = 'A model has a name, an input, layers, a loss and an optimizer.';

function notASpec(message: string): LayerProblem {
  return { path: [], message, hint: HINT, fix: null };
}

const partNumbers: Record<string, number> = { body: 0, shortcut: 1 };

/** ['layers', 3, 'body', 0, 'kernel', 1] → the layer at [3, 0, 0] and 'kernel.1'. */
function placeOf(keys: readonly PropertyKey[]): { path: LayerPath; field: string } {
  const path: number[] = [];
  let rest = keys;
  while (rest.length > 0) {
    const [key, first, second] = rest;
    if (key === 'layers' && typeof first === 'number') {
      path.push(first);
      rest = rest.slice(2);
    } else if (key === 'branches' && typeof first === 'number' && typeof second === 'number') {
      path.push(first, second);
      rest = rest.slice(3);
    } else if (String(key) in partNumbers && typeof first === 'number') {
      path.push(partNumbers[String(key)] ?? 0, first);
      rest = rest.slice(2);
    } else {
      break;
    }
  }
  return { path, field: rest.map(String).join('.') };
}

/** People count layers from 1: [3, 0, 1] is '4, part 1, layer 2'. */
function spoken([index = 0, ...rest]: LayerPath): string {
  const inner = rest.map((number, at) => `${at % 2 === 0 ? 'part' : 'layer'} ${number + 1}`);
  return [String(index + 1), ...inner].join(', ');
}

function reasonOf(issue: z.core.$ZodIssue | undefined, field: string, value: unknown): string {
  if (issue?.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `'${key}'`).join(', ');
    return `there is no setting called ${keys}.`;
  }
  if (field === 'type') {
    return value === undefined
      ? "its 'type' is missing."
      : `there is no layer type ${JSON.stringify(value)}.`;
  }
  if (value === undefined) return `'${field}' is missing.`;
  const reason = issue?.message.replace(/^Invalid input: /, '') ?? 'is wrong';
  return `'${field}' cannot be ${shown(value)}: ${reason}.`;
}

function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
