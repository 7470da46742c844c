//! D1: constant statements with numbered parameters, sent in batches.
//!
//! Every call is a batch, even a call with one statement. A batch takes one round trip, is atomic, and always goes to the
//! primary, because no read replication is requested.

use super::StoreError;
use super::row::Row;
use super::timeout::timeout;
use std::borrow::Cow;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::worker_sys::types::{D1Database as Binding, D1Result};
use worker::{D1Database, D1PreparedStatement, Env};

/// Timeout of a call. After it, the client gets a 503 response.
pub const D1_TIMEOUT_MS: u32 = 5_000;

/// Maximum number of parameters of the condition of [`Statement::insert_if`].
pub(super) const MAX_CONDITION_PARAMETERS: usize = 20;

/// A D1 database.
#[derive(Debug)]
pub struct Database(D1Database);

/// A statement with its parameters, and the statements that always accompany it.
pub struct Statement {
    sql: Cow<'static, str>,
    parameters: Vec<JsValue>,
    before: Vec<Statement>,
    after: Vec<Statement>,
}

impl Statement {
    /// Creates a statement without parameters. The first one that is bound is `?1`.
    #[must_use]
    pub fn new(sql: &'static str) -> Self {
        Self {
            sql: Cow::Borrowed(sql),
            parameters: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Creates an `INSERT … SELECT` that runs only if `condition`, a SELECT with at most `MAX_CONDITION_PARAMETERS`
    /// parameters, finds a row. The parameters of the INSERT are numbered after this maximum. The next parameter that is bound
    /// is the first one of the INSERT.
    #[must_use]
    pub fn insert_if(insert: &'static str, condition: Self) -> Self {
        let mut parameters = condition.parameters;
        parameters.resize(MAX_CONDITION_PARAMETERS, JsValue::NULL);
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
        self.bind(value.as_ref().into())
    }

    /// Binds the next parameter as text or NULL. `None` is not converted to `undefined`, because D1 refuses it.
    #[must_use]
    pub fn optional(self, value: Option<impl AsRef<str>>) -> Self {
        self.bind(value.map_or(JsValue::NULL, |text| text.as_ref().into()))
    }

    /// Binds the next parameter as whole milliseconds: a time since 1970, or a duration.
    #[must_use]
    pub fn milliseconds(self, value: f64) -> Self {
        self.bind(value.floor().into())
    }

    /// Binds the next parameter as a number. It has 32 bits: a number of 64 bits would become a `BigInt`, which D1 refuses.
    #[must_use]
    pub fn number(self, value: u32) -> Self {
        self.bind(value.into())
    }

    fn bind(mut self, value: JsValue) -> Self {
        self.parameters.push(value);
        self
    }
}

/// The result of one statement of a batch.
#[derive(Debug)]
pub struct Outcome {
    /// The rows as JSON, because `serde-wasm-bindgen` would cross into JavaScript for each column of each row.
    rows: String,
    /// The number of rows that the statement wrote.
    pub changes: u32,
    /// The size of the database in bytes.
    pub bytes: f64,
}

impl Outcome {
    /// Reads every row.
    ///
    /// # Errors
    /// `CorruptRow`.
    pub fn rows<R>(
        &self,
        read: fn(&mut Row) -> Result<R, StoreError>,
    ) -> Result<Vec<R>, StoreError> {
        Row::all(&self.rows)?.iter_mut().map(read).collect()
    }

    /// Reads the first row.
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
    /// The database that is bound under this name, if there is one.
    #[must_use]
    pub fn from_env(env: &Env, binding: &str) -> Option<Self> {
        env.d1(binding).ok().map(Self)
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

    /// Like [`Database::batch`], for any number of statements.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn all(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, StoreError> {
        let (list, mut positions) = (js_sys::Array::new(), Vec::with_capacity(statements.len()));
        for statement in statements {
            self.add(&list, &mut positions, statement)?;
        }
        let count = list.length();
        // `D1Database::batch` is not used: its results give `changes` only by way of `D1ResultMeta`, which reads the size of
        // the database into 32 bits and fails once the database is larger than 4 GiB.
        let binding: &Binding = self.0.as_ref().unchecked_ref();
        let results = binding.batch(list).map_err(unavailable)?;
        let results = timeout(D1_TIMEOUT_MS, JsFuture::from(results)).await;
        let results = results.map_err(|_| StoreError::Unavailable)?;
        let results: js_sys::Array = results.map_err(failed)?.unchecked_into();
        if results.length() != count {
            return Err(StoreError::Unavailable);
        }
        let outcome = |position| outcome(results.get(position).unchecked_ref());
        positions.into_iter().map(outcome).collect()
    }

    /// Adds a statement with those that accompany it, and records its position.
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
        list.push(self.prepare(&statement)?.inner());
        for after in after {
            self.add(list, &mut others, after)?;
        }
        Ok(())
    }

    fn prepare(&self, statement: &Statement) -> Result<D1PreparedStatement, StoreError> {
        let prepared = self.0.prepare(statement.sql.as_ref());
        if statement.parameters.is_empty() {
            return Ok(prepared);
        }
        let bound = prepared.bind(&statement.parameters);
        bound.map_err(|_| StoreError::Unavailable)
    }
}

/// The error of `store/required.rs` contains this text.
const NOTHING_CHANGED: &str = "nothing was changed";

/// Why a batch failed.
#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn failed(error: JsValue) -> StoreError {
    let message = error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
    let message = message.map(String::from).unwrap_or_default();
    if message.contains(NOTHING_CHANGED) {
        StoreError::Conflict
    } else {
        StoreError::Unavailable
    }
}

/// The error's own text may contain SQL, parameters and stack traces.
fn unavailable(_: JsValue) -> StoreError {
    StoreError::Unavailable
}

fn outcome(result: &D1Result) -> Result<Outcome, StoreError> {
    let rows = match result.results().map_err(unavailable)? {
        Some(rows) => js_sys::JSON::stringify(&rows).map_err(unavailable)?.into(),
        None => "[]".to_owned(),
    };
    let meta = result.meta().map_err(unavailable)?;
    let number = |name: &str| {
        let value = js_sys::Reflect::get(&meta, &name.into()).map_err(unavailable)?;
        value.as_f64().ok_or(StoreError::Unavailable)
    };
    let changes = number("changes")?;
    let bytes = number("size_after").unwrap_or_default();
    // A batch never writes four billion rows.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, saturating"
    )]
    let changes = changes as u32;
    Ok(Outcome {
        rows,
        changes,
        bytes,
    })
}
