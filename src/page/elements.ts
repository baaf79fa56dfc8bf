/** The page's elements, all of which its HTML has. */

function find<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${id}.`);
  return element;
}

export const elements = {
  title: find('title', HTMLElement),
  theme: find('theme', HTMLButtonElement),
  empty: find('empty', HTMLElement),
  picture: find('picture', HTMLImageElement),
  video: find('video', HTMLVideoElement),
  status: find('status', HTMLElement),
  top: find('top', HTMLElement),
  file: find('file', HTMLElement),
  bars: find('bars', HTMLElement),
  all: find('all', HTMLButtonElement),
  strip: find('strip', HTMLElement),
  origin: find('origin', HTMLElement),
  files: find('files', HTMLInputElement),
};

export const chooseButtons = document.querySelectorAll<HTMLButtonElement>('.choose');
export const cameraButtons = document.querySelectorAll<HTMLButtonElement>('.camera');
export const moreActions = document.querySelector<HTMLElement>('.more');
