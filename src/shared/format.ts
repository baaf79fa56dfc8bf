/**
 * Numbers, durations and dates as people say them. English for now; every text on the screen that
 * carries a number goes through here, so that a translation has one place to change.
 *
 * Units are joined with a narrow no-break space, so '99 %' never breaks over a line.
 */

const NARROW = '\u202f';
const MINUS = '\u2212';
const DASH = '–';

const integers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayMonthYear = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** `167114` → '167,114'. Not-a-number and infinity become a dash. */
export function integer(value: number): string {
  return Number.isFinite(value) ? integers.format(Math.round(value)) : DASH;
}

const plurals = new Map([
  ['class', 'classes'],
  ['batch', 'batches'],
]);

/** `(1, 'image')` → '1 image'; `(400, 'image')` → '400 images'; `(2, 'class')` → '2 classes'. */
export function count(value: number, noun: string, plural?: string): string {
  const many = plural ?? plurals.get(noun) ?? `${noun}s`;
  return `${integer(value)} ${Math.round(value) === 1 ? noun : many}`;
}

/**
 * A share as per cent: `0.7924` → '79.2 %'. Rounding never says 100 % (or 0 %) of something that
 * is only nearly so: 0.9999 is '99.9 %', 0.0002 is '<0.1 %'.
 */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${percentNumber(share, digits)}${NARROW}%` : DASH;
}

/** The number of `percent` without its unit, for columns headed '%'. */
export function percentNumber(share: number, digits = 1): string {
  if (!Number.isFinite(share)) return DASH;
  const step = 10 ** -digits;
  const value = share * 100;
  if (value > 0 && value < step) return `<${step.toFixed(digits)}`;
  const shown = value < 100 ? Math.min(round(value, digits), 100 - step) : value;
  // 90 % rather than 90.0 %: the exact ends carry no decimals.
  if (shown === 0 || shown === 100) return shown.toFixed(0);
  return shown.toFixed(digits);
}

/** A share in the short form that a sentence wants: '99 %', never '100 %' of 0.996. */
export function wholePercent(share: number): string {
  return percent(share, 0);
}

/** The difference of two shares in percentage points: `0.0187` → '+1.9 points'. */
export function points(difference: number, digits = 1): string {
  if (!Number.isFinite(difference)) return DASH;
  const value = round(Math.abs(difference) * 100, digits);
  const sign = value === 0 ? '' : difference > 0 ? '+' : MINUS;
  return `${sign}${value.toFixed(digits)} ${value === 1 ? 'point' : 'points'}`;
}

/** `[0.776, 0.808]` → 'between 77.6 % and 80.8 %'. */
export function between([low, high]: readonly [number, number]): string {
  return `between ${percent(low)} and ${percent(high)}`;
}

/** A loss or any small positive real: three significant digits, exponent when tiny or huge. */
export function real(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return scientific(value);
  if (size < 1) return value.toFixed(3);
  if (size < 10) return value.toFixed(2);
  return size < 100 ? value.toFixed(1) : integer(value);
}

/** A number as it was typed, for settings: `0.001` → '0.001', `1e-7` → '1e-7'. */
export function setting(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-5 ? scientific(value) : String(value);
}

/** `2.04e-7` → '2e-7'; `0` → '0'. */
export function scientific(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  if (value === 0) return '0';
  const [mantissa = '', exponent = '0'] = value.toExponential(1).split('e');
  return `${mantissa.replace(/\.0$/, '')}e${Number(exponent)}`.replace(/^-/, MINUS);
}

/** `167114` → '167 k'; `9494561` → '9.5 M'. Where the exact number stands nearby. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (value < size * 0.9995) continue;
    const scaled = value / size;
    return `${scaled < 9.95 ? scaled.toFixed(1).replace(/\.0$/, '') : scaled.toFixed(0)}${NARROW}${unit}`;
  }
  return integer(value);
}

/** Decimal units, as file managers show them: '4.2 MB'. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  if (value < 1000) return `${integer(value)}${NARROW}B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = '';
  for (const next of units) {
    scaled /= 1000;
    unit = next;
    if (scaled < 999.5) break;
  }
  return `${scaled < 9.95 ? scaled.toFixed(1) : integer(scaled)}${NARROW}${unit}`;
}

