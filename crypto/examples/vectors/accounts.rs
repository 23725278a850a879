//! `accounts.json`: names, and chains of one to three key statements: the first, a new encryption key, a new identity key.

use std::path::Path;

use signet_crypto::{VerifiedAccount, self_test::trace};
use signet_shared::{
    AccountId, StatementHash, Writer,
    statement::{SignedStatement, StatedEk, Statement},
};

use crate::{
    keys::Keys,
    record::{self, Record, Tally},
};

const KIND: &str = "accounts";

pub(crate) struct Accounts(Vec<Account>);

pub(crate) struct Account {
    pub(crate) verified: VerifiedAccount,
    /// Places in `keys.json` of the newest keys.
    pub(crate) ik: usize,
    pub(crate) ek: usize,
    record: Record,
}

impl Accounts {
    pub(crate) fn make(count: usize, keys: &Keys) -> Self {
        // A message for forty needs forty.
        Self((0..count.max(40)).map(|_| Account::make(keys)).collect())
    }

    pub(crate) fn get(&self, n: usize) -> &Account {
        &self.0[n]
    }

    /// `n` of them, each once.
    pub(crate) fn some(&self, n: usize) -> Vec<usize> {
        let mut some = Vec::new();
        while some.len() < n {
            let one = rand::random_range(0..self.0.len());
            if !some.contains(&one) {
                some.push(one);
            }
        }
        some
    }

    pub(crate) fn write(&self, folder: &Path) {
        let records: Vec<Record> = self.0.iter().map(|account| account.record.clone()).collect();
        record::write(folder, KIND, &records);
    }

    pub(crate) fn read(folder: &Path, keys: &Keys, tally: &mut Tally) -> Self {
        let records = record::read(folder, KIND);
        Self(records.into_iter().enumerate().map(|(at, record)| Account::read(at, record, keys, tally)).collect())
    }
}

impl Account {
    fn make(keys: &Keys) -> Self {
        let (mut ik, mut eks, mut others) = pick(keys);
        let mut statement = Statement {
            account_id: AccountId([0; 16]),
            username: username().parse().unwrap(),
            nonce: rand::random(),
            seq: 1,
            prev: StatementHash([0; 32]),
            flags: 0,
            min_suite: 1,
            ik_spki: keys.get(ik).ik.public().spki().to_vec(),
            eks: eks.iter().map(|ek| stated(keys, *ek)).collect(),
        };
        statement.account_id = statement.derive_account_id();
        let mut record = Record::default();
        record.text("username", statement.username.shown()).hex("nonce", statement.nonce);
        let (mut chain, mut records) = (Vec::new(), Vec::new());
        let length = rand::random_range(1..=3);
        loop {
            let old = chain.last().map(|(_, ik)| *ik).filter(|old| *old != ik);
            let signed = sign(keys, &statement, ik, old);
            records.push(describe(&signed, ik, &eks));
            chain.push((signed, ik));
            if chain.len() == length {
                break;
            }
            (statement.prev, statement.seq) = (statement.hash(), statement.seq + 1);
            let next = others.pop().unwrap();
            if chain.len() == 1 {
                eks.push(next);
                statement.eks.push(stated(keys, next));
            } else {
                ik = next;
                statement.ik_spki = keys.get(next).ik.public().spki().to_vec();
            }
        }
        let chain: Vec<SignedStatement> = chain.into_iter().map(|(signed, _)| signed).collect();
        let verified = VerifiedAccount::verify(&chain).unwrap();
        record.hex("account_id", verified.account_id().as_bytes()).hex("ik_hash", verified.ik_hash().as_bytes());
        record
            .hex("ek_id", verified.ek().id().as_bytes())
            .hex("pin", verified.to_bytes())
            .records("statements", records);
        let ek = *eks.last().unwrap();
        Self { verified, ik, ek, record }
    }

    fn read(at: usize, record: Record, keys: &Keys, tally: &mut Tally) -> Self {
        let verified = VerifiedAccount::from_pinned(&record.bytes("pin")).unwrap();
        tally.same(KIND, at, &record, "account_id", verified.account_id().as_bytes());
        tally.same(KIND, at, &record, "ik_hash", verified.ik_hash().as_bytes());
        tally.same(KIND, at, &record, "ek_id", verified.ek().id().as_bytes());
        let (mut pin, mut seq, mut prev) = (Writer::new(), 0, StatementHash([0; 32]));
        let (mut last_ik, mut last_ek) = (0, 0);
        let statements = record.inner("statements");
        pin.u8(1).u16(statements.len() as u16);
        for said in &statements {
            let (ik, eks) = (said.number("ik"), said.indices("eks"));
            let dates = said.list("not_after");
            let ek = |(n, date): (&usize, &String)| StatedEk { not_after: date.parse().unwrap(), ..stated(keys, *n) };
            seq += 1;
            let statement = Statement {
                account_id: verified.account_id(),
                username: record.get("username").parse().unwrap(),
                nonce: record.array("nonce"),
                seq,
                prev,
                flags: 0,
                min_suite: said.number("min_suite"),
                ik_spki: keys.get(ik).ik.public().spki().to_vec(),
                eks: eks.iter().zip(&dates).map(ek).collect(),
            };
            prev = statement.hash();
            tally.same(KIND, at, said, "body", statement.to_bytes());
            tally.same(KIND, at, said, "statement_hash", prev.as_bytes());
            let signed = SignedStatement { statement, sig: said.bytes("sig"), old_sig: said.bytes("old_sig") };
            tally.same(KIND, at, said, "whole", signed.to_bytes());
            pin.bytes32(&signed.to_bytes());
            (last_ik, last_ek) = (ik, *eks.last().unwrap());
        }
        tally.same(KIND, at, &record, "pin", pin.finish());
        tally.opened(KIND);
        Self { verified, ik: last_ik, ek: last_ek, record }
    }
}

/// An identity key, one or two encryption keys, and two keys for what comes later.
fn pick(keys: &Keys) -> (usize, Vec<usize>, Vec<usize>) {
    let first = rand::random_range(0..keys.len());
    let nth = |n: usize| (first + n) % keys.len();
    (nth(0), vec![nth(1)], vec![nth(3), nth(2)])
}

fn stated(keys: &Keys, n: usize) -> StatedEk {
    StatedEk { suite: 1, not_after: rand::random(), spki: keys.get(n).ek.public().spki().to_vec() }
}

fn sign(keys: &Keys, statement: &Statement, ik: usize, old: Option<usize>) -> SignedStatement {
    let hash = statement.hash().0;
    let by = |n: usize| trace::sign(&keys.get(n).ik, "sig stmt", &hash, &mut rand::rng()).unwrap();
    SignedStatement { statement: statement.clone(), sig: by(ik), old_sig: old.map(by).unwrap_or_default() }
}

fn describe(signed: &SignedStatement, ik: usize, eks: &[usize]) -> Record {
    let said = &signed.statement;
    let mut record = Record::default();
    record.text("ik", ik).texts("eks", eks).texts("not_after", said.eks.iter().map(|ek| ek.not_after));
    record.text("min_suite", said.min_suite).hex("body", said.to_bytes());
    record.hex("statement_hash", said.hash().as_bytes());
    record.hex("sig", &signed.sig).hex("old_sig", &signed.old_sig).hex("whole", signed.to_bytes());
    record
}

fn username() -> String {
    const FIRST: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const REST: &[u8] = b"ABCXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    let from = |set: &[u8]| char::from(set[rand::random_range(0..set.len())]);
    let length = rand::random_range(2..32);
    std::iter::once(from(FIRST)).chain((0..length).map(|_| from(REST))).collect()
}
