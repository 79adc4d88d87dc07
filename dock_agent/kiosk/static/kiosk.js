// Keeps the page true: swaps in what changed, and says so when it no longer knows.
// No verdict is shown unless the station was heard within the last seconds.
"use strict";
(() => {
  const SILENT_MS = 8000;
  const IDLE_MS = 90000;
  const page = document.documentElement;
  const { lang, home, build, docking, sound } = document.body.dataset;
  let heard = -Infinity;
  let touched = performance.now();
  let source = null;
  let verdicts = null;

  function open() {
    const query = new URLSearchParams({ lang });
    if (docking) query.set("docking", docking);
    source = new EventSource(`/events?${query}`);
    source.addEventListener("build", (event) => {
      if (JSON.parse(event.data) !== build) location.reload();
    });
    source.addEventListener("parts", (event) => swap(JSON.parse(event.data)));
    source.addEventListener("tick", () => { heard = performance.now(); judge(); });
  }

  function swap(parts) {
    for (const [id, html] of Object.entries(parts)) {
      const place = document.getElementById(id);
      if (!place) continue;
      const key = place.contains(document.activeElement) && document.activeElement.dataset.key;
      place.innerHTML = html;
      if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
    }
    tell();
  }

  // What changed is spoken, and rung where the station wants that.
  function tell() {
    const now = new Map();
    for (const tile of document.querySelectorAll(".tile")) {
      now.set(tile.dataset.bay, `${tile.dataset.verdict} ${tile.classList.contains("danger")}`);
      if (verdicts && verdicts.get(tile.dataset.bay) !== now.get(tile.dataset.bay)) {
        document.getElementById("spoken").textContent = tile.getAttribute("aria-label");
        if (tile.classList.contains("danger")) ring([330, 262, 330, 262]);
        else if (tile.dataset.verdict === "take") ring([660, 880]);
      }
    }
    verdicts = now;
  }

  function ring(notes) {
    if (sound !== "on") return;
    const audio = new AudioContext();
    notes.forEach((pitch, place) => {
      const voice = new OscillatorNode(audio, { frequency: pitch });
      const loudness = new GainNode(audio, { gain: 0.25 });
      voice.connect(loudness).connect(audio.destination);
      voice.start(audio.currentTime + place * 0.22);
      voice.stop(audio.currentTime + place * 0.22 + 0.18);
      if (place === notes.length - 1) voice.onended = () => audio.close();
    });
  }

  function judge() {
    const live = performance.now() - heard < SILENT_MS;
    page.dataset.live = live ? "yes" : "no";
    if (source.readyState === EventSource.CLOSED) { source.close(); open(); }
    const away = docking || lang !== home;
    if (away && performance.now() - touched > IDLE_MS) location.assign("/");
  }

  for (const name of ["pointerdown", "keydown"]) {
    addEventListener(name, () => { touched = performance.now(); }, { passive: true });
  }
  open();
  setInterval(judge, 1000);
})();
