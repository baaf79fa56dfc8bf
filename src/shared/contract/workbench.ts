import * as z from 'zod';
import { call, imageId, inProject } from './base.ts';

/** Largest edge of a picture that the workbench filters, in pixels. */
export const workbenchEdge = 320;
const mostNumbers = 1024;
const mostWeights = 125;

const size = z.number().int().min(1);
/** Rows of numbers, planes of rows, or one row: `shape` says how many of each, the last is the row. */
const grid = (most: number) =>
  z
    .object({ shape: z.array(size.max(most)).min(1).max(3), values: z.array(z.number()).max(most) })
    .refine(
      ({ shape, values }) => shape.reduce((product, edge) => product * edge, 1) === values.length,
      'the numbers do not fill the shape',
    );
export const numberGrid = grid(mostNumbers);
/** A full convolution has more numbers than its input. */
const answerGrid = grid(16 * mostNumbers);
export type NumberGrid = z.infer<typeof numberGrid>;

export const slidePadding = z.union([
  /** Every position where kernel and input share a number. */
  z.literal('full'),
  /** ⌈size / stride⌉ positions; of an odd padding the larger half comes last, as in Keras. */
  z.literal('same'),
  /** Only positions where the kernel lies inside. */
  z.literal('valid'),
  /** Zeros on each side. */
  z.number().int().min(0).max(8),
]);
export type SlidePadding = z.infer<typeof slidePadding>;

const perAxis = z.array(size.max(16)).min(1).max(3);

export const slideOperation = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('convolve'),
    kernel: grid(mostWeights),
    /**
     * True: convolution as mathematics has it, the kernel turned around. False: cross-correlation,
     * the kernel as it is, which is what layers called convolutional compute.
     */
    flip: z.boolean(),
  }),
  z.object({
    type: z.literal('pool'),
    kind: z.enum(['max', 'average']),
    window: perAxis,
  }),
]);
export type SlideOperation = z.infer<typeof slideOperation>;

/** Moves the input by so many places along each axis, zeros coming in, and does it again. */
const move = z.array(z.number().int().min(-8).max(8)).min(1).max(3).nullable().default(null);

const sliding = z.object({
  operation: slideOperation,
  strides: perAxis,
  padding: slidePadding,
});

/** What each position of the window saw, in the order of the output's numbers. */
export const slideSteps = z.object({
  /** The numbers under the window; 0 where it hangs over the edge. */
  windows: z.array(z.array(z.number())),
  /** Each of them times its weight; empty for pools. Their sum is the output. */
  products: z.array(z.array(z.number())),
});
export type SlideSteps = z.infer<typeof slideSteps>;

export const slideAnswer = z.object({
  output: answerGrid,
  /** Zeros before and after each axis. */
  before: z.array(z.number().int()),
  after: z.array(z.number().int()),
  /** The kernel as it lies on the input: turned around in a true convolution. Null for pools. */
  kernel: numberGrid.nullable(),
  steps: slideSteps,
  /** The same of the moved input, where a move was asked for. */
  moved: z.object({ input: numberGrid, output: answerGrid }).nullable(),
});
export type SlideAnswer = z.infer<typeof slideAnswer>;

/** How numbers become grey levels: as they are, by their size, around the middle, or stretched. */
export const greyScale = z.enum(['clip', 'absolute', 'centre', 'stretch']);
export type GreyScale = z.infer<typeof greyScale>;

const pictureSize = { width: size.max(workbenchEdge), height: size.max(workbenchEdge) };

export const workbenchContract = {
  /** One operator of the engine on a few numbers, and what it did at each position. */
  slide: call
    .input(
      sliding.extend({
        input: numberGrid,
        move,
      }),
    )
    .output(slideAnswer),
  /** A picture as one number a pixel, 0 to 255, no edge longer than `workbenchEdge`. */
  picture: call
    .input(
      z.union([
        inProject.extend({ image: imageId }),
        /** A path (desktop) or the file itself. */
        z.object({ file: z.union([z.string().min(1), z.file()]) }),
      ]),
    )
    .output(z.object({ ...pictureSize, name: z.string(), pixels: z.file() })),
  /** The same operators on a whole picture. */
  filter: call
    .input(sliding.extend({ ...pictureSize, pixels: z.file(), show: greyScale, move }))
    .output(
      z.object({
        width: z.number().int(),
        height: z.number().int(),
        before: z.array(z.number().int()),
        /** Grey levels, one byte a pixel. */
        pixels: z.file(),
        /** The numbers themselves, float32, little endian. */
        values: z.file(),
        least: z.number(),
        most: z.number(),
        /** The moved picture and what comes of it, rounded to grey levels; where it was asked for. */
        moved: z.object({ input: z.file(), output: z.file() }).nullable(),
      }),
    ),
};
