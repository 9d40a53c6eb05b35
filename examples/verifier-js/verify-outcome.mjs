// Verifier for "Outcome attestation" version 1 (docs/attestation-format.md), profile pinned-key. Node 20, no dependencies.
// Written from that page alone by somebody who had not seen the Python verifier: see README.md.
import { createHash, createPublicKey, verify as verifySignature, constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const need = (ok, reason) => { if (!ok) throw new Error(reason); };
const sha256 = (...parts) => { const h = createHash('sha256'); parts.forEach(p => h.update(p)); return h.digest(); };
const hex = data => sha256(data).toString('hex');
const utf8 = bytes => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
const isObject = v => v !== null && typeof v === 'object' && !Array.isArray(v);

function decode(text, encoding) { // base64 or base64url, refusing padding errors and stray trailing bits
  need(typeof text === 'string', `${encoding} is no text`);
  const bytes = Buffer.from(text, encoding);
  need(bytes.toString(encoding) === text, `bad ${encoding}`);
  return bytes;
}

// ---- Canonical JSON ------------------------------------------------------------------------------------------------
function parse(text) { // JSON with the refusals of "Canonical JSON"; white space and order are free
  const open = []; // for each object or list around: the names seen so far
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[[{\]}]|[-+.\w]+/gs)) {
    if (token === '}' || token === ']') { open.pop(); continue; }
    need(open.length <= 32, 'JSON: nested too deep');
    if (token === '{' || token === '[') open.push(new Set());
    else if (string) {
      const value = JSON.parse(string);
      need(value.isWellFormed(), 'JSON: lone surrogate');
      if (!colon) continue;
      need(/^[\x00-\x7f]*$/.test(value), 'JSON: member name is not ASCII');
      need(open.length && !open.at(-1).has(value), `JSON: repeated member ${value}`);
      open.at(-1).add(value);
    } else if (!['true', 'false', 'null'].includes(token))
      need(/^-?[0-9]+$/.test(token) && Number.isSafeInteger(Number(token)), `JSON: bad number ${token.slice(0, 30)}`);
  }
  return JSON.parse(text, (_, v) => isObject(v) ? Object.assign(Object.create(null), v) : v); // no inherited members
}
function canonical(v) {
  if (Array.isArray(v)) return `[${v.map(canonical).join(',')}]`;
  if (isObject(v)) return `{${Object.keys(v).sort().map(k => `${JSON.stringify(k)}:${canonical(v[k])}`).join(',')}}`;
  return JSON.stringify(v);
}
function parseLine(bytes) { // one line of canonical JSON and one line feed
  const text = utf8(bytes), value = parse(text);
  need(text === canonical(value) + '\n', 'not canonical JSON and one line feed');
  return value;
}

// ---- Forms: functions from a value to true or false ----------------------------------------------------------------
const MAX = Number.MAX_SAFE_INTEGER;
const int = (low = 0, high = MAX) => v => Number.isSafeInteger(v) && v >= low && v <= high;
const pattern = re => v => typeof v === 'string' && re.test(v);
const is = (...values) => v => values.includes(v);
const or = (...forms) => v => forms.some(f => f(v));
const list = (form, min = 0, max = Infinity) => v => Array.isArray(v) && v.length >= min && v.length <= max && v.every(x => form(x));
const exactly = forms => v => isObject(v) && Object.keys(v).length === Object.keys(forms).length
  && Object.keys(forms).every(k => k in v && forms[k](v[k]));
