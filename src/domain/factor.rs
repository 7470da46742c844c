//! Second factors: their names, and which sign-ins need one.

use super::sign_in_method::SignInMethod;
use serde::{Deserialize, Serialize};

/// A second factor. The values are in the order of strength, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A passkey.
    Passkey,
    /// A one-time code of an authenticator app (RFC 6238).
    Totp,
    /// One of the recovery codes.
    RecoveryCode,
}

impl Factor {
    const ALL: [Self; 3] = [Self::Passkey, Self::Totp, Self::RecoveryCode];

    /// The name in D1, in the audit log and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// The factor with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.as_str() == name)
    }
}

/// A factor that a user can add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EnrollableFactor {
    /// A passkey.
    Passkey,
    /// One-time codes of an authenticator app.
    Totp,
}

/// The rules of the configuration that decide whether a sign-in needs a second factor.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Whether `MFA_POLICY` demands a factor of the user's role.
    pub is_demanded: bool,
    /// `AWS_MFA_TRUSTED`.
    pub is_aws_trusted: bool,
}

impl Rules {
    /// Whether a sign-in with this method needs a second factor. A passkey is a complete sign-in, and a program has no second
    /// factor.
    #[must_use]
    pub fn need_factor(self, method: SignInMethod, has_factor: bool) -> bool {
        let is_exempt = match method {
            SignInMethod::Password => false,
            SignInMethod::AwsDevice => self.is_aws_trusted,
            SignInMethod::AwsApp | SignInMethod::AwsProof | SignInMethod::Passkey => true,
        };
        !is_exempt && (has_factor || self.is_demanded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_has_one_name_everywhere() {
        for factor in Factor::ALL {
            assert_eq!(serde_json::to_value(factor).unwrap(), factor.as_str());
            assert_eq!(Factor::parse(factor.as_str()), Some(factor));
        }
        assert_eq!(Factor::parse("password"), None);
    }

    #[test]
    fn user_with_a_factor_or_a_demanding_policy_needs_one() {
        for (is_demanded, has_factor) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let rules = Rules {
                is_demanded,
                is_aws_trusted: false,
            };
            let needs = is_demanded || has_factor;
            assert_eq!(rules.need_factor(SignInMethod::Password, has_factor), needs);
            assert_eq!(
                rules.need_factor(SignInMethod::AwsDevice, has_factor),
                needs
            );
            let trusted = Rules {
                is_aws_trusted: true,
                ..rules
            };
            assert_eq!(
                trusted.need_factor(SignInMethod::Password, has_factor),
                needs
            );
            assert!(!trusted.need_factor(SignInMethod::AwsDevice, has_factor));
            for method in [
                SignInMethod::AwsApp,
                SignInMethod::AwsProof,
                SignInMethod::Passkey,
            ] {
                assert!(!rules.need_factor(method, has_factor), "{method:?}");
            }
        }
    }
}
