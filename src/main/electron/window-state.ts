/** Where the window was, kept in a file; checked against the screens that are there now. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';

const stateSchema = z.object({
  x: z.number().optional(),
  y: z.number().optional(),
  width: z.number().min(1),
  height: z.number().min(1),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof stateSchema>;

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The smallest window in which every view works. */
export const minimumSize = { width: 1024, height: 700 };
const defaultState: WindowState = { width: 1440, height: 900, maximized: false };

/** How much of the window must lie on a screen for its old place to be used. */
const VISIBLE = 100;

/** @param areas work areas of the screens; the first is the main one */
export function readWindowState(file: string, areas: readonly Area[]): WindowState {
  let state = defaultState;
  try {
    state = stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // No state yet, or a damaged one: the default is as good.
  }
  return fit(state, areas);
}

/** Shrinks to the main screen, and forgets a place on a screen that is no longer there. */
export function fit(state: WindowState, areas: readonly Area[]): WindowState {
  const main = areas[0];
  const width = Math.max(minimumSize.width, Math.min(state.width, main?.width ?? state.width));
  const height = Math.max(minimumSize.height, Math.min(state.height, main?.height ?? state.height));
  const { x, y, maximized } = state;
  if (x === undefined || y === undefined) return { width, height, maximized };
  const visible = areas.some(
    (area) =>
      x + width > area.x + VISIBLE &&
      x < area.x + area.width - VISIBLE &&
      y >= area.y &&
      y < area.y + area.height - VISIBLE,
  );
  return visible ? { x, y, width, height, maximized } : { width, height, maximized };
}

export function writeWindowState(file: string, state: WindowState): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(state));
}