/** Units per second: '2,840 images/s', below ten with one decimal. */
export function rate(perSecond: number, unit = 'images'): string {
  if (!Number.isFinite(perSecond)) return DASH;
  const value = perSecond < 10 ? perSecond.toFixed(1) : integer(perSecond);
  return `${value} ${unit}/s`;
}

/** A length of time, exact enough to compare two: '0.4 s', '40 s', '1 min 20 s', '2 h 5 min'. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return DASH;
  if (seconds < 9.95) return `${seconds.toFixed(1).replace(/\.0$/, '')}${NARROW}s`;
  if (seconds < 59.5) return `${seconds.toFixed(0)}${NARROW}s`;
  if (seconds < 3599.5) return pair(seconds, 60, 'min', 's');
  if (seconds < 86_370) return pair(seconds / 60, 60, 'h', 'min');
  return pair(seconds / 3600, 24, 'd', 'h');
}

/** An estimate: '5 s', '40 s', '3 min', '1 h 20 min'; rounded so that it does not twitch. */
export function roughDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return DASH;
  if (seconds < 2) return `a second`;
  if (seconds < 10) return `${Math.ceil(seconds)}${NARROW}s`;
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5}${NARROW}s`;
  if (seconds < 570) {
    const half = Math.max(2, Math.round(seconds / 30)) / 2;
    return `${half % 1 === 0 ? half.toFixed(0) : `${Math.floor(half)}½`}${NARROW}min`;
  }
  if (seconds < 3300) return `${Math.round(seconds / 60)}${NARROW}min`;
  if (seconds < 36_000) return pair(Math.round(seconds / 600) * 10, 60, 'h', 'min');
  if (seconds < 86_400) return `${Math.round(seconds / 3600)}${NARROW}h`;
  return pair(seconds / 3600, 24, 'd', 'h');
}

/** What is left, in words: 'about 3 min left', 'a few seconds left'. */
export function remaining(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return 'estimating…';
  return seconds < 4 ? 'a few seconds left' : `about ${roughDuration(seconds)} left`;
}

/** When something happened: 'just now', '3 min ago', '14:05', 'yesterday 14:05', '12 Nov'. */
export function when(timestamp: number, now: number = Date.now()): string {
  const age = (now - timestamp) / 1000;
  if (age < 45 && age > -60) return 'just now';
  if (age < 3300 && age >= 0) return `${Math.max(1, Math.round(age / 60))}${NARROW}min ago`;
  const days = dayNumber(now) - dayNumber(timestamp);
  if (days === 0) return clock.format(timestamp);
  if (days === 1) return `yesterday ${clock.format(timestamp)}`;
  const sameYear = new Date(timestamp).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayMonth : dayMonthYear).format(timestamp);
}

/** The full date and time, for a tooltip: '12 Nov 2025, 14:05'. */
export function dateTime(timestamp: number): string {
  return `${dayMonthYear.format(timestamp)}, ${clock.format(timestamp)}`;
}

/** `[26, 26, 32]` → '26×26×32'. */
export function shape(dimensions: readonly number[]): string {
  return dimensions.join('×');
}

/** `['a', 'b', 'c']` → 'a, b and c'; with more than `most`: 'a, b and 198 more'. */
export function list(names: readonly string[], most = 3): string {
  if (names.length === 0) return '';
  if (names.length === 1) return names[0]!;
  if (names.length <= most) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
  const shown = names.slice(0, most - 1);
  return `${shown.join(', ')} and ${integer(names.length - shown.length)} more`;
}

/** The last part of a path, on any system: '/a/b/cat.png' → 'cat.png'. */
export function fileName(path: string): string {
  const parts = path.split(/[/\\]/).filter(Boolean);
  return parts.at(-1) ?? path;
}

function pair(total: number, base: number, large: string, small: string): string {
  const rounded = Math.round(total);
  const rest = rounded % base;
  const head = `${integer(Math.floor(rounded / base))}${NARROW}${large}`;
  return rest === 0 ? head : `${head} ${rest}${NARROW}${small}`;
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

/** Days since the epoch in local time. */
function dayNumber(timestamp: number): number {
  const date = new Date(timestamp);
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}
