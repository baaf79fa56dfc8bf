/** A layer's settings as fields of a form, from the layer's schema. */
import * as z from 'zod';
import { layerSettings } from '#shared/layer-spec.ts';
import type { LayerSpec } from '#shared/model-spec.ts';

interface Limits {
  min: number;
  max: number;
  integer: boolean;
}

type Kind =
  | ({ kind: 'number' } & Limits)
  /** Height and width. */
  | ({ kind: 'pair' } & Limits)
  | { kind: 'choice'; options: readonly string[] }
  | { kind: 'switch' }
  | { kind: 'text'; maxLength: number }
  /** 'valid', 'same' or, where `pixels` is there, so many on each side. */
  | { kind: 'padding'; pixels: Limits | null }
  /** A number, or as many as there are classes. */
  | ({ kind: 'units' } & Limits)
  /** Top, bottom, left, right. */
  | ({ kind: 'sides' } & Limits)
  | ({ kind: 'numbers' } & Limits);

export type Field = Kind & {
  key: string;
  /** What a layer has that does not say; undefined where it must. */
  fallback: unknown;
  /** Seldom changed. */
  more: boolean;
};

/** Those that make up what the layer is come first, then what fewer people change. */
const order = [
  'filters',
  'units',
  'kernel',
  'size',
  'strides',
  'padding',
  'rate',
  'ratio',
  'merge',
  'activation',
];
const seldom = [
  'dilation',
  'groups',
  'multiplier',
  'bias',
  'momentum',
  'scale',
  'center',
  'epsilon',
  'kernelInitializer',
  'biasInitializer',
  'l2',
  'trainable',
  'name',
];

/** What the engine takes where a layer does not say; Keras' defaults. */
const fallbacks: Record<string, unknown> = {
  strides: [1, 1],
  padding: 'valid',
  dilation: [1, 1],
  groups: 1,
  multiplier: 1,
  activation: 'linear',
  bias: true,
  kernelInitializer: 'glorotUniform',
  biasInitializer: 'zeros',
  l2: 0,
  momentum: 0.99,
  epsilon: 1e-3,
  scale: true,
  center: true,
  slope: 0.3,
  offset: 0,
  ratio: 16,
  gate: 'sigmoid',
  interpolation: 'nearest',
  trainable: true,
  name: '',
};

export function fieldsOf(layer: LayerSpec): Field[] {
  const settings = layer.type === 'backbone' ? {} : (layerSettings.get(layer.type) ?? {});
  return Object.entries(settings)
    .map(([key, schema]): Field => {
      const optional = schema.safeParse(undefined).success;
      return {
        ...kindOf(z.toJSONSchema(schema, { io: 'input' })),
        key,
        fallback: optional ? fallbackOf(layer, key) : undefined,
        more: seldom.includes(key) && optional,
      };
    })
    .sort((one, other) => rankOf(one.key) - rankOf(other.key));
}

function rankOf(key: string): number {
  const at = [...order, '', ...seldom].indexOf(key);
  return at < 0 ? order.length : at;
}

function fallbackOf(layer: LayerSpec, key: string): unknown {
  if (key === 'strides' && 'size' in layer) return layer.size;
  if (key === 'activation' && layer.type === 'squeezeexcite') return 'relu';
  return fallbacks[key];
}

/** With the layer's other settings kept; one that is as it would be anyway is left out. */
export function withSetting(layer: LayerSpec, field: Field, value: unknown): LayerSpec {
  const { [field.key as keyof LayerSpec]: _, ...rest } = layer;
  const usual = JSON.stringify(value) === JSON.stringify(field.fallback);
  // The field's kind comes from the setting's schema, and its input is checked against it.
  return (usual ? rest : { ...layer, [field.key]: value }) as LayerSpec;
}

export function settingOf(layer: LayerSpec, field: Field): unknown {
  return (layer as unknown as Record<string, unknown>)[field.key] ?? field.fallback;
}

type Json = z.core.JSONSchema.BaseSchema;

function kindOf(schema: Json): Kind {
  if (schema.enum) return { kind: 'choice', options: schema.enum.map(String) };
  switch (schema.type) {
    case 'boolean':
      return { kind: 'switch' };
    case 'integer':
    case 'number':
      return { kind: 'number', ...limitsOf(schema) };
    case 'string':
      return { kind: 'text', maxLength: schema.maxLength ?? 100 };
    case 'array':
      return listOf(schema);
    default:
      return choiceOf(schema.anyOf ?? []);
  }
}

function listOf(schema: Json): Kind {
  const [first] = (schema.prefixItems ?? []) as Json[];
  if (!first) return { kind: 'numbers', ...limitsOf(schema.items as Json) };
  const [inner] = (first.prefixItems ?? []) as Json[];
  return inner ? { kind: 'sides', ...limitsOf(inner) } : { kind: 'pair', ...limitsOf(first) };
}

function choiceOf(options: readonly Json[]): Kind {
  const number = options.find(({ type }) => type === 'integer');
  if (number) return { kind: 'units', ...limitsOf(number) };
  const [pixels] = (options.find(({ type }) => type === 'array')?.prefixItems ?? []) as Json[];
  if (!pixels) throw new RangeError('a setting of an unknown kind');
  return { kind: 'padding', pixels: limitsOf(pixels) };
}

/** A bound that is itself not allowed becomes the next number that is. */
function limitsOf(schema: Json): Limits {
  const integer = schema.type === 'integer';
  const nudge = integer ? 1 : 1e-6;
  const number = (bound: unknown, fallback: number) =>
    typeof bound === 'number' ? bound : fallback;
  return {
    integer,
    min: Math.max(
      number(schema.minimum, -Infinity),
      number(schema.exclusiveMinimum, -Infinity) + nudge,
    ),
    max: Math.min(
      number(schema.maximum, Infinity),
      number(schema.exclusiveMaximum, Infinity) - nudge,
    ),
  };
}
