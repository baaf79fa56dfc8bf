/** Input of the messages that pages send; whatever else comes is refused. */
import * as z from 'zod';

const title = z.string().max(200);
const startIn = z.string().max(4096).optional();

export const inputs = {
  pickFolder: z.object({ title, startIn }),
  pickFiles: z.object({
    title,
    extensions: z.array(z.string().max(20)).max(100).optional(),
    multiple: z.boolean().optional(),
  }),
  saveFolder: z.object({ title, startIn, buttonLabel: z.string().max(100).optional() }),
  showInFolder: z.string().min(1).max(4096),
};
