import type { WebFrameMain } from 'electron';
import { appOrigin } from './network-policy.ts';

/** The sender of a message, as far as it matters. */
export type Sender = Pick<WebFrameMain, 'url' | 'parent'> | null;

/** Whether a message comes from the main frame of one of the app's own pages. */
export function isOwnFrame(frame: Sender): boolean {
  return frame !== null && frame.parent === null && frame.url.startsWith(`${appOrigin}/`);
}

/** @throws Error for anyone else: a rejected sender gets an error, not silence */
export function assertOwnFrame(frame: Sender): void {
  if (!isOwnFrame(frame)) throw new Error('This message is accepted from the app itself only.');
}
