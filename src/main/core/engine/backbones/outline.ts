/**
 * All of a pretrained network but its weights' numbers, as JSON: enough to work out shapes, parameters
 * and what can learn, where the file itself is too large or not to be trusted.
 */
import * as z from 'zod';
import { preprocessing } from '#shared/preprocessing.ts';
import type { ImportedAttribute, ImportedGraph, KnownTensor } from '../import/types.ts';

const MOST = 200_000;
const name = z.string().max(2000);
const dims = z.array(z.number().int().min(0)).max(16);
const dtype = z.enum(['float32', 'float16', 'int64', 'int32', 'int8', 'uint8', 'bool']);
/** JSON has no infinities, which bounds and masks are made of. */
const number = z.union([z.number(), z.enum(['inf', '-inf', 'nan'])]);

const tensor = z.object({ dtype, dims, data: z.array(number).max(MOST) });
const attribute = z.union([
  number,
  z.object({ text: z.string() }),
  z.array(number).max(MOST),
  tensor,
]);

export const backboneOutline = z.object({
  input: z.object({
    name,
    layout: z.enum(['nchw', 'nhwc']),
    channels: z.number().int().positive(),
    height: z.number().int().positive().nullable(),
    width: z.number().int().positive().nullable(),
    batch: z.number().int().nullable(),
  }),
  nodes: z
    .array(
      z.object({
        op: name,
        inputs: z.array(name).max(MOST),
        outputs: z.array(name).max(MOST),
        attributes: z.record(name, attribute),
        shape: z
          .array(z.union([z.number().int(), name]))
          .max(16)
          .nullable(),
        weights: z.array(name).max(MOST),
        gradient: z.boolean(),
      }),
    )
    .max(MOST),
  weights: z.record(name, dims),
  statistics: z.array(name).max(MOST),
  constants: z.record(name, tensor),
  outputs: z.array(name).max(MOST),
  cut: name,
  metadata: z.object({
    producer: z.string(),
    opset: z.number(),
    family: z.string().nullable(),
    preprocessing: preprocessing.nullable(),
    classes: z.array(z.string()).max(MOST).nullable(),
  }),
});
export type BackboneOutline = z.infer<typeof backboneOutline>;

export function outlineOf(graph: ImportedGraph): BackboneOutline {
  const { nodes, weights, statistics, constants, metadata, ...rest } = graph;
  return {
    ...rest,
    outputs: [...rest.outputs],
    nodes: nodes.map((node) => ({
      ...node,
      inputs: [...node.inputs],
      outputs: [...node.outputs],
      shape: node.shape && [...node.shape],
      weights: [...node.weights],
      attributes: Object.fromEntries(
        Object.entries(node.attributes).map(([key, value]) => [key, attributeOut(value)]),
      ),
    })),
    weights: Object.fromEntries([...weights].map(([key, { dims: sizes }]) => [key, [...sizes]])),
    statistics: [...statistics],
    constants: Object.fromEntries([...constants].map(([key, value]) => [key, tensorOut(value)])),
    metadata: { ...metadata, classes: metadata.classes && [...metadata.classes] },
  };
}

/** The graph again, with weights that have shapes and no numbers. */
export function graphOf(outline: BackboneOutline): ImportedGraph {
  const { nodes, weights, statistics, constants, ...rest } = outline;
  return {
    ...rest,
    nodes: nodes.map((node) => ({
      ...node,
      attributes: Object.fromEntries(
        Object.entries(node.attributes).map(([key, value]) => [key, attributeIn(value)]),
      ),
    })),
    weights: new Map(
      Object.entries(weights).map(([key, sizes]) => [
        key,
        { dtype: 'float32' as const, dims: sizes, data: new Float32Array() },
      ]),
    ),
    statistics: new Set(statistics),
    constants: new Map(Object.entries(constants).map(([key, value]) => [key, tensorIn(value)])),
  };
}

type Written = z.infer<typeof number>;

function out(value: number): Written {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

function into(value: Written): number {
  if (typeof value === 'number') return value;
  return value === 'nan' ? NaN : value === 'inf' ? Infinity : -Infinity;
}

function tensorOut({ dtype: type, dims: sizes, data }: KnownTensor): z.infer<typeof tensor> {
  return { dtype: type, dims: [...sizes], data: Array.from(data, out) };
}

function tensorIn({ data, ...rest }: z.infer<typeof tensor>): KnownTensor {
  return { ...rest, data: data.map(into) };
}

function attributeOut(value: ImportedAttribute): z.infer<typeof attribute> {
  if (typeof value === 'number') return out(value);
  if (typeof value === 'string') return { text: value };
  return 'dims' in value ? tensorOut(value) : value.map(out);
}

function attributeIn(value: z.infer<typeof attribute>): ImportedAttribute {
  if (Array.isArray(value)) return value.map(into);
  if (typeof value !== 'object') return into(value);
  return 'text' in value ? value.text : tensorIn(value);
}
