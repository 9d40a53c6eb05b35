"""What the OpenAPI document says beyond the routes: how to get in, with an example that can be run, and problems."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from gateway.api import problems
from gateway.installation.tokens import ASSERTION_LIFE_SECONDS, ASSERTION_TYPE

_HERE = "https://gateway.example"  # stands for the issuer in the examples

_KEY = """\
openssl ecparam -name prime256v1 -genkey -noout -out fokus.pem
python3 - > fokus.jwk <<'END'
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm
key = load_pem_private_key(open("fokus.pem", "rb").read(), None)
print(ECAlgorithm.to_jwk(key.public_key()))
END
"""

_REQUESTS = f"""\
assertion=$(python3 - <<'END'
import jwt, uuid
from time import time
now = int(time())
claims = {{"iss": "fokus-app", "sub": "fokus-app", "aud": "{_HERE}",
          "iat": now, "exp": now + {ASSERTION_LIFE_SECONDS}, "jti": str(uuid.uuid4())}}
print(jwt.encode(claims, open("fokus.pem").read(), "ES256"))
END
)
token=$(curl -sSf {_HERE}/token \\
  -d grant_type=client_credentials \\
  -d client_assertion_type={ASSERTION_TYPE} \\
  -d client_assertion=$assertion \\
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
curl -sSf {_HERE}/contracts -H "Authorization: Bearer $token"
# 200: the bundle. 202: not released yet; your ask is kept, and a GET of the same address looks again
curl -sSf -X POST {_HERE}/contracts/impact60/windows/2018H2/attestations/payment_document \\
  -H "Authorization: Bearer $token" -o bundle.json -w '%{{http_code}}\\n'
curl -sSf {_HERE}/trust.json -o trust.json
verify-outcome bundle.json --trust trust.json
"""


def examples(issuer: str) -> tuple[str, str]:
    """Two shell scripts for an API client of this issuer: making its key, and going from there to a checked bundle."""
    return _KEY.replace(_HERE, issuer), _REQUESTS.replace(_HERE, issuer)


def description(issuer: str) -> str:
    """How to get in, in Markdown: the document's introduction."""
    key, requests = examples(issuer)
    return (
        "Signed attestations of social outcomes. Operators and investors ask for them, data protection officers and"
        " auditors read the access log; what verifies an attestation is public.\n\n"
        f"The issuer is `{issuer}`. A client shows who it is with an assertion that its own key signed"
        " (`private_key_jwt`, RFC 7523) and gets an access token for a few minutes, which all requests but those for"
        " `/health` and public files must carry. Errors are problems (RFC 9457), at the token end point those of RFC"
        " 6749.\n\n"
        "Make a key once. Send the public half, `fokus.jwk`, to the municipality, which registers it with"
        " `gateway keys client`; the private half stays with you. (Python needs `pyjwt` and `cryptography`.)\n\n"
        f"```sh\n{key}```\n\n"
        "Then get a token, see what you may ask for, ask, and check what you got. Compare the trust file's fingerprint"
        " with the one that your contract prints.\n\n"
        f"```sh\n{requests}```\n"
    )


class DocumentedAPI(FastAPI):
    """An application whose OpenAPI document also holds the schemas of problems, which FastAPI knows as JSON alone."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        document["components"]["schemas"].update(problems.schemas())
        return document
