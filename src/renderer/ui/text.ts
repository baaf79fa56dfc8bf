/** Words of the parts that every screen is built from. */
export const text = {
  close: 'Close',
  cancel: 'Cancel',
  dismiss: 'Dismiss',
  messages: 'Messages',
  right: 'Right:',
  wrong: 'Wrong:',
  notAvailable: (name: string) => (name === '' ? 'Not available' : `${name}: not available`),
  number: {
    needed: 'A number is needed.',
    none: 'This is not a number.',
    whole: 'A whole number is needed.',
    least: (min: number) => `At least ${min}.`,
    most: (max: number) => `At most ${max}.`,
  },
  error: {
    unknown: 'Something went wrong.',
    fault: 'This is a fault in Fovea. Nothing was lost; try again.',
  },
} as const;
