//! Chains of key statements.

use signet_shared::{AccountId, IkHash, StatementHash, statement::SignedStatement};

use super::{Vector, code};
use crate::VerifiedAccount;

/// `pin`: what becomes of a stored chain. `statement_0` ...: of a chain as the relay gives it; with `known`, of one that
/// is given to who has the pin `known` already.
pub(super) fn account(vector: &Vector<'_>) -> &'static str {
    let verified = if vector.find("pin").is_some() {
        VerifiedAccount::from_pinned(&vector.bytes("pin"))
    } else {
        let parsed = vector.list("statement").iter().map(|bytes| SignedStatement::parse(bytes)).collect();
        let Ok(chain): Result<Vec<_>, _> = parsed else { return "layout" };
        if vector.find("known").is_some() {
            let mut account = vector.account("known");
            account.extend(&chain).map(|()| account)
        } else {
            VerifiedAccount::verify(&chain)
        }
    };
    match verified {
        Ok(account) => {
            assert_eq!(account.account_id(), AccountId(vector.array("account_id")), "{}", vector.name);
            assert_eq!(account.head(), StatementHash(vector.array("head")), "{}", vector.name);
            assert!(account.knows(&account.head()) && !account.knows(&StatementHash([0; 32])), "{}", vector.name);
            assert_eq!(account.ik_hash(), IkHash(vector.array("ik_hash")), "{}", vector.name);
            assert_eq!(account.ek().id().as_bytes(), vector.bytes("ek_id"), "{}", vector.name);
            "opens"
        }
        Err(error) => code(error),
    }
}
