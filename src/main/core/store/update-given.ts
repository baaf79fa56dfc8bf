/** A change of some columns of one row. */
import type { Db } from './database.ts';

/** Columns by name, and what they become; undefined leaves a column as it is. */
export type Changes = readonly (readonly [
  column: string,
  value: string | number | null | undefined,
])[];

/** @param table one whose rows have a `number`; it and the columns are the caller's, never a user's */
export function updateGiven(db: Db, table: string, number: number, changes: Changes): void {
  const given = changes.filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  const assignments = given.map(([column]) => `${column} = ?`).join(', ');
  db.prepare(`UPDATE ${table} SET ${assignments} WHERE number = ?`).run(
    ...given.map(([, value]) => value),
    number,
  );
}