const someOf = forms => v => isObject(v) && Object.keys(v).every(k => Object.hasOwn(forms, k) && forms[k](v[k]));
const text = pattern(/^(?!.*\u00ad)[\x20-\x7e\u00a1-\u024f–—‘’“”]{1,2000}$/u);
const anyString = v => typeof v === 'string';
const boolean = v => typeof v === 'boolean';
const time = int(0, 253402300799);
const signed = int(-MAX);
const digest = pattern(/^[0-9a-f]{64}$/);
const week = pattern(/^[0-9]{4}-W[0-9]{2}$/);
const jti = pattern(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const base64of32 = encoding => v => { try { return decode(v, encoding).length === 32; } catch { return false; } };
const LEAF = exactly({ sha256: digest, type: is('cohort_seal'), v: is(1) });
const SUCCESSOR = exactly({ attestation: anyString, receipt: anyString, logged_at: time });
const BUNDLE = exactly({ schema: is('evidence-bundle/1'), attestation: anyString, receipt: anyString, logged_at: time, status: anyString,
  seals: list(exactly({ leaf: LEAF, proof: anyString }), 0, 256), superseded_by: or(is(null), SUCCESSOR),
  acceptances: list(anyString, 1, 16), countersignatures: list(anyString, 0, 16) });
const CONTRACT = exactly({ id: text, version: int(), rules_sha256: digest }), PARTY = exactly({ role: text, organisation: text });
const ACCEPTANCE = exactly({ contract: CONTRACT, parties: list(PARTY), party: PARTY, trust: digest, iat: time });
const COUNTERSIGNATURE = exactly({ attestation: exactly({ jti, sha256: digest }), contract: CONTRACT, window: text, auditor: text,
  sample: exactly({ size: int(), population: int(), draw: int(1), seed: digest, items_sha256: digest }), verdict: is('agreed', 'deviations'), iat: time });
const VISIBLE = {
  iss: text, vct: text, 'vct#integrity': v => anyString(v) && v.startsWith('sha256-') && base64of32('base64')(v.slice(7)),
  nbf: time, iat: time, jti, seq: int(1), status: exactly({ status_list: exactly({ idx: int(), uri: text }) }),
  contract: CONTRACT,
  window: v => exactly({ label: text, from_week: week, to_week: week })(v) && v.from_week <= v.to_week,
  template: is('contract_total', 'predicate', 'payment_document'), recipient: PARTY,
  municipality: exactly({ code: text, name: text }), operator: exactly({ name: text }), log: exactly({ origin: text }),
  policy: exactly({ decision_id: text, policy_set_sha256: digest }),
};
const SD = list(base64of32('base64url'), 1);
const OPTIONAL = { _sd: SD, _sd_alg: is('sha-256'), supersedes: exactly({ jti, sha256: digest }), demo: is(true), exp: time };
const SHOWN = {
  participants: int(),
  mistaken: int(),
  cohort_seals: list(exactly({ batch: text, count: int(), plan: digest, root: digest, sealed_on: text, nonce: digest })),
  threshold: or(exactly({ people: int(), met: boolean }), exactly({ met: boolean })),
  outcomes_achieved: int(), outcomes_reached: or(is(null), int()),
  points_reached: or(is(null), int()), days_reached: or(is(null), int()),
  qualifying_weeks: signed,
  not_counted: list(exactly({ reason: text, value: or(is(null), int()) })),
  outcomes_by_class: list(exactly({ class: text, value: or(is(null), int()) })),
  payable: exactly({ amount_minor: signed, currency: text }),
  lines: list(exactly({ tariff: text, kind: text, unit: text, quantity: signed, amount_minor: signed })),
  payers: list(exactly({ organisation: text, amount_minor: signed })),
  sources: exactly({ complete_to_week: week, known_at: time }),
  method: exactly({ inputs_sha256: digest, engine_version: text, data_sources: list(text) }),
  suppression: exactly({ k: int(), k_cohort: int(), rules: list(text) }),
  illustrative: list(text),
  difference: someOf({ outcomes_achieved: signed, outcomes_reached: signed, points_reached: signed, days_reached: signed, qualifying_weeks: signed,
    amount_minor: signed, threshold_met: is(-1, 0, 1) }),
};

// ---- Keys, signatures, logs ----------------------------------------------------------------------------------------
function jws(token) { // compact JWS -> its parts; header and payload are objects
  const parts = token.split('.');
  need(parts.length === 3, 'JWS has not three parts');
  const [header, payload] = parts.slice(0, 2).map(p => parse(utf8(decode(p, 'base64url'))));
  need(isObject(header) && isObject(payload), 'JWS header or payload is no object');
  const signature = decode(parts[2], 'base64url');
  need(header.alg !== 'ES256' || signature.length === 64, 'an ES256 signature has 64 bytes');
  return { header, payload, signed: `${parts[0]}.${parts[1]}`, signature };
}
const ALG = is('ES256', 'PS256', 'RS256');
function checkSignature(token, jwk) {
  const { alg } = token.header, key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  need((alg === 'ES256') === (jwk.kty === 'EC') && ALG(alg), 'alg is not of the type of the key');
  const how = alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : alg === 'RS256' ? { key, padding: constants.RSA_PKCS1_PADDING }
    : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  need(verifySignature('sha256', Buffer.from(token.signed), how, token.signature), 'wrong signature');
}
function thumbprint(jwk) { // checks the JWK's form on the way
  const number = v => { const b = decode(v, 'base64url'); return b.length > 0 && b[0] !== 0 && b; };
  const ec = exactly({ kty: is('EC'), crv: is('P-256'), x: base64of32('base64url'), y: base64of32('base64url') });
  if (!ec(jwk)) {
    need(exactly({ kty: is('RSA'), n: anyString, e: is('AQAB') })(jwk), 'JWK has not the form of a key');
    const n = number(jwk.n), bits = n ? n.length * 8 - (Math.clz32(n[0]) - 24) : 0;
    need(bits >= 2048 && bits <= 4096, 'RSA key has a bad length');
  }
  createPublicKey({ key: { ...jwk }, format: 'jwk' }); // throws for a point that is not on the curve
  return sha256(canonical(jwk)).toString('base64url');
}
const covers = (key, t) => key.valid_from !== null && key.valid_from <= t && (key.valid_to === null || t <= key.valid_to)
  && (key.compromised_since === null || t < key.compromised_since);

function readVkey({ origin, vkey }) {
  const m = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey);
  need(m && m[1] === origin, 'vkey does not name its origin');
  const key = decode(m[3], 'base64');
  need(key.length === 33 && key[0] === 1, 'vkey is not of type Ed25519');
  const id = sha256(`${origin}\n`, key).subarray(0, 4);
  need(id.toString('hex') === m[2], 'vkey has a wrong key id');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.subarray(1).toString('base64url') };
  return { origin, id, key: createPublicKey({ key: jwk, format: 'jwk' }) };
}
const decimal = t => { need(/^(0|[1-9][0-9]{0,18})$/.test(t), 'bad decimal'); return BigInt(t); };
function hash32(t) { const b = decode(t, 'base64'); need(b.length === 32, 'a hash has not 32 bytes'); return b; }

