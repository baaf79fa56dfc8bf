/** Puts text on the clipboard; works without the permission that the asynchronous API wants. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    document.body.append(area);
    area.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- no successor works without permission
    const done = document.execCommand('copy');
    area.remove();
    if (!done) throw new Error('The clipboard cannot be reached. Select the text and copy it.');
  }
}
