// The words of the human check's box in the language of the page. Loaded after the box's own script, and not for English, which it speaks.
const words = document.querySelector("[data-human-words]");
if (words && globalThis.$altcha) globalThis.$altcha.i18n.set(document.documentElement.lang, JSON.parse(words.dataset.humanWords));