function checkReceipt(proof, leaf, log) {
  need(log, 'the log is not in the trust file');
  const gap = proof.indexOf('\n\n');
  need(gap >= 0, 'receipt has no note');
  const [first, index, ...path] = proof.slice(0, gap).split('\n'), note = proof.slice(gap + 2);
  need(first === 'c2sp.org/tlog-proof@v1' && index?.startsWith('index '), 'receipt is no tlog-proof');
  need(![...note].some(c => c < ' ' && c !== '\n'), 'control character in the note');
  need(path.length <= 63 && [...note].length <= 65536, 'receipt is too long');
  const end = note.indexOf('\n\n'), body = note.slice(0, end + 1), lines = body.split('\n').slice(0, -1);
  need(end >= 0 && lines.length === 3 && lines[0] === log.origin, 'checkpoint has not three lines or another origin');
  need(note.endsWith('\n'), 'note does not end in a line feed');
  const signatures = note.slice(end + 2, -1).split('\n');
  need(signatures.length <= 16, 'too many signatures');
  let found = false;
  for (const line of signatures) {
    const m = /^— ([^\s+]+) (\S+)$/u.exec(line);
    need(m, 'bad signature line');
    const bytes = decode(m[2], 'base64');
    need(bytes.length > 4, 'signature is too short');
    if (m[1] !== log.origin || !bytes.subarray(0, 4).equals(log.id)) continue;
    need(bytes.length === 68 && verifySignature(null, Buffer.from(body), log.key, bytes.subarray(4)), 'wrong signature of the log');
    found = true;
  }
  need(found, 'the log did not sign the checkpoint');
  // RFC 9162 §2.1.3.2
  let fn = decimal(index.slice(6)), sn = decimal(lines[1]) - 1n, hash = sha256(Buffer.of(0), leaf);
  need(fn <= sn, 'index is not below the size');
  for (const step of path.map(hash32)) {
    need(sn !== 0n, 'inclusion path is too long');
    if (fn & 1n || fn === sn) {
      hash = sha256(Buffer.of(1), step, hash);
      while (!(fn & 1n) && fn !== 0n) { fn >>= 1n; sn >>= 1n; }
    } else hash = sha256(Buffer.of(1), hash, step);
    fn >>= 1n; sn >>= 1n;
  }
  need(sn === 0n && hash.equals(hash32(lines[2])), 'the leaf is not in the log');
}

