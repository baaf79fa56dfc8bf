/** Every action that has a key or a place in the palette. Keys: ui/keys.ts. */
import { actionText } from '../shell/text.ts';
import type { ActionDef } from './commands.svelte.ts';

type Row = readonly [
  id: keyof typeof actionText.titles,
  keys: string,
  options?: Partial<ActionDef>,
];

function group(scope: string, title: string, rows: readonly Row[]): ActionDef[] {
  return rows.map(([id, keys, options]) => ({
    id,
    title: actionText.titles[id],
    group: title,
    keys: keys.split(' ').filter(Boolean),
    scope,
    ...options,
  }));
}

const { groups } = actionText;
const quiet = { hidden: true };

export const actions: readonly ActionDef[] = [
  ...group('global', groups.app, [
    ['app.palette', 'Mod+K', { inFields: true, hidden: true }],
    ['app.settings', 'Mod+,', { inFields: true }],
    ['app.help', '? F1'],
    ['app.jobs', 'Mod+J', { inFields: true }],
    ['app.home', ''],
    ['app.new-project', ''],
    ['app.open-project', 'Mod+O'],
    ['app.sample', ''],
    ['app.theme', ''],
    ['edit.undo', 'Mod+Z'],
    ['edit.redo', 'Mod+Shift+Z Mod+Y'],
  ]),
  ...group('global', groups.go, [
    ['go.library', 'Alt+1', { inFields: true }],
    ['go.label', 'Alt+2', { inFields: true }],
    ['go.augment', 'Alt+3', { inFields: true }],
    ['go.train', 'Alt+4', { inFields: true }],
    ['go.evaluate', 'Alt+5', { inFields: true }],
    ['go.inspect', 'Alt+6', { inFields: true }],
    ['go.predict', 'Alt+7', { inFields: true }],
    ['go.export', 'Alt+8', { inFields: true }],
    ['go.convolve', 'Alt+9', { inFields: true }],
  ]),
  ...group('library', groups.library, [
    ['library.import-folder', ''],
    ['library.import-files', ''],
    ['library.split', ''],
    ['library.export-data', ''],
    ['library.reports', ''],
  ]),
  ...group('label', groups.label, [
    ['label.search-class', '/'],
    ['label.new-class', ''],
    ['label.clear', 'Backspace'],
    ['label.unsure', 'U'],
    ['label.skip', 'Space'],
    ['label.next-unlabeled', 'N'],
    ['label.previous-unlabeled', 'Shift+N'],
    ['label.remove', 'Delete'],
    ['label.select-all', 'Mod+A'],
    ['label.auto-advance', ''],
    ['label.inspector', 'I'],
    ['label.filter', 'Mod+F', { inFields: true }],
    ['label.refresh', 'R'],
    ['label.left', 'ArrowLeft A', quiet],
    ['label.right', 'ArrowRight D', quiet],
    ['label.up', 'ArrowUp', quiet],
    ['label.down', 'ArrowDown', quiet],
    ['label.open', 'Enter', quiet],
    ['label.back', 'Escape', quiet],
  ]),
  ...group('label', groups.view, [
    ['view.zoom-in', '+ =', quiet],
    ['view.zoom-out', '-', quiet],
    ['view.fit', 'Mod+0', quiet],
    ['view.actual', 'Mod+1', quiet],
  ]),
];
