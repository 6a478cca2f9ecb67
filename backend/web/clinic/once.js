/** Ids for what is sent: the same content goes out under the same id until its answer came, so that it is on record once. */

import { uuid7 } from "/static/shared/ids.js";

import { when } from "./session.js";

const sent = new Map();
when("out", () => sent.clear());

/** The id under which this content is sent from a place of the page (any name); other content there has another id. */
export function idFor(place, body) {
  const content = JSON.stringify(body);
  const before = sent.get(place);
  const id = before?.content === content ? before.id : uuid7();
  sent.set(place, { id, content });
  return id;
}

/** The answer came: what is sent from this place from now on is something new. */
export function answered(place) {
  sent.delete(place);
}
