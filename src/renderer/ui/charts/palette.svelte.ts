/** Colour tokens for what is drawn on a canvas, where CSS variables do not reach. */
import { createSubscriber } from 'svelte/reactivity';

const followTheme = createSubscriber((update) => {
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme'],
  });
  return () => observer.disconnect();
});

/** Value of a token now; reading it in an effect follows the theme. */
export function token(name: string): string {
  followTheme();
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
