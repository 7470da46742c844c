//! Checks that D1 has the tables, indexes and triggers of the migrations and no others. A trigger can make the database skip
//! an audit entry or change a user without leaving a trace in any row.
//!
//! `schema.txt` is the content of `sqlite_master` after all migrations: type, name, table and SQL, one object per line, in
//! [`normal`] form. `tests/sql` compares it with the migrations and can regenerate it.

use serde::Serialize;

/// The objects that the migrations create.
const EXPECTED: &str = include_str!("schema.txt");

/// A row of `sqlite_master`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaObject {
    /// Type of the object: `table`, `index`, `trigger` or `view`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table to which it belongs.
    pub table: String,
    /// Its definition.
    pub sql: String,
}

/// How a database object differs from the migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SchemaDifference {
    /// No migration creates it.
    Added,
    /// A migration creates it, but it does not exist.
    Missing,
    /// Its definition differs.
    Altered,
}

impl SchemaDifference {
    /// The name in the API and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Missing => "missing",
            Self::Altered => "altered",
        }
    }
}

/// A database object that differs from the migrations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub struct SchemaChange {
    /// Type of the object: `table`, `index`, `trigger` or `view`.
    pub kind: String,
    /// Name of the object. Characters other than letters, digits and `_` are shown as `?`; 64 characters at most.
    pub name: String,
    /// How the object differs.
    pub difference: SchemaDifference,
}

impl SchemaObject {
    /// The line of this object in `schema.txt`.
    #[must_use]
    pub fn line(&self) -> String {
        let Self {
            kind, name, table, ..
        } = self;
        format!("{kind}\t{name}\t{table}\t{}", normal(&self.sql))
    }

    fn change(&self, difference: SchemaDifference) -> SchemaChange {
        SchemaChange {
            kind: shown(&self.kind),
            name: shown(&self.name),
            difference,
        }
    }
}

/// Compares the objects of D1 with those of the migrations.
#[must_use]
pub fn schema_changes(found: &[SchemaObject]) -> Vec<SchemaChange> {
    let expected: Vec<SchemaObject> = EXPECTED.lines().filter_map(read).collect();
    differences(&expected, found)
}

fn differences(expected: &[SchemaObject], found: &[SchemaObject]) -> Vec<SchemaChange> {
    let is_same =
        |one: &SchemaObject, other: &SchemaObject| one.kind == other.kind && one.name == other.name;
    let mut changes = Vec::new();
    for object in found {
        match expected.iter().find(|other| is_same(object, other)) {
            None => changes.push(object.change(SchemaDifference::Added)),
            Some(other) if other.table != object.table || other.sql != normal(&object.sql) => {
                changes.push(object.change(SchemaDifference::Altered));
            }
            Some(_) => {}
        }
    }
    let is_missing = |object: &&SchemaObject| !found.iter().any(|other| is_same(object, other));
    let missing = expected.iter().filter(is_missing);
    changes.extend(missing.map(|object| object.change(SchemaDifference::Missing)));
    // The number of reported changes is limited, so objects that can change the meaning of others come first: added tables must
    // not hide them.
    changes.sort_by_key(|change| {
        let is_added = change.difference == SchemaDifference::Added;
        let is_passive = matches!(change.kind.as_str(), "table" | "index");
        is_added && is_passive
    });
    changes
}

fn read(line: &str) -> Option<SchemaObject> {
    let mut parts = line.splitn(4, '\t').map(str::to_owned);
    Some(SchemaObject {
        kind: parts.next()?,
        name: parts.next()?,
        table: parts.next()?,
        sql: parts.next()?,
    })
}

/// SQL without comments and with white space collapsed to one space, except within quotes. wrangler may drop comments when
/// it applies a migration; this drops nothing that is significant.
fn normal(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql.chars().peekable();
    let mut has_gap = false;
    while let Some(mark) = rest.next() {
        match mark {
            '-' if rest.peek() == Some(&'-') => {
                let _ = rest.by_ref().find(|mark| *mark == '\n');
                has_gap = true;
            }
            '/' if rest.peek() == Some(&'*') => {
                rest.next();
                let mut before = ' ';
                for mark in rest.by_ref() {
                    if before == '*' && mark == '/' {
                        break;
                    }
                    before = mark;
                }
                has_gap = true;
            }
            mark if mark.is_ascii_whitespace() => has_gap = true,
            mark => {
                if has_gap && !text.is_empty() {
                    text.push(' ');
                }
                has_gap = false;
                text.push(mark);
                let end = match mark {
                    '\'' | '"' | '`' => mark,
                    '[' => ']',
                    _ => continue,
                };
                // A doubled quote ends one string and begins the next, which gives the same result.
                for mark in rest.by_ref() {
                    // A tab or line break would break the line of `schema.txt`.
                    if mark.is_ascii_control() || mark == '\\' {
                        text.extend(mark.escape_default());
                    } else {
                        text.push(mark);
                    }
                    if mark == end {
                        break;
                    }
                }
            }
        }
    }
    text
}

