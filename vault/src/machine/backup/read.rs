//! A file's records: counted, and for an import kept where they are new here.

use signet_ask::{BackupReport, MessageId};
use signet_crypto::{
    BackupContact, BackupError, BackupHeader, BackupKey, BackupMessage, BackupReader, BackupRecord, BackupState,
    Content, Flaw, VerifiedAccount,
};
use signet_shared::{AccountId, ConvId};

use super::{
    super::{
        pin::{Compared, Doubts, Pin},
        rows::Restored,
        session::Session,
        streams::Place,
    },
    add::{Found, FoundContact},
};

pub(super) struct Reading {
    pub(super) account: AccountId,
    pub(super) import: bool,
    reader: BackupReader,
    report: BackupReport,
    found: Found,
    /// This account, if it is the file's.
    mine: Option<VerifiedAccount>,
    /// The message before, if it was of this conversation.
    before: Option<(ConvId, MessageId)>,
}

impl Reading {
    /// `mine`: the account that is open here.
    pub(super) fn begin(
        header: &BackupHeader,
        key: BackupKey,
        import: bool,
        mine: Option<&VerifiedAccount>,
    ) -> Result<Self, BackupError> {
        Ok(Self {
            account: header.account,
            import,
            reader: BackupReader::new(header, key)?,
            report: BackupReport { created_ms: header.created_ms, ..BackupReport::default() },
            found: Found::new(header.account),
            mine: mine.filter(|mine| mine.account_id() == header.account).cloned(),
            before: None,
        })
    }

    /// `session`: of an import.
    pub(super) fn feed(&mut self, mut session: Option<&mut Session>, bytes: &[u8]) -> Result<(), BackupError> {
        for record in self.reader.feed(bytes)? {
            match record {
                BackupRecord::Account { username, .. } => username.shown().clone_into(&mut self.report.username),
                BackupRecord::Keystore(keystore) => {
                    if let Some(session) = session.as_ref() {
                        let (mut keys, _) = keystore.open()?;
                        let of_then = keys.former.iter().map(|former| former.ik).chain([keys.ik.public().hash()]);
                        self.found.identities = of_then.filter(|ik| session.is_news_of_mine(ik)).collect();
                        keys.eks.retain(|key| !session.account.ek_ids.contains(&key.id()));
                        self.found.keys = keys.eks;
                    }
                }
                BackupRecord::Statements(own) => {
                    let mine = session.as_ref().map(|session| &session.account.me).or(self.mine.as_ref());
                    if mine.is_some_and(|mine| !goes_with(&own, mine)) {
                        return Err(BackupError::Content(Flaw::Account));
                    }
                }
                BackupRecord::Contact(contact) => {
                    self.report.conversations = self.report.conversations.saturating_add(1);
                    if let Some(session) = session.as_deref_mut() {
                        let created_ms = self.report.created_ms;
                        let compared = match contact.verified {
                            Some(ik) => Compared { ik: Some(ik), at_ms: created_ms },
                            None => Compared::default(),
                        };
                        let doubts = Doubts {
                            new_identity: contact.doubts.new_identity,
                            forked: contact.doubts.forked || is_forked(session, &contact),
                            namesake: contact.doubts.namesake,
                            split: 0,
                        };
                        let (name, since_ms) = (contact.username, contact.since_ms);
                        let (head, seq, ik) = (contact.head, contact.seq, contact.ik);
                        let pin = Pin {
                            name,
                            head,
                            seq,
                            ik,
                            reset: contact.statements.as_ref().and_then(|chain| chain.reset_above(0)),
                            since_ms,
                            doubts,
                            mark: 0,
                            compared,
                            offer: None,
                            decision: None,
                            passed: contact
                                .statements
                                .as_ref()
                                .and_then(|chain| chain.passed_over(0))
                                .into_iter()
                                .collect(),
                            checkpoints: Vec::new(),
                        };
                        let chain = contact.statements.map(|chain| chain.to_bytes()).unwrap_or_default();
                        self.found.contacts.push(FoundContact { id: contact.account, pin, chain });
                    }
                }
                BackupRecord::Message(message) => self.message(session.as_deref(), message),
            }
        }
        Ok(())
    }

    fn message(&mut self, session: Option<&Session>, message: BackupMessage) {
        self.report.messages = self.report.messages.saturating_add(1);
        let oldest = self.report.oldest_ms.unwrap_or(u64::MAX).min(message.sent_ms);
        self.report.oldest_ms = Some(oldest);
        let Some(session) = session else { return };
        let id = MessageId { author: message.author, uuid: message.uuid };
        let before = self.before.replace((message.conv, id));
        if session.has_message(&message.conv, &id) {
            return;
        }
        self.found.new = self.found.new.saturating_add(1);
        self.found.messages.push(Restored {
            conv: message.conv,
            id,
            place: Place { stream: message.stream, seq: message.seq, env_id: message.env_id },
            sent_ms: message.sent_ms,
            text: match message.content {
                Content::Text(text) => Some(text),
                // No other kind is in a file but what this version does not know.
                _ => None,
            },
            delivered: message.state == BackupState::Delivered,
            after: before.filter(|(conv, _)| *conv == message.conv).map(|(_, id)| id),
        });
    }

    /// After the file's last byte.
    pub(super) fn finish(self) -> Result<(Found, BackupReport), BackupError> {
        self.reader.finish()?;
        Ok((self.found, self.report))
    }
}

/// Whether a file's key log is the account's own as it was at some time, or goes on where that ends, without another identity
/// that the account does not know: anybody could have made that.
fn goes_with(file: &VerifiedAccount, mine: &VerifiedAccount) -> bool {
    mine.knows(&file.head()) || (file.knows(&mine.head()) && file.reset_above(mine.seq()).is_none())
}

/// Whether the file is this account's own word that it has seen another key log of theirs than the one that is here. Two
/// heads in one place are compared by whoever adds them.
fn is_forked(session: &mut Session, contact: &BackupContact) -> bool {
    session.at_hand(contact.account);
    let (Some(pin), here) = (session.state.pins.get(&contact.account), session.chain(contact.account)) else {
        return false;
    };
    let past = here.is_some_and(|here| contact.seq < pin.seq && !here.knows(&contact.head));
    past || contact.statements.as_ref().is_some_and(|theirs| contact.seq > pin.seq && !theirs.knows(&pin.head))
}
