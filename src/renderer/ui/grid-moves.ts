import type { Move } from '../state/grid-layout.ts';

const moves: Partial<Record<string, Move>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  PageUp: 'page-up',
  PageDown: 'page-down',
  Home: 'start',
  End: 'end',
};

/** Where a key leads in a grid; undefined for other keys, and with Ctrl, Alt or Meta. */
export function movesOf(event: KeyboardEvent): Move | undefined {
  return event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
}
