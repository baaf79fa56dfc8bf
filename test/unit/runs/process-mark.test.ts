import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isAlive, processExists, processMark } from '#core/util/process-mark.ts';

describe('isAlive', () => {
  it('knows a process by its number and its start', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const pid = child.pid!;
    const mark = await processMark(pid);
    expect(mark).not.toBeNull();
    expect(mark).not.toBe(await processMark(process.pid));
    expect(await isAlive({ pid, mark })).toBe(true);
    // The same number, but of a process that started at another time.
    expect(await isAlive({ pid, mark: `${mark!}0` })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(processExists(pid)).toBe(false);
    expect(await isAlive({ pid, mark })).toBe(false);
  });
});
