import { oc } from '@orpc/contract';
import * as z from 'zod';
import { errorStatus, type ErrorCode } from '../errors.ts';

/** What travels with every error beside its code and message. */
export const errorDataSchema = z.object({
  hint: z.string().optional(),
  subject: z.string().optional(),
});
export type ErrorData = z.infer<typeof errorDataSchema>;

const errorMap = Object.fromEntries(
  Object.entries(errorStatus).map(([code, status]) => [code, { status, data: errorDataSchema }]),
) as Record<ErrorCode, { status: number; data: typeof errorDataSchema }>;

/** Every call of the contract starts from here, so every call has the same closed set of errors. */
export const call = oc.errors(errorMap);

/** Handle of an open project, from `projects.open` and its kin. */
export const projectId = z.string().min(1).max(64);
export const imageId = z.number().int().positive();
export const classId = z.number().int().positive();
export const runId = z.string().regex(/^[a-z0-9-]{1,64}$/);
/** Of a study: many trainings that answer one question. */
export const studyId = z.string().regex(/^s\d{1,15}$/);
/** Of a model that the project keeps. */
export const modelId = z.string().regex(/^m\d{1,15}$/);
export const jobId = z.string().min(1).max(64);

/** Milliseconds since the epoch, UTC. */
export const timestamp = z.number().int();

export const inProject = z.object({ project: projectId });

export const split = z.enum(['train', 'validation', 'test']);
export type Split = z.infer<typeof split>;