// ---- Trust file ----------------------------------------------------------------------------------------------------
function readTrust(bytes) {
  const trust = parseLine(bytes);
  need(exactly({ schema: is('trust/1'), issuer: anyString, anchor: isObject, manifest: anyString, receipt: anyString })(trust), 'trust file has a wrong form');
  const manifest = jws(trust.manifest), kid = thumbprint(trust.anchor);
  need(exactly({ alg: ALG, typ: is('key-manifest+jwt'), kid: is(kid) })(manifest.header), 'manifest header');
  checkSignature(manifest, trust.anchor);
  const maybe = or(is(null), time), m = manifest.payload;
  const state = is('pending', 'active', 'retiring', 'retired', 'destroyed', 'compromised');
  const KEY = exactly({ kid: anyString, jwk: isObject, state, valid_from: maybe, valid_to: maybe, compromised_since: maybe });
  need(exactly({ iss: is(trust.issuer), iat: time, version: int(1), previous: or(is(null), digest), keys: list(KEY, 1),
    logs: list(exactly({ origin: anyString, vkey: anyString }), 1), vct: list(anyString) })(m), 'manifest has a wrong form');
  for (const key of m.keys) need(thumbprint(key.jwk) === key.kid, 'kid is not the thumbprint');
  const keys = new Map(m.keys.map(k => [k.kid, k])), logs = new Map(m.logs.map(l => [l.origin, readVkey(l)]));
  const attest = [...logs.values()].filter(l => l.origin.endsWith('/attest'));
  need(keys.size === m.keys.length && logs.size === m.logs.length && attest.length === 1, 'a key or log stands twice, or not one /attest log');
  checkReceipt(trust.receipt, canonical({ sha256: hex(trust.manifest), type: 'key_manifest', v: 1, version: m.version }), attest[0]);
  return { issuer: trust.issuer, anchor: kid, keys, logs, attest: attest[0], vct: m.vct, fingerprint: hex(canonical({ anchor: trust.anchor, issuer: trust.issuer })) };
}

// ---- Steps 2 to 6: one attestation with its receipt; `enter` notes the step that is under way ---------------------------
function holdsSd(v) { // _sd, _sd_alg or ... as a member name at any depth of v
  if (Array.isArray(v)) return v.some(holdsSd);
  return isObject(v) && Object.keys(v).some(k => ['_sd', '_sd_alg', '...'].includes(k) || holdsSd(v[k]));
}
const RESERVED = ['iss', 'nbf', 'exp', 'iat', 'cnf', 'vct', 'vct#integrity', 'status', '_sd', '_sd_alg', '...', 'jti', 'aud', 'sub', 'supersedes'];

