/**
 * A text whose plain byte order is the natural order of `name`: case-insensitive, numbers by value
 * ('img2' before 'img10').
 */
export function naturalKey(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(12, '0'));
}
