//! Many messages in one transaction, a few statements for all of them.
//!
//! Each begins by locking the heads of every mailbox that it concerns, in the order of their numbers, so that two nodes
//! never wait for each other. What it reads after that nobody else changes before it ends: the next number of each mailbox,
//! and which places the senders have filled.

use std::collections::{HashMap, HashSet};

use signet_shared::{AccountId, EnvId};
use sqlx::{PgConnection, Row};

use super::{
    super::{Committed, Letter, Placed, StoreError},
    writer::{Keep, Upload},
};

/// Accounts whose number is remembered; beyond it all are forgotten and read again.
const REMEMBERED: usize = 200_000;

pub(super) type Outcome = Result<(Placed, Option<Committed>), StoreError>;

pub(super) struct Done {
    pub(super) placed: Vec<Outcome>,
    pub(super) kept: Vec<Result<(), StoreError>>,
    /// Those of the uncertain that were stored.
    pub(super) found: Vec<Committed>,
}

/// The accounts' numbers, which never change. Whether an account is still there, its head says.
#[derive(Default)]
pub(super) struct Known(HashMap<AccountId, i64>);

/// The head of each mailbox that is locked, as it grows.
type Heads = HashMap<i64, i64>;
/// A message's place: the sender's number, the conversation, the stream, the sequence number.
type Place = (i64, [u8; 32], [u8; 16], i64);
type Places = HashMap<Place, (EnvId, Placed)>;

impl Done {
    pub(super) fn committed(&self) -> Vec<Committed> {
        self.placed.iter().filter_map(|outcome| outcome.as_ref().ok()?.1.clone()).collect()
    }
}

impl Known {
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    async fn learn(&mut self, c: &mut PgConnection, wanted: HashSet<AccountId>) -> Result<(), sqlx::Error> {
        if self.0.len() > REMEMBERED {
            self.0.clear();
        }
        let new: Vec<&[u8]> = wanted.iter().filter(|id| !self.0.contains_key(id)).map(|id| id.as_bytes()).collect();
        if new.is_empty() {
            return Ok(());
        }
        let rows = sqlx::query("SELECT account_id, id FROM accounts WHERE account_id = ANY($1)").bind(&new);
        for row in rows.fetch_all(c).await? {
            let account = AccountId::from_slice(row.try_get(0)?).ok_or(sqlx::Error::RowNotFound)?;
            self.0.insert(account, row.try_get(1)?);
        }
        Ok(())
    }

    fn number(&self, account: AccountId) -> Result<i64, StoreError> {
        self.0.get(&account).copied().ok_or(StoreError::NoSuchAccount)
    }

    /// The place of a letter whose sender has a mailbox.
    fn place(&self, heads: &Heads, letter: &Letter) -> Result<Place, StoreError> {
        let sender = self.number(letter.sender)?;
        if !heads.contains_key(&sender) {
            return Err(StoreError::NoSuchAccount);
        }
        Ok((sender, letter.conv.0, letter.stream.0, letter.place.cast_signed()))
    }
}

pub(super) async fn append(
    c: &mut PgConnection,
    known: &mut Known,
    uncertain: &[Committed],
    sends: &[Upload],
    keeps: &[Keep],
) -> Result<Done, sqlx::Error> {
    let letters = || sends.iter().map(|send| &*send.letter).chain(uncertain.iter().map(|before| &*before.letter));
    let concerned = letters().flat_map(Letter::readers).chain(keeps.iter().map(|keep| keep.account));
    let concerned: HashSet<AccountId> = concerned.collect();
    if concerned.is_empty() {
        return Ok(Done { placed: Vec::new(), kept: Vec::new(), found: Vec::new() });
    }
    let mut numbers: Vec<i64> = {
        known.learn(c, concerned.clone()).await?;
        concerned.iter().filter_map(|account| known.number(*account).ok()).collect()
    };
    numbers.sort_unstable();
    let mut heads = lock(c, &numbers).await?;
    if heads.len() < numbers.len() {
        // An account without a head has been deleted.
        known.0.retain(|account, number| heads.contains_key(number) || !concerned.contains(account));
    }
    let mut places = taken(c, letters().filter_map(|letter| known.place(&heads, letter).ok()).collect()).await?;
    let found = uncertain.iter().filter(|before| {
        let place = known.place(&heads, &before.letter).ok();
        let now = place.and_then(|place| places.get(&place));
        now.is_some_and(|(env_id, placed)| {
            *env_id == before.letter.env_id && Some(&placed.seq) == before.seqs.get(before.letter.own)
        })
    });
    let found = found.cloned().collect();

    let mut grown = HashSet::new();
    let placed: Vec<Outcome> =
        sends.iter().map(|send| place(send, known, &mut heads, &mut places, &mut grown)).collect();
    write(c, known, &heads, &grown, &placed).await?;
    let kept = keep(c, known, &heads, keeps).await?;
    Ok(Done { placed, kept, found })
}

