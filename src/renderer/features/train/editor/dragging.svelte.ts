/** What is dragged in the editor, and where it would land. */
import type { PartType } from '#shared/layer-spec.ts';
import type { Path } from '#shared/layer-tree.ts';
import type { ModelEditor } from '../../../state/model-editor.svelte.ts';
import { newLayer } from './palette.ts';
import type { EditorRow } from './rows.ts';

type Dragged = { kind: 'move'; path: Path } | { kind: 'new'; type: PartType };

export class Dragging {
  what = $state.raw<Dragged | null>(null);
  /** Before which place, and beside which row that shows. */
  target = $state.raw<{ to: Path; row: Path; side: 'before' | 'after' | 'inside' } | null>(null);

  start(event: DragEvent, what: Dragged): void {
    this.what = what;
    if (!event.dataTransfer) return;
    event.dataTransfer.effectAllowed = what.kind === 'new' ? 'copy' : 'move';
    // Firefox starts no drag without data.
    event.dataTransfer.setData('text/plain', what.kind === 'new' ? what.type : what.path.join());
  }

  /** Over a row; null is the model's own, at the top. */
  over(event: DragEvent & { currentTarget: HTMLElement }, row: EditorRow | null): void {
    if (!this.what) return;
    event.preventDefault();
    if (row === null) {
      this.target = { to: [0], row: [], side: 'after' };
    } else if (row.kind === 'part') {
      this.target = { to: [...row.path, row.layers], row: row.path, side: 'inside' };
    } else {
      const box = event.currentTarget.getBoundingClientRect();
      const after = event.clientY > box.top + Math.min(box.height, 40) / 2;
      const index = row.path.at(-1) ?? 0;
      const to = after ? [...row.path.slice(0, -1), index + 1] : row.path;
      this.target = { to, row: row.path, side: after ? 'after' : 'before' };
    }
  }

  drop(event: DragEvent, editor: ModelEditor): void {
    const { what, target } = this;
    this.end();
    if (!what || !target) return;
    event.preventDefault();
    if (what.kind === 'new') editor.add(newLayer(what.type), target.to);
    else editor.moveTo(what.path, target.to);
  }

  end(): void {
    this.what = null;
    this.target = null;
  }
}
