/** The map of images as a picture: its points, and beside them what the colours mean. */
import { token } from '../../ui/charts/palette.svelte.ts';
import { savePng } from '../../ui/pictures.ts';

interface Group {
  name: string;
  color: string;
  points: readonly number[];
}

const LEGEND = 220;
const LINE = 20;

/** @param scale canvas pixels for one of the page */
export async function saveMap(
  file: string,
  points: HTMLCanvasElement,
  groups: readonly Group[],
  scale: number,
): Promise<void> {
  const height = Math.max(points.height, (groups.length + 2) * LINE * scale);
  const sheet = new OffscreenCanvas(points.width + LEGEND * scale, height);
  const context = sheet.getContext('2d')!;
  context.fillStyle = token('--canvas');
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.drawImage(points, 0, 0);
  context.scale(scale, scale);
  context.font = `12px ${token('--font-sans')}`;
  context.textBaseline = 'middle';
  const left = points.width / scale + 8;
  for (const [index, { name, color, points: members }] of groups.entries()) {
    const middle = (index + 1.5) * LINE;
    context.fillStyle = color;
    context.beginPath();
    context.arc(left, middle, 5, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = token('--text-1');
    context.fillText(`${name} · ${members.length}`, left + 14, middle, LEGEND - 30);
  }
  await savePng(file, sheet);
}
