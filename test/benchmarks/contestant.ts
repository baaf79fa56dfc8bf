/** A program under measurement: a process that does one round of work for each line it is sent. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** What a process answers to each line; the first answer is for its warm-up round. */
export interface RoundResult {
  /** Images, or floating point operations, a second. */
  rate: number;
  peakMiB: number;
  /** Milliseconds since 1970 at which the first step was done; in the first answer only. */
  firstStepAt?: number;
}

export class Contestant {
  readonly name: string;
  readonly rates: number[] = [];
  peakMiB = 0;
  firstStepSeconds = 0;
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  #errors = '';

  constructor(name: string, command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    this.name = name;
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('no pipes');
    this.#lines = createInterface({ input: stdout });
    // Libraries greet on stdout; answers are the lines that are JSON objects.
    this.#lines.on('line', (line) => {
      if (line.startsWith('{')) this.#waiting.shift()?.resolve(line);
    });
    stderr.on(
      'data',
      (text: Buffer) => (this.#errors = (this.#errors + String(text)).slice(-4000)),
    );
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code) =>
      this.#fail(new Error(`${name} ended with code ${code}:\n${this.#errors}`)),
    );
  }

  /** Waits for the warm-up round; nothing else should run meanwhile. */
  async ready(): Promise<void> {
    const started = Date.now();
    const { firstStepAt = Date.now() } = await this.#answer();
    this.firstStepSeconds = (firstStepAt - started) / 1000;
  }

  async round(): Promise<void> {
    const answer = this.#answer();
    this.#child.stdin?.write('round\n');
    const { rate, peakMiB } = await answer;
    this.rates.push(rate);
    this.peakMiB = Math.max(this.peakMiB, peakMiB);
  }

  close(): void {
    this.#child.removeAllListeners('exit');
    this.#child.stdin?.end();
    this.#child.kill();
  }

  get median(): number {
    const sorted = this.rates.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }

  async #answer(): Promise<RoundResult> {
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
    return JSON.parse(line) as RoundResult;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
