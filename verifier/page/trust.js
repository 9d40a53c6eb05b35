// The trust file.

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
    anchor: await thumbprint(body.anchor),
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
