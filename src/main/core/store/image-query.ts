import type { ImageFilter, ImageSort } from '#shared/contract/index.ts';

export interface SqlPart {
  sql: string;
  values: (string | number)[];
}

/** Conditions of a filter over the table `images i`; images in the bin are always left out. */
export function whereFilter(filter: ImageFilter): SqlPart {
  const clauses = ['i.deleted_at IS NULL'];
  const values: (string | number)[] = [];
  const oneOf = (column: string, wanted: readonly (string | number)[] | undefined): void => {
    if (!wanted || wanted.length === 0) return;
    const named = wanted.filter((value) => value !== 'none');
    const alternatives: string[] = [];
    if (named.length > 0) {
      alternatives.push(`${column} IN (${named.map(() => '?').join(', ')})`);
      values.push(...named);
    }
    if (named.length < wanted.length) alternatives.push(`${column} IS NULL`);
    clauses.push(`(${alternatives.join(' OR ')})`);
  };
  oneOf('i.class_id', filter.classes);
  oneOf('i.split', filter.splits);
  oneOf('i.flag', filter.flags);
  const text = filter.text?.trim();
  if (text) {
    clauses.push('instr(fold(i.name), ?) > 0');
    values.push(fold(text));
  }
  return { sql: clauses.join(' AND '), values };
}

/** Registered as the SQL function `fold`: LIKE folds the case of ASCII letters only. */
export function fold(text: unknown): string {
  return String(text).normalize('NFC').toLowerCase();
}

/** ORDER BY of a sort; ties in import order, so that a list is stable. */
export function orderBy(sort: ImageSort): string {
  const direction = sort.direction === 'descending' ? 'DESC' : 'ASC';
  switch (sort.by) {
    case 'added':
      return `i.id ${direction}`;
    case 'name':
      return `i.name_key ${direction}, i.id`;
    case 'class':
      // Unlabeled images come last either way.
      return `i.class_id IS NULL, c.position ${direction}, i.id`;
    case 'split':
      return `i.split IS NULL, CASE i.split WHEN 'train' THEN 0 WHEN 'validation' THEN 1 ELSE 2 END ${direction}, i.id`;
    case 'size':
      return `i.width * i.height ${direction}, i.id`;
    case 'labeled':
      return `i.labeled_at IS NULL, i.labeled_at ${direction}, i.id`;
    default:
      return sort.by satisfies never;
  }
}
