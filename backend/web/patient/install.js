/** Putting the app on the home screen, where the browser lets us offer it. */

let offered = null;

addEventListener("beforeinstallprompt", (event) => {
  // The offer is kept for the More screen instead of jumping up over what somebody is doing.
  event.preventDefault();
  offered = event;
});

/** Tell whether the app was opened from the home screen. */
export function isInstalled() {
  return matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
}

/** Tell whether this is a phone or tablet of Apple, which installs by hand. */
export function isApple() {
  return /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
}

/** Tell whether the browser will ask when we let it. */
export function canInstall() {
  return offered !== null;
}

/** Let the browser ask; true when the answer was yes. */
export async function install() {
  const asked = offered;
  offered = null;
  await asked?.prompt();
  return (await asked?.userChoice)?.outcome === "accepted";
}
