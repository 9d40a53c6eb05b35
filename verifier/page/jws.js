// Keys and compact JWS (RFC 7515, 7517, 7638).

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
