/** Shows reminders that fall due while the app is open, and says so to the server. */

/** Begin to watch (app.js calls this once). */
export function start() {}
