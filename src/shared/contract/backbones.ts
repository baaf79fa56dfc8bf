/** Pretrained networks: which there are, what is inside of them, and what they make of images. */
import * as z from 'zod';
import { preprocessing } from '../preprocessing.ts';
import { call, imageId, inProject, jobId } from './base.ts';

export const backboneInfo = z.object({
  /** What commands call it. */
  id: z.string(),
  name: z.string(),
  sha256: z.string(),
  /** It came with the app. */
  boxed: z.boolean(),
  bytes: z.number().int(),
  /** Where its weights come from, and under which licence; null for a file of one's own. */
  origin: z.object({ source: z.string(), licence: z.string() }).nullable(),
  /** 'efficientnet' and the like, where its structure tells. */
  family: z.string().nullable(),
  /** Null: any size. */
  input: z.object({
    channels: z.number().int(),
    height: z.number().int().nullable(),
    width: z.number().int().nullable(),
  }),
  /** What such networks are usually given; null where nothing tells. */
  preprocessing: preprocessing.nullable(),
  /** Weights to learn, all of them. */
  parameters: z.number().int(),
  /** What it is cut at unless said: what its classifier reads. */
  cut: z.string(),
  /** How many classes it was trained to tell apart, where it says. */
  classes: z.number().int().nullable(),
});
export type BackboneInfo = z.infer<typeof backboneInfo>;

export const backboneNode = z.object({
  /** Of the value that it gives out: what cuts and lines are called. */
  name: z.string(),
  /** 'Conv' */
  op: z.string(),
  /** Without the batch, at the size that the network is usually given; as its file has it. */
  shape: z.array(z.number().int()),
  /** Of its own. */
  parameters: z.number().int(),
  /** Gradients flow through it. */
  gradient: z.boolean(),
});
export type BackboneNode = z.infer<typeof backboneNode>;

const inBackbone = z.object({ backbone: z.string().min(1).max(200) });

export const backbonesContract = {
  list: call.output(z.array(backboneInfo)),
  /** With its nodes from the image to the answer. `backbone`: its id or SHA-256. */
  get: call.input(inBackbone).output(backboneInfo.extend({ nodes: z.array(backboneNode) })),
  /** Reads an ONNX file and keeps a copy; one that is there already is answered as it is. */
  add: call
    .input(
      z.object({
        /** Absolute path, or the file itself. */
        source: z.union([z.string().min(1), z.file()]),
        name: z.string().trim().min(1).max(200).optional(),
      }),
    )
    .output(backboneInfo),
  /** Projects keep their own copies. */
  remove: call.input(inBackbone).output(z.void()),
  /** Writes what a network makes of images at one of its values: a job. */
  features: call
    .input(
      inProject.extend({
        backbone: inBackbone.shape.backbone,
        /** Name of the value; the usual cut unless given. */
        cut: z.string().min(1).max(500).optional(),
        /** All that can be read unless given, in import order. */
        images: z.array(imageId).min(1).max(1_000_000).optional(),
        /** Maps by their means. */
        pool: z.boolean().default(false),
        /** Absolute path to write. */
        file: z.string().min(1),
        /** 'npy': float32 [images, …]; 'csv': a line an image, with its name and label. */
        format: z.enum(['npy', 'csv']),
      }),
    )
    .output(z.object({ job: jobId })),
};
