// Checks 10 and 11: what others than the issuer signed. A key comes with its statement, and is nobody's by itself.

// ── 10 acceptances ───────────────────────────────────────────────────────────────────────────────────────────────────

const PAYER = "outcome_payer";
const ACCEPTANCE = {
  contract: isContract,
  iat: isInstant,
  parties: listOf(isParty),
  party: isParty,
  trust: isDigest,
};

const nameOf = ({ role, organisation }) => `${role}/${organisation}`;
const isBefore = (one, other) =>
  one.role < other.role || (one.role === other.role && one.organisation < other.organisation);

// A statement with exactly the claims of `form`, signed by the key in its header.
async function readEndorsement(text, typ, form) {
  const token = parseJws(text, typ, ["jwk"]);
  const { jwk, kid } = token.header;
  need(isObject(jwk), "the header brings no key");
  await checkKey(jwk);
  need((await thumbprint(jwk)) === kid, "the key id is not the thumbprint of the key that came along");
  await checkSignature(token, jwk);
  need(fields(form)(token.payload), "what was signed does not have the claims of its kind, each in its form");
  return { kid, said: token.payload };
}

async function readAcceptance(text, claims, trust, now) {
  const { kid, said } = await readEndorsement(text, "contract-acceptance+jwt", ACCEPTANCE);
  need(canonical(said.contract) === canonical(claims.contract), "an acceptance is of another contract text");
  need(said.trust === trust.fingerprint, "an acceptance is under another trust anchor");
  need(said.iat <= now + CLOCK_SKEW_SECONDS, "an acceptance was signed in the future");
  const inOrder = said.parties.every((party, n) => n === 0 || isBefore(said.parties[n - 1], party));
  const isNamed = said.parties.some((party) => nameOf(party) === nameOf(said.party));
  need(inOrder && isNamed, "an acceptance names parties out of order, twice, or without the one that signed");
  return { ...said.party, kid, at: said.iat, isIssuer: trust.keys.has(kid), parties: said.parties };
}

// The acceptances of every party that any of them names, by role and organisation.
async function checkAcceptances(texts, claims, trust, now) {
  const found = [];
  for (const text of texts) found.push(await readAcceptance(text, claims, trust, now));
  const [{ parties }] = found;
  const agree = found.every((one) => canonical(one.parties) === canonical(parties));
  need(agree, "the acceptances name different parties");
  const accepted = new Set(found.map(nameOf));
  need(parties.every((party) => accepted.has(nameOf(party))), "a party has not accepted the contract");
  need(found.length === parties.length, "a party accepts the contract twice");
  checkOwners(found, trust);
  need(accepted.has(nameOf(claims.recipient)), "the attestation is for somebody who is no party of the accepted contract");
  need(!found.some(({ kid }) => kid === trust.anchor), "an acceptance was signed with the issuer's manifest key");
  return found.sort((one, other) => (isBefore(one, other) ? -1 : 1));
}

// A key accepts for one organisation; the issuer's keys for one payer, always, and for nobody else.
function checkOwners(found, trust) {
  const owners = new Map(found.map(({ kid, organisation }) => [kid, organisation]));
  const isAlone = found.every(({ kid, organisation }) => owners.get(kid) === organisation);
  need(isAlone, "two organisations accept the contract with one key");
  const own = new Set(found.filter(({ isIssuer }) => isIssuer).map(({ organisation }) => organisation));
  need(own.size === 1, "the issuer accepts the contract for several organisations, or for none");
  const pays = found.some(({ role, organisation }) => role === PAYER && own.has(organisation));
  need(pays, "the issuer's key accepts the contract for a party that does not pay");
  for (const { kid, at } of found.filter(({ organisation }) => own.has(organisation))) {
    need(trust.keys.has(kid), "the issuer accepts the contract with a key that the trust file does not hold");
    need(covers(trust.keys.get(kid), at), "the issuer's key was not valid when it accepted the contract");
  }
}

// ── 11 audit ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const COUNTERSIGNATURE = {
  attestation: fields({ jti: isUuid, sha256: isDigest }),
  auditor: isText,
  contract: isContract,
  iat: isInstant,
  sample: fields({ draw: isCount, items_sha256: isDigest, population: isCount, seed: isDigest, size: isCount }),
  verdict: (value) => ["agreed", "deviations"].includes(value),
  window: isText,
};

async function readCountersignature(text, token, now) {
  const { kid, said } = await readEndorsement(text, "audit-countersignature+jwt", COUNTERSIGNATURE);
  const claims = token.payload;
  const isOfThis = said.attestation.jti === claims.jti && said.attestation.sha256 === (await sha256Hex(utf8(token.jwt)));
  need(isOfThis, "a countersignature is of another attestation");
  const isAboutThis = canonical(said.contract) === canonical(claims.contract) && said.window === claims.window.label;
  need(isAboutThis, "a countersignature is about another contract or window");
  const { size, population, draw } = said.sample;
  need(size > 0 && size <= population, "a countersignature's sample is empty, or larger than the cohort");
  need(draw > 0, "a countersignature's draw has no number");
  const isInTime = said.iat >= claims.iat - CLOCK_SKEW_SECONDS && said.iat <= now + CLOCK_SKEW_SECONDS;
  need(isInTime, "a countersignature was signed before the attestation, or in the future");
  return { auditor: said.auditor, kid, verdict: said.verdict, size, population, draw, at: said.iat };
}

// The countersignatures, in their order; there may be none. Whoever audits is neither the issuer nor a party.
async function checkAudit(texts, token, shown, accepted, trust, now) {
  const found = [];
  for (const text of texts) found.push(await readCountersignature(text, token, now));
  const dependent = new Set([trust.anchor, ...trust.keys.keys(), ...accepted.map(({ kid }) => kid)]);
  const isApart = found.every(({ kid }) => !dependent.has(kid));
  need(isApart, "a countersignature was signed with a key of the issuer or of a party");
  const isFull = found.every(({ population }) => population === (shown.participants ?? population));
  need(isFull, "a countersignature is about another number of people");
  need(new Set(found.map(({ kid }) => kid)).size === found.length, "an auditor countersigns twice");
  const isOutside = found.every(({ auditor }) => accepted.every(({ organisation }) => organisation !== auditor));
  need(isOutside, "a countersignature is by a party of the contract");
  return found;
}

const auditSentence = ({ verdict, auditor, size, population, draw }) =>
  `countersigned "${verdict === "agreed" ? verdict : verdict.toUpperCase()}" by ${auditor}: ${size} of ${population} people, draw ${draw}`;
