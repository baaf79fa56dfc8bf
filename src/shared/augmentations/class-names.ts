/** What class names tell of the pictures. A guess in English: what it leads to can be overridden. */

const words = {
  microscopy: [
    'benign',
    'malignant',
    'tumor',
    'tumour',
    'lesion',
    'melanoma',
    'nevus',
    'cell',
    'cells',
    'mitosis',
    'nucleus',
    'nuclei',
    'parasitized',
    'infected',
    'uninfected',
    'carcinoma',
    'adenocarcinoma',
    'stroma',
    'lymphocyte',
    'bacteria',
    'pneumonia',
    'retinopathy',
  ],
  fromAbove: [
    'forest',
    'river',
    'highway',
    'residential',
    'cropland',
    'pasture',
    'crater',
    'runway',
  ],
  documents: ['invoice', 'receipt', 'letter', 'form', 'memo', 'passport', 'sign', 'stop', 'yield'],
  sides: ['left', 'right', 'clockwise', 'counterclockwise', 'anticlockwise', 'east', 'west'],
  heights: ['up', 'down', 'top', 'bottom', 'north', 'south', 'upright', 'inverted', 'flipped'],
  turns: ['rotated', 'portrait', 'landscape', 'horizontal', 'vertical', 'across', 'upright'],
  colours: [
    'red',
    'green',
    'blue',
    'yellow',
    'orange',
    'purple',
    'pink',
    'brown',
    'white',
    'black',
    'grey',
    'gray',
    'ripe',
    'unripe',
  ],
  sizes: ['small', 'medium', 'large', 'big', 'tiny', 'near', 'far'],
  light: ['day', 'night', 'dark', 'bright', 'dusk', 'dawn', 'sunny', 'cloudy'],
  sharpness: ['blurred', 'blurry', 'sharp', 'noisy', 'clean', 'focused'],
} as const;

export type Topic = keyof typeof words;

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
}

/** The class names that say a word of the topic. */
export function namesAbout(classNames: readonly string[], topic: Topic): string[] {
  const known: readonly string[] = words[topic];
  return classNames.filter((name) => wordsOf(name).some((word) => known.includes(word)));
}

/** Whether a good part of the classes is about it, so that the whole set may be. */
export function mentions(classNames: readonly string[], topic: Topic): boolean {
  return classNames.length > 0 && namesAbout(classNames, topic).length >= classNames.length / 3;
}

const numbers = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** The class names that are a digit, a letter or the word for one: 'A', '7', 'seven', 'digit 7'. */
export function charactersAmong(classNames: readonly string[]): string[] {
  return classNames.filter((name) => {
    const parts = wordsOf(name.trim()).filter(
      (word) => !['digit', 'letter', 'number', 'class', 'char', 'character'].includes(word),
    );
    const only = parts.length === 1 ? parts[0]! : '';
    return /^[\p{L}\p{N}]$/u.test(only) || /^\d{1,2}$/.test(only) || numbers.includes(only);
  });
}

/** Whether the classes are characters, or nearly all of them. */
export function isTextLike(classNames: readonly string[]): boolean {
  return classNames.length > 0 && charactersAmong(classNames).length >= classNames.length * 0.8;
}