function checkAttestation({ attestation, receipt, logged_at }, trust, now, enter) {
  enter(2); // token
  need(attestation.endsWith('~'), 'attestation does not end in ~');
  const [jwt, ...disclosures] = attestation.slice(0, -1).split('~');
  need(disclosures.length <= 64 && jwt.length <= 262144, 'attestation is too long');
  const token = jws(jwt), { header, payload: claims } = token;
  const { x5c: _, ...rest } = header; // only the profile certificate reads it
  need(exactly({ alg: ALG, typ: is('dc+sd-jwt'), kid: anyString, iat: time })(rest), 'header has a wrong form');
  need(anyString(claims.vct) && claims.vct !== '', 'vct is no text');
  need(!('_sd_alg' in claims) || claims._sd_alg === 'sha-256', '_sd_alg is not sha-256');
  need(!('_sd' in claims) || SD(claims._sd) && new Set(claims._sd).size === claims._sd.length, '_sd has a wrong form');
  need(!('...' in claims) && !Object.values(claims).some(holdsSd), '_sd, _sd_alg or ... at a wrong place');

  enter(3); // signature
  const key = trust.keys.get(header.kid);
  need(key, 'kid names no key of the trust file');
  checkSignature(token, key.jwk);

  enter(4); // disclosures
  const unused = new Set(claims._sd ?? []), shown = Object.create(null);
  for (const disclosure of disclosures) {
    need(unused.delete(sha256(disclosure).toString('base64url')), 'disclosure is not in _sd, or was used before');
    const triple = parse(utf8(decode(disclosure, 'base64url')));
    need(Array.isArray(triple) && triple.length === 3 && anyString(triple[0]) && anyString(triple[1]), 'disclosure is not [salt, name, value]');
    const [, name, value] = triple;
    need(!RESERVED.includes(name) && !(name in claims) && !(name in shown), `disclosure must not be named ${name}`);
    need(!holdsSd(value), 'value holds _sd, _sd_alg or ...');
    shown[name] = value;
  }

  enter(5); // claims
  for (const name of Object.keys(VISIBLE)) need(name in claims, `${name} is missing`);
  for (const [name, form] of Object.entries({ ...VISIBLE, ...OPTIONAL })) need(!(name in claims) || form(claims[name]), `${name} has a wrong form`);
  need(claims.iss === trust.issuer && trust.vct.includes(claims.vct), 'iss or vct is not that of the trust file');
  need(claims.nbf <= now + 60 && claims.iat <= now + 60 && !(claims.exp < now - 60), 'not yet valid, or expired');
  for (const [name, value] of Object.entries(shown)) {
    need(Object.hasOwn(SHOWN, name), `${name} is not a claim of this type`);
    need(SHOWN[name](value), `${name} has a wrong form`);
  }
  const [type, log] = claims.template === 'payment_document' ? ['payment-document', '/payment'] : ['outcome-attestation', '/attest'];
  need(claims.vct === `${claims.iss}/vct/${type}/1` && claims.log.origin.endsWith(log), 'template, vct and log do not belong together');
  need(!('difference' in shown) || 'supersedes' in claims, 'difference without supersedes');

  enter(6); // receipt
  const leaf = { at: logged_at, jti: claims.jti, sha256: hex(jwt), status: claims.status.status_list.idx, type: 'attestation', v: 1 };
  checkReceipt(receipt, canonical(leaf), trust.logs.get(claims.log.origin));
  need(logged_at >= claims.iat - 60 && logged_at <= now + 60, 'logged_at is too early or too late');
  need(covers(key, logged_at), 'the key does not cover logged_at');
  return { claims, shown, jwtHash: hex(jwt) };
}

