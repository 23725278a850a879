//! The records of a new file, in the order in which they come, made when they are asked for.

use rand_core::CryptoRng;
use signet_ask::{BackupPart, BackupReport};
use signet_crypto::{
    BackupContact, BackupError, BackupHeader, BackupKey, BackupKeystore, BackupMessage, BackupRecord, BackupState,
    BackupWriter, Content, Doubts, Flaw,
};
use signet_shared::{AccountId, ConvId};

use super::super::{conv::Shown, notes::Noted, session::Session};

/// A part is about this long: four chunks.
const PART: usize = 256 * 1024;

pub(super) struct Writing {
    pub(super) account: AccountId,
    writer: Option<BackupWriter>,
    next: Next,
    /// The conversations still to come, the next one last.
    convs: Vec<ConvId>,
    /// Messages that there were in them.
    total: u32,
    report: BackupReport,
}

/// What is to be written next.
#[derive(Clone, Copy)]
enum Next {
    Account,
    Keystore,
    Statements,
    /// Those after this one.
    Contacts(Option<AccountId>),
    /// Of the last of `convs`, those after this place on the screen.
    Messages(Option<u64>),
}

impl Writing {
    pub(super) fn begin(session: &Session, header: &BackupHeader, key: BackupKey, messages: bool) -> (Self, Vec<u8>) {
        let (writer, bytes) = BackupWriter::start(header, key);
        let convs: Vec<ConvId> =
            if messages { session.convs.values().map(|conv| conv.id).collect() } else { Vec::new() };
        let of = |id: &ConvId| session.convs.get(id).map_or(0, |conv| conv.messages.len());
        let total = convs.iter().map(of).sum::<usize>();
        let report = BackupReport {
            username: session.account.me.username().shown().to_owned(),
            created_ms: header.created_ms,
            behind: messages && !session.line.caught_up,
            ..BackupReport::default()
        };
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        (Self { account: header.account, writer: Some(writer), next: Next::Account, convs, total, report }, bytes)
    }

    /// The file's next bytes.
    pub(super) fn part<R: CryptoRng>(&mut self, session: &mut Session, rng: &mut R) -> Result<BackupPart, BackupError> {
        let missing = BackupError::Content(Flaw::Order);
        let mut bytes = Vec::new();
        while bytes.len() < PART {
            let Some(record) = self.record(session) else {
                let writer = self.writer.take().ok_or(missing)?;
                bytes.extend(writer.finish(&session.account.keys.ik, rng)?);
                return Ok(BackupPart { bytes, percent: 100, report: Some(core::mem::take(&mut self.report)) });
            };
            bytes.extend(self.writer.as_mut().ok_or(missing)?.push(&record, rng)?);
        }
        let written = u64::from(self.report.messages).saturating_add(u64::from(self.report.left_out));
        let percent = (written * 100).checked_div(self.total.into()).unwrap_or(0).min(99);
        Ok(BackupPart { bytes, percent: percent as u8, report: None })
    }

    fn record(&mut self, session: &mut Session) -> Option<BackupRecord> {
        match self.next {
            Next::Account => {
                self.next = Next::Keystore;
                let username = session.account.me.username().clone();
                Some(BackupRecord::Account { account: self.account, username })
            }
            Next::Keystore => {
                self.next = Next::Statements;
                let account = &session.account;
                let keystore = BackupKeystore::of(&account.keys, account.keystore.number, account.keystore_before);
                Some(BackupRecord::Keystore(keystore))
            }
            Next::Statements => {
                self.next = Next::Contacts(None);
                Some(BackupRecord::Statements(session.account.me.clone()))
            }
            Next::Contacts(after) => match contact_after(session, after) {
                Some(contact) => {
                    self.next = Next::Contacts(Some(contact.account));
                    self.report.conversations = self.report.conversations.saturating_add(1);
                    Some(BackupRecord::Contact(contact))
                }
                None => {
                    self.next = Next::Messages(None);
                    self.record(session)
                }
            },
            Next::Messages(mut after) => loop {
                let conv = session.convs.get(self.convs.last()?);
                let from = after.map_or(0, |after| after.saturating_add(1));
                let Some((conv, (order, shown))) =
                    conv.and_then(|conv| Some((conv, conv.messages.range(from..).next()?)))
                else {
                    self.convs.pop();
                    after = None;
                    continue;
                };
                after = Some(*order);
                self.next = Next::Messages(after);
                let noted = Noted::new(shown.id.author, session.said(conv, &shown.place.env_id));
                if noted.deleted {
                    continue;
                }
                // What this version cannot show it cannot write either.
                let Some(text) = noted.texts.last().map(|(_, text)| text).or(shown.text.as_ref()) else {
                    self.report.left_out = self.report.left_out.saturating_add(1);
                    continue;
                };
                let state = match shown.id.author == self.account {
                    false => BackupState::Received,
                    true if conv.delivered.contains(&shown.place.env_id) => BackupState::Delivered,
                    true => BackupState::Sent,
                };
                self.report.messages = self.report.messages.saturating_add(1);
                let oldest = self.report.oldest_ms.unwrap_or(u64::MAX).min(shown.sent_ms);
                self.report.oldest_ms = Some(oldest);
                return Some(message(conv.id, shown, text, state, u64::from(self.report.messages)));
            },
        }
    }
}

fn message(conv: ConvId, shown: &Shown, text: &str, state: BackupState, place: u64) -> BackupRecord {
    BackupRecord::Message(BackupMessage {
        place,
        conv,
        env_id: shown.place.env_id,
        author: shown.id.author,
        stream: shown.place.stream,
        seq: shown.place.seq,
        uuid: shown.id.uuid,
        reply_to: None,
        sent_ms: shown.sent_ms,
        // The vault does not keep it.
        received_ms: 0,
        state,
        content: Content::Text(text.to_owned()),
        key: None,
    })
}

fn contact_after(session: &mut Session, after: Option<AccountId>) -> Option<BackupContact> {
    let id = session.state.pins.keys().find(|id| after.is_none_or(|after| **id > after)).copied()?;
    let statements = if session.at_hand(id) { session.chain(id).cloned() } else { None };
    let pin = session.state.pins.get(&id)?;
    // The name as the pin has it and as the chain has it differ in capitals at most; a reader wants one.
    let username = statements.as_ref().map_or(&pin.name, |chain| chain.username()).clone();
    // One that is too long for a record is fetched again where it is imported.
    let statements = statements.filter(|chain| chain.to_bytes().len() <= BackupContact::CHAIN);
    Some(BackupContact {
        account: id,
        username,
        seq: pin.seq,
        head: pin.head,
        ik: pin.ik,
        since_ms: pin.since_ms,
        doubts: Doubts {
            new_identity: pin.doubts.new_identity,
            forked: pin.doubts.forked,
            namesake: pin.doubts.namesake,
        },
        verified: pin.compared.ik,
        // A pin that another browser moved on is not where these end.
        statements: statements.filter(|chain| (chain.seq(), chain.ik_hash()) == (pin.seq, pin.ik)),
    })
}
