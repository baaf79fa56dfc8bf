/** Numbers and lists as the sentences of plans and reports say them. */

const numbers = new Intl.NumberFormat('en-US');

/** 1 → '1 image', 60000 → '60,000 images'. */
export function count(amount: number, noun: string): string {
  return `${numbers.format(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** 'a', 'a or b', 'a, b or c'; of more than `most` only the first, and how many more there are. */
export function list(items: readonly string[], joint: 'and' | 'or', most = 5): string {
  if (items.length > most) {
    return `${items.slice(0, most).join(', ')} ${joint} ${items.length - most} more`;
  }
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${joint} ${items.at(-1)!}`;
}
