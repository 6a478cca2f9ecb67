/** The texts of the "dose" screen. */
export const words = {
  nl: { "dose.title": "Mijn injectie" },
  en: { "dose.title": "My injection" },
};
