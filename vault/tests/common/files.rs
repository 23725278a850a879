//! The page's half of a backup: parts out, pieces in.

use signet_ask::{BACKUP_HEAD, Backup, BackupGoal, BackupPart, BackupReport, BackupStep, Trouble};
use signet_crypto::{
    BackupCost, BackupHeader, BackupMessage, BackupReader, BackupRecord, BackupState, BackupSummary, BackupWriter,
    Content,
};
use signet_shared::{AccountId, ClientUuid, ConvId, EnvId, Hash, StreamId};

use super::World;

pub const BACKUP_PASSWORD: &str = "a password of its own";
pub const RUN: u64 = 7;

impl World {
    pub fn backup(&mut self, id: usize, run: u64, step: BackupStep) -> Result<BackupPart, Trouble> {
        self.ask(id, Backup { run, step: step.into() })
    }

    pub fn export(&mut self, id: usize, messages: bool) -> (Vec<u8>, BackupReport) {
        let mut part = self.backup(id, RUN, BackupStep::Write { password: BACKUP_PASSWORD.into(), messages }).unwrap();
        let mut file = part.bytes;
        loop {
            part = self.backup(id, RUN, BackupStep::More { at: file.len() as u64 }).unwrap();
            file.extend(part.bytes);
            if let Some(report) = part.report {
                return (file, report);
            }
        }
    }

    pub fn begin_reading(&mut self, id: usize, file: &[u8], password: &str, import: bool) -> Result<usize, Trouble> {
        let head = file.len().min(BACKUP_HEAD as usize);
        let goal = if import { BackupGoal::Import } else { BackupGoal::Test };
        let step = BackupStep::Read { password: password.into(), head: file[..head].to_vec(), goal };
        self.backup(id, RUN, step).map(|_| head)
    }

    pub fn read_backup(
        &mut self,
        id: usize,
        file: &[u8],
        password: &str,
        import: bool,
    ) -> Result<BackupReport, Trouble> {
        let mut at = self.begin_reading(id, file, password, import)?;
        while at < file.len() {
            let end = file.len().min(at + 30_000);
            self.backup(id, RUN, BackupStep::Feed { at: at as u64, bytes: file[at..end].to_vec() })?;
            at = end;
        }
        let part = self.backup(id, RUN, BackupStep::Feed { at: at as u64, bytes: Vec::new() })?;
        Ok(part.report.expect("no report"))
    }

    pub fn test_backup(&mut self, id: usize, file: &[u8]) -> Result<BackupReport, Trouble> {
        self.read_backup(id, file, BACKUP_PASSWORD, false)
    }

    pub fn import(&mut self, id: usize, file: &[u8]) -> Result<BackupReport, Trouble> {
        self.read_backup(id, file, BACKUP_PASSWORD, true)
    }
}

/// What a good file holds.
pub fn records(file: &[u8]) -> (Vec<BackupRecord>, BackupSummary) {
    let header = BackupHeader::parse(&file[..BACKUP_HEAD as usize]).unwrap();
    let mut reader = BackupReader::new(&header, header.unlock(BACKUP_PASSWORD).unwrap()).unwrap();
    (reader.feed(&file[BACKUP_HEAD as usize..]).unwrap(), reader.finish().unwrap())
}

/// The same file, written anew with so many messages more.
pub fn enlarged(file: &[u8], conv: ConvId, author: AccountId, more: u64) -> Vec<u8> {
    rewritten(file, conv, author, more, |_| ())
}

/// The same file with other records.
pub fn edited(file: &[u8], edit: impl FnMut(&mut BackupRecord)) -> Vec<u8> {
    rewritten(file, ConvId([0; 32]), AccountId([0; 16]), 0, edit)
}

fn rewritten(
    file: &[u8],
    conv: ConvId,
    author: AccountId,
    more: u64,
    mut edit: impl FnMut(&mut BackupRecord),
) -> Vec<u8> {
    let rng = &mut rand::rng();
    let (mut records, summary) = records(file);
    let header = BackupHeader::make(summary.account, 5, BackupCost::USUAL, rng).unwrap();
    let (mut writer, mut out) = BackupWriter::start(&header, header.unlock(BACKUP_PASSWORD).unwrap());
    let mut ik = None;
    for record in &mut records {
        edit(record);
        if let BackupRecord::Keystore(keystore) = record {
            ik = Some(keystore.open().unwrap().0.ik);
        }
        out.extend(writer.push(record, rng).unwrap());
    }
    for n in 1..=more {
        let id = Hash::new("test").chain_u64(n).finish();
        let message = BackupMessage {
            place: 1000 + n,
            conv,
            env_id: EnvId(id),
            author,
            stream: StreamId([9; 16]),
            seq: n,
            uuid: ClientUuid(id[..16].try_into().unwrap()),
            reply_to: None,
            sent_ms: n,
            received_ms: 0,
            state: BackupState::Received,
            content: Content::Text(format!("message {n}")),
            key: None,
        };
        out.extend(writer.push(&BackupRecord::Message(message), rng).unwrap());
    }
    out.extend(writer.finish(&ik.unwrap(), rng).unwrap());
    out
}
