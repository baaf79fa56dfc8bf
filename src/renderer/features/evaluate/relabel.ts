/** Gives an image another class where its mistake is seen, and offers to take it back. */
import type { AppState } from '../../state/app.svelte.ts';
import type { EvaluationState } from '../../state/evaluation.svelte.ts';
import { text } from './text.ts';

export async function relabelWithUndo(
  app: AppState,
  evaluation: EvaluationState,
  image: number,
  { id, name }: { id: number; name: string },
): Promise<void> {
  await app.attempt(async () => {
    await evaluation.relabel(image, id, name);
    app.toasts.show(text.relabeledToast(name), {
      tone: 'good',
      key: 'relabel',
      action: {
        label: text.undo,
        run: () =>
          void app.attempt(async () => {
            await app.api.labels.undo({ project: app.project!.id });
            evaluation.forgetRelabel(image);
          }),
      },
    });
  });
}
