// Checks 1 to 6: the bundle, and one attestation in it with its receipt.

// ── 1 bundle ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const MOST_BUNDLE_BYTES = 1 << 20;
const MOST_SEALS = 256;
const MOST_ENDORSEMENTS = 16;
const LOGGED = { attestation: isString, receipt: isString, logged_at: isInstant };
const isSuccessor = fields(LOGGED);
const isSealLeaf = fields({ sha256: () => true, type: (text) => text === "cohort_seal", v: (number) => number === 1 });
const isBundle = fields({
  ...LOGGED,
  schema: (value) => value === "evidence-bundle/1",
  seals: listOf(fields({ leaf: isSealLeaf, proof: isString })),
  status: isString,
  superseded_by: (value) => value === null || isSuccessor(value),
  acceptances: listOf(isString),
  countersignatures: listOf(isString),
});

function readBundle(bytes) {
  need(bytes.length <= MOST_BUNDLE_BYTES, "the file is larger than a bundle can be");
  const body = parseCanonicalLine(bytes);
  need(isBundle(body), "not an evidence bundle of schema evidence-bundle/1");
  need(body.seals.length <= MOST_SEALS, "seals must be a list that is not too long");
  const { acceptances, countersignatures } = body;
  const isSome = acceptances.length > 0 && acceptances.length <= MOST_ENDORSEMENTS;
  need(isSome, "acceptances must be a list of 1 to 16 texts");
  need(countersignatures.length <= MOST_ENDORSEMENTS, "countersignatures must be a list of at most 16 texts");
  return body;
}

// ── 2 token ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── 3 signature ─────────────────────────────────────────────────────────────────────────────────────────────────────────

async function checkIssuerSignature(token, trust) {
  const key = trust.keys.get(token.header.kid);
  need(key, "the token was signed with a key that the trust file does not hold");
  await checkSignature(token, key.jwk);
  return key;
}

// ── 4 disclosures ───────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── 5 claims ────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── 6 receipt ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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
