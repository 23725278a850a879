//! Many messages in one transaction, a few statements for all of them.

use std::collections::{HashMap, HashSet};

use signet_shared::{AccountId, EnvId};
use sqlx::{Row, SqliteConnection};

use super::{
    super::{Committed, Placed, StoreError},
    rows,
    writer::{Keep, Upload},
};

/// Accounts whose number and head are remembered; beyond it all are forgotten and read again.
const REMEMBERED: usize = 200_000;

pub(super) type Outcome = Result<(Placed, Option<Committed>), StoreError>;

/// What the writer remembers of the database, as long as its connection lives. It alone changes these rows, so that they
/// cannot grow stale.
pub(super) struct Known {
    last_envelope: i64,
    accounts: HashMap<AccountId, Account>,
}

#[derive(Clone, Copy)]
struct Account {
    number: i64,
    head: i64,
}

/// What a transaction changes in [`Known`], once it is committed.
#[derive(Default)]
pub(super) struct Changes {
    last_envelope: i64,
    heads: HashMap<AccountId, Account>,
}

/// A message's place: the sender's number, the conversation, the stream, the sequence number.
type Place = (i64, [u8; 32], [u8; 16], i64);

impl Known {
    pub(super) fn new(last_envelope: i64) -> Self {
        Self { last_envelope, accounts: HashMap::new() }
    }

    pub(super) fn accept(&mut self, changes: Changes) {
        self.last_envelope = changes.last_envelope;
        self.accounts.extend(changes.heads);
    }

    /// Some of them may be gone.
    pub(super) fn forget_accounts(&mut self) {
        self.accounts.clear();
    }

    async fn learn(
        &mut self,
        connection: &mut SqliteConnection,
        wanted: impl Iterator<Item = AccountId>,
    ) -> Result<(), sqlx::Error> {
        if self.accounts.len() > REMEMBERED {
            self.accounts.clear();
        }
        let new: HashSet<AccountId> = wanted.filter(|account| !self.accounts.contains_key(account)).collect();
        let new: Vec<AccountId> = new.into_iter().collect();
        let sql = (
            "SELECT a.account_id, a.id, h.head FROM accounts a JOIN heads h ON h.account = a.id WHERE a.account_id IN (",
            "?",
            ")",
        );
        for row in rows::each(connection, sql, &new, |q, account| q.bind(account.as_bytes())).await? {
            let account = AccountId::from_slice(row.try_get(0)?).ok_or(sqlx::Error::RowNotFound)?;
            self.accounts.insert(account, Account { number: row.try_get(1)?, head: row.try_get(2)? });
        }
        Ok(())
    }
}

pub(super) async fn append(
    connection: &mut SqliteConnection,
    known: &mut Known,
    sends: &[Upload],
) -> Result<(Vec<Outcome>, Changes), sqlx::Error> {
    let mut changes = Changes { last_envelope: known.last_envelope, heads: HashMap::new() };
    if sends.is_empty() {
        return Ok((Vec::new(), changes));
    }
    known.learn(connection, sends.iter().flat_map(|send| send.letter.readers())).await?;
    let mut places = taken(connection, known, sends).await?;

    let mut outcomes = Vec::with_capacity(sends.len());
    let mut fresh = Vec::new();
    for send in sends {
        let outcome = place(send, known, &mut places, &mut changes);
        if let Ok((placed, Some(committed))) = &outcome {
            fresh.push((changes.last_envelope, send, *placed, committed.seqs.clone()));
        }
        outcomes.push(outcome);
    }
    write(connection, known, &changes, &fresh).await?;
    Ok((outcomes, changes))
}

/// Keeps history records; the first of each message stays.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    known: &mut Known,
    changes: &Changes,
    keeps: &[Keep],
) -> Result<Vec<Result<(), StoreError>>, sqlx::Error> {
    known.learn(connection, keeps.iter().map(|keep| keep.account)).await?;
    let mut good = Vec::new();
    let outcomes = keeps
        .iter()
        .map(|keep| {
            let account = changes.heads.get(&keep.account).or_else(|| known.accounts.get(&keep.account));
            let account = account.ok_or(StoreError::NoSuchAccount)?;
            // A mailbox is gapless, so that the head says which numbers exist.
            let seq = i64::try_from(keep.seq).map_err(|_| StoreError::NotFound)?;
            if !(1..=account.head).contains(&seq) {
                return Err(StoreError::NotFound);
            }
            good.push((account.number, seq, &keep.record));
            Ok(())
        })
        .collect();
    // Of two records for one message in one batch, the first one stays: an UPDATE from two rows would pick either.
    let mut seen = HashSet::new();
    good.retain(|(account, seq, _)| seen.insert((*account, *seq)));
    let sql = (
        "UPDATE mailbox SET record = new.column3 FROM (VALUES",
        "(?,?,?)",
        ") AS new WHERE mailbox.account = new.column1 AND mailbox.seq = new.column2 AND mailbox.record IS NULL",
    );
    rows::each(connection, sql, &good, |q, (account, seq, record)| q.bind(*account).bind(*seq).bind(record.as_slice()))
        .await?;
    Ok(outcomes)
}

