//! The methods of sign-in.

use serde::{Deserialize, Serialize};

/// How a user signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With the device flow of Identity Center.
    AwsDevice,
    /// With the service credentials.
    AwsApp,
    /// With a proof of an AWS identity.
    AwsProof,
    /// With a passkey, without a password.
    Passkey,
}

impl SignInMethod {
    const ALL: [Self; 5] = [
        Self::Password,
        Self::AwsDevice,
        Self::AwsApp,
        Self::AwsProof,
        Self::Passkey,
    ];

    /// The name in D1, in the audit log and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AwsDevice => "aws_device",
            Self::AwsApp => "aws_app",
            Self::AwsProof => "aws_proof",
            Self::Passkey => "passkey",
        }
    }

    /// The method with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// Whether a program signs in with keys that it has stored. Such a sign-in does not show that a user is present.
    #[must_use]
    pub fn is_of_a_program(self) -> bool {
        matches!(self, Self::AwsApp | Self::AwsProof)
    }
}

#[cfg(test)]
mod tests {
    use super::SignInMethod;

    #[test]
    fn method_has_one_name_everywhere() {
        for method in SignInMethod::ALL {
            assert_eq!(SignInMethod::parse(method.as_str()), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
        }
        assert_eq!(SignInMethod::parse("Password"), None);
    }
}
