// The page works without this file: a number box and links. It adds the slider, whose answer
// replaces the sentence, the tiles and what hangs on the line while it moves.
(() => {
  "use strict";

  const $ = (selector) => document.querySelector(selector);
  const form = $("#fc-tuner-form");
  const range = $("#fc-range");
  const box = $("#fc-line");
  if (!form || !range || !box) return;

  $("#fc-slide").hidden = false;
  let asked = null;
  let waiting = null;

  function address(path, line) {
    const query = new URLSearchParams({ of: form.elements.of.value, line });
    return `${path}?${query}`;
  }

  // One question at a time: while one is on its way only the newest other one waits.
  async function ask(line) {
    if (asked !== null) { waiting = line; return; }
    asked = line;
    try {
      const answer = await fetch(address("/tuner/answer", line), { headers: { "HX-Request": "true" } });
      if (answer.ok) put(await answer.text());
      else if (answer.redirected || answer.status === 401) location.reload();
    } catch { /* no connection: the page stays as it is, and says which line it shows */ }
    asked = null;
    if (waiting !== null && waiting !== line) { const next = waiting; waiting = null; ask(next); }
    waiting = null;
  }

  function put(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const open = [...document.querySelectorAll("#fc-tuner-rest details")].map((each) => each.open);
    for (const id of ["fc-tuner-top", "fc-tuner-rest"]) {
      const now = page.getElementById(id);
      if (now) document.getElementById(id).replaceWith(document.adoptNode(now));
    }
    document.querySelectorAll("#fc-tuner-rest details").forEach((each, at) => { each.open = open[at] ?? false; });
    const { x, line, down, up, short: said } = $("#fc-tuner-rest").dataset;
    $("#fc-short").textContent = said;
    for (const mark of document.querySelectorAll("[data-at]")) { mark.setAttribute("x1", x); mark.setAttribute("x2", x); }
    $("#fc-try").href = address("/tuner/try", short(line));
    const draft = $("#fc-draft-line");
    if (draft) draft.value = short(line);
    if (document.activeElement !== box) box.value = short(line);
    for (const [id, to] of [["#fc-down", down], ["#fc-up", up]]) {
      const link = $(id);
      link.hidden = !to;
      if (to) link.href = address("/tuner", to);
    }
    history.replaceState(null, "", address("/tuner", short(line)));
  }

  const short = (line) => line.replace(/0{1,2}$/, "");

  range.addEventListener("input", () => { box.value = range.value; ask(range.value); });
  box.addEventListener("input", () => {
    const line = Number(box.value.replace(",", "."));
    if (!box.value.trim() || !(line >= 0 && line <= 1)) return;
    range.value = String(line);
    ask(String(line));
  });
})();