function contradiction({ shown: s }) { // step 9, the shown claims among themselves
  const sum = values => values.reduce((a, b) => a + BigInt(b), 0n), has = (...names) => names.every(n => n in s);
  if (has('outcomes_achieved', 'participants')) need(s.outcomes_achieved <= s.participants, 'more outcomes than participants');
  if (has('mistaken', 'participants')) need(s.mistaken <= s.participants, 'more referred by mistake than participants');
  if (has('outcomes_achieved', 'threshold') && 'people' in s.threshold)
    need(s.threshold.met === (s.outcomes_achieved >= s.threshold.people), 'threshold.met contradicts outcomes_achieved');
  if (has('outcomes_achieved', 'participants', 'not_counted')) {
    const values = s.not_counted.map(c => c.value), known = values.filter(v => v !== null);
    const rest = BigInt(s.participants) - BigInt(s.outcomes_achieved);
    need(known.length < values.length ? sum(known) <= rest : sum(known) === rest, 'not_counted contradicts the other figures');
  }
  if (has('outcomes_achieved', 'outcomes_by_class')) {
    const values = s.outcomes_by_class.map(c => c.value), known = values.filter(v => v !== null), total = BigInt(s.outcomes_achieved);
    need(known.length < values.length ? sum(known) <= total : sum(known) === total, 'outcomes_by_class contradicts outcomes_achieved');
  }
  if (has('payers', 'payable')) need(sum(s.payers.map(p => p.amount_minor)) === BigInt(s.payable.amount_minor), 'payers do not add up to payable');
  if (has('lines', 'payable')) need(sum(s.lines.map(l => l.amount_minor)) === BigInt(s.payable.amount_minor), 'lines do not add up to payable');
}

// ---- Steps 10 and 11: what others signed ---------------------------------------------------------------------------
function endorsement(token, typ, form) { // a JWS that brings its own key -> the key's id and the claims
  const parsed = jws(token), { header, payload } = parsed;
  need(token.length <= 262144, 'endorsement is too long');
  need(exactly({ alg: ALG, typ: is(typ), kid: anyString, jwk: isObject })(header), 'endorsement header has a wrong form');
  need(thumbprint(header.jwk) === header.kid, 'kid is not the thumbprint of jwk');
  checkSignature(parsed, header.jwk);
  need(form(payload), 'endorsement has wrong claims');
  return { kid: header.kid, ...payload };
}
const same = (a, b) => canonical(a) === canonical(b);

function checkAcceptances(tokens, trust, now, { contract, recipient }) {
  const signed = tokens.map(token => endorsement(token, 'contract-acceptance+jwt', ACCEPTANCE)), [{ parties }] = signed;
  for (const s of signed) {
    need(same(s.contract, contract) && s.trust === trust.fingerprint, 'acceptance of another contract text or trust anchor');
    need(s.iat <= now + 60, 'acceptance from the future');
    need(same(s.parties, parties), 'acceptances name different parties');
  }
  const ordered = parties.every((p, n) => n === 0 || parties[n - 1].role < p.role
    || (parties[n - 1].role === p.role && parties[n - 1].organisation < p.organisation));
  need(ordered, 'parties are not in order, or twice');
  const left = new Map(parties.map(p => [canonical(p), p])); // those who have not accepted yet
  for (const s of signed) need(left.delete(canonical(s.party)), 'a party accepts twice, or is not named');
  need(left.size === 0, 'a party has not accepted');
  const owner = new Map(signed.map(s => [s.kid, s.party.organisation]));
  for (const s of signed) need(owner.get(s.kid) === s.party.organisation, 'two organisations with one key');
  const own = new Set(signed.filter(s => trust.keys.has(s.kid)).map(s => s.party.organisation));
  need(own.size === 1, 'the issuer accepts for nobody, or for several');
  need(signed.some(s => s.party.role === 'outcome_payer' && own.has(s.party.organisation)), 'the issuer accepts for somebody who does not pay');
  for (const s of signed.filter(x => own.has(x.party.organisation)))
    need(trust.keys.has(s.kid) && covers(trust.keys.get(s.kid), s.iat), 'the issuer accepts with a key that is not its own or does not cover iat');
  need(parties.some(p => same(p, recipient)), 'the recipient is no party');
  need(!owner.has(trust.anchor), 'the anchor accepts');
  return signed;
}

