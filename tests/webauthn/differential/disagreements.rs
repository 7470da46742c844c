//! Where the other verifiers disagree, and the section that decides. Sections without a name are of Web Authentication Level 3.

/// A disagreement.
#[derive(Debug)]
pub struct Disagreement {
    /// What is different in the response.
    pub family: &'static str,
    /// What this service does; `None` if that depends on the response.
    pub accepts: Option<bool>,
    /// Whether this service refuses what all of them accept.
    pub is_stricter: bool,
    /// The section and its rule.
    #[expect(
        dead_code,
        reason = "for readers, and printed when a row is not needed any more"
    )]
    pub decided_by: &'static str,
}

const fn accepted(family: &'static str, decided_by: &'static str) -> Disagreement {
    Disagreement {
        family,
        accepts: Some(true),
        is_stricter: false,
        decided_by,
    }
}

const fn refused(family: &'static str, decided_by: &'static str) -> Disagreement {
    Disagreement {
        accepts: Some(false),
        ..accepted(family, decided_by)
    }
}

/// Refused, although all other verifiers may accept it.
const fn stricter(family: &'static str, decided_by: &'static str) -> Disagreement {
    Disagreement {
        is_stricter: true,
        ..refused(family, decided_by)
    }
}

/// Random changes. Each has the same effect as a change of another row.
const fn random(family: &'static str) -> Disagreement {
    Disagreement {
        accepts: None,
        ..accepted(family, "the rows for the part that was changed")
    }
}

const CANONICAL: &str =
    "6.5.4 and CTAP 2.2 section 8: definite lengths, each key once, nothing else";
const KEY: &str = "6.5.1.1 and RFC 9053 section 7: the members of a COSE_Key and their types";
const SHORTEST: &str = "CTAP 2.2 section 8 demands the shortest form of authenticators; RFC 8949 section 4.2 lets decoders accept others";

