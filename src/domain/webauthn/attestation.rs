//! Attestation objects (section 6.5.4): the authenticator data of a new passkey, and a statement about the authenticator.
//!
//! No attestation is requested, so browsers send the format `none`, or `packed` signed by the passkey itself (section 5.1.3, "self
//! attestation"). Other formats are refused, because their statements would have to be verified (section 7.1 step 21).

use super::Refusal;
use super::cbor::{Label, NotExpected, Reader, set};

/// The authenticator data has at most 4,096 bytes, and a signature at most 512.
const MAX_BYTES: usize = 8_192;

/// An attestation object.
#[derive(Debug)]
pub struct AttestationObject<'b> {
    /// The authenticator data.
    pub authenticator_data: &'b [u8],
    /// The statement.
    pub statement: Statement<'b>,
}

/// An attestation statement.
#[derive(Debug)]
pub enum Statement<'b> {
    /// Format `none` (section 8.7).
    None,
    /// Format `packed` without a certificate (section 8.2).
    SelfSigned {
        /// The algorithm of the signature.
        algorithm: i32,
        /// The signature.
        signature: &'b [u8],
    },
}

impl<'b> AttestationObject<'b> {
    /// Reads an attestation object.
    pub fn read(bytes: &'b [u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_BYTES {
            return Err(Refusal::Attestation);
        }
        let members = Members::read(bytes).map_err(|NotExpected| Refusal::Attestation)?;
        let (Some(format), Some(statement), Some(authenticator_data)) = (
            members.format,
            members.statement,
            members.authenticator_data,
        ) else {
            return Err(Refusal::Attestation);
        };
        let statement = match format {
            "none" => none(statement),
            "packed" => packed(statement),
            _ => return Err(Refusal::AttestationFormat),
        };
        Ok(Self {
            authenticator_data,
            statement: statement
                .map_err(|NotExpected| Refusal::Attestation)?
                .ok_or(Refusal::AttestationFormat)?,
        })
    }
}

#[derive(Default)]
struct Members<'b> {
    format: Option<&'b str>,
    statement: Option<&'b [u8]>,
    authenticator_data: Option<&'b [u8]>,
}

impl<'b> Members<'b> {
    fn read(bytes: &'b [u8]) -> Result<Self, NotExpected> {
        let mut members = Self::default();
        let mut reader = Reader::new(bytes);
        for _ in 0..reader.map()? {
            match reader.label()? {
                Label::Text("fmt") => set(&mut members.format, reader.value()?)?,
                Label::Text("authData") => set(&mut members.authenticator_data, reader.bytes()?)?,
                Label::Text("attStmt") => {
                    let start = reader.position();
                    reader.skip()?;
                    let statement = bytes.get(start..reader.position()).ok_or(NotExpected)?;
                    set(&mut members.statement, statement)?;
                }
                Label::Text(_) | Label::Number(_) => reader.skip()?,
            }
        }
        if reader.is_at_end() {
            Ok(members)
        } else {
            Err(NotExpected)
        }
    }
}

/// The statement of the format `none` is an empty map.
fn none(statement: &[u8]) -> Result<Option<Statement<'_>>, NotExpected> {
    if Reader::new(statement).map()? == 0 {
        Ok(Some(Statement::None))
    } else {
        Err(NotExpected)
    }
}

/// The statement of the format `packed`; `None` if it has a certificate.
fn packed(statement: &[u8]) -> Result<Option<Statement<'_>>, NotExpected> {
    let (mut algorithm, mut signature) = (None, None);
    let mut reader = Reader::new(statement);
    for _ in 0..reader.map()? {
        match reader.label()? {
            Label::Text("alg") => set(&mut algorithm, reader.value()?)?,
            Label::Text("sig") => set(&mut signature, reader.bytes()?)?,
            Label::Text("x5c") => return Ok(None),
            Label::Text(_) | Label::Number(_) => reader.skip()?,
        }
    }
    match (algorithm, signature) {
        (Some(algorithm), Some(signature)) => Ok(Some(Statement::SelfSigned {
            algorithm,
            signature,
        })),
        _ => Err(NotExpected),
    }
}
