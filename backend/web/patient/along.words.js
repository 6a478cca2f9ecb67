/** The texts of the "along" screen. */
export const words = { nl: { "along.title": "Gegevens meenemen" }, en: { "along.title": "Take your data along" } };
