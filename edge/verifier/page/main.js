// The page: choose or drop, verify, read. Tests and other programs use `liuhenVerify`.

import { byId, element } from "./elements.js";
import { EvidenceError } from "./errors.js";
import { chosenFolder, dropped, sorted } from "./picking.js";
import { TrustPolicy } from "./policy.js";
import { verifyFiles } from "./verify.js";
import { reportElements, verdictLine } from "./view.js";
import { WORDS, fill, grouped } from "./words.js";

const POLICY_LIMIT = 1 << 20;
const state = { language: "zh", folder: null, policyFile: null, policy: null, problem: null, report: null };

/** Verify a Map of names to Blobs under the bytes of a policy; the report, and nothing shown. */
globalThis.liuhenVerify = async (files, policy) => verifyFiles(files, await TrustPolicy.read(policy));

function words() {
  return WORDS[state.language];
}

function speak(language) {
  state.language = language;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = `${words().title} - ${words().brand}`;
  for (const it of document.querySelectorAll("[data-word]")) it.textContent = words()[it.dataset.word];
  for (const it of document.querySelectorAll("[data-language]")) {
    it.setAttribute("aria-pressed", String(it.dataset.language === language));
  }
  showChoices();
  if (state.report) showReport();
  else if (state.problem) showProblem(...state.problem);
}

function showChoices() {
  const { folder, policy, policyFile } = state;
  byId("package-choice").classList.toggle("has", folder !== null);
  byId("policy-choice").classList.toggle("has", policy !== null);
  byId("package-chosen").textContent = folder === null ? "" : toldFolder(folder);
  byId("policy-chosen").textContent = policy === null ? "" : toldPolicy(policyFile, policy);
  byId("start").disabled = folder === null || policy === null;
}

function toldFolder({ name, files }) {
  const octets = [...files.values()].reduce((sum, file) => sum + file.size, 0);
  const bytes = fill(words().bytes, { count: grouped(octets) });
  return fill(words().chosenPackage, { name, files: grouped(files.size), bytes });
}

function toldPolicy({ name }, { roots, logs, witnesses }) {
  const counts = { roots: roots.length, logs: logs.length, witnesses: witnesses.length };
  return fill(words().chosenPolicy, { name, ...counts });
}

async function takePolicy(file) {
  Object.assign(state, { policyFile: file, policy: null, problem: null, report: null });
  byId("result").replaceChildren();
  try {
    const raw = new Uint8Array(await file.slice(0, POLICY_LIMIT).arrayBuffer());
    state.policy = await TrustPolicy.read(raw);
  } catch (error) {
    showProblem("policyBad", error);
  }
  showChoices();
}

function takeFolder(folder) {
  if (!folder.files.size) return;
  Object.assign(state, { folder, problem: null, report: null });
  byId("result").replaceChildren();
  showChoices();
}

async function start() {
  const { folder, policy } = state;
  Object.assign(state, { problem: null, report: null });
  byId("result").replaceChildren();
  byId("start").disabled = true;
  byId("work").hidden = false;
  showProgress(0, 0);
  try {
    state.report = await verifyFiles(folder.files, policy, showProgress);
    showReport();
    byId("verdict").focus();
  } catch (error) {
    showProblem("failed", error);
  }
  byId("work").hidden = true;
  showChoices();
}

let told = -1;

/** A bar that moves with each percent, and words no more often. */
function showProgress(done, total) {
  const bar = byId("progress");
  const percent = total ? Math.floor((100 * done) / total) : -1;
  if (percent === told && done < total) return;
  told = percent;
  if (!total) {
    bar.removeAttribute("value");
    byId("progress-text").textContent = words().reading;
    return;
  }
  bar.value = done / total;
  const bytes = (count) => fill(words().bytes, { count: grouped(count) });
  const facts = { done: bytes(done), total: bytes(total), percent };
  byId("progress-text").textContent = fill(words().progress, facts);
}

function showReport() {
  const { report, language } = state;
  const json = JSON.stringify(report, null, 2);
  const save = element("button", { type: "button", class: "button quiet" }, words().save);
  save.addEventListener("click", () => saveReport(json));
  const print = element("button", { type: "button", class: "button quiet" }, words().print);
  print.addEventListener("click", () => globalThis.print());
  byId("result").replaceChildren(
    ...reportElements(report, language),
    element("details", { class: "card" }, element("summary", {}, words().report), element("pre", { id: "report" }, json)),
    element("p", { class: "actions" }, save, print),
  );
  byId("announcement").textContent = verdictLine(report, language);
}

function showProblem(kind, error) {
  state.problem = [kind, error];
  const problem = error instanceof EvidenceError ? `${error.code}: ${error.message}` : String(error);
  const text = fill(words()[kind], { problem });
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, "!");
  const line = element("h2", {}, text);
  byId("result").replaceChildren(element("section", { class: "verdict bad", role: "alert" }, sign, line));
}

function saveReport(json) {
  const url = URL.createObjectURL(new Blob([json], { type: "application/json" }));
  element("a", { href: url, download: "verification.json" }).click();
  URL.revokeObjectURL(url);
}

async function takeDrop(event) {
  event.preventDefault();
  document.body.classList.remove("dropping");
  const { folder, policy } = sorted(await dropped(event.dataTransfer));
  if (folder) takeFolder(folder);
  if (policy) await takePolicy(policy);
}

async function begin() {
  for (const it of document.querySelectorAll("[data-language]")) {
    it.addEventListener("click", () => speak(it.dataset.language));
  }
  byId("package").addEventListener("change", (event) => takeFolder(chosenFolder(event.target.files)));
  byId("policy").addEventListener("change", (event) => event.target.files[0] && takePolicy(event.target.files[0]));
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", takeDrop);
  speak(navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  } catch {
    showProblem("unsupported", "");
    byId("form").hidden = true;
  }
}

begin();
