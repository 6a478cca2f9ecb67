/** The texts of the "trouble" screen. */
export const words = {
  nl: { "trouble.title": "Nog niet verstuurd" },
  en: { "trouble.title": "Not sent yet" },
};
