import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call } from './base.ts';

/** One execution provider of the training engine, and why it is or is not used. */
export const backendInfo = z.object({
  id: z.string(),
  /** Human name, e.g. 'CPU · 2 threads'. */
  label: z.string(),
  available: z.boolean(),
  /** Why it was chosen, or why it was not, in a sentence. */
  reason: z.string(),
  /** Of training steps, where they were timed: on the benchmark model unless said. */
  imagesPerSecond: z.number().nullable(),
});
export type BackendInfo = z.infer<typeof backendInfo>;

export const engineInfo = z.object({
  chosen: z.string(),
  label: z.string(),
  backends: z.array(backendInfo),
});

/** While the engines are timed: which is next, and in the end all of them. */
export const measureEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    label: z.string(),
    index: z.number().int(),
    total: z.number().int(),
  }),
  z.object({ type: z.literal('done'), engine: engineInfo }),
]);
export type MeasureEvent = z.infer<typeof measureEvent>;

export const systemInfo = z.object({
  name: z.string(),
  version: z.string(),
  platform: z.string(),
  arch: z.string(),
  cores: z.number().int(),
  /** Bytes. */
  memory: z.number(),
  /** Which shell serves the core. */
  host: z.enum(['electron', 'server', 'cli', 'test']),
  homeDir: z.string(),
  dataDir: z.string(),
  /** Where new projects are put unless the user says otherwise. */
  projectsDir: z.string(),
  engine: engineInfo,
});
export type SystemInfo = z.infer<typeof systemInfo>;

export const doctorCheck = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
});
export type DoctorCheck = z.infer<typeof doctorCheck>;

/** One preset on one engine, its own batch unless said. */
export const benchInput = z.object({
  preset: z.string().min(1).max(100),
  engine: z.string().min(1).max(100),
  batch: z.number().int().min(1).max(4096).optional(),
});
export type BenchInput = z.infer<typeof benchInput>;

export const benchResult = z.object({
  preset: z.string(),
  engine: z.string(),
  label: z.string(),
  batch: z.number().int(),
  imagesPerSecond: z.number(),
  /** From the call to the first step that was told of, with the start of the engine. */
  firstStepSeconds: z.number(),
});
export type BenchResult = z.infer<typeof benchResult>;

/** What a user can set, kept per machine (not per project). */
export const settings = z.object({
  theme: z.enum(['system', 'dark', 'light']),
  /** Name written beside each label. */
  author: z.string().max(100),
  /** Go to the next image after a label key. */
  autoAdvance: z.boolean(),
  /** Edge of a thumbnail in the grid, CSS pixels. */
  thumbnailSize: z.number().int().min(48).max(320),
  /** Action → key, only where it differs from the default. */
  keymap: z.record(z.string(), z.string()),
  /**
   * MiB of images that a training may hold in memory; with more it reads each batch from its cache on
   * disk. Null: a quarter of this machine's.
   */
  imageMemory: z
    .number()
    .int()
    .min(16)
    .max(1024 ** 2)
    .nullable(),
});
export type Settings = z.infer<typeof settings>;

export const systemContract = {
  info: call.output(systemInfo),
  doctor: call.output(z.array(doctorCheck)),
  /** Looks for engines anew and times each on a small model, a few seconds each. */
  measure: call.output(eventIterator(measureEvent)),
  /** Trains for some seconds on made-up images. */
  bench: call.input(benchInput).output(benchResult),
  settings: {
    get: call.output(settings),
    /** Changes the given fields; answers the whole. */
    update: call.input(settings.partial()).output(settings),
  },
};
