/**
 * Tells one life of a process number from another: operating systems give a dead process' number
 * to a new one, which must not be taken for it.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether any process has this number now. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When process `pid` started, in the words of this system; null when that cannot be found out. */
export async function processMark(pid: number): Promise<string | null> {
  try {
    switch (process.platform) {
      case 'linux': {
        // The name (field 2) may hold spaces and brackets; after it, field 22 is the start in clock
        // ticks since the machine's, and the boot id says which boot that was.
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
        const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
        const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
        return ticks === undefined ? null : `${boot.trim()}:${ticks}`;
      }
      case 'win32': {
        const command = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`;
        const { stdout } = await run('powershell', ['-NoProfile', '-Command', command], {
          timeout: 10_000,
          windowsHide: true,
        });
        return stdout.trim() || null;
      }
      default: {
        const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
          timeout: 10_000,
          env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
        });
        return stdout.trim() || null;
      }
    }
  } catch {
    // No such process, or no such tool: then only its number is known.
    return null;
  }
}

/** Whether the process that left this number and mark behind is still alive. */
export async function isAlive(owner: { pid: number; mark: string | null }): Promise<boolean> {
  if (!processExists(owner.pid)) return false;
  if (owner.mark === null) return true;
  const mark = await processMark(owner.pid);
  return mark === null || mark === owner.mark;
}
