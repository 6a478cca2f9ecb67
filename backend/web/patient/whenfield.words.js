/** The texts of the question when something happened. */
export const words = {
  nl: {
    "when.now": "Nu",
    "when.earlier": "Eerder",
    "when.day": "Dag",
    "when.time": "Tijd",
    "when.time_open": "Tijd (mag leeg blijven)",
    "when.day_missing": "Vul de dag in.",
    "when.time_missing": "Vul de tijd in. Ongeveer is goed.",
    "when.ahead": "Dit moment moet nog komen. Kijk de dag en de tijd na.",
  },
  en: {
    "when.now": "Now",
    "when.earlier": "Earlier",
    "when.day": "Day",
    "when.time": "Time",
    "when.time_open": "Time (may stay empty)",
    "when.day_missing": "Fill in the day.",
    "when.time_missing": "Fill in the time. About is fine.",
    "when.ahead": "This moment is yet to come. Check the day and the time.",
  },
};
