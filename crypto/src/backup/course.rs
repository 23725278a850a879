//! The order of a backup's records and what they must agree on: the same for who writes and who reads.

use signet_shared::AccountId;

use super::{
    BackupError, BackupRecord, BackupState, Flaw,
    record::{ACCOUNT, CONTACT, KEYSTORE, MESSAGE, STATEMENTS},
};
use crate::IdentityPublic;

#[cfg_attr(test, derive(Clone))]
pub(super) struct Course {
    account: AccountId,
    /// The type of the record before; 0 before the first.
    last: u8,
    username: String,
    ik: Option<IdentityPublic>,
    contact: Option<AccountId>,
    place: Option<u64>,
    contacts: u32,
    messages: u64,
}

impl Course {
    pub(super) fn new(account: AccountId) -> Self {
        Self {
            account,
            last: 0,
            username: String::new(),
            ik: None,
            contact: None,
            place: None,
            contacts: 0,
            messages: 0,
        }
    }

    pub(super) fn take(&mut self, record: &BackupRecord) -> Result<(), BackupError> {
        let kind = record.kind();
        let in_order = match kind {
            ACCOUNT | KEYSTORE | STATEMENTS => self.last + 1 == kind,
            CONTACT | MESSAGE => (STATEMENTS..=kind).contains(&self.last),
            _ => false,
        };
        let need = |holds, flaw| if holds { Ok(()) } else { Err(BackupError::Content(flaw)) };
        need(in_order, Flaw::Order)?;
        self.last = kind;
        match record {
            BackupRecord::Account { account, username } => {
                need(*account == self.account, Flaw::Account)?;
                username.shown().clone_into(&mut self.username);
            }
            BackupRecord::Keystore(keystore) => self.ik = Some(keystore.open()?.0.ik.public()),
            BackupRecord::Statements(own) => {
                need(own.account_id() == self.account, Flaw::Account)?;
                need(own.username().shown() == self.username, Flaw::Account)?;
                need(self.ik.as_ref() == Some(own.ik()), Flaw::Keys)?;
            }
            BackupRecord::Contact(contact) => {
                need(self.contact < Some(contact.account), Flaw::Order)?;
                need(contact.account != self.account, Flaw::Account)?;
                need(contact.agrees(), Flaw::Statements)?;
                self.contact = Some(contact.account);
                self.contacts = self.contacts.checked_add(1).ok_or(BackupError::Content(Flaw::Count))?;
            }
            BackupRecord::Message(message) => {
                need(self.place < Some(message.place), Flaw::Order)?;
                let own = message.author == self.account;
                need(own == (message.state != BackupState::Received), Flaw::Account)?;
                self.place = Some(message.place);
                self.messages += 1;
            }
        }
        Ok(())
    }

    /// The identity key, once everything that must be there has been: how often the rest was.
    pub(super) fn end(&self) -> Result<(&IdentityPublic, u32, u64), BackupError> {
        match &self.ik {
            Some(ik) if self.last >= STATEMENTS => Ok((ik, self.contacts, self.messages)),
            _ => Err(BackupError::Content(Flaw::Order)),
        }
    }
}
