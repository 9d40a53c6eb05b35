// Runs verifiers that others wrote over attestations. Reads a JSON list of
// {id, attestation, status, jwk, now} from the file that the argument names, and writes {id: {verifier: "accept" | "reject"}}.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { compactVerify, importJWK, jwtVerify } from "jose";

const hasher = (data, alg) => {
  if (alg.replace("-", "").toLowerCase() !== "sha256") throw new Error(`no hash ${alg}`);
  return new Uint8Array(createHash("sha256").update(data).digest());
};

const signedBy = (key) => async (data, signature) => {
  try {
    await compactVerify(`${data}.${signature}`, key, { algorithms: ["ES256"] });
    return true;
  } catch {
    return false;
  }
};

async function sdJwtVc({ attestation, status, now }, key) {
  const verifier = signedBy(key);
  const instance = new SDJwtVcInstance({
    hasher,
    hashAlg: "sha-256",
    verifier,
    statusVerifier: verifier,
    statusListFetcher: async () => status,
  });
  await instance.verify(attestation, { currentDate: now, skewSeconds: 60 });
}

async function jose({ attestation, now }, key) {
  await jwtVerify(attestation.split("~")[0], key, {
    algorithms: ["ES256"],
    typ: "dc+sd-jwt",
    currentDate: new Date(now * 1000),
    clockTolerance: 60,
  });
}

const verifiers = { "@sd-jwt/sd-jwt-vc": sdJwtVc, jose };
const verdicts = {};
for (const vector of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const key = await importJWK(vector.jwk, "ES256");
  verdicts[vector.id] = {};
  for (const [name, verify] of Object.entries(verifiers)) {
    try {
      await verify(vector, key);
      verdicts[vector.id][name] = "accept";
    } catch {
      verdicts[vector.id][name] = "reject";
    }
  }
}
process.stdout.write(JSON.stringify(verdicts));
