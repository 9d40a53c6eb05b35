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
//   10 acceptances  every party accepted exactly this contract text and this trust anchor
//   11 audit        whatever auditors countersigned is genuine, and none of them is the issuer or a party
//
// build.py joins the files of this folder in its order; this one comes last.

const TITLES = [
  "bundle", "token", "signature", "disclosures", "claims", "receipt", "seals", "status", "contract",
  "acceptances", "audit",
];

function instant(seconds) {
  const isDate = Math.abs(seconds) <= LAST_SECOND;
  return isDate ? `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC` : `${seconds} s`;
}

// Codes of what a reader might believe was checked, and was not.
function openPoints({ claims, shown, status, accepted, audited }, contractBytes) {
  const points = ["registers", "witness", "timestamp", "revoked-later", "key-owner"];
  if (status.hasExpired) points.push("status-expired");
  if (status.isOlder) points.push("status-older");
  if (!contractBytes) points.push("contract");
  if (!("cohort_seals" in shown)) points.push("denominator");
  if (claims.demo) points.push("demo");
  if (accepted.some(({ isIssuer }) => !isIssuer)) points.push("party-keys");
  points.push(audited.length > 0 ? "auditor-keys" : "no-audit");
  return points;
}

// What a check says no with becomes the verdict of its step, and so does every surprise: this fails closed.
function refusal(exitCode, step, error, verdict) {
  const reason = error instanceof Refusal ? error.message : "something has another form than expected";
  const supersededBy = error instanceof Superseded ? error.successor : null;
  const mayNeedNewerTrust = KEY_REASONS.has(reason);
  return { ...verdict, verified: false, exitCode, step, reason, supersededBy, mayNeedNewerTrust };
}

// What a key that is younger than the reader's trust file is refused with, as well as one that is nobody's.
const KEY_REASONS = new Set([
  "the token was signed with a key that the trust file does not hold",
  "the attestation names a log that the trust file does not hold",
  "the key was not valid at the logged time",
  "no trusted key signed the status list",
  "the key was not valid when the status list was issued",
  "the issuer accepts the contract with a key that the trust file does not hold",
  "the issuer's key was not valid when it accepted the contract",
]);

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
  supersededBy: null, mayNeedNewerTrust: false, status: null, accepted: null, audited: null,
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
  const passed = (detail, facts = {}, extent = "whole") => {
    checks.push({ number: checks.length + 1, title: TITLES[checks.length], detail, facts, extent });
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
    passed(`${claims.vct}, dated ${instant(claims.iat)}`, { vct: claims.vct, issuedAt: claims.iat });

    const place = await checkReceipt(bundle, token, key, trust, now); // 6
    const logged = `entry ${place.index} of ${place.size} in the log ${place.origin}, ${instant(bundle.logged_at)}`;
    passed(`${logged}, when its key was valid`, { ...place, loggedAt: bundle.logged_at });

    const sealed = await checkSeals(bundle.seals, claims, shown, trust); // 7
    const withheld = `${sealed.batches} logged; the denominator is withheld`;
    const people = `${sealed.people} people, sealed in ${sealed.batches} logged batch(es)`;
    passed(sealed.people === null ? withheld : people, sealed, sealed.people === null ? "part" : "whole");

    const found = await checkStatus(bundle, token, trust, now); // 8
    const status = { ...found, isOlder: found.asOf < bundle.logged_at };
    verdict.status = status;
    const late = status.hasExpired ? ", by a list that has expired since" : "";
    const early = status.isOlder ? ", by a list from before it was issued" : "";
    const isToday = !status.hasExpired && !status.isOlder;
    passed(`valid, status known as of ${instant(status.asOf)}${early}${late}`, status, isToday ? "whole" : "part");

    await checkContract(claims, shown, contractBytes); // 9
    const compared = `evaluated under the given contract file, version ${claims.contract.version}`;
    const alone = "the shown figures do not contradict each other; rules not compared, no contract file was given";
    const isCompared = Boolean(contractBytes);
    passed(isCompared ? compared : alone, { isCompared, version: claims.contract.version }, isCompared ? "whole" : "part");

    const accepted = await checkAcceptances(bundle.acceptances, claims, trust, now); // 10
    passed(`accepted by ${accepted.map(nameOf).join(", ")}`, { accepted });

    const audited = await checkAudit(bundle.countersignatures, token, shown, accepted, trust, now); // 11
    const said = audited.map(auditSentence).join("; ");
    passed(said || "no auditor countersigned", { audited }, said ? "whole" : "nothing");

    Object.assign(verdict, { accepted, audited });
    return { ...verdict, verified: true, notChecked: openPoints(verdict, contractBytes) };
  } catch (error) {
    const step = checks.length + 1;
    return refusal(10 + step, step, error, verdict);
  }
}

globalThis.OutcomeVerifier = Object.freeze({ verifyBundle, describeTrust });
