// Forms of values, and of the claims of an attestation.

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

const isContract = fields({ id: isText, version: isCount, rules_sha256: isDigest }); // one text of one contract
const isParty = fields({ role: isText, organisation: isText });

function isDifference(value) {
  const form = {
    outcomes_achieved: isInteger,
    outcomes_reached: isInteger,
    points_reached: isInteger,
    days_reached: isInteger,
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
  contract: isContract,
  window: fields({ label: isText, from_week: isWeek, to_week: isWeek }),
  template: (value) => KINDS.has(value),
  recipient: isParty,
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

const isCountOrWithheld = (value) => value === null || isCount(value);

const SHOWN = {
  participants: isCount,
  mistaken: isCount,
  cohort_seals: listOf(
    fields({ batch: isText, count: isCount, plan: isDigest, root: isDigest, sealed_on: isText, nonce: isDigest }),
  ),
  outcomes_achieved: isCount,
  outcomes_reached: isCountOrWithheld,
  points_reached: isCountOrWithheld,
  days_reached: isCountOrWithheld,
  threshold: (value) => isMetAlone(value) || isMetWithPeople(value),
  qualifying_weeks: isInteger,
  outcomes_by_class: listOf(fields({ class: isText, value: isCountOrWithheld })),
  not_counted: listOf(fields({ reason: isText, value: isCountOrWithheld })),
  payable: fields({ amount_minor: isInteger, currency: isText }),
  lines: listOf(fields({ tariff: isText, kind: isText, unit: isText, quantity: isInteger, amount_minor: isInteger })),
  payers: listOf(fields({ organisation: isText, amount_minor: isInteger })),
  sources: fields({ complete_to_week: isWeek, known_at: isInstant }),
  method: fields({ inputs_sha256: isDigest, engine_version: isText, data_sources: listOf(isText) }),
  suppression: fields({ k: isCount, k_cohort: isCount, rules: listOf(isText) }),
  illustrative: listOf(isText),
  difference: isDifference,
};