/// Locks the heads of these mailboxes, in ascending order, until the transaction ends.
async fn lock(c: &mut PgConnection, numbers: &[i64]) -> Result<Heads, sqlx::Error> {
    let rows =
        sqlx::query("SELECT account, head FROM heads WHERE account = ANY($1) ORDER BY account FOR NO KEY UPDATE");
    rows.bind(numbers).fetch_all(c).await?.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The envelopes that already have one of these places.
async fn taken(c: &mut PgConnection, wanted: Vec<Place>) -> Result<Places, sqlx::Error> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let column = |part: fn(&Place) -> i64| wanted.iter().map(part).collect::<Vec<i64>>();
    let found = sqlx::query(
        "SELECT e.sender, e.conv, e.stream, e.place, e.env_id, e.sender_seq, e.received_ms \
         FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bigint[]) AS want (sender, conv, stream, place) \
         JOIN envelopes e ON e.sender = want.sender AND e.conv = want.conv AND e.stream = want.stream \
         AND e.place = want.place",
    )
    .bind(column(|place| place.0))
    .bind(wanted.iter().map(|place| &place.1[..]).collect::<Vec<_>>())
    .bind(wanted.iter().map(|place| &place.2[..]).collect::<Vec<_>>())
    .bind(column(|place| place.3))
    .fetch_all(c)
    .await?;
    let corrupt = || sqlx::Error::RowNotFound;
    let mut taken = HashMap::with_capacity(found.len());
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

/// Decides about one message, and counts its readers' heads up if it is new.
fn place(send: &Upload, known: &Known, heads: &mut Heads, places: &mut Places, grown: &mut HashSet<i64>) -> Outcome {
    let letter = &send.letter;
    let place = known.place(heads, letter)?;
    if let Some((env_id, placed)) = places.get(&place) {
        return if *env_id == letter.env_id { Ok((*placed, None)) } else { Err(StoreError::PlaceTaken) };
    }
    let mut readers = Vec::with_capacity(letter.slips.len());
    for reader in letter.readers() {
        let number = known.number(reader)?;
        let head = heads.get(&number).ok_or(StoreError::NoSuchAccount)?;
        readers.push((number, head + 1));
    }
    let seqs: Vec<u64> = readers.iter().map(|(_, head)| head.cast_unsigned()).collect();
    grown.extend(readers.iter().map(|(number, _)| *number));
    heads.extend(readers);
    let placed = Placed { seq: seqs[letter.own], received: send.now };
    places.insert(place, (letter.env_id, placed));
    Ok((placed, Some(Committed { letter: letter.clone(), received: send.now, seqs })))
}

/// All of it in one statement: its parts touch different tables, so that their order says nothing.
async fn write(
    c: &mut PgConnection,
    known: &Known,
    heads: &Heads,
    grown: &HashSet<i64>,
    placed: &[Outcome],
) -> Result<(), sqlx::Error> {
    let fresh: Vec<(i64, Placed, &Committed)> = placed
        .iter()
        .filter_map(|outcome| {
            let (placed, committed) = outcome.as_ref().ok()?;
            let committed = committed.as_ref()?;
            Some((known.number(committed.letter.sender).ok()?, *placed, committed))
        })
        .collect();
    if fresh.is_empty() {
        return Ok(());
    }
    let number = |part: &dyn Fn(&(i64, Placed, &Committed)) -> i64| fresh.iter().map(part).collect::<Vec<i64>>();
    let bytes = |part: fn(&Letter) -> &[u8]| fresh.iter().map(|(.., it)| part(&it.letter)).collect::<Vec<&[u8]>>();
    let (mut accounts, mut seqs, mut senders, mut sender_seqs, mut slips) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (sender, placed, committed) in &fresh {
        for ((reader, slip), seq) in committed.letter.slips.iter().zip(&committed.seqs) {
            accounts.push(known.number(*reader).unwrap_or_default());
            seqs.push(seq.cast_signed());
            senders.push(*sender);
            sender_seqs.push(placed.seq.cast_signed());
            slips.push(slip.as_slice());
        }
    }
    let mut grown: Vec<i64> = grown.iter().copied().collect();
    grown.sort_unstable();
    let new_heads: Vec<i64> = grown.iter().map(|number| heads.get(number).copied().unwrap_or_default()).collect();
    sqlx::query(
        "WITH sent AS (\
         INSERT INTO envelopes (sender, sender_seq, conv, stream, place, env_id, readers, received_ms, header, body) \
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bytea[], \
         $7::integer[], $8::bigint[], $9::bytea[], $10::bytea[])), \
         delivered AS (\
         INSERT INTO mailbox (account, seq, sender, sender_seq, slip) \
         SELECT * FROM unnest($11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bytea[])) \
         UPDATE heads h SET head = new.head FROM unnest($16::bigint[], $17::bigint[]) AS new (account, head) \
         WHERE h.account = new.account",
    )
    .bind(number(&|(sender, ..)| *sender))
    .bind(number(&|(_, placed, _)| placed.seq.cast_signed()))
    .bind(bytes(|letter| letter.conv.as_bytes()))
    .bind(bytes(|letter| letter.stream.as_bytes()))
    .bind(number(&|(.., it)| it.letter.place.cast_signed()))
    .bind(bytes(|letter| letter.env_id.as_bytes()))
    .bind(fresh.iter().map(|(.., it)| i32::try_from(it.seqs.len()).unwrap_or(i32::MAX)).collect::<Vec<i32>>())
    .bind(number(&|(_, placed, _)| placed.received.cast_signed()))
    .bind(bytes(|letter| &letter.header))
    .bind(bytes(|letter| &letter.body))
    .bind(accounts)
    .bind(seqs)
    .bind(senders)
    .bind(sender_seqs)
    .bind(slips)
    .bind(grown)
    .bind(new_heads)
    .execute(c)
    .await?;
    Ok(())
}

/// Keeps history records; the first of each message stays.
async fn keep(
    c: &mut PgConnection,
    known: &Known,
    heads: &Heads,
    keeps: &[Keep],
) -> Result<Vec<Result<(), StoreError>>, sqlx::Error> {
    let (mut accounts, mut seqs, mut records) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let outcomes = keeps
        .iter()
        .map(|keep| {
            let number = known.number(keep.account)?;
            let head = *heads.get(&number).ok_or(StoreError::NoSuchAccount)?;
            // A mailbox is gapless, so that the head says which numbers exist.
            let seq = i64::try_from(keep.seq).map_err(|_| StoreError::NotFound)?;
            if !(1..=head).contains(&seq) {
                return Err(StoreError::NotFound);
            }
            if seen.insert((number, seq)) {
                accounts.push(number);
                seqs.push(seq);
                records.push(keep.record.as_slice());
            }
            Ok(())
        })
        .collect();
    if !accounts.is_empty() {
        sqlx::query(
            "INSERT INTO records (account, seq, record) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) \
             ON CONFLICT DO NOTHING",
        )
        .bind(accounts)
        .bind(seqs)
        .bind(records)
        .execute(c)
        .await?;
    }
    Ok(outcomes)
}