pub const ALL: &[Disagreement] = &[
    // Client data.
    stricter(
        "client data: crossOrigin",
        "7.1 step 10, 7.2 step 13: no page of the service is framed by another origin",
    ),
    stricter(
        "client data: crossOrigin is no Boolean",
        "5.8.1: crossOrigin is a Boolean",
    ),
    stricter(
        "client data: topOrigin",
        "7.1 step 11, 7.2 step 14: no page of the service is framed",
    ),
    stricter(
        "client data: member twice",
        "5.8.1.1: each member is written once; RFC 8259 section 4: the meaning of a second one is not defined",
    ),
    refused(
        "client data: another spelling of the challenge",
        "7.1 step 8, 7.2 step 11: the base64url encoding is compared",
    ),
    refused(
        "client data: another spelling of the origin",
        "7.1 step 9, 7.2 step 12: the serialization of the origin is compared",
    ),
    refused(
        "client data: UTF-16",
        "7.1 step 5, 7.2 step 8: UTF-8 decode",
    ),
    accepted(
        "client data: not UTF-8",
        "7.1 step 5, 7.2 step 8: UTF-8 decode, which replaces malformed bytes",
    ),
    accepted(
        "client data: byte order mark",
        "7.1 step 5, 7.2 step 8: UTF-8 decode, which removes the mark",
    ),
    accepted(
        "client data: tokenBinding",
        "5.8.1: reserved, and no longer checked",
    ),
    random("client data: changed byte"),
    // The JSON around the response.
    refused(
        "credential: id and rawId differ",
        "5.1: id is the base64url encoding of rawId",
    ),
    refused(
        "credential: rawId and id differ",
        "5.1: id is the base64url encoding of rawId",
    ),
    refused("credential: type", "5.1: the type is public-key"),
    // Attestation objects.
    refused(
        "attestation object: format of another type",
        "6.5.4: fmt is a text",
    ),
    refused("attestation object: indefinite bytes", CANONICAL),
    refused("attestation object: indefinite map", CANONICAL),
    refused("attestation object: indefinite map as statement", CANONICAL),
    refused(
        "attestation object: missing statement",
        "6.5.4: attStmt is required",
    ),
    stricter(
        "attestation object: statement of the format none is no map",
        "8.7: the statement is an empty map",
    ),
    refused(
        "attestation object: statement of the format none is not empty",
        "8.7: the statement is an empty map",
    ),
    refused("attestation object: tag", CANONICAL),
    refused("attestation object: trailing byte", CANONICAL),
    refused("attestation object: twice", CANONICAL),
    accepted("attestation object: long head of the map", SHORTEST),
    accepted(
        "attestation object: unknown member with a number of 16 bits",
        "6.5.4: other members are ignored",
    ),
    accepted(
        "attestation object: unknown member with a tag",
        "6.5.4: other members are ignored",
    ),
    random("attestation object: changed byte"),
    refused(
        "self attestation: another algorithm",
        "8.2: alg is the algorithm of the credential's key",
    ),
    random("self attestation: changed byte"),
    // Authenticator data.
    refused("authenticator data: trailing byte", "6.1: nothing follows"),
    refused(
        "authenticator data: truncated",
        "6.1: at least 37 bytes, and the parts that the flags state",
    ),
    refused(
        "authenticator data: extensions are no map",
        "6.1: extensions is a map",
    ),
    refused(
        "authenticator data: extensions of indefinite length",
        CANONICAL,
    ),
    refused(
        "authenticator data: extensions with a trailing byte",
        "6.1: nothing follows",
    ),
    accepted(
        "authenticator data: extension twice",
        "7.1 step 19: extension outputs that were not asked for may be ignored",
    ),
    stricter(
        "authenticator data: empty or long id",
        "4, Credential ID: at least 16 and at most 1,023 bytes",
    ),
    random("authenticator data: changed byte"),
    refused("assertion: trailing byte", "6.1: nothing follows"),
    refused(
        "assertion: extensions are no map",
        "6.1: extensions is a map",
    ),
    refused(
        "assertion: extensions with a trailing byte",
        "6.1: nothing follows",
    ),
    refused(
        "assertion: flag of backup eligibility has changed",
        "7.2 step 19: backup eligibility does not change",
    ),
    random("assertion: changed authenticator data"),
    // Keys.
    refused(
        "key: algorithm does not fit or is not offered",
        "7.1 step 20: alg is one of pubKeyCredParams",
    ),
    refused("key: as Firefox 117 wrote it", KEY),
    refused(
        "key: compressed point",
        "5.8.5: the compressed form must not be used",
    ),
    refused("key: uncompressed point as x", KEY),
    refused("key: coordinate of another type", KEY),
    refused(
        "key: length of a coordinate",
        "RFC 9053 section 7.1.1: the length of the field, 32 bytes",
    ),
    refused(
        "key: length of an Ed25519 point",
        "RFC 8032 section 5.1.5: 32 bytes",
    ),
    refused(
        "key: point is not on the curve",
        "SEC 1 section 3.2.2: the point is on the curve",
    ),
    refused(
        "key: zero as a coordinate",
        "SEC 1 section 3.2.2: the point is on the curve",
    ),
    refused(
        "key: curve does not fit",
        "5.8.5: the curve that belongs to the algorithm",
    ),
    refused(
        "key: type does not fit",
        "5.8.5 and RFC 9053 section 2: the key type that belongs to the algorithm",
    ),
    refused("key: label twice", CANONICAL),
    refused("key: map of indefinite length", CANONICAL),
    refused("key: missing label", KEY),
    accepted("key: long form of a number", SHORTEST),
    stricter(
        "key: short modulus",
        "RFC 8230 section 6.1: at least 2,048 bits",
    ),
    stricter(
        "key: long modulus",
        "no section: more than 4,096 bits would make verifications slow",
    ),
    accepted("key: modulus", "RFC 8230 section 6.1: at least 2,048 bits"),
    refused("key: no modulus", "RFC 8230 section 4"),
    refused(
        "key: even modulus",
        "RFC 8017 section 3.1: a product of odd primes",
    ),
    refused(
        "key: leading zero of the modulus",
        "RFC 8230 section 4: the shortest form",
    ),
    refused(
        "key: leading zero of the exponent",
        "RFC 8230 section 4: the shortest form",
    ),
    refused(
        "key: exponent that is even, 1 or empty",
        "RFC 8017 section 3.1: odd and at least 3",
    ),
    accepted(
        "key: exponent of four bytes",
        "RFC 8017 section 3.1: odd and at least 3",
    ),
    accepted(
        "key: small exponent",
        "RFC 8017 section 3.1: odd and at least 3",
    ),
    refused(
        "key: long exponent",
        "no section: the platform supports 33 bits",
    ),
    // Signatures.
    refused(
        "signature: indefinite length",
        "6.5.5 and X.690 section 10.1: DER has definite lengths",
    ),
    refused(
        "signature: long form of a length",
        "6.5.5 and X.690 section 10.1: the shortest form of a length",
    ),
    refused(
        "signature: number without its sign byte",
        "6.5.5 and X.690 section 8.3.3: the number would be negative",
    ),
    refused("signature: trailing byte", "6.5.5: nothing follows"),
    refused(
        "signature: three numbers",
        "6.5.5 and RFC 3279 section 2.2.3: two numbers",
    ),
    random("signature: changed byte"),
    random("self attestation: changed signature"),
];

pub fn of(family: &str) -> Option<&'static Disagreement> {
    ALL.iter().find(|row| row.family == family)
}
