/* Lets the arrow keys walk over the free hours of the timeline, and Tab stop once in each row instead of at every hour;
   switched on by `data-free-hours`. */
"use strict";

behaviour("data-free-hours", (grid) => {
  const rows = [...grid.querySelectorAll(".tl-row")].map((row) => [...row.querySelectorAll(".tl-free")]);
  rows.forEach((cells) => cells.slice(1).forEach((cell) => { cell.tabIndex = -1; }));

  const below = (from, step, left) => {
    for (let row = from + step; rows[row]; row += step) {
      const found = rows[row].find((cell) => Math.abs(cell.getBoundingClientRect().left - left) < 2);
      if (found) return found;
    }
    return null;
  };

  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".tl-free");
    const beside = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!cell || !(beside || step)) return;
    const here = rows.findIndex((cells) => cells.includes(cell));
    const next = beside
      ? rows[here][rows[here].indexOf(cell) + beside]
      : below(here, step, cell.getBoundingClientRect().left);
    event.preventDefault();
    event.stopPropagation();
    next?.focus();
  });
});
