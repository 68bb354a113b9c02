"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const [view, pane, told, title] = ["view", "pane", "told", "view-title"].map(byId);
  const [query, results, keys] = ["query", "results", "keys"].map(byId);
  const narrow = matchMedia("(max-width: 60rem)");
  const SVG = "http://www.w3.org/2000/svg";
  const MOST_FOUND = 200;
  let texts = null;
  let current = null; // the element whose places are shown
  let at = { numbers: [], turn: 0, page: 0 };

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  const place = (number) => {
    const [page, source, quote, boxes, kind, score] = data.places[number];
    return { page, source, quote, boxes, kind, score };
  };
  const numbersOf = (node) => (node.dataset.at || "").split(" ").filter(Boolean).map(Number);
  const pageText = (page) => {
    texts ??= JSON.parse(byId("texts").textContent);
    return texts[page] || "";
  };

  // The page, and what is marked on it.

  function showItem(node, { focus = false } = {}) {
    current?.removeAttribute("aria-current");
    current = node;
    node.setAttribute("aria-current", "true");
    const numbers = numbersOf(node);
    at = { numbers, turn: 0, page: numbers.length ? place(numbers[0]).page || 0 : Number(node.dataset.page) };
    draw(focus);
  }

  function showPage(page, word = "") {
    if (page < 1 || page > data.pages.length) return;
    const turn = at.numbers.findIndex((number) => place(number).page === page);
    at = { numbers: at.numbers, turn, page };
    draw(false, word);
  }

  function draw(focus, word = "") {
    const one = at.turn >= 0 && at.numbers.length ? place(at.numbers[at.turn]) : null;
    title.textContent = at.page ? pageName(at.page) : one?.source || "No page";
    told.replaceChildren(...tell(one));
    pane.replaceChildren(...(at.page ? sheet(one, word) : []));
    for (const mark of document.querySelectorAll(".s.here")) mark.classList.remove("here");
    document.querySelector(`#strip [data-page="${at.page}"]`)?.classList.add("here");
    view.classList.add("open");
    if (focus && narrow.matches) title.focus({ preventScroll: true });
    bring(word);
  }

  function pageName(page) {
    const label = data.pages[page - 1][2];
    const named = label && label !== String(page) ? ` (${label})` : "";
    return `Page ${page}${named} of ${data.pages.length}`;
  }

  function tell(one) {
    const lines = [];
    const area = one && ["figure", "gap"].includes(one.kind);
    if (one?.quote) lines.push(make("p", { class: "q", dir: "auto" }, area ? one.quote : `“${one.quote}”`));
    if (one) {
      const score = one.score !== null && one.score < 1 ? `, ${Math.round(one.score * 100)} % alike` : "";
      const stands = `Stands ${one.source ? `in ${one.source}, ` : ""}${data.kinds[one.kind]}${score}. `;
      const others = {
        none: "This quote was not found there. ",
        gap: "This picture is missing. ",
        figure: "The figure as it stands on its page. ",
      };
      const line = make("p", { class: one.kind === "none" ? "fate bad" : "fate", dir: "auto" }, others[one.kind] || stands);
      if (at.numbers.length > 1) {
        const next = make("button", { type: "button" }, `Place ${at.turn + 1} of ${at.numbers.length}: next`);
        next.addEventListener("click", turnPlace);
        line.append(next);
      }
      lines.push(line);
    }
    if (at.page) {
      const [, , , fate, reason] = data.pages[at.page - 1];
      const bad = fate === "failed" ? "fate bad" : "fate";
      if (fate !== "answered" || !one) lines.push(make("p", { class: bad, dir: "auto" }, `This page: ${fate}${reason ? `, ${reason}` : ""}`));
    }
    if (at.page && !pictureOf(at.page)) lines.push(make("p", { class: "fate" }, whyNot(at.page)));
    return lines;
  }

  const whyNot = (page) =>
    data.whyNot[page] || data.whyNot[0] || "Nothing points at this page, so the report holds no picture of it.";

  function turnPlace() {
    if (at.numbers.length < 2) return;
    const turn = (at.turn + 1) % at.numbers.length;
    at = { numbers: at.numbers, turn, page: place(at.numbers[turn]).page || 0 };
    draw(false);
  }

  function sheet(one, word) {
    const [width, height] = data.pages[at.page - 1];
    const shown = make("div", { class: "sheet" });
    const source = pictureOf(at.page);
    if (source) shown.append(make("img", { src: source, alt: `Picture of page ${at.page}`, draggable: "false" }));
    shown.append(marks(width, height));
    const below = [];
    const text = pageText(at.page);
    if (text) {
      const body = make("pre", { dir: "auto" });
      const lines = make("details", {}, make("summary", {}, "Text of this page, as it stands in the file"), body);
      body.append(...marked(text, word || (source ? "" : one?.quote || "")));
      lines.open = Boolean(word) || !source;
      below.push(lines);
    }
    return [shown, ...below];
  }

  function pictureOf(page) {
    if (data.beside[page]) return data.beside[page].split("/").map(encodeURIComponent).join("/");
    const held = byId(`picture-${page}`);
    return held && `data:${held.dataset.media};base64,${held.textContent}`;
  }

  function marks(width, height) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-hidden", "true");
    at.numbers.forEach((number, turn) => {
      const one = place(number);
      if (one.page !== at.page || one.source && one.source !== "comment") return;
      for (const [x0, y0, x1, y1] of one.boxes) {
        const rect = document.createElementNS(SVG, "rect");
        const sides = { x: x0 - 1.5, y: y0 - 1.5, width: Math.max(x1 - x0, 1) + 3, height: Math.max(y1 - y0, 1) + 3 };
        for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
        const kind = one.kind === "picture" ? "figure" : one.kind;
        rect.setAttribute("class", `${turn === at.turn ? "now" : "other"} ${kind}`);
        svg.append(rect);
      }
    });
    return svg;
  }

  function bring(word) {
    const [mark, found] = [pane.querySelector("rect.now"), pane.querySelector("mark")];
    const aim = word ? found : mark || found;
    if (!aim) return pane.scrollTo(0, 0);
    const image = pane.querySelector("img");
    const go = () => {
      const [box, frame] = [aim.getBoundingClientRect(), pane.getBoundingClientRect()];
      const inside = box.left >= frame.left && box.right <= frame.right;
      if (inside && box.bottom < frame.bottom - 20) return;
      pane.scrollBy(inside ? 0 : box.left - frame.left - 40, box.top - frame.top - (frame.height - box.height) / 3);
    };
    pane.scrollTo(0, 0);
    if (image && !image.complete) image.addEventListener("load", go, { once: true });
    else go();
  }

  function marked(text, word) {
    const start = word ? text.toLowerCase().indexOf(word.toLowerCase()) : -1;
    if (start < 0) return [text];
    const end = start + word.length;
    return [text.slice(0, start), make("mark", {}, text.slice(start, end)), text.slice(end)];
  }

  // From one to the next.

  const items = () => [...document.querySelectorAll("main .item")].filter((node) => !node.closest("details:not([open])"));

  function step(by) {
    const all = items();
    const from = all.indexOf(document.activeElement) >= 0 ? document.activeElement : current;
    const next = all[Math.min(Math.max(all.indexOf(from) + by, 0), all.length - 1)];
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
    if (!narrow.matches) showItem(next);
  }

  function nextGap() {
    const gaps = [...document.querySelectorAll("#gaps .item")];
    const next = gaps[(gaps.indexOf(current) + 1) % gaps.length];
    if (!next) return;
    next.focus();
    showItem(next);
  }

  function close() {
    view.classList.remove("open");
    current?.focus({ preventScroll: true });
  }

  function theme() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const now = document.documentElement.dataset.theme || dark;
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  }

  function zoom() {
    const large = pane.classList.toggle("large");
    byId("zoom").setAttribute("aria-pressed", String(large));
    bring("");
  }

  // Search.

  let indexed = null;
  let due = 0;

  function index() {
    indexed ??= [...document.querySelectorAll("main .item")].map((node) => {
      const around = node.closest("tr, .row, .side, figure, li") || node;
      const quotes = numbersOf(node).map((number) => place(number).quote);
      const text = [around.textContent.replace(/\s+/g, " ").trim(), ...quotes].join(" · ");
      const part = node.closest("section")?.querySelector("h2")?.textContent || "";
      return { node, part, text, low: text.toLowerCase() };
    });
    return indexed;
  }

  function search() {
    const word = query.value.trim().toLowerCase();
    if (!word) return hideResults();
    const found = index().filter((one) => one.low.includes(word)).map((one) => hit(one.part, one.text, word, () => {
      for (let up = one.node.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
      one.node.scrollIntoView({ block: "center" });
      one.node.focus({ preventScroll: true });
      showItem(one.node, { focus: true });
    }));
    pageText(0);
    for (const [page, text] of Object.entries(texts)) {
      if (found.length > MOST_FOUND) break;
      if (text.toLowerCase().includes(word)) found.push(hit(`Page ${page}`, text, word, () => showHit(Number(page), word)));
    }
    const said = found.length > MOST_FOUND ? `The first ${MOST_FOUND}: type more.` : `${found.length} found.`;
    const until = data.textUntil === null ? "" : ` The text of pages after ${data.textUntil} is not in the report.`;
    const none = Object.keys(texts).length ? until : " The text of pages is not in the report.";
    results.replaceChildren(...found.slice(0, MOST_FOUND), make("p", { role: "status" }, said + none));
    results.hidden = false;
    query.setAttribute("aria-expanded", "true");
    choose(0);
  }

  function showHit(page, word) {
    current?.removeAttribute("aria-current");
    current = null;
    at = { numbers: [], turn: -1, page };
    draw(true, word);
  }

  function hit(part, text, word, go) {
    const start = Math.max(text.toLowerCase().indexOf(word) - 40, 0);
    const near = text.slice(start, start + 140 + word.length);
    const row = make("button", { type: "button", role: "option", tabindex: "-1", "aria-selected": "false" }, make("small", {}, part));
    row.append(start ? "…" : "", ...marked(near, word), start + near.length < text.length ? "…" : "");
    row.addEventListener("click", () => {
      hideResults();
      go();
    });
    return row;
  }

  function choose(number) {
    const rows = [...results.querySelectorAll("button")];
    rows.forEach((row, place_) => row.setAttribute("aria-selected", String(place_ === number)));
    rows[number]?.scrollIntoView({ block: "nearest" });
  }

  function chosen(by) {
    const rows = [...results.querySelectorAll("button")];
    const now = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    if (by === 0) rows[now]?.click();
    else choose(Math.min(Math.max(now + by, 0), rows.length - 1));
  }

  function hideResults() {
    results.hidden = true;
    query.setAttribute("aria-expanded", "false");
  }

  query.addEventListener("input", () => {
    clearTimeout(due);
    due = setTimeout(search, 120);
  });
  query.addEventListener("focus", () => query.value && search());
  query.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1, Enter: 0 };
    if (event.key in moves && !results.hidden) {
      event.preventDefault();
      chosen(moves[event.key]);
    } else if (event.key === "Escape") {
      hideResults();
      query.blur();
    }
    event.stopPropagation();
  });

  // Clicks and keys.

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#search")) hideResults();
    const node = event.target.closest("main [data-at], main [data-page]");
    if (node) showItem(node, { focus: true });
    else if (!event.target.closest("a, button")) {
      const own = event.target.closest(".records tr")?.querySelector(".item");
      if (own && !getSelection().toString()) showItem(own, { focus: true });
    }
  });
  const strip = byId("strip");
  strip.querySelector("[data-page]")?.setAttribute("tabindex", "0");
  strip.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    const all = [...strip.querySelectorAll("[data-page]")];
    const from = all.indexOf(event.target);
    if (!by || from < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = all[Math.min(Math.max(from + by, 0), all.length - 1)];
    event.target.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
  byId("back").addEventListener("click", () => showPage(at.page - 1));
  byId("on").addEventListener("click", () => showPage(at.page + 1));
  byId("zoom").addEventListener("click", zoom);
  byId("close").addEventListener("click", close);
  byId("theme").addEventListener("click", theme);
  byId("help").addEventListener("click", () => keys.showModal());
  const actions = {
    j: () => step(1),
    k: () => step(-1),
    n: turnPlace,
    g: nextGap,
    z: zoom,
    d: theme,
    "?": () => keys.showModal(),
    "/": () => query.select(),
    ArrowLeft: () => showPage(at.page - 1),
    ArrowRight: () => showPage(at.page + 1),
    Escape: close,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    const onItem = event.target.closest?.("main .item");
    const by = onItem && { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const action = by ? () => step(by) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("main details")) one.open = true;
  });
  addEventListener("DOMContentLoaded", () => {
    const first = items().find((node) => node.dataset.at || node.dataset.page);
    if (first && !narrow.matches) showItem(first);
  });
})();
