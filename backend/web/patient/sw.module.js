/** The service worker where it may be a module: the same, and it sends what waits with the app closed. */

import "/sw.js";
import { bind } from "/static/patient/phone.js";
import { sync } from "/static/patient/sync.js";

self.syncByItself = () => {
  // Somebody else may have been paired since we were last awake.
  bind(null);
  return sync("background");
};
