/** Saving what was fetched or made here as a file of the reader's own. */

import { h } from "/static/shared/dom.js";

/** Save bytes under a name, as a browser saves a download. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const way = h("a", { href: url, download: name });
  way.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
