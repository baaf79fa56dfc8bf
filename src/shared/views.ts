/** Test-time augmentation: a model looks at an image in several ways, and its answers are averaged. */
import * as z from 'zod';

export const viewsSpec = z.strictObject({
  /** Also mirrored left to right. */
  flip: z.boolean().default(true),
  /** Also moved by so many pixels of the model's input to each of the four sides. */
  shift: z.number().int().min(0).max(16).default(0),
});
export type ViewsSpec = z.infer<typeof viewsSpec>;

/** What is taken where nothing is said. */
export const viewsDefaults: ViewsSpec = viewsSpec.parse({});

/** One way of looking: mirrored or not, moved to the right and downwards. */
export interface View {
  flip: boolean;
  right: number;
  down: number;
}

/** The image as it is comes first; with null it is the only one. */
export function viewsOf(spec: ViewsSpec | null): View[] {
  const { flip = false, shift = 0 } = spec ?? {};
  const steps = [
    [0, 0],
    ...(shift > 0
      ? [
          [shift, 0],
          [-shift, 0],
          [0, shift],
          [0, -shift],
        ]
      : []),
  ];
  return [false, ...(flip ? [true] : [])].flatMap((mirrored) =>
    steps.map(([right = 0, down = 0]) => ({ flip: mirrored, right, down })),
  );
}
