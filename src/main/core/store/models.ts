/** Models that the project keeps. */
import { AppError } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { Db } from './database.ts';

export interface StoredModel {
  id: string;
  /** Also the spec's. */
  name: string;
  spec: ModelSpec;
  /** Name of the preset or model that it was made from. */
  from: string | null;
  /** Id of the preset that it goes back to. */
  preset: string | null;
  createdAt: number;
  changedAt: number;
}

interface ModelRow {
  number: number;
  name: string;
  spec: string;
  origin: string | null;
  preset: string | null;
  created_at: number;
  changed_at: number;
}

export class ModelsTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** By name. */
  list(): StoredModel[] {
    return this.#db
      .prepare<[], ModelRow>('SELECT * FROM models ORDER BY name_key')
      .all()
      .map(toModel);
  }

  /** @throws AppError NOT_FOUND */
  get(id: string): StoredModel {
    const row = this.#db
      .prepare<[number], ModelRow>('SELECT * FROM models WHERE number = ?')
      .get(modelNumber(id));
    if (row) return toModel(row);
    throw new AppError('NOT_FOUND', `There is no model ${id} in this project.`, { subject: id });
  }

  /** Keeps it under its spec's name, which must be free. */
  insert(model: Pick<StoredModel, 'spec' | 'from' | 'preset' | 'createdAt'>): StoredModel {
    const { spec, from, preset, createdAt } = model;
    this.#mustBeFree(spec.name, null);
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO models (name, name_key, spec, origin, preset, created_at, changed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(spec.name, keyOf(spec.name), JSON.stringify(spec), from, preset, createdAt, createdAt);
    return this.get(`m${lastInsertRowid}`);
  }

  /** @throws AppError NOT_FOUND, ALREADY_EXISTS when another model has the spec's name */
  replace(id: string, spec: ModelSpec, changedAt: number): StoredModel {
    const { name } = spec;
    this.get(id);
    this.#mustBeFree(name, id);
    this.#db
      .prepare(
        'UPDATE models SET name = ?, name_key = ?, spec = ?, changed_at = ? WHERE number = ?',
      )
      .run(name, keyOf(name), JSON.stringify(spec), changedAt, modelNumber(id));
    return this.get(id);
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM models WHERE number = ?').run(modelNumber(id));
  }

  /** `name`, or the first of 'name 2', 'name 3', … that no model has. */
  freeName(name: string): string {
    for (let number = 1; ; number++) {
      const end = number === 1 ? '' : ` ${number}`;
      const candidate = name.slice(0, MAX_NAME - end.length) + end;
      if (this.#named(candidate) === undefined) return candidate;
    }
  }

  #mustBeFree(name: string, self: string | null): void {
    const other = this.#named(name);
    if (other === undefined || `m${other}` === self) return;
    throw new AppError('ALREADY_EXISTS', `There is a model called ${name} already.`, {
      subject: name,
      hint: 'Choose another name.',
    });
  }

  #named(name: string): number | undefined {
    return this.#db
      .prepare<[string], number>('SELECT number FROM models WHERE name_key = ?')
      .pluck()
      .get(keyOf(name));
  }
}

const MAX_NAME = 100;

/** 'm12' → 12; what is no model id becomes a number that no model has. */
const modelNumber = (id: string): number => (/^m\d{1,15}$/.test(id) ? Number(id.slice(1)) : -1);

/** Names that only differ in case or in spaces around them are the same name to people. */
const keyOf = (name: string): string => name.trim().toLocaleLowerCase('en');

function toModel(row: ModelRow): StoredModel {
  return {
    id: `m${row.number}`,
    name: row.name,
    spec: JSON.parse(row.spec) as ModelSpec,
    from: row.origin,
    preset: row.preset,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
