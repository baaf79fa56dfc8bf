/** What an exported web page carries beside its program: `src/page` reads it, the engine writes it. */

export interface PageAbout {
  /** Of the project. */
  title: string;
  /** What the model is and where it comes from: 'fashion-cnn, trained on 400 images, …' */
  origin: string;
  classes: readonly string[];
  /** 1: grey, 3: RGB. */
  channels: number;
}

/** Ids of the elements: JSON, and gzipped bytes as base64. */
export const pageElements = { about: 'about', model: 'model', runtime: 'runtime' } as const;

/** Where the template takes the data; once in it. */
export const PAGE_DATA = '<!-- model -->';
