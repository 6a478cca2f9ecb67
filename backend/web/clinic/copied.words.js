/** What the button that copies a text says. */
export const words = {
  nl: {
    "copied.done": "Gekopieerd.",
    "copied.not": "Kopiëren mag niet in deze browser. Selecteer de tekst en kopieer die zelf.",
  },
  en: {
    "copied.done": "Copied.",
    "copied.not": "This browser does not allow copying. Select the text and copy it yourself.",
  },
};
