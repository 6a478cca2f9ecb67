/** Brings the service worker into place: as a module where the browser takes that, else as a plain script. */

const CACHE = "uitwerk-";

/** Register the service worker; without one (a private window) the app works as a page. */
export async function register() {
  const workers = navigator.serviceWorker;
  if (!workers) return null;
  try {
    return await workers.register("/sw.module.js", { type: "module" });
  } catch {
    return workers.register("/sw.js").catch(() => null);
  }
}

/**
 * Tell how the worker stands to this page: "keeps" (all files of the page's version), "another" (those of another
 * version), "coming" (it is fetching them) or "none".
 */
export async function standing() {
  const workers = navigator.serviceWorker;
  if (!workers) return "none";
  try {
    // What is found in what is kept is found in the oldest that is there.
    const kept = (await caches.keys()).find((name) => name.startsWith(CACHE));
    if (workers.controller && kept) return kept === CACHE + version() ? "keeps" : "another";
    return (await workers.getRegistration())?.installing ? "coming" : "none";
  } catch {
    return "none"; // a browser that keeps nothing
  }
}

/** The version of the app that the server wrote at the end of this page. */
function version() {
  return [...document.childNodes].findLast(({ nodeType }) => nodeType === Node.COMMENT_NODE)?.data.trim();
}
