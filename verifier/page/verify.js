// Checks an evidence bundle against a trust file, as docs/attestation-format.md says: profile `pinned-key`, no network,
// no document. Runs in a browser and in Node; everything cryptographic is WebCrypto's.
//
//   const verdict = await OutcomeVerifier.verifyBundle(bundleBytes, trustBytes, { now, contractBytes });
//
//   1 bundle        the file is exactly one canonical evidence bundle
//   2 token         the attestation is a strict SD-JWT VC
//   3 signature     a key of the trust file signed it
//   4 disclosures   every claim that is shown belongs to it
//   5 claims        issuer, type, times, numbers and names are right
//   6 receipt       the trusted log that it names holds it, since a time at which its key was valid
//   7 seals         the denominator was sealed as stated
//   8 status        nothing superseded it, as of the stapled list
//   9 contract      it was evaluated under the given contract file, and its figures add up
"use strict";

globalThis.OutcomeVerifier = (() => {
  const CLOCK_SKEW_SECONDS = 60;
  const LAST_SECOND = 253402300799; // the end of the year 9999

  // What a check says no with. `reason` is a fixed sentence, so that a page can say it in another language.
  class Refusal extends Error {}

  function refuse(reason) {
    throw new Refusal(reason);
  }

  function need(condition, reason) {
    if (!condition) refuse(reason);
  }

  // ── Bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────

  const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const STRAY_BITS = { 0: 0, 2: 15, 3: 3 }; // of the last character, by the text's length modulo 4

  const utf8 = (text) => new TextEncoder().encode(text);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
  const isEqual = (left, right) => left.length === right.length && left.every((byte, n) => byte === right[n]);

  function join(...parts) {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  async function sha256(bytes) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  }

  async function sha256Hex(bytes) {
    return hex(await sha256(bytes));
  }

  function toBase64url(bytes) {
    const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // Strict: no padding, no other characters, no stray trailing bits. One text for one value.
  function fromBase64url(text) {
    need(/^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1, "not base64url");
    const stray = BASE64URL.indexOf(text.at(-1) ?? "A") & STRAY_BITS[text.length % 4];
    need(stray === 0, "base64url with stray trailing bits");
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  }

  function fromBase64(text) {
    need(text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), "not base64");
    return fromBase64url(text.replace(/=+$/, "").replace(/\+/g, "-").replace(/\//g, "_"));
  }

  // ── Canonical JSON ───────────────────────────────────────────────────────────────────────────────────────────────

  const MOST_DEPTH = 32;

  // JSON.parse would pass over a repeated name, a fraction and a rounded integer. Objects have no prototype here, so
  // that a name such as `__proto__` or `constructor` is a name like any other.
  class JsonReader {
    constructor(text) {
      this.text = text;
      this.at = 0;
    }

    read() {
      const value = this.value(0);
      this.skipSpace();
      need(this.at === this.text.length, "not JSON");
      return value;
    }

    value(depth) {
      need(depth <= MOST_DEPTH, "nested too deeply");
      this.skipSpace();
      const first = this.text[this.at];
      if (first === "{") return this.object(depth);
      if (first === "[") return this.list(depth);
      if (first === '"') return this.string();
      for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
        if (this.text.startsWith(word, this.at)) {
          this.at += word.length;
          return value;
        }
      }
      return this.integer();
    }

    object(depth) {
      const found = Object.create(null);
      this.items("}", () => {
        this.skipSpace();
        need(this.text[this.at] === '"', "not JSON");
        const name = this.string();
        need(/^[\x00-\x7f]*$/.test(name), "object keys must be ASCII texts");
        need(!(name in found), "an object repeats a key");
        need(this.take(":"), "not JSON");
        found[name] = this.value(depth + 1);
      });
      return found;
    }

    list(depth) {
      const found = [];
      this.items("]", () => found.push(this.value(depth + 1)));
      return found;
    }

    items(end, readOne) {
      this.at += 1;
      if (this.take(end)) return;
      do readOne();
      while (this.take(","));
      need(this.take(end), "not JSON");
    }

    string() {
      const start = this.at;
      this.at += 1;
      while (this.text[this.at] !== '"') {
        need(this.at < this.text.length, "not JSON");
        this.at += this.text[this.at] === "\\" ? 2 : 1;
      }
      this.at += 1;
      const value = unescaped(this.text.slice(start, this.at));
      need(!/\p{Surrogate}/u.test(value), "a lone surrogate");
      return value;
    }

    integer() {
      const pattern = /-?(?:0|[1-9][0-9]*)/y;
      pattern.lastIndex = this.at;
      const [digits] = pattern.exec(this.text) ?? refuse("not JSON");
      this.at += digits.length;
      need(!/[.eE]/.test(this.text[this.at] ?? ""), "a number that is not an integer");
      const value = Number(digits) + 0; // -0 is 0
      need(Number.isSafeInteger(value), "an integer beyond 53 bits");
      return value;
    }

    take(character) {
      this.skipSpace();
      if (this.text[this.at] !== character) return false;
      this.at += 1;
      return true;
    }

    skipSpace() {
      while (this.at < this.text.length && " \t\n\r".includes(this.text[this.at])) this.at += 1;
    }
  }

  function unescaped(literal) {
    try {
      return JSON.parse(literal);
    } catch {
      return refuse("not JSON");
    }
  }

  function textOf(bytes) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return refuse("not UTF-8");
    }
  }

  const parseJson = (bytes) => new JsonReader(textOf(bytes)).read();

  function canonical(value) {
    if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(",")}]`;
    if (!isObject(value)) return JSON.stringify(value);
    const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
    return `{${members.join(",")}}`;
  }

  // One canonical value and one line feed: a bundle or a trust file.
  function parseCanonicalLine(bytes) {
    need(bytes.at(-1) === 0x0a, "the file is cut off");
    const body = bytes.subarray(0, -1);
    const value = parseJson(body);
    need(canonical(value) === textOf(body), "not canonical JSON");
    return value;
  }

  // ── Shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────

  // Printable and Latin, or a dash or quotation mark: a text that reads as it looks.
  const TEXT = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2013\u2014\u2018\u2019\u201c\u201d]{1,2000}$/;

  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const isString = (value) => typeof value === "string";
  const isInteger = (value) => Number.isSafeInteger(value);
  const isCount = (value) => isInteger(value) && value >= 0;
  const isInstant = (value) => isCount(value) && value <= LAST_SECOND;
  const isInstantOrNull = (value) => value === null || isInstant(value);
  const isBoolean = (value) => typeof value === "boolean";
  const matches = (pattern) => (value) => isString(value) && pattern.test(value);
  const isText = matches(TEXT);
  const isDigest = matches(/^[0-9a-f]{64}$/);
  const isWeek = matches(/^[0-9]{4}-W[0-9]{2}$/);
  const isUuid = matches(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const listOf = (check) => (value) => Array.isArray(value) && value.every((item) => check(item));

  function hasExactly(value, names) {
    return isObject(value) && Object.keys(value).length === names.length && names.every((name) => name in value);
  }

  const fields = (checks) => (value) =>
    hasExactly(value, Object.keys(checks)) && Object.keys(checks).every((name) => checks[name](value[name]));

  function isDifference(value) {
    const form = {
      outcomes_achieved: isInteger,
      qualifying_weeks: isInteger,
      amount_minor: isInteger,
      threshold_met: (met) => [-1, 0, 1].includes(met),
    };
    return isObject(value) && Object.keys(value).every((name) => Object.hasOwn(form, name) && form[name](value[name]));
  }

  const KINDS = new Map([ // template -> how its type (vct) and its log's origin end
    ["contract_total", ["/vct/outcome-attestation/1", "/attest"]],
    ["predicate", ["/vct/outcome-attestation/1", "/attest"]],
    ["payment_document", ["/vct/payment-document/1", "/payment"]],
  ]);

  const VISIBLE = {
    "vct#integrity": matches(/^sha256-[A-Za-z0-9+/]{43}=$/),
    jti: isUuid,
    seq: (value) => isCount(value) && value >= 1,
    status: fields({ status_list: fields({ idx: isCount, uri: isText }) }),
    contract: fields({ id: isText, version: isCount, rules_sha256: isDigest }),
    window: fields({ label: isText, from_week: isWeek, to_week: isWeek }),
    template: (value) => KINDS.has(value),
    recipient: fields({ role: isText, organisation: isText }),
    municipality: fields({ code: isText, name: isText }),
    operator: fields({ name: isText }),
    log: fields({ origin: isText }),
    policy: fields({ decision_id: isText, policy_set_sha256: isDigest }),
  };

  const VISIBLE_IF_THERE = {
    supersedes: fields({ jti: isUuid, sha256: isDigest }),
    demo: (value) => value === true,
  };

  const isMetAlone = fields({ met: isBoolean });
  const isMetWithPeople = fields({ people: isCount, met: isBoolean });

  const SHOWN = {
    participants: isCount,
    cohort_seals: listOf(fields({ batch: isText, count: isCount, root: isDigest, sealed_on: isText, nonce: isDigest })),
    outcomes_achieved: isCount,
    threshold: (value) => isMetAlone(value) || isMetWithPeople(value),
    qualifying_weeks: isInteger,
    outcomes_by_class: listOf(fields({ class: isText, value: (value) => value === null || isCount(value) })),
    not_counted: listOf(fields({ reason: isText, value: (value) => value === null || isCount(value) })),
    payable: fields({ amount_minor: isInteger, currency: isText }),
    lines: listOf(fields({ tariff: isText, kind: isText, unit: isText, quantity: isInteger, amount_minor: isInteger })),
    sources: fields({ complete_to_week: isWeek, known_at: isInstant }),
    method: fields({ inputs_sha256: isDigest, engine_version: isText, data_sources: listOf(isText) }),
    suppression: fields({ k: isCount, k_cohort: isCount, rules: listOf(isText) }),
    illustrative: listOf(isText),
    difference: isDifference,
  };

  // ── Keys and compact JWS ─────────────────────────────────────────────────────────────────────────────────────────

  const KEY_MEMBERS = { EC: ["crv", "kty", "x", "y"], RSA: ["e", "kty", "n"] };

  const ALGORITHMS = new Map([
    ["ES256", {
      kty: "EC",
      imported: { name: "ECDSA", namedCurve: "P-256" },
      verified: { name: "ECDSA", hash: "SHA-256" },
    }],
    ["PS256", {
      kty: "RSA",
      imported: { name: "RSA-PSS", hash: "SHA-256" },
      verified: { name: "RSA-PSS", saltLength: 32 },
    }],
    ["RS256", {
      kty: "RSA",
      imported: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
      verified: { name: "RSASSA-PKCS1-v1_5" },
    }],
  ]);

  const MOST_JWT_CHARACTERS = 262144;

  // `others` are the header members that may stand beside alg, typ and kid: a token cannot bring its own rules or keys.
  function parseJws(text, typ, others) {
    const parts = text.split(".");
    need(parts.length === 3 && text.length <= MOST_JWT_CHARACTERS, "not a compact JWS");
    const [header, payload] = parts.slice(0, 2).map((part) => parseJson(fromBase64url(part)));
    need(isObject(header) && isObject(payload), "not a JSON object");
    need(ALGORITHMS.has(header.alg), "the algorithm is not one of ES256, PS256, RS256");
    need(header.typ === typ, "the token's type (typ) is another one");
    need(isString(header.kid), "the header names no key");
    const known = ["alg", "typ", "kid", ...others];
    need(Object.keys(header).every((name) => known.includes(name)), "the header has members that are not understood");
    const signature = fromBase64url(parts[2]);
    need(header.alg !== "ES256" || signature.length === 64, "an ES256 signature has 64 bytes");
    return { header, payload, signed: utf8(`${parts[0]}.${parts[1]}`), signature };
  }

  async function checkSignature(token, jwk) {
    const algorithm = ALGORITHMS.get(token.header.alg);
    need(algorithm.kty === jwk.kty, "the algorithm does not belong to the key");
    const key = await crypto.subtle.importKey("jwk", { ...jwk }, algorithm.imported, false, ["verify"]);
    const holds = await crypto.subtle.verify(algorithm.verified, key, token.signature, token.signed);
    need(holds, "the signature is wrong");
  }

  // Refuses a JWK that is no public P-256 or RSA key, has a member to spare, or is weak.
  async function checkKey(jwk) {
    const isKnown = isObject(jwk) && isString(jwk.kty) && Object.hasOwn(KEY_MEMBERS, jwk.kty);
    need(isKnown && hasExactly(jwk, KEY_MEMBERS[jwk.kty]), "not a public EC or RSA key");
    need(Object.values(jwk).every(isString), "not a public EC or RSA key");
    if (jwk.kty === "RSA") {
      const n = fromBase64url(jwk.n);
      const bits = n.length * 8 - (Math.clz32(n[0]) - 24);
      const isStrong = n[0] !== 0 && bits >= 2048 && bits <= 4096 && n.at(-1) & 1 && jwk.e === "AQAB";
      need(isStrong, "an RSA key has 2048 to 4096 bits and the exponent 65537");
    } else {
      need(jwk.crv === "P-256", "the curve is not P-256");
      need(fromBase64url(jwk.x).length === 32 && fromBase64url(jwk.y).length === 32, "a coordinate is not 32 bytes");
    }
    const [algorithm] = [...ALGORITHMS.values()].filter(({ kty }) => kty === jwk.kty);
    const imported = crypto.subtle.importKey("jwk", { ...jwk }, algorithm.imported, false, ["verify"]);
    await imported.catch(() => refuse("a key does not lie on its curve"));
  }

  // RFC 7638. The members of `checkKey` are the required ones.
  const thumbprint = async (jwk) => toBase64url(await sha256(utf8(canonical(jwk))));

  // Whether what was logged at this instant was signed by the key's owner, in the key's time.
  function covers(key, instant) {
    if (key.valid_from === null || instant < key.valid_from) return false;
    if (key.compromised_since !== null && instant >= key.compromised_since) return false;
    return key.valid_to === null || instant <= key.valid_to;
  }

  // ── Log proofs: C2SP verifier keys, signed notes, checkpoints and tlog-proofs; RFC 9162 inclusion ────────────────

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

  // ── Trust file ───────────────────────────────────────────────────────────────────────────────────────────────────

  const STATES = ["pending", "active", "retiring", "retired", "destroyed", "compromised"];
  const isKeyEntry = fields({
    kid: isString,
    jwk: isObject,
    state: (value) => STATES.includes(value),
    valid_from: isInstantOrNull,
    valid_to: isInstantOrNull,
    compromised_since: isInstantOrNull,
  });
  const isManifest = fields({
    iss: isString,
    iat: isInstant,
    version: (value) => isInteger(value) && value >= 1,
    previous: (value) => value === null || isDigest(value),
    keys: listOf(isKeyEntry),
    logs: listOf(fields({ origin: isString, vkey: isString })),
    vct: listOf(isString),
  });
  const isTrustFile = fields({
    schema: (value) => value === "trust/1",
    issuer: isString,
    anchor: isObject,
    manifest: isString,
    receipt: isString,
  });

  async function readTrust(bytes) {
    const body = parseCanonicalLine(bytes);
    need(isTrustFile(body), "not a trust file of schema trust/1");
    const manifest = await readManifest(body);
    const keys = await readKeys(manifest.keys);
    const logs = await readLogs(manifest.logs);
    const attest = [...logs.values()].filter((key) => key.name.endsWith("/attest"));
    need(attest.length === 1, "the key manifest names no attest log, or two");
    const sha256 = await sha256Hex(utf8(body.manifest));
    await checkProof(body.receipt, { sha256, type: "key_manifest", v: 1, version: manifest.version }, attest[0]);
    return {
      issuer: body.issuer,
      keys,
      logs,
      attest: attest[0],
      vct: manifest.vct,
      version: manifest.version,
      issuedAt: manifest.iat,
      fingerprint: await sha256Hex(utf8(canonical({ anchor: body.anchor, issuer: body.issuer }))),
    };
  }

  async function readManifest({ manifest, anchor, issuer }) {
    const token = parseJws(manifest, "key-manifest+jwt", []);
    await checkKey(anchor);
    need(token.header.kid === (await thumbprint(anchor)), "the key manifest was not signed by the file's anchor");
    await checkSignature(token, anchor);
    need(isManifest(token.payload) && token.payload.iss === issuer, "the key manifest is malformed, or another issuer's");
    return token.payload;
  }

  async function readKeys(entries) {
    const keys = new Map();
    for (const entry of entries) {
      await checkKey(entry.jwk);
      need(entry.kid === (await thumbprint(entry.jwk)), "a key id is not the key's RFC 7638 thumbprint");
      keys.set(entry.kid, entry);
    }
    need(keys.size > 0 && keys.size === entries.length, "keys and logs must be named once each");
    return keys;
  }

  async function readLogs(entries) {
    const logs = new Map();
    for (const { origin, vkey } of entries) {
      const key = await parseVerifierKey(vkey);
      need(key.name === origin, "a log key belongs to another origin");
      logs.set(origin, key);
    }
    need(logs.size === entries.length, "keys and logs must be named once each");
    return logs;
  }

  // ── 1 bundle ─────────────────────────────────────────────────────────────────────────────────────────────────────

  const MOST_BUNDLE_BYTES = 1 << 20;
  const MOST_SEALS = 256;
  const LOGGED = { attestation: isString, receipt: isString, logged_at: isInstant };
  const isSuccessor = fields(LOGGED);
  const isSealLeaf = fields({ sha256: () => true, type: (text) => text === "cohort_seal", v: (number) => number === 1 });
  const isBundle = fields({
    ...LOGGED,
    schema: (value) => value === "evidence-bundle/1",
    seals: listOf(fields({ leaf: isSealLeaf, proof: isString })),
    status: isString,
    superseded_by: (value) => value === null || isSuccessor(value),
  });

  function readBundle(bytes) {
    need(bytes.length <= MOST_BUNDLE_BYTES, "the file is larger than a bundle can be");
    const body = parseCanonicalLine(bytes);
    need(isBundle(body), "not an evidence bundle of schema evidence-bundle/1");
    need(body.seals.length <= MOST_SEALS, "seals must be a list that is not too long");
    return body;
  }

  // ── 2 token ──────────────────────────────────────────────────────────────────────────────────────────────────────

  const MOST_DISCLOSURES = 64;
  const DIGEST_NAMES = ["_sd", "_sd_alg", "..."];

  function readToken(text) {
    const [jwt, ...rest] = text.split("~");
    const closed = rest.length > 0 && rest.at(-1) === "";
    need(closed, "the token does not end with ~, or it carries a key binding that nobody asked for");
    need(rest.length - 1 <= MOST_DISCLOSURES, "too many disclosures");
    const token = parseJws(jwt, "dc+sd-jwt", ["iat", "x5c"]);
    const { header, payload } = token;
    need(isInstant(header.iat), "the header's iat is not a time in seconds");
    need(isString(payload.vct) && payload.vct !== "", "the token names no type (vct)");
    need(!("_sd_alg" in payload) || payload._sd_alg === "sha-256", "the digest algorithm is not sha-256");
    need(!("_sd" in payload) || isDigestList(payload._sd), "_sd is not a list of SHA-256 digests");
    const digests = payload._sd ?? [];
    need(new Set(digests).size === digests.length, "a digest stands twice");
    const isFlat = Object.keys(payload).every((name) => name === "_sd" || !hasDigests(payload[name]));
    need(isFlat && !("..." in payload), "a digest stands deeper than the top level");
    return { jwt, ...token, digests, disclosures: rest.slice(0, -1) };
  }

  function isDigestList(value) {
    return listOf(isString)(value) && value.length > 0 && value.every((text) => fromBase64url(text).length === 32);
  }

  function hasDigests(value) {
    if (value === null || typeof value !== "object") return false;
    if (isObject(value) && DIGEST_NAMES.some((name) => name in value)) return true;
    return Object.values(value).some(hasDigests);
  }

  // ── 3 signature ──────────────────────────────────────────────────────────────────────────────────────────────────

  async function checkIssuerSignature(token, trust) {
    const key = trust.keys.get(token.header.kid);
    need(key, "the token was signed with a key that the trust file does not hold");
    await checkSignature(token, key.jwk);
    return key;
  }

  // ── 4 disclosures ────────────────────────────────────────────────────────────────────────────────────────────────

  const NEVER_DISCLOSED = [
    "iss", "nbf", "exp", "iat", "cnf", "vct", "vct#integrity", "status", "_sd", "_sd_alg", "...", "jti", "aud", "sub",
    "supersedes",
  ];

  async function openDisclosures(token) {
    const expected = new Set(token.digests);
    const shown = Object.create(null);
    for (const text of token.disclosures) {
      const digest = toBase64url(await sha256(utf8(text)));
      need(expected.delete(digest), "a disclosure does not belong to the token, or was sent twice");
      const entry = parseJson(fromBase64url(text));
      const isTriple = Array.isArray(entry) && entry.length === 3 && isString(entry[0]) && isString(entry[1]);
      need(isTriple, "a disclosure is not [salt, name, value]");
      const [, name, value] = entry;
      need(!NEVER_DISCLOSED.includes(name), "a disclosure has a reserved name");
      need(!hasDigests(value), "a digest stands inside a disclosure");
      need(!(name in shown) && !(name in token.payload), "two claims have one name");
      shown[name] = value;
    }
    return shown;
  }

  // ── 5 claims ─────────────────────────────────────────────────────────────────────────────────────────────────────

  function checkClaims(claims, shown, trust, now) {
    need(claims.iss === trust.issuer, "the issuer is not the one of the trust file");
    need(trust.vct.includes(claims.vct), "the type (vct) is not one of the trust file");
    checkTimes(claims, now);
    for (const [name, check] of Object.entries(VISIBLE)) {
      need(name in claims && check(claims[name]), "a visible claim is missing or has the wrong form");
    }
    for (const [name, check] of Object.entries(VISIBLE_IF_THERE)) {
      need(!(name in claims) || check(claims[name]), "a visible claim is missing or has the wrong form");
    }
    const [vct, log] = KINDS.get(claims.template);
    const belong = claims.vct.endsWith(vct) && claims.log.origin.endsWith(log);
    need(belong, "template, type (vct) and log do not belong together");
    need(claims.window.from_week <= claims.window.to_week, "the window ends before it begins");
    for (const name of Object.keys(shown)) {
      need(Object.hasOwn(SHOWN, name), "a claim is disclosed that this type does not have");
      need(SHOWN[name](shown[name]), "a disclosed claim has the wrong form");
    }
    need(!("difference" in shown) || "supersedes" in claims, "a difference is shown, and nothing is superseded");
  }

  function checkTimes(claims, now) {
    need(isInstant(claims.nbf) && isInstant(claims.iat), "a time is not in seconds");
    const latest = now + CLOCK_SKEW_SECONDS;
    need(claims.nbf <= latest && claims.iat <= latest, "the attestation is not valid yet");
    if (!("exp" in claims)) return;
    need(isInstant(claims.exp), "a time is not in seconds");
    need(claims.exp >= now - CLOCK_SKEW_SECONDS, "the attestation has expired");
  }

  // ── 6 receipt ────────────────────────────────────────────────────────────────────────────────────────────────────

  // The time is the log's, not the token's: who steals a signing key can backdate a token and cannot backdate the log.
  async function checkReceipt(logged, token, key, trust, now) {
    const claims = token.payload;
    const log = trust.logs.get(claims.log.origin);
    need(log, "the attestation names a log that the trust file does not hold");
    const leaf = {
      at: logged.logged_at,
      jti: claims.jti,
      sha256: await sha256Hex(utf8(token.jwt)),
      status: claims.status.status_list.idx,
      type: "attestation",
      v: 1,
    };
    const place = await checkProof(logged.receipt, leaf, log);
    const isInTime = logged.logged_at >= claims.iat - CLOCK_SKEW_SECONDS && logged.logged_at <= now + CLOCK_SKEW_SECONDS;
    need(isInTime, "the time in the log lies before the attestation's own, or in the future");
    need(covers(key, logged.logged_at), "the key was not valid at the logged time");
    return place;
  }

  // ── 7 seals ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async function checkSeals(seals, claims, shown, trust) {
    const proved = new Set();
    for (const { leaf, proof } of seals) {
      await checkProof(proof, leaf, trust.attest);
      proved.add(leaf.sha256);
    }
    if (!("cohort_seals" in shown)) return { batches: proved.size, people: null };
    const named = new Set();
    for (const entry of shown.cohort_seals) {
      const digest = await sealDigest(entry, claims.contract.id);
      need(proved.has(digest), "a batch was not sealed as the attestation says");
      named.add(digest);
    }
    const isComplete = [named.size, proved.size, seals.length].every((count) => count === shown.cohort_seals.length);
    need(isComplete, "the bundle proves other seals than the attestation names");
    const people = sum(shown.cohort_seals.map(({ count }) => count));
    const adds = !("participants" in shown) || people === BigInt(shown.participants);
    need(adds, "the sealed batches do not add up to the participants");
    return { batches: proved.size, people };
  }

  async function sealDigest({ batch, count, root, sealed_on, nonce }, contract) {
    const sealed = utf8(canonical({ batch, contract, count, root, sealed_on }));
    return sha256Hex(join(fromHex(nonce), sealed));
  }

  // Exact: a sum of safe integers need not be one.
  const sum = (numbers) => numbers.reduce((total, number) => total + BigInt(number), 0n);

  // ── 8 status ─────────────────────────────────────────────────────────────────────────────────────────────────────

  const MOST_LIST_BYTES = 1 << 20;

  // Throws `Superseded` where the bundle holds a genuine successor.
  class Superseded extends Refusal {
    constructor(successor) {
      super("the attestation was superseded by a later one");
      this.successor = successor;
    }
  }

  async function checkStatus(bundle, token, trust, now) {
    const { idx, uri } = token.payload.status.status_list;
    const status = await readStatus(bundle.status, idx, uri, trust, now);
    if (status.bit !== 0) {
      need(bundle.superseded_by, "the attestation was revoked");
      throw new Superseded(await checkSuccessor(bundle.superseded_by, token, trust, now));
    }
    const agrees = bundle.superseded_by === null;
    need(agrees, "the bundle holds what replaced the attestation, and a status list from before that");
    return status;
  }

  async function readStatus(text, index, uri, trust, now) {
    const token = parseJws(text, "statuslist+jwt", []);
    const key = trust.keys.get(token.header.kid);
    need(key, "no trusted key signed the status list");
    await checkSignature(token, key.jwk);
    const { sub, iat, exp, status_list: list } = token.payload;
    need(sub === uri, "the status list is another one than the attestation names");
    need(isInstant(iat) && iat <= now + CLOCK_SKEW_SECONDS, "the status list has no issue time, or one in the future");
    need(covers(key, iat), "the key was not valid when the status list was issued");
    need(!("exp" in token.payload) || isInteger(exp), "the status list has no proper expiry");
    const isList = fields({ bits: (value) => value === 1, lst: isString })(list);
    need(isList, "the status list does not have one bit an attestation");
    const bits = await inflateWhole(fromBase64url(list.lst));
    need(index < bits.length * 8, "the status list does not reach the attestation's index");
    const byte = bits[Math.floor(index / 8)];
    return { bit: (byte >> index % 8) & 1, asOf: iat, hasExpired: exp !== undefined && exp < now };
  }

  // Not every engine refuses what follows a zlib stream. Where the stream ends with the last byte, one byte less is no
  // whole stream; where it ends earlier, it still is one.
  async function inflateWhole(packed) {
    const bits = await inflate(packed);
    need(bits, "the status list is no whole zlib stream, or far too long");
    need(!(await inflate(packed.subarray(0, -1))), "something follows the status list's zlib stream");
    return bits;
  }

  // Null where it is no whole zlib stream, or longer than a list can be.
  async function inflate(packed) {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const reader = stream.getReader();
    const parts = [];
    let length = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return join(...parts);
        length += value.length;
        if (length > MOST_LIST_BYTES) {
          await reader.cancel();
          return null;
        }
        parts.push(value);
      }
    } catch {
      return null;
    }
  }

  // What replaced an attestation: steps 2 to 6 hold for it, and it is about the same.
  async function checkSuccessor(logged, old, trust, now) {
    const token = readToken(logged.attestation); // 2
    const key = await checkIssuerSignature(token, trust); // 3
    const shown = await openDisclosures(token); // 4
    checkClaims(token.payload, shown, trust, now); // 5
    await checkReceipt(logged, token, key, trust, now); // 6
    checkFigures(shown);
    const [next, before] = [token.payload, old.payload];
    const replaced = { jti: before.jti, sha256: await sha256Hex(utf8(old.jwt)) };
    const isReplacement = canonical(next.supersedes ?? null) === canonical(replaced);
    need(isReplacement, "the attestation in superseded_by replaces another one");
    const subject = (claims) =>
      canonical([claims.vct, claims.template, claims.recipient, claims.window, claims.municipality, claims.contract.id]);
    need(subject(next) === subject(before), "the attestation in superseded_by is about something else");
    need(next.seq > before.seq, "the attestation in superseded_by is not the later one");
    return { jti: next.jti, seq: next.seq, issuedAt: next.iat, difference: shown.difference ?? {} };
  }

  // ── 9 contract ───────────────────────────────────────────────────────────────────────────────────────────────────

  async function checkContract(claims, shown, contractBytes) {
    checkFigures(shown);
    if (!contractBytes) return;
    const isGiven = (await sha256Hex(contractBytes)) === claims.contract.rules_sha256;
    need(isGiven, "the contract file is not the one that was evaluated");
  }

  // Whether the shown cells of a table are its parent, or may be where some are withheld.
  function addUp(cells, parent) {
    const values = cells.map(({ value }) => value).filter((value) => value !== null);
    const total = sum(values);
    return values.length === cells.length ? total === BigInt(parent) : total <= BigInt(parent);
  }

  function checkFigures(shown) {
    const { participants, outcomes_achieved: achieved, threshold, lines, payable } = shown;
    const isKnown = (value) => value !== undefined;
    if (isKnown(achieved) && isKnown(participants)) need(achieved <= participants, "more outcomes than participants");
    if (isKnown(achieved) && isKnown(threshold?.people)) {
      const follows = threshold.met === achieved >= threshold.people;
      need(follows, "the threshold's verdict does not follow from the outcomes");
    }
    if (isKnown(achieved) && isKnown(shown.outcomes_by_class)) {
      need(addUp(shown.outcomes_by_class, achieved), "the classes do not add up to the outcomes");
    }
    if (isKnown(achieved) && isKnown(participants) && isKnown(shown.not_counted)) {
      const adds = addUp(shown.not_counted, participants - achieved);
      need(adds, "the reasons do not add up to the people who are not in the outcome");
    }
    if (isKnown(lines) && isKnown(payable)) {
      const adds = sum(lines.map((line) => line.amount_minor)) === BigInt(payable.amount_minor);
      need(adds, "the lines do not add up to the amount");
    }
  }

  // ── The verdict ──────────────────────────────────────────────────────────────────────────────────────────────────

  const TITLES = [
    "bundle", "token", "signature", "disclosures", "claims", "receipt", "seals", "status", "contract",
  ];

  function instant(seconds) {
    const isDate = Math.abs(seconds) <= LAST_SECOND;
    return isDate ? `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC` : `${seconds} s`;
  }

  // Codes of what a reader might believe was checked, and was not.
  function openPoints(claims, shown, status, contractBytes) {
    const points = ["registers", "witness", "timestamp", "revoked-later", "key-owner"];
    if (status.hasExpired) points.push("status-expired");
    if (!contractBytes) points.push("contract");
    if (!("cohort_seals" in shown)) points.push("denominator");
    if (claims.demo) points.push("demo");
    return points;
  }

  // What a check says no with becomes the verdict of its step, and so does every surprise: this fails closed.
  function refusal(exitCode, step, error, verdict) {
    const reason = error instanceof Refusal ? error.message : "something has another form than expected";
    const supersededBy = error instanceof Superseded ? error.successor : null;
    return { ...verdict, verified: false, exitCode, step, reason, supersededBy };
  }

  // Whether this browser can check at all: a sentence about what is missing, or null.
  async function missing() {
    if (!globalThis.crypto?.subtle) return "this browser offers no cryptography (WebCrypto) to this page";
    if (!globalThis.DecompressionStream) return "this browser cannot unpack a status list (DecompressionStream)";
    try {
      const key = fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"); // RFC 8032 §7.1, test 1
      await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return null;
    } catch {
      return "this browser cannot check the log's signatures (Ed25519)";
    }
  }

  const NOTHING = {
    verified: false, step: null, reason: null, checks: [], notChecked: [], claims: null, shown: null, trust: null,
    supersededBy: null, status: null,
  };

  // The trust file alone: `{trust: {fingerprint, version, issuedAt, issuer}}`, or a refusal with exit code 3.
  async function describeTrust(trustBytes) {
    const lack = await missing();
    if (lack) return { ...NOTHING, exitCode: 1, reason: lack };
    try {
      const trust = await readTrust(trustBytes);
      const { fingerprint, version, issuedAt, issuer } = trust;
      return { ...NOTHING, exitCode: 0, trust: { fingerprint, version, issuedAt, issuer }, keys: trust };
    } catch (error) {
      return refusal(3, null, error, NOTHING);
    }
  }

  // `exitCode` is that of the command line: 0 verified; 10 + n where check n refused; 3 the trust file cannot be used;
  // 1 this browser cannot check. `claims` and `shown` hold nothing that was not authenticated: they are null before
  // step 5 has passed. `now` is in whole seconds.
  async function verifyBundle(bundleBytes, trustBytes, { now, contractBytes = null }) {
    const { keys: trust, ...verdict } = await describeTrust(trustBytes);
    if (!trust) return verdict;
    const checks = [];
    verdict.checks = checks;
    const passed = (detail, facts = {}) => {
      checks.push({ number: checks.length + 1, title: TITLES[checks.length], detail, facts });
    };
    try {
      const bundle = readBundle(bundleBytes); // 1
      passed(`${bundleBytes.length} bytes of canonical JSON`, { bytes: bundleBytes.length });

      const token = readToken(bundle.attestation); // 2
      const claims = token.payload;
      passed(`a strict SD-JWT VC, ${token.header.alg}`, { algorithm: token.header.alg });

      const key = await checkIssuerSignature(token, trust); // 3
      passed(`by the issuer's key ${key.kid}`, { kid: key.kid });

      const shown = await openDisclosures(token); // 4
      const count = Object.keys(shown).length;
      passed(`${count} claims shown, each belongs to the token`, { count });

      checkClaims(claims, shown, trust, now); // 5
      Object.assign(verdict, { claims, shown });
      passed(`${claims.vct}, issued ${instant(claims.iat)}`, { vct: claims.vct, issuedAt: claims.iat });

      const place = await checkReceipt(bundle, token, key, trust, now); // 6
      const logged = `entry ${place.index} of ${place.size} in the log ${place.origin}, ${instant(bundle.logged_at)}`;
      passed(`${logged}, when its key was valid`, { ...place, loggedAt: bundle.logged_at });

      const sealed = await checkSeals(bundle.seals, claims, shown, trust); // 7
      const withheld = `${sealed.batches} logged; the denominator is withheld`;
      const people = `${sealed.people} people, sealed in ${sealed.batches} logged batch(es)`;
      passed(sealed.people === null ? withheld : people, sealed);

      const status = await checkStatus(bundle, token, trust, now); // 8
      verdict.status = status;
      const late = status.hasExpired ? ", by a list that has expired since" : "";
      passed(`valid, status known as of ${instant(status.asOf)}${late}`, status);

      await checkContract(claims, shown, contractBytes); // 9
      const compared = `evaluated under the given contract file, version ${claims.contract.version}`;
      const alone = "the shown figures do not contradict each other; rules not compared, no contract file was given";
      passed(contractBytes ? compared : alone, { isCompared: Boolean(contractBytes), version: claims.contract.version });

      return { ...verdict, verified: true, notChecked: openPoints(claims, shown, status, contractBytes) };
    } catch (error) {
      const step = checks.length + 1;
      return refusal(10 + step, step, error, verdict);
    }
  }

  return Object.freeze({ verifyBundle, describeTrust });
})();
