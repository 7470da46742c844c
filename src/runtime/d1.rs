//! D1 as we use it: constant statements with numbered parameters, sent as one batch, rows read as JSON.
//!
//! Every access is a batch, of one statement too: it is one call, atomic, and always goes to the primary (no read
//! replication is asked for, so what was acknowledged is what is read). Rows come as text through `JSON.stringify` and
//! `serde_json`, which the Worker needs anyway; `serde-wasm-bindgen` would cross into JavaScript for each field.

use super::StoreError;
use super::deadline::within;
use super::row::Row;
use std::borrow::Cow;
use wasm_bindgen::{JsCast, JsValue};
use worker_sys::types::{D1Database, D1PreparedStatement, D1Result};

/// D1 gets this long for a call, in milliseconds; a client waits no longer for a 503.
pub const TIMEOUT_MS: u32 = 5_000;

/// Maximum number of parameters of the condition of [`Statement::insert_if`].
pub(super) const CONDITION_PARAMETERS: u32 = 20;

/// A D1 database.
#[derive(Debug)]
pub struct Database(D1Database);

/// A statement with its parameters, and the statements that always accompany it.
pub struct Statement {
    sql: Cow<'static, str>,
    parameters: js_sys::Array,
    before: Vec<Statement>,
    after: Vec<Statement>,
}

impl Statement {
    /// A statement without parameters yet; `?1` is the first that is bound.
    #[must_use]
    pub fn new(sql: &'static str) -> Self {
        Self {
            sql: Cow::Borrowed(sql),
            parameters: js_sys::Array::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// An `INSERT … SELECT` that is made if `condition`, a SELECT of at most [`CONDITION_PARAMETERS`] parameters, finds a row.
    /// The parameters of the INSERT are numbered after those; the next that is bound is its first.
    #[must_use]
    pub fn insert_if(insert: &'static str, condition: Self) -> Self {
        let parameters = condition.parameters;
        while parameters.length() < CONDITION_PARAMETERS {
            parameters.push(&JsValue::NULL);
        }
        Self {
            sql: Cow::Owned(format!("{insert} WHERE EXISTS ({})", condition.sql)),
            parameters,
            before: condition.before,
            after: condition.after,
        }
    }

    /// Runs these statements directly before it; their results are not reported.
    #[must_use]
    pub fn preceded_by(mut self, statements: impl IntoIterator<Item = Self>) -> Self {
        self.before.extend(statements);
        self
    }

    /// Runs these statements directly after it; their results are not reported.
    #[must_use]
    pub fn followed_by(mut self, statements: impl IntoIterator<Item = Self>) -> Self {
        self.after.extend(statements);
        self
    }

    /// Binds the next parameter as text.
    #[must_use]
    pub fn text(self, value: impl AsRef<str>) -> Self {
        self.parameters.push(&JsValue::from_str(value.as_ref()));
        self
    }

    /// Binds the next parameter as text or NULL.
    #[must_use]
    pub fn optional(self, value: Option<impl AsRef<str>>) -> Self {
        self.parameters
            .push(&value.map_or(JsValue::NULL, |text| JsValue::from_str(text.as_ref())));
        self
    }

    /// Binds the next parameter as milliseconds, since 1970 or of a time span; whole ones fit a column of integers.
    #[must_use]
    pub fn milliseconds(self, value: f64) -> Self {
        self.parameters.push(&JsValue::from_f64(value.floor()));
        self
    }

    /// Binds the next parameter as a number; D1 takes no `BigInt`, and 32 bits are what we count with.
    #[must_use]
    pub fn number(self, value: u32) -> Self {
        self.parameters.push(&JsValue::from_f64(f64::from(value)));
        self
    }
}

/// What one statement of a batch gave.
#[derive(Debug)]
pub struct Outcome {
    rows: String,
    /// How many rows the statement wrote.
    pub changes: u32,
}

impl Outcome {
    /// What `read` makes of the rows.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn rows<R>(
        &self,
        read: fn(&mut Row) -> Result<R, StoreError>,
    ) -> Result<Vec<R>, StoreError> {
        Row::all(&self.rows)?.iter_mut().map(read).collect()
    }

    /// What `read` makes of the first row.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn first<R>(
        &self,
        read: fn(&mut Row) -> Result<R, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        Row::all(&self.rows)?.first_mut().map(read).transpose()
    }
}

impl Database {
    /// Takes the binding over; `None` if it is not there.
    #[must_use]
    pub fn from_binding(binding: JsValue) -> Option<Self> {
        binding.is_object().then(|| Self(binding.unchecked_into()))
    }

    /// Runs the statements in order, all or none.
    ///
    /// # Errors
    /// `Unavailable` if D1 refuses, fails or takes too long.
    pub async fn batch<const N: usize>(
        &self,
        statements: [Statement; N],
    ) -> Result<[Outcome; N], StoreError> {
        let outcomes = self.all(statements.into()).await?;
        outcomes.try_into().map_err(|_| StoreError::Unavailable)
    }

    /// As [`Database::batch`], for as many as there are.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn all(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, StoreError> {
        let list = js_sys::Array::new();
        let mut positions = Vec::with_capacity(statements.len());
        for statement in statements {
            self.add(&list, &mut positions, statement)?;
        }
        let count = list.length();
        let promise = self.0.batch(list).map_err(|_| StoreError::Unavailable)?;
        let results: js_sys::Array = within(TIMEOUT_MS, promise).await?;
        if results.length() != count {
            return Err(StoreError::Unavailable);
        }
        let outcomes: Option<Vec<Outcome>> = positions
            .into_iter()
            .map(|position| outcome(&results.get(position).unchecked_into()))
            .collect();
        outcomes.ok_or(StoreError::Unavailable)
    }

    /// Adds a statement with those that go with it, and notes its own position.
    fn add(
        &self,
        list: &js_sys::Array,
        positions: &mut Vec<u32>,
        mut statement: Statement,
    ) -> Result<(), StoreError> {
        let mut others = Vec::new();
        let after = std::mem::take(&mut statement.after);
        for before in std::mem::take(&mut statement.before) {
            self.add(list, &mut others, before)?;
        }
        positions.push(list.length());
        list.push(&self.prepare(statement)?.into());
        for after in after {
            self.add(list, &mut others, after)?;
        }
        Ok(())
    }

    fn prepare(&self, statement: Statement) -> Result<D1PreparedStatement, StoreError> {
        let prepared = self
            .0
            .prepare(&statement.sql)
            .map_err(|_| StoreError::Unavailable)?;
        if statement.parameters.length() == 0 {
            return Ok(prepared);
        }
        prepared
            .bind(statement.parameters)
            .map_err(|_| StoreError::Unavailable)
    }
}

fn outcome(result: &D1Result) -> Option<Outcome> {
    let rows = match result.results().ok()? {
        Some(rows) => js_sys::JSON::stringify(&rows).ok()?.into(),
        None => "[]".to_owned(),
    };
    let meta = result.meta().ok()?;
    let changes = js_sys::Reflect::get(&meta, &"changes".into())
        .ok()?
        .as_f64()?;
    // Saturates at both ends; a batch never writes four billion rows.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, saturating"
    )]
    Some(Outcome {
        rows,
        changes: changes as u32,
    })
}
