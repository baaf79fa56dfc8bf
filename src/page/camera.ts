/** The camera: classified picture after picture while it is on. */
import type { AnswerView } from './answer-view.ts';
import type { Classify } from './classifier.ts';
import { cameraButtons, elements, moreActions } from './elements.ts';

export interface Camera {
  toggle(): Promise<void>;
  stop(): void;
}

export function createCamera(classify: Classify, view: AnswerView): Camera {
  const { video, empty } = elements;
  let stream: MediaStream | null = null;

  function label(on: boolean): void {
    for (const button of cameraButtons) {
      button.textContent = on ? 'Stop the camera' : 'Use the camera';
    }
  }

  function stop(): void {
    for (const track of stream?.getTracks() ?? []) track.stop();
    if (stream) {
      view.say('');
      empty.hidden = false;
      if (moreActions) moreActions.hidden = true;
    }
    stream = null;
    video.srcObject = null;
    video.hidden = true;
    label(false);
  }

  async function watch(mine: MediaStream): Promise<void> {
    while (stream === mine) {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        const probabilities = await classify(video);
        // It may have been stopped meanwhile.
        if ((stream as MediaStream | null) === mine) view.show(probabilities, 'Camera');
      }
      await new Promise((next) => requestAnimationFrame(next));
    }
  }

  return {
    stop,
    async toggle() {
      if (stream) {
        stop();
        return;
      }
      try {
        stream = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: 'environment' },
        });
        video.srcObject = stream;
        video.hidden = false;
        empty.hidden = true;
        if (moreActions) moreActions.hidden = false;
        label(true);
        await video.play();
        await watch(stream);
      } catch {
        stop();
        view.say('The camera cannot be used. Allow it for this page, or drop a picture.', true);
      }
    },
  };
}
