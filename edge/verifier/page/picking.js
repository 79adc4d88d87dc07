// What a person hands over: a package's folder, and a trust policy, chosen or dropped.

/** Files by their path inside of the chosen folder, as a Map, with the folder's name. */
export function chosenFolder(list) {
  const files = new Map();
  let name = "";
  for (const file of list) {
    const [folder, ...rest] = file.webkitRelativePath.split("/");
    name = folder;
    files.set(rest.join("/"), file);
  }
  return { name, files };
}

/** {folders, files} of a drop; folders are read to their depth. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((it) => it);
  const folders = [];
  const files = [];
  for (const entry of entries) {
    if (entry.isFile) {
      files.push(await fileOf(entry));
    } else {
      const found = new Map();
      await walk(entry, "", found);
      folders.push({ name: entry.name, files: found });
    }
  }
  return { folders, files };
}

/** The package among dropped folders, and the policy among files and other folders. */
export function sorted({ folders, files }) {
  const isBag = (it) => it.files.has("bagit.txt") || it.files.has("manifest-sha256.txt");
  const isTrust = (it) => !isBag(it) && it.files.has("policy.json");
  const policies = [...files, ...folders.filter(isTrust).map((it) => it.files.get("policy.json"))];
  const others = folders.filter((it) => !isTrust(it));
  return { folder: others.find(isBag) ?? others[0] ?? null, policy: policies[0] ?? null };
}

async function walk(folder, path, found) {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const entry of entries) {
      const name = path + entry.name;
      if (entry.isFile) found.set(name, await fileOf(entry));
      else await walk(entry, `${name}/`, found);
    }
  }
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
