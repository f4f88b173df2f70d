/* Comforts. Every page works without this file; each block below is one behaviour and knows nothing of the others. */
"use strict";

(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const target = event.target instanceof Element ? event.target.closest(selector) : null;
      if (target) act(event, target);
    });
  const stored = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { /* private window: the choice lasts for the page */ } },
  };

  /* what only works with a script appears, what is only needed without one goes */
  const settle = (root) => {
    all("[data-theme-switch], [data-copy], [data-help]", root).forEach((element) => { element.hidden = false; });
    all("[data-without-script]", root).forEach((element) => { element.hidden = true; });
  };
  settle(document);
  document.addEventListener("htmx:afterSettle", () => settle(document));

  /* light or dark: the cookie lets the server paint the next page in the right colour at once */
  on("click", "[data-theme-switch]", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax`;
  });

  /* menus close on Escape and on a click elsewhere */
  document.addEventListener("click", (event) => {
    all("details.menu[open], details.tl-filter[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.menu[open], details.tl-filter[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
  });

  /* a Korean or Chinese syllable being composed: Enter finishes it and sends nothing */
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
  }, true);

  /* in the booking form Enter asks for a check instead of leaving the page */
  on("keydown", "[data-booking-form] input", (event, input) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* dates and times: 20270302 and 900 become 2027-03-02 and 09:00 */
  on("change", "[data-date]", (_event, input) => {
    const digits = input.value.replace(/\D/g, "");
    const parts = input.value.match(/^\s*(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*$/);
    if (parts) input.value = [parts[1], parts[2].padStart(2, "0"), parts[3].padStart(2, "0")].join("-");
    else if (digits.length === 8) input.value = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  });
  on("change", "[data-time]", (_event, input) => {
    const digits = input.value.replace(/\D/g, "");
    if (/^\d{1,2}$/.test(input.value.trim())) input.value = `${digits.padStart(2, "0")}:00`;
    else if (digits.length === 3 || digits.length === 4) input.value = `${digits.slice(0, -2).padStart(2, "0")}:${digits.slice(-2)}`;
  });

  /* fill a form from a button: an alternative that fits, a demonstration account */
  on("click", "[data-fill]", (event, button) => {
    const form = button.form || one("form[method=post]", one("main"));
    const values = JSON.parse(button.value || button.dataset.fill);
    const fields = Object.entries(values).map(([name, value]) => [form.elements.namedItem(name), value]);
    if (fields.some(([field]) => !field)) return;
    event.preventDefault();
    fields.forEach(([field, value]) => { field.value = value; });
    form.dispatchEvent(new CustomEvent("gmp:filled", { bubbles: true }));
    (fields[0]?.[0] ?? form).focus();
  });

  /* on phones the verdict is far below the fields: its first line is repeated beside the buttons */
  const repeatVerdict = () => {
    const line = one("[data-verdict-line]");
    const verdict = one("#preview .verdict");
    if (!line || !verdict) return;
    line.textContent = verdict.textContent.trim();
    line.className = verdict.className.replace("verdict", "verdict-line");
  };
  repeatVerdict();
  document.addEventListener("htmx:afterSettle", repeatVerdict);

  /* sessions and equipment: add and remove entries in place */
  const renumber = (list) => all("[data-item]", list).forEach((item, index) => {
    all("[data-number]", item).forEach((label) => { label.textContent = String(index + 1); });
  });
  on("click", "[data-add]", (event, button) => {
    event.preventDefault();
    const list = button.closest("[data-items]");
    const kind = button.dataset.add;
    const taken = all(`[name^="${kind}-"]`, list).map((field) => Number(field.name.split("-")[1]));
    const index = Math.max(-1, ...taken) + 1;
    const holder = document.createElement("template");
    holder.innerHTML = one(`#${kind}-template`).innerHTML.replaceAll("__i__", String(index)).replaceAll("__n__", String(index + 1));
    const item = one("[data-item]", holder.content);
    one("[data-items-end]", list).before(item);
    renumber(list);
    one("select, input", item).focus();
  });
  on("click", "[data-remove]", (event, button) => {
    event.preventDefault();
    const list = button.closest("[data-items]");
    const form = button.form;
    button.closest("[data-item]").remove();
    renumber(list);
    one("[data-add]", list).focus();
    form.dispatchEvent(new CustomEvent("gmp:filled", { bubbles: true }));
  });

  /* copy a secret that is shown once */
  on("click", "[data-copy]", async (_event, button) => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    one("span", button).textContent = button.dataset.done;
  });

  /* one click sends a form once */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));

  /* a form that is left without being sent: others need not see it as being filled in any longer */
  window.addEventListener("pagehide", () => {
    const form = one("[data-booking-form]");
    if (!form || form.dataset.sent) return;
    const fields = new FormData();
    fields.append("csrf_token", one("meta[name=csrf-token]").content);
    navigator.sendBeacon(form.dataset.marks, fields);
  });

  /* the timeline opens at the present or at the beginning of the working day */
  const showDay = () => {
    const frame = one("[data-timeline]");
    if (!frame || frame.scrollWidth <= frame.clientWidth || frame.dataset.shown) return;
    frame.dataset.shown = "yes";
    const track = one(".tl-heads", frame);
    const now = one("[data-now]", frame);
    const share = now ? (now.getBoundingClientRect().left - track.getBoundingClientRect().left) / track.offsetWidth - 0.12 : 7.5 / 24;
    if (one(".span-day", frame) || now) frame.scrollLeft = Math.max(0, share * track.offsetWidth);
  };
  showDay();
  document.addEventListener("htmx:afterSettle", showDay);

  /* arrows walk over the free hours of the timeline; Tab stops once in each row instead of at every hour */
  const rove = () => all(".tl-row").forEach((row) => all(".tl-free", row).slice(1).forEach((cell) => { cell.tabIndex = -1; }));
  rove();
  document.addEventListener("htmx:afterSettle", rove);
  on("keydown", ".tl-free", (event, cell) => {
    const rows = all(".tl-row", cell.closest(".tl-body"));
    const here = rows.indexOf(cell.closest(".tl-row"));
    const beside = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const below = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    let next = null;
    if (beside) {
      const cells = all(".tl-free", rows[here]);
      next = cells[cells.indexOf(cell) + beside];
    } else if (below) {
      const left = cell.getBoundingClientRect().left;
      for (let row = here + below; rows[row] && !next; row += below) {
        next = all(".tl-free", rows[row]).find((other) => Math.abs(other.getBoundingClientRect().left - left) < 2);
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
    next?.focus();
  });

  /* keys: n new, t today, arrows, / search, ? help; off while typing, and for good where somebody wants it so */
  const help = one("#keyboard-help");
  const off = one("[data-keys-off]");
  if (off) {
    off.checked = stored.get("keys") === "off";
    off.addEventListener("change", () => stored.set("keys", off.checked ? "off" : "on"));
  }
  on("click", "[data-help]", () => help?.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, select, textarea, dialog, [contenteditable], .tl-free") || stored.get("keys") === "off") return;
    if (event.key.startsWith("Arrow") && event.target.matches("[data-timeline]")) return;
    if (event.key === "?") { help?.showModal(); return; }
    const target = one(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  });

  /* after a refused form the reader starts at the list of what is wrong */
  one("#errors")?.focus();
})();
