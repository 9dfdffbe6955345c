// The console works without this file. It adds: items beside the list, news while the page is
// open, running clocks, and keys. Nothing here ever moves the list by itself.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const wide = window.matchMedia("(min-width: 80em)");
  const kept = {
    get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } },
  };

  // --- the item beside the list --------------------------------------------------------------

  const inPane = (method, url, extra = {}) =>
    htmx.ajax(method, url, { target: "#fc-pane", swap: "innerHTML", ...extra });

  function openHere(link) {
    select(link.closest(".fc-row"), { scroll: false });
    return inPane("GET", link.getAttribute("href"));
  }

  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const link = plain && event.target.closest("a[href]");
    if (!link || !$("#fc-pane") || !wide.matches) return;
    const opens = link.matches(".fc-row__link, [data-reopen]") || link.closest(".fc-message");
    if (opens) {
      event.preventDefault();
      openHere(link);
    } else if (link.matches("[data-refresh]")) {
      event.preventDefault();
      refresh(link.getAttribute("href"));
    }
  });

  async function refresh(url) {
    await htmx.ajax("GET", url, { target: "#fc-list", swap: "outerHTML" });
    watch();
    $("#fc-heading")?.focus({ preventScroll: true });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const away = form.closest("#fc-pane") && form.method === "post" && wide.matches;
    if (away) {
      event.preventDefault();
      carry(form, event.submitter);
      inPane("POST", form.getAttribute("action"), { source: form });
    }
    for (const button of all("button", form)) {
      setTimeout(() => { button.disabled = true; });   // a second press would come too late anyway
      setTimeout(() => { button.disabled = false; }, 3000);
    }
  });

  // Which of a form's buttons was pressed, for those that do different things.
  function carry(form, button) {
    if (!button?.name) return;
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = button.name;
    field.value = button.value;
    form.append(field);
  }

  document.addEventListener("htmx:after:swap", () => {
    count();
    const shown = $("#fc-pane #fc-item")?.dataset.ref;
    if (shown) mark($(`#row-${CSS.escape(shown)}`));   // the row may be a new one now
    $("#fc-problem")?.focus();
    watch();
  });
  for (const name of ["htmx:error", "htmx:response:error"]) {
    document.addEventListener(name, () => say("No answer from the service. Try again.", "lost"));
  }

  // --- news ------------------------------------------------------------------------------------

  const LATER = 5000;
  let stop = () => {};
  let watched = null;

  function question() {
    if (!$("#fc-urgent")) return null;
    const list = $("#fc-list");
    const item = $("#fc-item");
    const params = new URLSearchParams(list?.dataset.params ?? "");
    if (list) params.set("since", list.dataset.since);
    if (item) { params.set("ref", item.dataset.ref); params.set("version", item.dataset.version); params.set("replies", item.dataset.replies); }
    return params.toString();
  }

  function say(text, kind = "") {
    const bar = $("#fc-bar");
    if (!bar) return;
    bar.className = `fc-bar${kind ? ` fc-bar--${kind}` : ""}`;
    const line = $("[data-news]", bar);
    if (line.textContent !== text) line.textContent = text;
    $("[data-refresh]", bar).textContent = kind === "news" ? "Show" : "Look again";
  }

  function tell(news) {
    say(news.text || "Up to date", news.text ? "news" : "");
    const emergency = news.urgent.length ? "(!) " : "";
    document.title = emergency + document.title.replace(/^\(!\) /, "");
    const changed = $("#fc-item-bar");
    if (changed) changed.hidden = !news.item;
    urgent(news.urgent);
  }

  function urgent(items) {
    const box = $("#fc-urgent");
    if (!box) return;
    const known = all("a", box).map((link) => link.textContent).join("\n");
    if (known === items.map((each) => each.text).join("\n") && box.hidden === !items.length) return;
    $("ul", box).replaceChildren(...items.map((each) => {
      const entry = document.createElement("li");
      const link = document.createElement("a");
      link.href = each.href;
      link.textContent = each.text;
      entry.append(link);
      return entry;
    }));
    box.hidden = !items.length;
  }

  const signedOut = () => say("You are signed out. Sign in again to go on.", "lost");

  // A browser allows six connections to one host: three tabs may stream, the others ask.
  async function slot(use) {
    for (let number = 0; navigator.locks && number < 3; number += 1) {
      const got = await navigator.locks.request(`fc-live-${number}`, { ifAvailable: true }, async (lock) => {
        if (!lock) return false;
        await use();
        return true;
      });
      if (got) return true;
    }
    return false;
  }

  function stream(query, signal) {
    return new Promise((done) => {
      const source = new EventSource(`/live?${query}`);
      let failures = 0;
      const end = () => { source.close(); done(); };
      signal.addEventListener("abort", end);
      source.addEventListener("message", (event) => { failures = 0; tell(JSON.parse(event.data)); });
      source.addEventListener("ended", () => { signedOut(); end(); });
      source.addEventListener("error", () => { failures += 1; if (failures > 2 || source.readyState === 2) end(); });
    });
  }

  async function ask(query, signal) {
    while (!signal.aborted) {
      try {
        const answer = await fetch(`/live/now?${query}`, { signal });
        if (answer.status === 401) { signedOut(); return; }
        if (answer.ok) tell(await answer.json());
        else say("The service does not answer: this list may be old.", "lost");
      } catch {
        if (!signal.aborted) say("No connection: this list may be old.", "lost");
      }
      await new Promise((next) => { setTimeout(next, LATER); });
    }
  }

  async function watch() {
    const query = question();
    if (query === watched) return;
    watched = query;
    stop();
    if (query === null) return;
    const control = new AbortController();
    stop = () => control.abort();
    await slot(() => stream(query, control.signal));
    if (!control.signal.aborted) ask(query, control.signal);
  }

  // --- clocks ----------------------------------------------------------------------------------

  function span(seconds) {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
    return `${Math.floor(seconds / 86400)} days`;
  }

  function tick() {
    for (const clock of all("[data-due]")) {
      const left = Math.floor((Date.parse(clock.dataset.due) - Date.now()) / 1000);
      clock.textContent = left >= 0 ? `${span(left)} left` : `${span(-left)} late`;
      clock.classList.toggle("fc-left--late", left < 0);
    }
  }

  // --- the reply -------------------------------------------------------------------------------

  const links = /(?:https?:\/\/|www\.)\S+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|info|uk|police|gov|eu|io|co|me|app|link|ly|gl|be|social|tv|biz)\b(?:\/\S*)?/gi;
  const emoji = /[\u{1f1e6}-\u{1f1ff}]{2}|[0-9#*]\ufe0f?\u20e3|(?:[\u203c-\u3299\u{1f000}-\u{1faff}][\ufe0f\u{1f3fb}-\u{1f3ff}]*\u200d?)+/gu;
  const light = (point) => point <= 4351 || (point >= 8192 && point <= 8205) || (point >= 8208 && point <= 8223) || (point >= 8242 && point <= 8247);

  // As X counts public posts (triage/reply_text.py): the service has the last word.
  function weighted(text) {
    let sum = 0;
    const rest = text.normalize("NFC").replace(links, () => { sum += 23; return ""; }).replace(emoji, () => { sum += 2; return ""; });
    for (const each of rest) sum += light(each.codePointAt(0)) ? 1 : 2;
    return sum;
  }

  function count() {
    const line = $("[data-count]");
    const box = line && $(`#${line.dataset.count}`);
    if (!box) return;
    const way = $("[name=channel]", box.form);
    const most = Number((way.selectedOptions?.[0] ?? way).dataset.most);
    const text = box.value.trim();
    const used = way.value === "x_mention" ? weighted(text) : [...text].length;
    const at = most.toLocaleString("en-GB");
    line.textContent = used > most ? `${used - most} too many: at most ${at}` : `${used} of ${at} characters`;
    line.classList.toggle("fc-reply__count--over", used > most);
  }

  document.addEventListener("input", (event) => { if (event.target.closest(".fc-reply__form")) count(); });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-insert]");
    if (!link) return;
    event.preventDefault();
    const box = $("#reply-text");
    const before = box.value.slice(0, box.selectionStart);
    box.setRangeText(`${before && !/\s$/.test(before) ? " " : ""}${link.dataset.insert}`, box.selectionStart, box.selectionEnd, "end");
    box.focus();
    count();
  });

  // --- keys ------------------------------------------------------------------------------------

  const here = () => $(".fc-row--here");

  function mark(row) {
    if (!row) return;
    here()?.classList.remove("fc-row--here");
    row.classList.add("fc-row--here");
  }

  function select(row, { scroll = true } = {}) {
    if (!row) return;
    mark(row);
    $(".fc-row__link", row).focus({ preventScroll: true });
    if (scroll) row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const rows = all(".fc-row");
    const at = rows.indexOf(here());
    select(rows[Math.min(Math.max(at + by, 0), rows.length - 1)]);
  }

  function claim() {
    const item = $("#fc-item");
    const row = here();
    const own = item && $('form[data-verb="claim"]', item);
    if (own && (!row || row.dataset.ref === item.dataset.ref)) { own.requestSubmit(); return; }
    const form = $("#fc-claim");
    if (!row || !form || !row.hasAttribute("data-claimable")) return;
    const url = `/item/${encodeURIComponent(row.dataset.ref)}/claim`;
    if (wide.matches) { inPane("POST", url, { source: form }); return; }
    form.action = url;
    form.requestSubmit();
  }

  const undo = () => $('#fc-item form[data-verb="undo"]')?.requestSubmit();

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    Enter: (event) => { if (event.target === document.body) $(".fc-row__link", here() ?? document.createElement("i"))?.click(); },
    c: claim,
    r: () => $("#reply-text")?.focus(),
    z: undo,
    "?": () => { location.href = "/help"; },
  };

  // What an item offers under a key of its own; what opens puts the cursor in its first field.
  function press(named) {
    named.click();
    const field = named.matches("summary") && $("input:not([type=hidden]), select", named.parentElement);
    if (field && named.parentElement.open) field.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (kept.get("fc-keys") === "off") return;
    const named = /^[a-z]$/.test(event.key) && $(`#fc-item [data-key="${event.key}"]`);
    if (named) { event.preventDefault(); press(named); return; }
    if (!keys[event.key]) return;
    if (event.key !== "Enter") event.preventDefault();
    keys[event.key](event);
  });

  function keySwitch() {
    const button = $("#fc-keys");
    if (!button) return;
    const name = () => { button.textContent = kept.get("fc-keys") === "off" ? "Switch keys on" : "Switch keys off"; };
    button.hidden = false;
    name();
    button.addEventListener("click", () => {
      kept.set("fc-keys", kept.get("fc-keys") === "off" ? "on" : "off");
      name();
    });
  }

  // --- start -----------------------------------------------------------------------------------

  $("#fc-problem")?.focus();
  keySwitch();
  count();
  tick();
  setInterval(tick, 1000);
  watch();
  window.addEventListener("pagehide", () => { stop(); watched = null; });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
