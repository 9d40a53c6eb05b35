// Log proofs: C2SP verifier keys, signed notes, checkpoints and tlog-proofs; RFC 9162 inclusion.

const PROOF_HEADER = "c2sp.org/tlog-proof@v1";
const MOST_HASHES = 63;
const MOST_SIGNATURES = 16;
const MOST_NOTE_CHARACTERS = 65536;

function hashLine(line) {
  const bytes = fromBase64(line);
  need(bytes.length === 32, "a hash is not 32 bytes");
  return bytes;
}

function decimal(text) {
  need(/^(0|[1-9][0-9]{0,18})$/.test(text), "not a decimal number");
  return BigInt(text);
}

async function parseVerifierKey(text) {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/.exec(text) ?? refuse("not an Ed25519 verifier key");
  const [, name, id, encoded] = parts;
  const typed = fromBase64(encoded);
  need(typed.length === 33 && typed[0] === 1, "not an Ed25519 verifier key");
  const digest = await sha256(join(utf8(`${name}\n`), typed));
  need(hex(digest.subarray(0, 4)) === id, "the key id does not belong to the key");
  return { name, id, bytes: typed.subarray(1) };
}

// The text of a note that this key signed. Lines of other keys are passed over; a wrong line of this key is not.
async function openNote(note, key) {
  need([...note].length <= MOST_NOTE_CHARACTERS && !/[\x00-\x09\x0b-\x1f]/.test(note), "not a note");
  const gap = note.lastIndexOf("\n\n");
  need(gap >= 0 && note.endsWith("\n") && gap + 2 < note.length, "the note has no signature lines");
  const text = note.slice(0, gap + 1);
  const lines = note.slice(gap + 2, -1).split("\n");
  need(lines.length <= MOST_SIGNATURES, "too many signature lines");
  let isSigned = false;
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 ([^ ]+) (.*)$/.exec(line) ?? refuse("a signature line is malformed");
    const signature = fromBase64(encoded);
    need(signature.length >= 5, "a signature is too short");
    if (name !== key.name || hex(signature.subarray(0, 4)) !== key.id) continue;
    const imported = await crypto.subtle.importKey("raw", key.bytes, { name: "Ed25519" }, false, ["verify"]);
    const holds = await crypto.subtle.verify({ name: "Ed25519" }, imported, signature.subarray(4), utf8(text));
    need(holds, "the signature of the log is wrong");
    isSigned = true;
  }
  need(isSigned, "no signature by the trusted log");
  return text;
}

function parseCheckpoint(text) {
  const lines = text.split("\n");
  need(lines.length === 4 && lines[0] && !lines[3], "a checkpoint has three lines");
  return { origin: lines[0], size: decimal(lines[1]), root: hashLine(lines[2]) };
}

function parseProof(text) {
  const gap = text.indexOf("\n\n");
  const [header, index, ...path] = text.slice(0, Math.max(gap, 0)).split("\n");
  need(gap >= 0 && header === PROOF_HEADER && (index ?? "").startsWith("index "), "not a tlog-proof");
  need(path.length <= MOST_HASHES, "the proof is too long");
  return { index: decimal(index.slice("index ".length)), path: path.map(hashLine), note: text.slice(gap + 2) };
}

async function checkInclusion(leaf, index, size, path, root) {
  const node = (left, right) => sha256(join([1], left, right));
  need(index < size, "the index lies outside the tree");
  let [fn, sn, hash] = [index, size - 1n, leaf];
  for (const sibling of path) {
    need(sn !== 0n, "the proof is too long");
    if (fn & 1n || fn === sn) {
      hash = await node(sibling, hash);
      while (!(fn & 1n) && fn) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      hash = await node(hash, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  need(sn === 0n, "the proof is too short");
  need(isEqual(hash, root), "the proof leads to another root");
}

// The place of a leaf in a log, proved by its receipt.
async function checkProof(text, leaf, key) {
  const { index, path, note } = parseProof(text);
  const { origin, size, root } = parseCheckpoint(await openNote(note, key));
  need(origin === key.name, "the checkpoint is of another log");
  await checkInclusion(await sha256(join([0], utf8(canonical(leaf)))), index, size, path, root);
  return { origin, index, size };
}
