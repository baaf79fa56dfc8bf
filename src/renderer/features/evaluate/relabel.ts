import type { AppState } from '../../state/app.svelte.ts';
import { text } from './text.ts';

interface Relabeling {
  relabel(image: number, classId: number | null, className: string | null): Promise<void>;
  forgetRelabel(image: number): void;
}

/** Gives an image another class where its mistake was seen; the toast takes it back. */
export async function relabelWithUndo(
  app: AppState,
  state: Relabeling,
  image: number,
  { id, name }: { id: number; name: string },
): Promise<void> {
  await app.attempt(async () => {
    await state.relabel(image, id, name);
    app.toasts.show(text.relabeledToast(name), {
      tone: 'good',
      key: 'relabel',
      action: {
        label: text.undo,
        run: () =>
          void app.attempt(async () => {
            await app.api.labels.undo({ project: app.project!.id });
            state.forgetRelabel(image);
          }),
      },
    });
  });
}
