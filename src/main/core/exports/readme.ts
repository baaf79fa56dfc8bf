import type { Split } from '#shared/contract/index.ts';
import type { ExportSource, Format } from './format.ts';
import type { Proof } from './proof.ts';

interface ReadmeFacts {
  format: Format;
  source: ExportSource;
  project: string;
  version: string;
  at: Date;
  proof: Proof | null;
  /** Accuracy where the run was evaluated. */
  accuracies: { split: Split; accuracy: number; images: number }[];
}

const number = new Intl.NumberFormat('en-US');
/** One line, and nothing that Markdown would take for its own. */
const plain = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|#]/g, '\\$&');

export function readme(facts: ReadmeFacts): string {
  const { format, source, project, version, at } = facts;
  const { run, checkpoint, classNames } = source;
  const accuracies = facts.accuracies.map(
    ({ split, accuracy, images }) =>
      `- Accuracy on ${number.format(images)} ${split} images: ${(accuracy * 100).toFixed(2)} %`,
  );
  return `# ${plain(project)}: ${plain(run.name)} (${run.id})

An image classifier in ${format.name} format, exported by Fovea ${version} on ${at.toISOString().slice(0, 10)}.

${format.usage(source)}
## Classes

${classNames.map((name, index) => `${index}. ${plain(name)}`).join('\n')}

## Where it comes from

- Project: ${plain(project)}
- Run: ${run.id}, ${plain(run.name)}; the ${checkpoint} checkpoint
- Model: ${plain(run.spec.name)}, ${number.format(run.parameters)} parameters
- Trained on ${number.format(run.trainImages)} images, validated on ${number.format(run.validationImages)}; batch ${run.options.batch}, learning rate ${run.options.learningRate}, seed ${run.options.seed}
${accuracies.length > 0 ? `${accuracies.join('\n')}\n` : ''}
## Checked

${checked(facts)}
`;
}

function checked({ proof: result }: ReadmeFacts): string {
  if (!result)
    return 'Not checked: the project had no readable labeled image left to check it with.';
  const figures = figuresOf(result);
  return result.proof.passed
    ? figures
    : `**This file does not match the app.** ${figures} Do not rely on it.`;
}

function figuresOf({ proof, split }: Proof): string {
  if (proof.kind === 'contents') {
    return `The app does not run this format. The written files were read again: ${number.format(proof.tensors)} tensors are there, and the largest difference of any number from the app's is ${proof.maxDifference.toExponential(1)}. Try the example on a few pictures that you know before you rely on it.`;
  }
  const { images, agreement, maxDifference, accuracy } = proof;
  const lost =
    accuracy && accuracy.file !== accuracy.app
      ? ` It is right on ${(accuracy.file * 100).toFixed(2)} % of them, the app on ${(accuracy.app * 100).toFixed(2)} %.`
      : '';
  return `Asked about ${number.format(images)} ${split ?? ''} images by itself, the file gave the app's top class on ${(agreement * 100).toFixed(2)} %; the largest difference of any probability was ${maxDifference.toExponential(1)}.${lost}`;
}
