/** Texts of a PDF in scripts that its font has not: as pictures, in the fonts of this computer. */
import { create } from 'fontkit';
import type { CoreContext } from '../context.ts';
import type { WordsPicture, WordsRequest } from '../library/decode/protocol.ts';

export type Look = Omit<WordsRequest, 'text'>;

const keyOf = (text: string, look: Look): string =>
  JSON.stringify([text, look.size, look.width, look.bold, look.color]);

/**
 * Asked twice for the same content: first it learns what is wanted, then (after `draw`) it has it. So
 * whoever lays out pages need not wait for each word.
 */
export class Words {
  /** Characters that no font of this computer has. */
  readonly missing = new Set<string>();
  readonly #has: (codePoint: number) => boolean;
  readonly #wanted = new Map<string, { text: string } & Look>();
  readonly #drawn = new Map<string, WordsPicture>();

  /** @param font TrueType, of the document */
  constructor(font: Uint8Array) {
    const face = create(Buffer.from(font));
    if (!('hasGlyphForCodePoint' in face)) throw new RangeError('a single font is due');
    this.#has = (codePoint) => face.hasGlyphForCodePoint(codePoint);
  }

  /** Null where the document's font has all characters, and before they are drawn. */
  picture(text: string, look: Look): WordsPicture | null {
    if (this.#writes(text)) return null;
    const key = keyOf(text, look);
    const known = this.#drawn.get(key);
    if (!known) this.#wanted.set(key, { text, ...look });
    return known ?? null;
  }

  #writes(text: string): boolean {
    for (const character of text) {
      if (character !== '\n' && !this.#has(character.codePointAt(0)!)) return false;
    }
    return true;
  }

  /** @throws AppError CANCELLED */
  async draw(
    { decoders }: Pick<CoreContext, 'decoders'>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const [key, wanted] of this.#wanted) {
      const picture = await decoders.words(wanted, { signal });
      for (const character of picture.missing) this.missing.add(character);
      this.#drawn.set(key, picture);
    }
  }
}

export const dataUrl = (png: Uint8Array): string =>
  `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
