/** The service worker where it may be a module: the same, and it sends what waits with the app closed. */

import "/sw.js";
import { waitingLater } from "/static/patient/later.js";
import { bind } from "/static/patient/phone.js";
import { sync } from "/static/patient/sync.js";

self.syncByItself = async () => {
  // Somebody else may have been paired since we were last awake.
  bind(null);
  const how = await sync("background");
  return { ...how, waiting: how.waiting + (await waitingLater()).length };
};
