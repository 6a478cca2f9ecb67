/** The small drawings beside words; they only decorate, so nobody hears them. */

import { svg } from "../shared/dom.js";

const LINES = {
  today: ["M4 6.5A1.5 1.5 0 0 1 5.5 5h13A1.5 1.5 0 0 1 20 6.5v12a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5z", "M4 10h16M8.5 3v4M15.5 3v4", "M8.5 15l2.5 2.3 4.5-4.6"],
  intervals: ["M3 7c4.5 0 4.5 10 9 10 3.6 0 4-5.5 9-5.5", "M3 21h18"],
  prick: ["M12 3.5c3.8 4.7 6 7.7 6 10.7a6 6 0 0 1-12 0c0-3 2.2-6 6-10.7z", "M9 14.5a3 3 0 0 0 3 3"],
  more: ["M4 7h16M4 12h16M4 17h16"],
  sent: ["M5 12.5l4.5 4.5L19 7.5"],
  waiting: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M12 8v4.5l3 2"],
  offline: ["M7 18h9.5a4 4 0 0 0 1.8-7.6A6 6 0 0 0 8 8", "M7 18a4 4 0 0 1-.8-7.9M4 4l16 16"],
  attention: ["M12 4l9 15.5H3z", "M12 10v4.5M12 17v.3"],
  up: ["M12 19V6M6 11.5L12 5.5l6 6"],
  next: ["M9 5l7 7-7 7"],
  pen: ["M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19z", "M14 6.5l3.5 3.5"],
  days: ["M5 6h14M5 12h14M5 18h9"],
  forms: ["M6 4h12v16H6z", "M9 9h6M9 13h6M9 17h3"],
  dose: ["M14 4l6 6M17 7l-9.5 9.5L4 20l3.5-3.5", "M11 7l6 6M6 12l6 6"],
  contact: ["M4 5h16v11H10l-4 4v-4H4z"],
  move: ["M4 6h16v14H4zM4 10h16M8 3v4M16 3v4", "M9 15h6M13 13l2 2-2 2"],
  messages: ["M3 6h18v12H3z", "M3 7l9 6.5L21 7"],
  reminders: ["M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15z", "M10 21h4"],
  phones: ["M7 3h10v18H7z", "M11 18h2"],
  looked: ["M2.5 12C5 7.5 8.3 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.8 6.5-9.5 6.5S5 16.5 2.5 12z", "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z"],
  consents: ["M12 3l7.5 3v6c0 4.5-3.2 7.5-7.5 9-4.3-1.5-7.5-4.5-7.5-9V6z", "M8.5 12l2.5 2.5 4.5-5"],
  along: ["M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14"],
  phone: ["M6 4h3.5l1.5 4.5-2 1.5a12 12 0 0 0 5 5l1.5-2 4.5 1.5V18a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2z"],
};

/** Return the drawing of a name; an unknown one draws nothing. */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", width: 24, height: 24, "aria-hidden": "true", focusable: "false" },
    (LINES[name] ?? []).map((d) => svg("path", { d })),
  );
}
