// Comfort on top of pages that work without it: keys and copy buttons. No request is made here.
"use strict";

(() => {
  const typing = (target) => target.matches("input, textarea, select, [contenteditable]");

  for (const button of document.querySelectorAll("button.copy")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 1500);
    });
  }

  const rows = [...document.querySelectorAll("tr[data-row]")];
  const move = (step) => {
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    next?.querySelector(".row-link")?.focus();
  };

  const player = document.querySelector("video[data-player], audio[data-player]");
  const keys = {
    "/": () => document.querySelector("[data-search]")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    " ": () => player && (player.paused ? player.play() : player.pause()),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === " " && (!player || event.target.closest("button, a, summary, video, audio"))) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
