/** The screens of the app by name. The two that a start may show come with it, the others when somebody first goes there. */

import { add } from "../shared/words.js";

import { screen as pair } from "./pair.js";
import { Offline } from "./session.js";
import { screen as today } from "./today.js";
import { standing } from "./worker.js";

const LATER = {
  entry: () => import("./entry.js"),
  days: () => import("./days.js"),
  intervals: () => import("./intervals.js"),
  prick: () => import("./prick.js"),
  forms: () => import("./forms.js"),
  dose: () => import("./dose.js"),
  messages: () => import("./messages.js"),
  reminders: () => import("./reminders.js"),
  looked: () => import("./looked.js"),
  consents: () => import("./consents.js"),
  along: () => import("./along.js"),
  contact: () => import("./contact.js"),
  move: () => import("./move.js"),
  phones: () => import("./phones.js"),
  trouble: () => import("./trouble.js"),
  more: () => import("./more.js"),
};
const here = new Map([today, pair].map((screen) => [screen.name, screen]));
const missed = new Set();

for (const screen of here.values()) add(screen.words);

/** Tell whether there is a screen of this name. */
export function isScreen(name) {
  return here.has(name) || Object.hasOwn(LATER, name);
}

/** Begin to fetch a screen that will be asked for in a moment. */
export function begin(name) {
  LATER[name]?.().catch(() => null);
}

/** A screen, with its words known. Throws Offline where it cannot be fetched now. */
export async function fetched(name) {
  if (!here.has(name)) await load(name).catch((error) => missing(name, error));
  return here.get(name);
}

/** Fetch every screen that is not here yet, so that all can be gone to without internet. */
export async function whole() {
  await Promise.all(Object.keys(LATER).map(load));
}

/** Tell whether a screen needs a fresh page: it is not here, and the worker keeps another version of it than this page's. */
export async function needsFreshPage(name) {
  return !here.has(name) && (await standing()) === "another";
}

async function load(name) {
  const { screen } = await LATER[name]();
  add(screen.words);
  here.set(name, screen);
}

/** A browser may hold on to it that a module was not there, and not ask again: who comes again then gets a fresh page. */
async function missing(name, error) {
  const again = missed.has(name);
  missed.add(name);
  if (again && (await answers(`./${name}.js`))) location.reload();
  throw error instanceof TypeError ? new Offline() : error;
}

function answers(path) {
  const asked = fetch(new URL(path, import.meta.url), { cache: "no-cache" });
  return asked.then(({ ok }) => ok, () => false);
}