function checkCountersignatures(tokens, trust, now, { claims, shown, jwtHash }, accepted) {
  const signed = tokens.map(token => endorsement(token, 'audit-countersignature+jwt', COUNTERSIGNATURE));
  const dependent = new Set([trust.anchor, ...trust.keys.keys(), ...accepted.map(a => a.kid)]);
  for (const s of signed) {
    need(same(s.attestation, { jti: claims.jti, sha256: jwtHash }), 'countersignature of another attestation');
    need(same(s.contract, claims.contract) && s.window === claims.window.label, 'countersignature of another contract or window');
    need(s.sample.size > 0 && s.sample.size <= s.sample.population, 'sample is empty or larger than the cohort');
    need(!('participants' in shown) || s.sample.population === shown.participants, 'population is not participants');
    need(s.iat >= claims.iat - 60 && s.iat <= now + 60, 'countersignature before the attestation, or from the future');
    need(!dependent.has(s.kid) && !accepted.some(a => a.party.organisation === s.auditor), 'the auditor is not independent');
    dependent.add(s.kid); // nobody countersigns twice
  }
  return signed;
}

// ---- Verification --------------------------------------------------------------------------------------------------
function verify({ bundle: bundleBytes, trust: trustBytes, contract, now }) {
  let step = 'trust', told = [];
  const enter = n => { step = n; };
  try {
    const trust = readTrust(trustBytes);
    enter(1); // bundle
    need(bundleBytes.length <= 1 << 20, 'bundle is larger than 1 MiB');
    const bundle = parseLine(bundleBytes);
    need(BUNDLE(bundle), 'bundle has a wrong form');
    const main = checkAttestation(bundle, trust, now, enter), { claims, shown } = main; // steps 2 to 6

    enter(7); // seals
    for (const { leaf, proof } of bundle.seals) checkReceipt(proof, canonical(leaf), trust.attest);
    if ('cohort_seals' in shown) {
      const leaves = new Set(bundle.seals.map(s => s.leaf.sha256)), entries = shown.cohort_seals;
      need(bundle.seals.length === entries.length, 'not as many proofs as entries');
      for (const { batch, count, plan, root, sealed_on, nonce } of entries) {
        const commitment = canonical({ batch, contract: claims.contract.id, count, plan, root, sealed_on });
        need(leaves.delete(sha256(Buffer.from(nonce, 'hex'), commitment).toString('hex')), 'an entry has no leaf of its own');
      }
      const counts = entries.reduce((a, e) => a + BigInt(e.count), 0n);
      need(!('participants' in shown) || counts === BigInt(shown.participants), 'counts do not add up to participants');
    }

    enter(8); // status
    const status = jws(bundle.status), s = status.payload, statusKey = trust.keys.get(status.header.kid);
    need(exactly({ alg: ALG, typ: is('statuslist+jwt'), kid: anyString })(status.header) && statusKey, 'status header');
    checkSignature(status, statusKey.jwk);
    need(time(s.iat) && s.iat <= now + 60 && covers(statusKey, s.iat), 'status iat is in the future or not covered by its key');
    need(s.sub === claims.status.status_list.uri, 'status list of another address');
    need(!('exp' in s) || signed(s.exp), 'status exp has a wrong form');
    if (s.exp < now) told.push(`the status list expired at ${s.exp}`);
    need(exactly({ bits: is(1), lst: anyString })(s.status_list), 'status_list has a wrong form');
    const packed = decode(s.status_list.lst, 'base64url');
    const { buffer: bits, engine } = inflateSync(packed, { maxOutputLength: 1 << 20, info: true });
    need(engine.bytesWritten === packed.length, 'something after the zlib stream');
    const idx = claims.status.status_list.idx, byte = Math.floor(idx / 8);
    need(byte < bits.length, 'the status list has no such index');
    if (bits[byte] >> idx % 8 & 1) {
      if (bundle.superseded_by !== null) {
        const next = checkAttestation(bundle.superseded_by, trust, now, () => {}), n = next.claims; // steps 2 to 6, as part of 8
        contradiction(next);
        need(n.supersedes?.jti === claims.jti && n.supersedes.sha256 === main.jwtHash, 'the successor supersedes another attestation');
        for (const k of ['vct', 'template', 'recipient', 'window', 'municipality']) need(canonical(n[k]) === canonical(claims[k]), `the successor has another ${k}`);
        need(n.contract.id === claims.contract.id && n.seq > claims.seq, 'the successor has another contract or no higher seq');
        told.push(`superseded by ${n.jti}, seq ${n.seq}, iat ${n.iat}, difference ${canonical(next.shown.difference ?? null)}`);
      }
      throw new Error('the attestation was revoked');
    }
    need(bundle.superseded_by === null, 'valid and superseded at once');

    enter(9); // contract
    if (contract) need(hex(contract) === claims.contract.rules_sha256, 'another contract file');
    contradiction(main);
    enter(10); // acceptances
    const accepted = checkAcceptances(bundle.acceptances, trust, now, claims);
    enter(11); // audit
    const audited = checkCountersignatures(bundle.countersignatures, trust, now, main, accepted);
    for (const a of accepted) told.push(`accepted by ${a.party.role}/${a.party.organisation} with key ${a.kid}; compare it with one you know`);
    for (const a of audited) told.push(`${a.verdict === 'agreed' ? 'agreed' : 'DEVIATIONS found'} by auditor ${a.auditor} with key ${a.kid}: ${a.sample.size} of ${a.sample.population} people, draw ${a.sample.draw}`);
    if (audited.length === 0) told.push('nobody independent looked: no auditor countersigned');
    if (!contract) told.push('no contract file was given');
    if (!('participants' in shown)) told.push('the denominator is withheld');
    if (claims.demo) told.push('the attestation is a demo');
    return { code: 0, trust, main, told };
  } catch (error) {
    return { code: step === 'trust' ? 3 : 10 + step, step, reason: error.message, told };
  }
}

