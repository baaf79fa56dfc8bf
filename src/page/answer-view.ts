/** The answer beside the picture: the class on top, and a bar for each. */
import { elements } from './elements.ts';

const FIRST = 10;
const percent = new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export interface AnswerView {
  show(probabilities: Float32Array, file: string): void;
  /** Of the class on top. */
  nameOf(probabilities: Float32Array): string;
  /** In place of an answer. */
  say(words: string, problem?: boolean): void;
}

export function createAnswerView(classes: readonly string[]): AnswerView {
  const { status, top, file: fileLine, bars, all } = elements;
  let everything = false;
  let shown: Float32Array | null = null;

  function draw(probabilities: Float32Array): void {
    const order = [...probabilities.keys()].sort(
      (a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0),
    );
    const listed = everything ? order : order.slice(0, FIRST);
    bars.replaceChildren(
      ...listed.map((index) => bar(classes[index] ?? '', probabilities[index] ?? 0)),
    );
    all.hidden = classes.length <= FIRST;
    all.textContent = everything ? `Show the first ${FIRST}` : `Show all ${classes.length} classes`;
  }

  all.addEventListener('click', () => {
    everything = !everything;
    if (shown) draw(shown);
  });

  const bestOf = (probabilities: Float32Array) => probabilities.indexOf(Math.max(...probabilities));
  const nameOf = (probabilities: Float32Array) => classes[bestOf(probabilities)] ?? '';

  return {
    nameOf,
    show(probabilities, file) {
      shown = probabilities;
      const share = probabilities[bestOf(probabilities)] ?? 0;
      status.textContent = '';
      status.className = '';
      top.replaceChildren(`${nameOf(probabilities)} `, element('span', percent.format(share)));
      fileLine.textContent = file;
      draw(probabilities);
    },
    say(words, problem = false) {
      shown = null;
      status.textContent = words;
      status.className = problem ? 'problem' : '';
      top.textContent = '';
      fileLine.textContent = '';
      bars.replaceChildren();
      all.hidden = true;
    },
  };
}

function element(tag: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function bar(name: string, share: number): HTMLElement {
  const row = document.createElement('li');
  const label = element('span', name, 'name');
  label.title = name;
  const track = element('span', '', 'track');
  const fill = element('span', '', 'fill');
  fill.style.width = `${share * 100}%`;
  track.append(fill);
  row.append(label, track, element('span', percent.format(share), 'share'));
  return row;
}
