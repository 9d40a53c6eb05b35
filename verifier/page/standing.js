// Checks 7 to 9: the denominator, whether it still stands, and the contract.

// ── 7 seals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

async function sealDigest({ batch, count, plan, root, sealed_on, nonce }, contract) {
  const sealed = utf8(canonical({ batch, contract, count, plan, root, sealed_on }));
  return sha256Hex(join(fromHex(nonce), sealed));
}

// Exact: a sum of safe integers need not be one.
const sum = (numbers) => numbers.reduce((total, number) => total + BigInt(number), 0n);

// ── 8 status ────────────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── 9 contract ──────────────────────────────────────────────────────────────────────────────────────────────────────────

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
  const { participants, mistaken, outcomes_achieved: achieved, threshold, lines, payers, payable } = shown;
  const isKnown = (value) => value !== undefined;
  if (isKnown(achieved) && isKnown(participants)) need(achieved <= participants, "more outcomes than participants");
  if (isKnown(mistaken) && isKnown(participants)) need(mistaken <= participants, "more referred by mistake than participants");
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
  const addsUp = (entries) => sum(entries.map((one) => one.amount_minor)) === BigInt(payable.amount_minor);
  if (isKnown(lines) && isKnown(payable)) need(addsUp(lines), "the lines do not add up to the amount");
  if (isKnown(payers) && isKnown(payable)) need(addsUp(payers), "the payers' parts do not add up to the amount");
}
