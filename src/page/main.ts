/**
 * The program of an exported web page: classifies dropped pictures and the camera's with the model
 * inside of it, without a network.
 */
import { createAnswerView } from './answer-view.ts';
import { createClassifier, type Classify } from './classifier.ts';
import { createCamera } from './camera.ts';
import { cameraButtons, chooseButtons, elements } from './elements.ts';
import { readAbout } from './payload.ts';
import { createPictures } from './pictures.ts';

const about = readAbout();
const view = createAnswerView(about.classes);

document.title = about.title;
elements.title.textContent = about.title;
elements.origin.textContent = about.origin;
elements.origin.title = about.origin;

const light = matchMedia('(prefers-color-scheme: light)');
const root = document.documentElement;
const follow = () => (root.dataset['theme'] = light.matches ? 'light' : 'dark');
follow();
light.addEventListener('change', follow);
elements.theme.addEventListener('click', () => {
  root.dataset['theme'] = root.dataset['theme'] === 'light' ? 'dark' : 'light';
});

/** For scripts on the page: the probability of each class of a picture. */
declare global {
  interface Window {
    fovea?: { classes: readonly string[]; classify: Classify };
  }
}

const buttons = [...chooseButtons, ...cameraButtons];
for (const button of buttons) button.disabled = true;
view.say('Loading the model…');
try {
  const classify = await createClassifier(about);
  view.say('');
  const camera = createCamera(classify, view);
  const pictures = createPictures(classify, view, () => camera.stop());
  for (const button of chooseButtons) {
    button.addEventListener('click', () => elements.files.click());
  }
  for (const button of cameraButtons) {
    button.addEventListener('click', () => {
      pictures.leave();
      void camera.toggle();
    });
  }
  for (const button of buttons) button.disabled = false;
  window.fovea = { classes: about.classes, classify };
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  view.say(`This browser cannot run the model: ${why}`, true);
}
