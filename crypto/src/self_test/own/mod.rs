//! Our own vectors (`tests/vectors/own/`): text files of one claim each, which another implementation made. Lines of
//! `name = value`; `kind` says what is claimed about, `outcome` what must become of it.

mod accounts;
mod backup;
mod messages;
mod objects;
mod values;

pub(super) use self::messages::test_key;

use std::collections::BTreeMap;

use crate::{StatementError, VerifiedAccount};

/// One file.
pub(super) struct Vector<'a> {
    name: &'a str,
    fields: BTreeMap<&'a str, &'a str>,
}

/// Whether the file's claim holds: `kind` and `outcome` of what was checked, or what differs.
pub(super) fn check<'a>(name: &'a str, text: &'a str) -> Result<(&'a str, &'a str), String> {
    let line = |line: &'a str| line.split_once(" =").map(|(name, value)| (name, value.trim_start()));
    let vector = Vector { name, fields: text.lines().filter_map(line).collect() };
    let outcome = match vector.text("kind") {
        "message" => messages::message(&vector),
        "uploaded" => messages::uploaded(&vector),
        "account" => accounts::account(&vector),
        "backup" => backup::backup(&vector),
        "keystore" => objects::keystore(&vector),
        "history" => objects::history(&vector),
        "slot" => objects::slot(&vector),
        "local" => objects::local(&vector),
        "object" => objects::object(&vector),
        "recovery" => values::recovery(&vector),
        "secret key" => values::secret_key(&vector),
        "safety" => values::safety(&vector),
        "code" => values::code(&vector),
        "hide" => values::hide(&vector),
        "merkle" => values::merkle(&vector),
        "id" => values::id(&vector),
        "stretch" => values::stretch(&vector),
        kind => return Err(format!("{name}: no such kind: {kind}")),
    };
    let claimed = vector.find("outcome").unwrap_or("opens");
    if outcome == claimed {
        Ok((vector.text("kind"), claimed))
    } else {
        Err(format!("{name}: claimed {claimed:?}, was {outcome:?}"))
    }
}

impl<'a> Vector<'a> {
    fn find(&self, name: &str) -> Option<&'a str> {
        self.fields.get(name).copied()
    }

    fn text(&self, name: &str) -> &'a str {
        self.find(name).unwrap_or_else(|| panic!("{}: no {name}", self.name))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> T {
        self.text(name).parse().unwrap_or_else(|_| panic!("{}: {name} is no number", self.name))
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        hex::decode(self.text(name)).unwrap_or_else(|_| panic!("{}: {name} is not hexadecimal", self.name))
    }

    fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        let bytes = self.bytes(name).try_into();
        bytes.unwrap_or_else(|_| panic!("{}: {name} is not of {N} bytes", self.name))
    }

    /// Values called `name_0`, `name_1` ...
    fn list(&self, name: &str) -> Vec<Vec<u8>> {
        let nth = |n| format!("{name}_{n}");
        (0..).map(nth).take_while(|nth| self.find(nth).is_some()).map(|nth| self.bytes(&nth)).collect()
    }

    fn account(&self, name: &str) -> VerifiedAccount {
        VerifiedAccount::from_pinned(&self.bytes(name)).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

fn code(error: StatementError) -> &'static str {
    match error {
        StatementError::Empty => "empty",
        StatementError::Malformed => "malformed",
        StatementError::Gap => "gap",
        StatementError::Fork => "fork",
        StatementError::Rollback => "rollback",
        StatementError::Substituted => "substituted",
        StatementError::Key => "key",
        StatementError::Signature => "signature",
        StatementError::IdentityReplaced => "identity replaced",
        StatementError::SuiteLowered => "suite lowered",
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_false_claim_is_noticed() {
        let good = "kind = hide\noutcome = opens\nplaintext =\nhidden = 80";
        assert!(check("x", good).unwrap_err().contains("was"));
        assert!(check("x", "kind = nothing\noutcome = opens").unwrap_err().contains("no such kind"));
    }
}
