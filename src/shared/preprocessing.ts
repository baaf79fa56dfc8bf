/** What has to be done to pixels before a foreign model sees them. */
import * as z from 'zod';

const perChannel = z.array(z.number()).min(1).max(4);

/**
 * Of pixels in 0…1: each channel less its `mean`, divided by its `std`. A model that wants 0…255 has a
 * `std` of 1/255; means and deviations of published models are turned into this form.
 */
export const preprocessing = z.strictObject({
  /** Size that images are scaled to. */
  height: z.int().min(1).max(4096),
  width: z.int().min(1).max(4096),
  channels: z.enum(['rgb', 'bgr', 'grey']),
  /** One a channel, in the order of `channels`. */
  mean: perChannel,
  std: z.array(z.number().positive()).min(1).max(4),
});

export type Preprocessing = z.infer<typeof preprocessing>;
