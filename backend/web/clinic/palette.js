/** The colours of the figures, read from the style sheet, so that canvas and page look alike, light or dark. */

const NAMES = ["ink", "soft", "line", "faint", "paper", "rating", "level", "target", "class-1", "class-2", "class-3", "class-4", "class-5", "class-6"];
const scheme = matchMedia("(prefers-color-scheme: dark)");

/** Return the colours as they are now: {ink, soft, rating, "class-1", ...}. */
export function palette(root = document.documentElement) {
  const style = getComputedStyle(root);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--plot-${name}`).trim() || style.getPropertyValue(`--${name}`).trim() || "gray"]));
}

/** Call back when the colours change; returns how to stop. */
export function onPalette(listener) {
  scheme.addEventListener("change", listener);
  return () => scheme.removeEventListener("change", listener);
}
