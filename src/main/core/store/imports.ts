import type { ImportReport } from '#shared/contract/index.ts';
import type { Db } from './database.ts';

interface Row {
  id: number;
  source: string;
  started_at: number;
  seconds: number;
  state: ImportReport['state'] | 'running';
  pid: number;
  added: number;
  duplicates: number;
  report: string;
}

type Details = Pick<ImportReport, 'conflicts' | 'skipped'>;

function toReport(row: Row): ImportReport {
  const details = JSON.parse(row.report) as Details;
  return {
    id: row.id,
    source: row.source,
    startedAt: row.started_at,
    seconds: row.seconds,
    // One that runs in another process, or was killed, has not got further than this.
    state: row.state === 'running' ? 'failed' : row.state,
    added: row.added,
    duplicates: row.duplicates,
    conflicts: details.conflicts,
    skipped: details.skipped,
  };
}

/** Reports of imports. */
export class ImportsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  start(source: string, startedAt: number): number {
    const result = this.#db
      .prepare("INSERT INTO imports (source, started_at, state, pid) VALUES (?, ?, 'running', ?)")
      .run(source, startedAt, process.pid);
    return Number(result.lastInsertRowid);
  }

  /** Keeps the counts of what is committed, so that even a killed import says what it did. */
  progress(id: number, added: number, duplicates: number): void {
    this.#db
      .prepare('UPDATE imports SET added = ?, duplicates = ? WHERE id = ?')
      .run(added, duplicates, id);
  }

  finish(report: ImportReport): void {
    this.#db
      .prepare(
        'UPDATE imports SET seconds = ?, state = ?, added = ?, duplicates = ?, report = ? WHERE id = ?',
      )
      .run(
        report.seconds,
        report.state,
        report.added,
        report.duplicates,
        JSON.stringify({ conflicts: report.conflicts, skipped: report.skipped } satisfies Details),
        report.id,
      );
  }

  get(id: number): ImportReport | null {
    const row = this.#db.prepare('SELECT * FROM imports WHERE id = ?').get(id) as Row | undefined;
    return row ? toReport(row) : null;
  }

  /** Newest first; those still running are left out. */
  list(): ImportReport[] {
    const rows = this.#db
      .prepare("SELECT * FROM imports WHERE state <> 'running' ORDER BY id DESC")
      .all() as Row[];
    return rows.map(toReport);
  }

  running(): { id: number; pid: number }[] {
    return this.#db.prepare("SELECT id, pid FROM imports WHERE state = 'running'").all() as {
      id: number;
      pid: number;
    }[];
  }

  markFailed(id: number): void {
    this.#db.prepare("UPDATE imports SET state = 'failed' WHERE id = ?").run(id);
  }
}
