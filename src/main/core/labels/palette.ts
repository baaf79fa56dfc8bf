/**
 * Colours given to new classes, in turn: twelve that stay apart for colour-blind eyes and on light
 * and dark grounds. After Okabe and Ito (2008) and the 'bright' and 'light' sets of Paul Tol.
 */
export const classColors: readonly string[] = [
  '#56b4e9',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#44bb99',
  '#aa3377',
  '#aaaa00',
  '#99ddff',
  '#ee8866',
];

/** Keys given to new classes, in turn; later classes get none. */
export const classKeys: readonly string[] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];
