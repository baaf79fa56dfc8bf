/** Linux: the processes below one, and the memory they use. */
import { readdirSync, readFileSync } from 'node:fs';

interface Entry {
  pid: number;
  parent: number;
  command: string;
  /** Bytes. */
  resident: number;
}

function readEntry(pid: number): Entry | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): string =>
      new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? '0';
    return {
      pid,
      parent: Number(field('PPid')),
      command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
      resident: Number(field('VmRSS')) * 1024,
    };
  } catch {
    // It ended while it was read.
    return null;
  }
}

/** The process itself and all below it. */
export function processTree(root: number): Entry[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readEntry(Number(name)))
    .filter((entry) => entry !== null);
  const tree = all.filter(({ pid }) => pid === root);
  for (const entry of tree) tree.push(...all.filter(({ parent }) => parent === entry.pid));
  return tree;
}

/** Watches until stopped. @returns peaks in bytes: of the process itself, and of its whole tree */
export function watchMemory(
  root: number,
  everyMs = 100,
): { stop(): { own: number; tree: number } } {
  const peak = { own: 0, tree: 0 };
  const timer = setInterval(() => {
    const tree = processTree(root);
    peak.own = Math.max(peak.own, tree[0]?.resident ?? 0);
    peak.tree = Math.max(
      peak.tree,
      tree.reduce((sum, { resident }) => sum + resident, 0),
    );
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