function runVectors(file) {
  const vectors = JSON.parse(readFileSync(file)), read = name => name && readFileSync(resolve(dirname(file), name));
  let agree = 0;
  for (const v of vectors) {
    const got = verify({ bundle: read(v.path), trust: read(v.trust), contract: read(v.contract), now: v.now });
    if (got.code === v.exit_code) agree++;
    else console.log(`${v.path}: expected ${v.exit_code}, got ${got.code} (${got.reason ?? 'verified'})`);
  }
  console.log(`${agree} of ${vectors.length} agree`);
  return agree === vectors.length ? 0 : 1;
}

const { values: options, positionals } = parseArgs({ allowPositionals: true,
  options: { trust: { type: 'string' }, contract: { type: 'string' }, at: { type: 'string' }, vectors: { type: 'string' } } });
if (options.vectors) process.exitCode = runVectors(options.vectors);
else if (positionals.length !== 1 || !options.trust || (options.at && !/^\d+$/.test(options.at))) {
  console.error('usage: verify-outcome.mjs BUNDLE --trust FILE [--contract FILE] [--at UNIXSECONDS] | --vectors FILE');
  process.exitCode = 2;
} else {
  const read = file => { try { return readFileSync(file); } catch (error) { console.error(error.message); process.exit(2); } };
  const result = verify({ bundle: read(positionals[0]), trust: read(options.trust),
    contract: options.contract && read(options.contract), now: options.at ? Number(options.at) : Math.floor(Date.now() / 1000) });
  if (result.code === 0) {
    console.log(`VERIFIED ${result.main.claims.jti}, fingerprint ${result.trust.fingerprint}`);
    for (const [name, value] of Object.entries(result.main.shown)) console.log(`  ${name}: ${canonical(value)}`);
    console.log('Not checked: that the registers are right; that no witness signed the log; that no authority confirmed its time;\n'
      + '  that the key is the municipality\'s (compare the fingerprint with the one in the contract).');
  } else console.log(result.code === 3 ? `UNUSABLE trust file: ${result.reason}` : `REFUSED at step ${result.step}: ${result.reason}`);
  for (const line of result.told) console.log(`Note: ${line}.`);
  process.exitCode = result.code;
}
