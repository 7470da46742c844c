//! A variable of the configuration, and how its text is read. Every error is collected, so that an operator sees all of them
//! at once.

use super::ConfigError;
use crate::crypto::secret::Secret;
use std::borrow::Cow;

/// A variable that operators set, with its documentation.
#[derive(Debug)]
pub struct Variable {
    /// The name.
    pub name: &'static str,
    /// Whether it is a secret, which belongs in Worker secrets.
    pub is_secret: bool,
    /// The meaning, with unit and bounds, for `docs/reference/configuration.md`.
    pub meaning: &'static str,
    /// The form that is expected, for the log. It never contains the value.
    pub expected: &'static str,
    /// The value that applies if the variable is absent.
    pub default: Default,
}

/// The value that applies if a variable is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// The service does not work without it.
    Required,
    /// There is no default. Features that need the variable are switched off.
    None,
    /// This text, which is parsed like a configured one.
    Text(&'static str),
    /// A value that depends on the circumstances, described in words.
    Described(&'static str),
}

impl Variable {
    /// A variable that is not a secret.
    pub(super) const fn new(
        name: &'static str,
        default: Default,
        expected: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            is_secret: false,
            meaning,
            expected,
            default,
        }
    }

    /// A secret.
    pub(super) const fn secret(
        name: &'static str,
        default: Default,
        expected: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            is_secret: true,
            meaning,
            expected,
            default,
        }
    }
}

impl Variable {
    /// Whether the service does not work without it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default == Default::Required
    }
}

/// Reads variables and collects the errors.
pub(super) struct Reader<'l> {
    lookup: &'l dyn Fn(&str) -> Option<String>,
    pub(super) errors: Vec<ConfigError>,
}

impl<'l> Reader<'l> {
    pub(super) fn new(lookup: &'l dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            lookup,
            errors: Vec::new(),
        }
    }

    /// The text of a variable; `None` if it is absent or empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    /// The value of a variable that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        variable: &Variable,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.parsed(variable, &parse)
    }

    /// Not inlined, and by a trait object: the first request of an isolate then compiles only the parsers of variables that are set.
    #[inline(never)]
    fn parsed<T>(&mut self, variable: &Variable, parse: &dyn Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(variable.name)?;
        let value = parse(&text);
        if value.is_none() {
            self.add(variable.name, variable.expected);
        }
        value
    }

    /// The value of a variable, or its default. The default has the form that an operator would write.
    pub(super) fn or_default<T: Placeholder>(
        &mut self,
        variable: &Variable,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        self.parsed_or_default(variable, &parse)
    }

    #[inline(never)]
    fn parsed_or_default<T: Placeholder>(
        &mut self,
        variable: &Variable,
        parse: &dyn Fn(&str) -> Option<T>,
    ) -> T {
        let value = match (self.text(variable.name), variable.default) {
            (Some(text), _) => parse(&text),
            (None, Default::Text(text)) => parse(text),
            (None, _) => None,
        };
        value.unwrap_or_else(|| {
            self.invalid(variable);
            T::placeholder()
        })
    }

    /// Adds an error for this variable, unless it already has one.
    pub(super) fn invalid(&mut self, variable: &Variable) {
        self.must_be(variable, variable.expected);
    }

    /// Adds an error for this variable with this expectation, unless it already has one.
    pub(super) fn must_be(&mut self, variable: &Variable, expected: &'static str) {
        if !self.errors.iter().any(|error| error.name == variable.name) {
            self.add(variable.name, expected);
        }
    }

    pub(super) fn add(&mut self, name: impl Into<Cow<'static, str>>, expected: &'static str) {
        let name = name.into();
        self.errors.push(ConfigError { name, expected });
    }
}

/// A value that takes the place of an invalid one while other errors are collected. It never leaves this module, because the
/// configuration is then refused.
pub(super) trait Placeholder {
    /// The value.
    fn placeholder() -> Self;
}

impl Placeholder for Secret {
    fn placeholder() -> Self {
        Self::new("")
    }
}

impl<T: std::default::Default> Placeholder for T {
    fn placeholder() -> Self {
        Self::default()
    }
}

/// A whole number within these bounds.
pub(super) fn number<T: std::str::FromStr + PartialOrd + Copy>(
    least: T,
    most: T,
) -> impl Fn(&str) -> Option<T> {
    move |text| {
        let value = text.parse().ok();
        value.filter(|value| least <= *value && *value <= most)
    }
}