/// The envelopes that already have one of these places.
async fn taken(
    connection: &mut SqliteConnection,
    known: &Known,
    sends: &[Upload],
) -> Result<HashMap<Place, (EnvId, Placed)>, sqlx::Error> {
    let wanted: Vec<Place> = sends.iter().filter_map(|send| place_of(known, send)).collect();
    // CROSS JOIN keeps the order: for each place asked for, one look into the unique index.
    let sql = (
        "SELECT e.sender, e.conv, e.stream, e.place, e.env_id, e.sender_seq, e.received_ms FROM (VALUES",
        "(?,?,?,?)",
        ") AS want CROSS JOIN envelopes e ON e.sender = want.column1 AND e.conv = want.column2 \
         AND e.stream = want.column3 AND e.place = want.column4",
    );
    let found = rows::each(connection, sql, &wanted, |q, (sender, conv, stream, place)| {
        q.bind(*sender).bind(&conv[..]).bind(&stream[..]).bind(*place)
    })
    .await?;
    let corrupt = || sqlx::Error::RowNotFound;
    let mut taken = HashMap::with_capacity(sends.len());
    for row in found {
        let conv = row.try_get::<&[u8], _>(1)?.try_into().map_err(|_| corrupt())?;
        let stream = row.try_get::<&[u8], _>(2)?.try_into().map_err(|_| corrupt())?;
        let env_id = EnvId::from_slice(row.try_get(4)?).ok_or_else(corrupt)?;
        let placed = Placed {
            seq: row.try_get::<i64, _>(5)?.cast_unsigned(),
            received: row.try_get::<i64, _>(6)?.cast_unsigned(),
        };
        taken.insert((row.try_get(0)?, conv, stream, row.try_get(3)?), (env_id, placed));
    }
    Ok(taken)
}

fn place_of(known: &Known, send: &Upload) -> Option<Place> {
    let letter = &send.letter;
    let sender = known.accounts.get(&letter.sender)?.number;
    Some((sender, letter.conv.0, letter.stream.0, letter.place.cast_signed()))
}

/// Decides about one message, and counts its readers' heads up if it is new.
fn place(send: &Upload, known: &Known, places: &mut HashMap<Place, (EnvId, Placed)>, changes: &mut Changes) -> Outcome {
    let letter = &send.letter;
    let place = place_of(known, send).ok_or(StoreError::NoSuchAccount)?;
    if let Some((env_id, placed)) = places.get(&place) {
        return if *env_id == letter.env_id { Ok((*placed, None)) } else { Err(StoreError::PlaceTaken) };
    }
    let mut accounts = Vec::with_capacity(letter.slips.len());
    for reader in letter.readers() {
        let account = changes.heads.get(&reader).or_else(|| known.accounts.get(&reader));
        let account = *account.ok_or(StoreError::NoSuchAccount)?;
        accounts.push((reader, Account { head: account.head + 1, ..account }));
    }
    let seqs: Vec<u64> = accounts.iter().map(|(_, account)| account.head.cast_unsigned()).collect();
    changes.heads.extend(accounts);
    changes.last_envelope += 1;
    let placed = Placed { seq: seqs[letter.own], received: send.now };
    places.insert(place, (letter.env_id, placed));
    Ok((placed, Some(Committed { letter: letter.clone(), received: send.now, seqs })))
}

type Fresh<'a> = (i64, &'a Upload, Placed, Vec<u64>);

async fn write(
    connection: &mut SqliteConnection,
    known: &Known,
    changes: &Changes,
    fresh: &[Fresh<'_>],
) -> Result<(), sqlx::Error> {
    let number = |account: AccountId| known.accounts.get(&account).map_or(0, |account| account.number);
    let sql = (
        "INSERT INTO envelopes (id, sender, conv, stream, place, env_id, sender_seq, received_ms, header, body) VALUES",
        "(?,?,?,?,?,?,?,?,?,?)",
        "",
    );
    rows::each(connection, sql, fresh, |q, (id, send, placed, _)| {
        let letter = &send.letter;
        q.bind(*id)
            .bind(number(letter.sender))
            .bind(letter.conv.as_bytes())
            .bind(letter.stream.as_bytes())
            .bind(letter.place.cast_signed())
            .bind(letter.env_id.as_bytes())
            .bind(placed.seq.cast_signed())
            .bind(placed.received.cast_signed())
            .bind(&letter.header[..])
            .bind(&letter.body[..])
    })
    .await?;

    let slips: Vec<(i64, i64, u64, &[u8])> = fresh
        .iter()
        .flat_map(|(id, send, _, seqs)| {
            let slips = send.letter.slips.iter().zip(seqs);
            slips.map(|((reader, slip), seq)| (*id, number(*reader), *seq, slip.as_slice()))
        })
        .collect();
    let sql = ("INSERT INTO slips (envelope, reader, slip) VALUES", "(?,?,?)", "");
    rows::each(connection, sql, &slips, |q, (id, reader, _, slip)| q.bind(*id).bind(*reader).bind(*slip)).await?;
    let sql = ("INSERT INTO mailbox (account, seq, envelope) VALUES", "(?,?,?)", "");
    rows::each(connection, sql, &slips, |q, (id, reader, seq, _)| q.bind(*reader).bind(seq.cast_signed()).bind(*id))
        .await?;

    let heads: Vec<Account> = changes.heads.values().copied().collect();
    let sql = (
        "INSERT INTO heads (account, head) VALUES",
        "(?,?)",
        "ON CONFLICT (account) DO UPDATE SET head = excluded.head",
    );
    rows::each(connection, sql, &heads, |q, account| q.bind(account.number).bind(account.head)).await?;
    Ok(())
}
