import { describe, expect, it } from 'vitest';
import { TrainingQueue } from '#core/runs/queue.ts';

const never = new AbortController().signal;

describe('TrainingQueue', () => {
  it('lets one in at a time, in order, and says who is waited for', async () => {
    const queue = new TrainingQueue();
    const order: string[] = [];
    const waits: string[] = [];
    const work = async (id: string): Promise<void> => {
      const leave = await queue.enter(id, never, (ahead) => waits.push(`${id} for ${ahead}`));
      order.push(`${id} in`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`${id} out`);
      leave();
    };
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(waits[0]).toBe('b for a');
    expect(waits).toContain('c for b');
  });

  it('lets a waiting one go without blocking the ones behind it', async () => {
    const queue = new TrainingQueue();
    const abort = new AbortController();
    const leaveFirst = await queue.enter('a', never, () => undefined);
    const second = queue.enter('b', abort.signal, () => undefined);
    const third = queue.enter('c', never, () => undefined);
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    leaveFirst();
    (await third)();
  });
});
