/** The texts of the "reminders" screen. */
export const words = { nl: { "reminders.title": "Herinneringen" }, en: { "reminders.title": "Reminders" } };
