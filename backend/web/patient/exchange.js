/** One whole exchange with the server: push what waits, pull what is new, page by page until there is no more. */

import { reread } from "./assigned.js";
import { marks, readable, standing, takeBootstrap, takeIn } from "./answer.js";
import { nowIso, origin } from "./clock.js";
import { sendLater } from "./later.js";
import { change, ended, refuse, sendableLeft, shiftOf, take, told, untold } from "./outbox.js";
import { keep, kept } from "./phone.js";
import { apiOf, Offline } from "./session.js";

export const CLIENT = "1.0.0";
const MOST = 100;
const PAGE = 500;
const DAILY_MS = 20 * 3600 * 1000;
const NOTED_MS = 1000;
const LONGEST_PAUSE_S = 60;
const POISON = new Set([400, 413, 422]);

let measured = null;

/** Exchange everything; returns {changed, backoff, outdated}. Throws Offline or Refused, with the store left usable. */
export async function exchange(whose, { afresh = false } = {}) {
  const known = await marks(whose);
  const run = {
    whose, cursor: known.cursor, most: MOST, tried: new Set(), collected: null,
    changed: false, backoff: 0, outdated: false,
  };
  const first = known.bootstrapped_at === null;
  // What waits goes also when the server has trouble with the rest.
  const trouble = first ? await bootstrap(run).then(() => null, onlyRefused) : null;
  while (await page(run)) await pause(run.backoff);
  await sendLater(whose);
  const old = !(Math.abs(Date.now() - known.bootstrapped_at) < DAILY_MS);
  if (trouble) throw trouble;
  if (!first && (afresh || old)) await bootstrap(run);
  run.changed = (await reread(whose)) || run.changed;
  return run;
}

function onlyRefused(error) {
  if (error.name !== "Refused" || error.status === 401) throw error;
  return error;
}

async function bootstrap(run) {
  const answer = await apiOf(run.whose, "GET", "/me/bootstrap");
  if (typeof answer?.profile !== "object") throw new Offline("unreadable");
  await measure(answer);
  await takeBootstrap(run.whose, answer);
  run.outdated ||= newer(answer.min_client);
  run.changed = true;
}

/** Send and fetch one page; returns whether there is another to come. */
async function page(run) {
  const { unsure, sent } = await outgoing(run);
  const receipts = await untold(run.whose);
  let answer;
  try {
    answer = readable(await apiOf(run.whose, "POST", "/me/sync", asked(run, sent, receipts)), sent);
  } catch (error) {
    return without(run, error, sent, receipts);
  }
  await measure(answer);
  // What stays in the queue as it is goes with the next exchange, not round and round in this one.
  for (const [at, { seq }] of sent.entries()) if (!ended(answer.results[at])) run.tried.add(seq);
  if (answer.reset) run.collected = [];
  run.collected?.push(...answer.changes, ...standing(sent, answer));
  run.changed = (await takeIn(run.whose, { sent, receipts, answer, collected: run.collected })) || run.changed;
  return next(run, answer) || unsure || sendableLeft(run.whose, run.tried);
}

function next(run, answer) {
  const stuck = answer.more && answer.cursor === run.cursor && !answer.changes.length;
  if (!answer.more) run.collected = null;
  run.cursor = answer.cursor;
  run.most = MOST;
  run.changed ||= answer.results.length > 0 || answer.changes.length > 0 || answer.reset === true;
  run.backoff = answer.backoff > 0 ? answer.backoff : 0;
  run.outdated ||= newer(answer.min_client);
  return answer.more && !stuck;
}

/** Return what to send now: nothing yet while it is unsure by how much the clock was set, which an answer will tell. */
async function outgoing(run) {
  const sent = await take(run.whose, run.most, run.tried);
  const unsure = !run.looked && sent.some((item) => shiftOf(item, measured) === null);
  run.looked = true;
  return { unsure, sent: unsure ? [] : sent };
}

function asked({ cursor }, sent, receipts) {
  return {
    cursor,
    changes: sent.map((item) => change(item, shiftOf(item, measured))),
    receipts: receipts.map(({ id, state, at }) => ({ id, state, at })),
    sent_at: nowIso(),
    client: `app/${CLIENT}`,
    limit: PAGE,
  };
}

/** The whole call was refused: leave out what nobody misses, then look for the one change that spoils the others. */
async function without(run, error, sent, receipts) {
  if (!POISON.has(error.status) || !(sent.length || receipts.length)) throw error;
  if (receipts.length) await told(run.whose, receipts);
  else if (sent.length > 1) run.most = Math.ceil(sent.length / 2);
  else {
    await refuse(run.whose, sent[0], error.problem);
    run.most = MOST;
    run.changed = true;
  }
  return true;
}

async function measure({ server_time }) {
  const offset = Date.parse(server_time) - Date.now();
  if (!Number.isFinite(offset)) return;
  measured = { offset, origin: origin() };
  const before = await kept("offset_ms");
  if (before === null || Math.abs(before - offset) > NOTED_MS) await keep(({ put }) => put("offset_ms", offset));
}

function newer(wanted) {
  const parts = (text) => (String(text ?? "").match(/\d+/g) ?? []).map(Number);
  const [theirs, ours] = [parts(wanted), parts(CLIENT)];
  const at = theirs.findIndex((part, index) => part !== (ours[index] ?? 0));
  return at >= 0 && theirs[at] > (ours[at] ?? 0);
}

function pause(seconds) {
  return seconds ? new Promise((resolve) => setTimeout(resolve, Math.min(seconds, LONGEST_PAUSE_S) * 1000)) : null;
}
