/** Words as pictures, laid out by Pango in the system's fonts: any script, in any direction, and emoji. */
import sharp from 'sharp';
import { escapeXml } from '#shared/xml.ts';
import type { WordsPicture, WordsRequest } from './protocol.ts';

/** Pixels a point: sharp when printed. */
const SCALE = 4;
const DPI = 72 * SCALE;

interface Pixels {
  data: Buffer;
  width: number;
  height: number;
}

export async function drawWords(request: WordsRequest): Promise<WordsPicture> {
  const { text, width } = request;
  const [{ data, info }, missing] = await Promise.all([
    words(text, request, width === null ? null : Math.max(1, Math.round(width * SCALE)))
      .png()
      .toBuffer({ resolveWithObject: true }),
    missingIn(text, request),
  ]);
  return {
    png: Uint8Array.from(data),
    width: info.width / SCALE,
    height: info.height / SCALE,
    missing,
  };
}

type Look = Pick<WordsRequest, 'size' | 'bold' | 'color'>;

function words(text: string, { size, bold, color }: Look, width: number | null) {
  return sharp({
    text: {
      // Pango's markup; sizes are 1024ths of a point. The mark makes lines run from left to right, also
      // where they begin with a name that runs the other way.
      text: `<span foreground="${color}" size="${Math.round(size * 1024)}">\u200e${escapeXml(text)}</span>`,
      font: bold ? 'sans bold' : 'sans',
      dpi: DPI,
      rgba: true,
      ...(width === null ? {} : { width, wrap: 'word-char' as const }),
    },
  });
}

/** No font has them: Unicode promises never to give them a meaning. */
const nobody = { short: '\ufdd0', long: '\u{1ffff}' };

/** What Pango has no glyph for looks like what nobody has: a box of its size around a code. */
async function missingIn(text: string, look: Look): Promise<string[]> {
  const boxes = {
    short: await pixelsOf(nobody.short, look),
    long: await pixelsOf(nobody.long, look),
  };
  const missing: string[] = [];
  for (const character of new Set(text.replace(/[\s\p{M}\p{Cf}\p{Cc}]/gu, ''))) {
    if (character.codePointAt(0)! < 0x250) continue;
    const box = character.codePointAt(0)! > 0xffff ? boxes.long : boxes.short;
    if (sameFrame(await pixelsOf(character, look), box)) missing.push(character);
  }
  return missing;
}

async function pixelsOf(text: string, look: Look): Promise<Pixels> {
  const { data, info } = await words(text, look, null).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Of one size, with the same line around them. */
function sameFrame(one: Pixels, other: Pixels): boolean {
  const { width, height } = one;
  if (width !== other.width || height !== other.height) return false;
  const alpha = ({ data }: Pixels, row: number, column: number): number =>
    data[(row * width + column) * 4 + 3]!;
  for (let row = 0; row < height; row++) {
    const whole = row === 0 || row === height - 1;
    for (const column of whole ? Array(width).keys() : [0, width - 1]) {
      if (alpha(one, row, column) !== alpha(other, row, column)) return false;
    }
  }
  return true;
}
