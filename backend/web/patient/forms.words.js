/** The texts of the "forms" screen. */
export const words = {
  nl: { "forms.title": "Vragenlijsten" },
  en: { "forms.title": "Forms" },
};
