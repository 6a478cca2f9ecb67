// Says on a page of staff that reminders are not going out: asks this server's /readyz once a minute, and no other host.
const EVERY_MS = 60_000;
const SHEET = "/static/shared/silence.css";

const texts = {
  nl: {
    since: (when) => `Sinds ${when} blijven herinneringen liggen.`,
    never: "Er gaan geen herinneringen uit.",
    todo: "Patiënten krijgen nu misschien geen bericht. Bel zelf wie dringend iets moet weten, en waarschuw uw beheerder.",
  },
  en: {
    since: (when) => `Since ${when} reminders have been held up.`,
    never: "No reminders are going out.",
    todo: "Patients may get no messages now. Call those who urgently need to know, and tell your administrator.",
  },
};

// Puts the banner at the top of the page and keeps it up to date, also when the page changes its language.
// Returns a function that ends it.
export function watchSilence(page = document) {
  const root = page.documentElement;
  const banner = page.createElement("div");
  const [what, todo] = [page.createElement("p"), page.createElement("p")];
  let state = null;
  banner.className = "silence";
  banner.setAttribute("role", "alert");
  banner.hidden = true;
  banner.append(what, todo);
  page.body.prepend(banner);
  withStyle(page);

  // A banner that already stands is left alone: written anew it would be read aloud every minute.
  function show() {
    const language = root.lang in texts ? root.lang : "nl";
    const said = state ? lines(state, language) : ["", ""];
    if (what.textContent !== said[0]) what.textContent = said[0];
    if (todo.textContent !== said[1]) todo.textContent = said[1];
    banner.hidden = !state;
  }

  async function look() {
    const found = await asked();
    if (found === undefined) return; // nobody knows: what was said last stands
    state = found;
    show();
  }

  const again = () => { if (!page.hidden) look(); };
  const language = new MutationObserver(show);
  language.observe(root, { attributes: true, attributeFilter: ["lang"] });
  page.addEventListener("visibilitychange", again);
  const timer = setInterval(again, EVERY_MS);
  look();
  return () => {
    clearInterval(timer);
    language.disconnect();
    page.removeEventListener("visibilitychange", again);
    banner.remove();
  };
}

// What /readyz says of reminders: null when they go out, undefined when it cannot be known now.
async function asked() {
  try {
    const told = await (await fetch("/readyz", { cache: "no-store", credentials: "omit" })).json();
    if (!Array.isArray(told.wrong)) return undefined;
    const stopped = told.wrong.some((one) => /^(dispatcher|reminders):/.test(one));
    return stopped ? { since: told.reminders_delayed_since } : null;
  } catch {
    return undefined;
  }
}

function lines({ since }, language) {
  const said = texts[language];
  return [since ? said.since(moment(since, language)) : said.never, said.todo];
}

function moment(at, language) {
  const parts = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(`${language}-NL`, { ...parts, hour12: false }).format(new Date(at));
}

function withStyle(page) {
  const sheet = page.createElement("link");
  sheet.rel = "stylesheet";
  sheet.href = SHEET;
  page.head.append(sheet);
}
