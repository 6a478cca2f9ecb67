/** Brings the service worker into place: as a module where the browser takes that, else as a plain script. */

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
