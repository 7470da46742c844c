//! Rules: which requests get a response that differs from that of AWS.

use crate::correlation::Correlation;
use crate::faults::ResponseFault;
use crate::operation::Operation;
use serde::{Deserialize, Serialize};

/// The effect on a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The response is replaced by a fault.
    Fault(ResponseFault),
    /// The response is an error of the operation's service model, by name: `SlowDownException`.
    Error(String),
    /// The response comes this many milliseconds later, at most a minute.
    DelayMs(u64),
}

impl From<ResponseFault> for Effect {
    fn from(fault: ResponseFault) -> Self {
        Self::Fault(fault)
    }
}

/// Selects the requests of one sign-in. A user code or device code selects the polls, the requests with the token that
/// they returned, and the requests signed with the role credentials. Once the sign-in is approved, its user selects the
/// same requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the variants are named after the value that they compare"
)]
pub enum Filter {
    User(String),
    UserCode(String),
    DeviceCode(String),
    StartUrl(String),
    ClientId(String),
    ClientName(String),
    AccessKeyId(String),
}

/// An effect, and the requests that it applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The effect of the rule.
    pub effect: Effect,
    /// `None` means every operation.
    pub operation: Option<Operation>,
    /// `None` means every request.
    pub filter: Option<Filter>,
    /// How often the rule applies; `None` means until it is removed.
    pub times: Option<u32>,
}

impl Rule {
    /// A rule for all requests, until it is removed.
    #[must_use]
    pub fn new(effect: impl Into<Effect>) -> Self {
        Self {
            effect: effect.into(),
            operation: None,
            filter: None,
            times: None,
        }
    }

    /// A rule that returns the error with this name.
    #[must_use]
    pub fn error(name: impl Into<String>) -> Self {
        Self::new(Effect::Error(name.into()))
    }

    /// Limits the rule to an operation.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Limits the rule to the requests that the filter selects.
    #[must_use]
    pub fn matching(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Limits how often the rule applies.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn applies(&self, operation: Operation, correlation: &Correlation) -> bool {
        let is_of_operation = self.operation.is_none_or(|wanted| wanted == operation);
        let filter = self.filter.as_ref();
        is_of_operation && filter.is_none_or(|filter| correlation.matches(filter))
    }
}

/// The rules in force, with their numbers.
#[derive(Default)]
pub(crate) struct Rules {
    last: u64,
    rules: Vec<(u64, Rule)>,
}

impl Rules {
    /// The effect of the latest rule that applies, so that a test can add an exception to a general rule.
    pub(crate) fn take(
        &mut self,
        operation: Option<Operation>,
        correlation: &Correlation,
    ) -> Option<Effect> {
        let operation = operation?;
        let mut rules = self.rules.iter();
        let index = rules.rposition(|(_, rule)| rule.applies(operation, correlation))?;
        let (_, rule) = self.rules.get_mut(index)?;
        let effect = rule.effect.clone();
        match &mut rule.times {
            Some(0 | 1) => drop(self.rules.remove(index)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(effect)
    }

    /// Adds a rule and returns its number.
    pub(crate) fn add(&mut self, rule: Rule) -> Result<u64, String> {
        if let Effect::Error(name) = &rule.effect {
            let has_error = |operation: &Operation| operation.error(name).is_some();
            let is_known = match rule.operation {
                Some(operation) => has_error(&operation),
                None => Operation::ALL.iter().any(has_error),
            };
            if !is_known {
                return Err(format!(
                    "{name} is not in the service model of the operation"
                ));
            }
        }
        if rule.times == Some(0) {
            return Err("a rule applies at least once".into());
        }
        self.last += 1;
        self.rules.push((self.last, rule));
        Ok(self.last)
    }

    /// Removes a rule. Returns whether it existed.
    pub(crate) fn remove(&mut self, number: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(known, _)| *known != number);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn list(&self) -> Vec<(u64, Rule)> {
        self.rules.clone()
    }
}
