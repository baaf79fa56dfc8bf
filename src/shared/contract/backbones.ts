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
  /** Name of its answer; null where it gives out no list of numbers. */
  answer: z.string().nullable(),
  /** How many classes that answer tells apart. */
  classes: z.number().int().nullable(),
  /** What it was trained on, as its file, the app or the user says; null where nobody does. */
  trainedOn: z.string().nullable(),
  /** The program that wrote the file. */
  producer: z.string(),
  /** Of ONNX. */
  opset: z.number().int(),
  /** Where this very file is published; null for one that the app does not know. */
  recognised: z.object({ name: z.string(), source: z.string() }).nullable(),
  /** Something about it was changed by the user. */
  changed: z.boolean(),
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
  /** What it reads of the image: names of other nodes; none for the image itself. */
  inputs: z.array(z.string()),
  /** Height and width of what a convolution or a pool looks at; null for others. */
  kernel: z.array(z.number().int()).nullable(),
  /** Its channels are looked at one by one. */
  depthwise: z.boolean(),
});
export type BackboneNode = z.infer<typeof backboneNode>;

export const backboneDetails = backboneInfo.extend({
  /** From the image to the answer. */
  nodes: z.array(backboneNode),
  /** Of its answer, in order; null without one. */
  classNames: z.array(z.string()).nullable(),
  /** 'imagenet': its file has none, but as many classes; null: they are numbers. */
  namesFrom: z.enum(['file', 'imagenet']).nullable(),
  /** What it would be given and where it would be cut if the user had not said otherwise. */
  proposed: z.object({ preprocessing: preprocessing.nullable(), cut: z.string() }),
});
export type BackboneDetails = z.infer<typeof backboneDetails>;

const inBackbone = z.object({ backbone: z.string().min(1).max(200) });

export const backbonesContract = {
  list: call.output(z.array(backboneInfo)),
  /** With its nodes from the image to the answer. `backbone`: its id or SHA-256. */
  get: call.input(inBackbone).output(backboneDetails),
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
  /**
   * What the user knows better, for all that is made with it from now on; null: as proposed again.
   * What is left out stays. @throws AppError INVALID_INPUT
   */
  change: call
    .input(
      inBackbone.extend({
        name: z.string().trim().min(1).max(200).nullable().optional(),
        preprocessing: preprocessing.nullable().optional(),
        cut: z.string().min(1).max(500).nullable().optional(),
        trainedOn: z.string().trim().min(1).max(500).nullable().optional(),
      }),
    )
    .output(backboneDetails),
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
