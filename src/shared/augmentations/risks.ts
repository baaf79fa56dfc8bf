/** Operations that may turn an image of one class into one of another, told from class names. */
import { isActive, type AugmentationSpec, type Operation } from '../augmentation.ts';
import { charactersAmong, isTextLike, namesAbout, type Topic } from './class-names.ts';

export interface LabelRisk {
  /** Index in the spec's operations. */
  operation: number;
  /** Why, as a sentence. */
  reason: string;
}

/** Beyond this a 6 may look like a 9, or lying like standing. */
const LARGE_TURN = 60;

/** At most one for each operation that is switched on. */
export function labelRisks(spec: AugmentationSpec, classNames: readonly string[]): LabelRisk[] {
  return spec.operations.flatMap((operation, index) => {
    const reason = isActive(operation) ? reasonAgainst(operation, classNames) : null;
    return reason === null ? [] : [{ operation: index, reason }];
  });
}

function reasonAgainst(operation: Operation, classNames: readonly string[]): string | null {
  const about = (topic: Topic, what: string): string | null => {
    const names = namesAbout(classNames, topic);
    // One alone need not be told from another by it: 'T-shirt/top'.
    return names.length < 2 ? null : `${what} the classes ${quoted(names)} apart.`;
  };
  switch (operation.type) {
    case 'flip-horizontal':
      return mirrored(classNames) ?? about('sides', 'Mirrored, nothing tells');
    case 'flip-vertical':
      return mirrored(classNames) ?? about('heights', 'Upside down, nothing tells');
    case 'quarter-turn':
      return turned(classNames);
    case 'rotate':
      return Math.max(...operation.range.map(Math.abs)) > LARGE_TURN ? turned(classNames) : null;
    case 'hue':
    case 'greyscale':
    case 'channel-shift':
      return about('colours', 'In other colours, nothing tells');
    case 'brightness':
      return about('light', 'In other light, nothing tells');
    case 'zoom':
    case 'crop':
      return about('sizes', 'At another size, nothing tells');
    case 'blur':
    case 'noise':
      return about('sharpness', 'Blurred or noisy, nothing tells');
    default:
      return null;
  }
}

function mirrored(classNames: readonly string[]): string | null {
  if (!isTextLike(classNames)) return null;
  return `The classes are characters (${quoted(charactersAmong(classNames))}): mirrored, some become others or nothing at all.`;
}

function turned(classNames: readonly string[]): string | null {
  if (isTextLike(classNames)) {
    return `The classes are characters (${quoted(charactersAmong(classNames))}): turned this far, a 6 is a 9.`;
  }
  const names = [
    ...new Set([
      ...namesAbout(classNames, 'heights'),
      ...namesAbout(classNames, 'sides'),
      ...namesAbout(classNames, 'turns'),
    ]),
  ];
  return names.length < 2
    ? null
    : `Turned this far, nothing tells the classes ${quoted(names)} apart.`;
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `“${name}”`);
  return names.length > 3 ? `${shown.join(', ')} …` : shown.join(', ');
}
