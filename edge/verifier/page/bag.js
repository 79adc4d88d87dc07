// The frame of a package: names, manifests, and every small file read: package_bag.py, verify_bag.py.

import { fromUtf8Loosely, utf8 } from "./bytes.js";
import { digestOf } from "./sha256.js";
import { byCodePoint, isPrintable, lengthOf } from "./text.js";

export const BAGIT = "bagit.txt";
export const BAG_INFO = "bag-info.txt";
export const MANIFEST = "manifest-sha256.txt";
export const TAG_MANIFEST = "tagmanifest-sha256.txt";
export const ENVELOPES = "data/envelopes/";
export const FOOTAGE = "data/footage/";
export const DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const FRAME = [BAGIT, BAG_INFO, MANIFEST, TAG_MANIFEST];
const LINE = /^([0-9a-f]{64}) {2}([^\n]{1,1024})$/u;
const UNSAFE = /[\\%*?"<>|:]/;
const WINDOWS_DEVICES = /^(?:con|prn|aux|nul|com\p{Nd}|lpt\p{Nd})(?:\.|$)/iu;
const KEPT = /[\p{L}\p{N}._-]/u;
const NAME_LIMIT = 120;
const ENVELOPE_LIMIT = 2 << 20;
const SMALL_LIMIT = 64 << 20;
const TOTAL_LIMIT = 1 << 30;

/** Whether a name can be looked up anywhere without leaving the package. */
export function isSafe(path) {
  if (lengthOf(path, 1024) > 1024 || !isPrintable(path) || UNSAFE.test(path)) return false;
  return path.split("/").every((name) => !["", ".", ".."].includes(name));
}

/** The last part of a camera's path, spelt so that any file system takes it. */
export function safeName(path) {
  const last = path.slice(path.lastIndexOf("/") + 1).normalize("NFC");
  const replaced = [...last].map((it) => (KEPT.test(it) ? it : "_")).join("");
  let kept = replaced.replace(/^\.+|\.+$/g, "") || "_";
  while (utf8(kept).length > NAME_LIMIT) {
    const dot = kept.lastIndexOf(".");
    const stem = dot > 0 ? kept.slice(0, dot) : "";
    kept = stem ? shortened(stem) + kept.slice(dot) : shortened(kept);
  }
  return WINDOWS_DEVICES.test(kept) ? `_${kept}` : kept;
}

function shortened(text) {
  return [...text].slice(0, -1).join("");
}

/** One line per file, sorted by the bytes of its name. `digests` is a Map. */
export function formatManifest(digests) {
  const names = [...digests.keys()].sort(byCodePoint);
  return utf8(names.map((name) => `${digests.get(name)}  ${name}\n`).join(""));
}

/** The sound lines of a manifest that may be hostile, and the number of the first bad one. */
export function parseManifest(raw) {
  const digests = new Map();
  const lines = fromUtf8Loosely(raw).split("\n");
  let bad = null;
  if (lines.at(-1) === "") lines.pop();
  else bad = lines.length;
  lines.forEach((line, at) => {
    const match = LINE.exec(line);
    if (match === null || !isSafe(match[2]) || digests.has(match[2])) {
      bad = Math.min(bad ?? Infinity, at + 1);
    } else {
      digests.set(match[2], match[1]);
    }
  });
  return { digests, bad };
}

/** The package as found; only `small` files are held in memory. `files` maps names to Blobs. */
export class Bag {
  sizes = new Map();
  small = new Map();
  claims = new Map();
  manifestSound = false;
  room = TOTAL_LIMIT;

  constructor(files) {
    this.files = files;
  }

  /** Names of small files that begin so, in order. */
  namesIn(folder) {
    return [...this.small.keys()].filter((name) => name.startsWith(folder)).sort(byCodePoint);
  }

  /** Envelope files that belong here, as far as an undamaged manifest says. */
  envelopeNames() {
    return this.namesIn(ENVELOPES).filter((name) => !this.manifestSound || this.claims.has(name));
  }

  /** Whether a small file is not what its manifest line says. */
  differs(name) {
    return digestOf(this.small.get(name)) !== this.claims.get(name);
  }
}

/** 1. Read the frame and every small file; report names that cannot be used. */
export async function openBag(files, findings) {
  const since = findings.verdicts.length;
  const bag = new Bag(files);
  for (const name of [...files.keys()].sort(byCodePoint)) await take(name, bag, findings);
  for (const name of FRAME) {
    if (!bag.small.has(name) && !findings.explains(name)) findings.add({ code: "PKG_MISSING", file: name });
  }
  const tags = claimsOf(TAG_MANIFEST, bag, findings);
  bag.claims = new Map([...claimsOf(MANIFEST, bag, findings), ...tags]);
  bag.manifestSound = bag.small.has(MANIFEST) && !bag.differs(MANIFEST);
  const bytes = [...bag.sizes.values()].reduce((sum, size) => sum + size, 0);
  findings.endStep("files", since, 0, { files: bag.sizes.size, bytes });
  return bag;
}

async function take(name, bag, findings) {
  const blob = bag.files.get(name);
  if (!isSafe(name)) {
    const expected = "a plain file with a safe name";
    findings.add({ code: "PKG_EXTRA", file: name, expected, found: "an unsafe name" });
    return;
  }
  if (!name.startsWith(FOOTAGE)) {
    const raw = await read(name, blob, bag, findings);
    if (raw === null) return;
    bag.small.set(name, raw);
  }
  bag.sizes.set(name, blob.size);
}

async function read(name, blob, bag, findings) {
  const limit = Math.min(name.startsWith(ENVELOPES) ? ENVELOPE_LIMIT : SMALL_LIMIT, bag.room);
  if (blob.size > limit) {
    const [expected, found] = [`at most ${limit} bytes`, `${blob.size} bytes`];
    findings.add({ code: "PKG_EXTRA", file: name, expected, found });
    return null;
  }
  try {
    const raw = new Uint8Array(await blob.arrayBuffer());
    bag.room -= raw.length;
    return raw;
  } catch (failure) {
    const expected = "a readable file";
    findings.add({ code: "PKG_MISSING", file: name, expected, found: failure.name });
    return null;
  }
}

function claimsOf(name, bag, findings) {
  const { digests, bad } = parseManifest(bag.small.get(name) ?? new Uint8Array());
  if (bad !== null) {
    const expected = "lines of <sha256>, two spaces, a safe name, each name once";
    findings.add({ code: "PKG_ALTERED", file: name, expected, found: `line ${bad}` });
  }
  return digests;
}
