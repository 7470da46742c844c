"""Verifies the cases of `../differential` with py_webauthn.

One case in JSON per line of the input, one verdict per line of the output.
"""

import json
import sys

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier

ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]


def verify(case):
    common = {
        "credential": case["credential"],
        "expected_challenge": base64url_to_bytes(case["challenge"]),
        "expected_rp_id": case["rp_id"],
        "expected_origin": case["origin"],
        "require_user_verification": True,
    }
    if case["kind"] == "registration":
        verify_registration_response(**common, supported_pub_key_algs=ALGORITHMS)
    else:
        verify_authentication_response(
            **common,
            credential_public_key=base64url_to_bytes(case["public_key"]),
            credential_current_sign_count=case["stored_count"],
        )


for line in sys.stdin:
    try:
        verify(json.loads(line))
        print("accepted")
    except Exception as error:
        print(f"{type(error).__name__}: {error}".replace("\n", " "))
