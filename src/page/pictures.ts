/** Dropped, chosen and pasted pictures: one large, all of them in a strip when there are several. */
import type { AnswerView } from './answer-view.ts';
import type { Classify } from './classifier.ts';
import { elements, moreActions } from './elements.ts';

interface Picture {
  file: File;
  url: string;
  button: HTMLButtonElement;
  caption: HTMLElement;
  probabilities: Float32Array | null;
  failed: boolean;
}

export interface Pictures {
  /** Takes the picture off the stage. */
  leave(): void;
}

/** @param onfiles before the first of them is shown */
export function createPictures(
  classify: Classify,
  view: AnswerView,
  onfiles: () => void,
): Pictures {
  const { picture: image, empty, strip, files: input } = elements;
  let pictures: Picture[] = [];
  let current: Picture | null = null;

  function show(picture: Picture): void {
    current = picture;
    image.src = picture.url;
    image.alt = picture.file.name;
    image.hidden = false;
    empty.hidden = true;
    if (moreActions) moreActions.hidden = false;
    for (const each of pictures) each.button.setAttribute('aria-current', String(each === picture));
    if (picture.failed)
      view.say(`${picture.file.name} is not a picture that this browser can read.`, true);
    else if (picture.probabilities) view.show(picture.probabilities, picture.file.name);
    else view.say('Looking…');
  }

  function clear(): void {
    for (const { url } of pictures) URL.revokeObjectURL(url);
    pictures = [];
    current = null;
    strip.replaceChildren();
    strip.hidden = true;
  }

  async function take(list: readonly File[]): Promise<void> {
    if (list.length === 0) return;
    onfiles();
    clear();
    const mine = list.map(made);
    pictures = mine;
    strip.hidden = mine.length < 2;
    strip.append(
      ...mine.map((picture) => {
        picture.button.addEventListener('click', () => show(picture));
        const item = document.createElement('li');
        item.append(picture.button);
        return item;
      }),
    );
    const [first] = mine;
    if (first) show(first);
    for (const picture of mine) {
      if (pictures !== mine) return;
      try {
        picture.probabilities = await classify(picture.file);
        picture.caption.textContent = view.nameOf(picture.probabilities);
      } catch {
        picture.failed = true;
        picture.caption.textContent = 'unreadable';
      }
      if (picture === current) show(picture);
    }
  }

  image.addEventListener('load', () => {
    // Tiny pictures are enlarged as they are, pixel by pixel.
    image.classList.toggle('crisp', image.naturalWidth < 64);
  });
  input.addEventListener('change', () => {
    void take([...(input.files ?? [])]);
    input.value = '';
  });
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('over');
  });
  for (const end of ['dragleave', 'drop']) {
    document.addEventListener(end, () => document.body.classList.remove('over'));
  }
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    void take([...(event.dataTransfer?.files ?? [])]);
  });
  document.addEventListener('paste', (event) => void take([...(event.clipboardData?.files ?? [])]));

  return {
    leave() {
      clear();
      image.hidden = true;
    },
  };
}

function made(file: File): Picture {
  const url = URL.createObjectURL(file);
  const button = document.createElement('button');
  button.type = 'button';
  button.title = file.name;
  const image = document.createElement('img');
  image.src = url;
  image.alt = file.name;
  const caption = document.createElement('span');
  caption.textContent = '…';
  button.append(image, caption);
  return { file, url, button, caption, probabilities: null, failed: false };
}
