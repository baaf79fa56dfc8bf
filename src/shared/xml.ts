const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, SVG and attributes: class and file names are anybody's. */
export function escapeXml(text: string): string {
  // Control characters are no XML, whatever escape is used.
  return text
    .replace(/[&<>"']/g, (one) => entities[one]!)
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '');
}

const characters = new Map(Object.entries(entities).map(([one, entity]) => [entity, one]));

/** What `escapeXml` made of a text, as it was. */
export function unescapeXml(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => characters.get(entity)!);
}
