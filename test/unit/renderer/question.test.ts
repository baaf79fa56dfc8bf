import { describe, expect, it } from 'vitest';
import { Question } from '../../../src/renderer/state/question.svelte.ts';

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

describe('a question', () => {
  it('keeps the newest answer, and cancels what was asked before', async () => {
    const question = new Question<string>();
    const [slow, fast] = [deferred<string>(), deferred<string>()];
    let cancelled = false;
    const first = question.ask('a', (signal) => {
      signal.addEventListener('abort', () => (cancelled = true));
      return slow.promise;
    });
    const second = question.ask('b', () => fast.promise);
    expect(cancelled).toBe(true);
    expect(question.busy).toBe(true);
    fast.resolve('b');
    await second;
    slow.resolve('a');
    await first;
    expect(question.value).toBe('b');
    expect(question.busy).toBe(false);
  });

  it('asks the same only once, unless it failed or was cancelled', async () => {
    const question = new Question<number>();
    let asked = 0;
    const work = () => Promise.resolve(++asked);
    await question.ask('a', work);
    await question.ask('a', work);
    expect(asked).toBe(1);
    await question.ask('b', () => Promise.reject(new Error('lost')));
    expect(question.failure).toEqual(new Error('lost'));
    expect(question.value).toBeNull();
    await question.ask('b', work);
    expect([question.value, question.failure]).toEqual([2, null]);
    const waiting = deferred<number>();
    const left = question.ask('c', () => waiting.promise);
    question.cancel();
    await question.ask('c', work);
    waiting.reject(new Error('cancelled'));
    await left;
    expect([question.value, question.failure]).toEqual([3, null]);
  });

  it('shows answers that get better on their way, but not those of a question given up', async () => {
    const question = new Question<number>();
    const end = deferred<number>();
    let tellLate!: (value: number) => void;
    const first = question.ask('a', (_signal, tell) => {
      tell(1);
      tellLate = tell;
      return end.promise;
    });
    expect([question.value, question.busy]).toEqual([1, true]);
    await question.ask('b', () => Promise.resolve(7));
    tellLate(2);
    end.resolve(3);
    await first;
    expect(question.value).toBe(7);
    question.clear();
    expect(question.value).toBeNull();
  });
});