/// Makes a name safe to show, because an attacker who can alter the database can choose the names in it.
fn shown(name: &str) -> String {
    let is_plain = |mark: &char| mark.is_ascii_alphanumeric() || *mark == '_';
    name.chars()
        .take(64)
        .map(|mark| if is_plain(&mark) { mark } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, name: &str, sql: &str) -> SchemaObject {
        SchemaObject {
            kind: kind.into(),
            name: name.into(),
            table: "audit".into(),
            sql: sql.into(),
        }
    }

    #[test]
    fn normal_form_drops_comments_and_white_space_only() {
        assert_eq!(
            normal("table a (\n  b TEXT, -- it's b\n\tc /* ' */ TEXT\n)"),
            "table a ( b TEXT, c TEXT )"
        );
        for (sql, text) in [
            ("a '--  b' c", "a '--  b' c"),
            ("a 'it''s  b' -- c", "a 'it''s  b'"),
            ("a \"/* b */\"", "a \"/* b */\""),
            ("[a  --]  `b  /*`", "[a  --] `b  /*`"),
            ("a - -b / *c", "a - -b / *c"),
            ("a /*/ b */ c", "a c"),
            ("'a\n\tb\\n'", "'a\\n\\tb\\\\n'"),
            ("-- a", ""),
            ("'open", "'open"),
            ("é  ü", "é ü"),
        ] {
            assert_eq!(normal(sql), text, "{sql}");
        }
        assert_ne!(normal("a'b '"), normal("a'b'"));
        assert_ne!(normal("a b"), normal("ab"));
    }

    #[test]
    fn added_tables_do_not_hide_a_trigger() {
        let expected = [object("table", "audit", "table audit (a)")];
        let mut found: Vec<_> = (0..60)
            .map(|number| object("table", &format!("junk{number}"), "table"))
            .collect();
        found.push(object("trigger", "t", "trigger t"));
        found.push(object("table", "audit", "table audit (a, b)"));
        let changes = differences(&expected, &found);
        let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        assert_eq!(names[..3], ["t", "audit", "junk0"]);
        assert_eq!(names.len(), 62);
    }

    #[test]
    fn object_that_differs_is_named() {
        let expected = [
            object("table", "audit", "table audit (a)"),
            object("trigger", "t", "trigger t"),
        ];
        let change = |kind: &str, name: &str, difference| SchemaChange {
            kind: kind.into(),
            name: name.into(),
            difference,
        };
        assert_eq!(differences(&expected, &expected), []);
        let mut found = expected.to_vec();
        found[0].sql = "table audit (a, b)".into();
        let altered = change("table", "audit", SchemaDifference::Altered);
        assert_eq!(differences(&expected, &found), [altered]);
        found[0] = expected[0].clone();
        // A trigger with the same name on a different table.
        found[1].table = "users".into();
        let altered = change("trigger", "t", SchemaDifference::Altered);
        assert_eq!(differences(&expected, &found), [altered]);
        found[1] = object("view", "t", "trigger t");
        found.push(object("trigger", "\u{202e}\"x", ""));
        assert_eq!(
            differences(&expected, &found),
            [
                change("view", "t", SchemaDifference::Added),
                change("trigger", "??x", SchemaDifference::Added),
                change("trigger", "t", SchemaDifference::Missing),
            ]
        );
    }

    #[test]
    fn expected_schema_has_the_tables_and_triggers_of_the_audit_log() {
        let all: Vec<SchemaObject> = EXPECTED.lines().filter_map(read).collect();
        assert_eq!(all.len(), EXPECTED.lines().count());
        for name in ["audit", "audit_insert", "audit_checkpoints", "users"] {
            assert!(all.iter().any(|object| object.name == name), "{name}");
        }
        assert_eq!(schema_changes(&all), []);
        assert_eq!(schema_changes(&all[1..]).len(), 1);
    }
}
