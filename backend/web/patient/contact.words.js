/** The texts of the "contact" screen. */
export const words = {
  nl: { "contact.title": "Neem contact met mij op" },
  en: { "contact.title": "Please contact me" },
};
