/* Opens the timeline at the present, or else at the beginning of the working day; switched on by `data-timeline`. */
"use strict";

behaviour("data-timeline", (frame) => {
  if (frame.scrollWidth <= frame.clientWidth) return;
  const track = frame.querySelector(".tl-heads");
  const now = frame.querySelector("[data-now]");
  if (!now && !frame.querySelector(".span-day")) return;
  const left = now && now.getBoundingClientRect().left - track.getBoundingClientRect().left;
  const share = now ? left / track.offsetWidth - 0.12 : 7.5 / 24;
  frame.scrollLeft = Math.max(0, share * track.offsetWidth);
});
