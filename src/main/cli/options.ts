/** Parsers of option values; commander turns what they throw into one clear line. */
import { InvalidArgumentError } from 'commander';

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('Give a whole number, 1 or more.');
  }
  return value;
}

export function seed(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > 2 ** 31 - 1) {
    throw new InvalidArgumentError('Give a whole number from 0 to 2147483647.');
  }
  return value;
}

export function port(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('Give a port number, or 0 for any free one.');
  }
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('Give a number above 0.');
  }
  return value;
}

/** '0,3,5' → [0, 3, 5]. */
export function numberList(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 0)) {
    throw new InvalidArgumentError('Give whole numbers with commas between them.');
  }
  return numbers;
}

/** 'a,b , c' → ['a', 'b', 'c']. */
export function nameList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw new InvalidArgumentError('Give names with commas between them, none of them empty.');
  }
  return names;
}
