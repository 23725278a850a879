//! The honest relay's part in starting anew.

use signet_shared::{
    AccountId,
    api::{self, AnewStand, Body},
    opaque::SecretKind,
    statement::SignedStatement,
    wire::{AnewAsked, Refusal, ServerFrame},
};

use super::relay::{Anew, Client, Earlier, Relay, finish_login, keep, read};

impl Relay {
    /// As its browsers are to be told.
    pub fn asked(&self, id: AccountId) -> Option<AnewAsked> {
        let anew = self.anew.get(&id).filter(|anew| !anew.refused && !anew.done)?;
        Some(AnewAsked { id: anew.id, asked_ms: anew.asked_ms, left_ms: self.anew_left_ms })
    }

    fn tell_anew(&mut self, id: AccountId) {
        let asked = self.asked(id);
        let told: Vec<Client> = self.sockets.keys().copied().filter(|client| self.me(*client) == Ok(id)).collect();
        self.outgoing.extend(told.into_iter().map(|client| (client, ServerFrame::Anew(asked))));
    }

    fn stand(&self, id: AccountId) -> AnewStand {
        match &self.anew[&id] {
            Anew { done: true, .. } => AnewStand::Done,
            Anew { refused: true, .. } => AnewStand::Refused,
            _ => AnewStand::Waiting { left_ms: self.anew_left_ms },
        }
    }

    fn claimed(&self, claim: [u8; 32]) -> Result<AccountId, Refusal> {
        let found = self.anew.iter().find(|(_, anew)| anew.claim == claim);
        found.map(|(id, _)| *id).ok_or(Refusal::NotFound)
    }

    fn put_anew(&mut self, id: AccountId, claim: [u8; 32], by_code: bool) -> Result<Vec<u8>, Refusal> {
        if self.anew.get(&id).is_none_or(|anew| anew.claim != claim) {
            if !by_code && self.anew.get(&id).is_some_and(|anew| anew.by_code && !anew.refused && !anew.done) {
                return Err(Refusal::PlaceTaken);
            }
            let name = self.bytes()[..16].try_into().unwrap();
            self.anew.insert(id, Anew { id: name, claim, by_code, refused: false, done: false, asked_ms: 5 });
            self.tell_anew(id);
        }
        Ok(self.stand(id).to_bytes())
    }

    pub(super) fn answer_anew(&mut self, client: Client, path: &str, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        match path {
            api::ANEW_ASK => {
                let q: api::AnewAsk = read(body)?;
                let name = q.username.canonical();
                let known = self.claimed(q.claim).is_ok();
                if !known && self.codes.get(&name) != Some(&q.code) {
                    return Err(Refusal::CodeFailed);
                }
                self.codes.remove(&name);
                let id = self.named(&name).unwrap().0;
                self.put_anew(id, q.claim, true)
            }
            api::ANEW_ASK_HERE => {
                let q: api::AnewClaim = read(body)?;
                self.put_anew(self.me(client)?, q.claim, false)
            }
            api::ANEW_LOOK => {
                let q: api::AnewClaim = read(body)?;
                Ok(self.stand(self.claimed(q.claim)?).to_bytes())
            }
            api::ANEW_REFUSE => {
                let id = self.me(client)?;
                let q: api::AnewRefuse = read(body)?;
                let anew = self.anew.get_mut(&id).filter(|anew| anew.id == q.id && !anew.done);
                anew.ok_or(Refusal::NotFound)?.refused = true;
                self.tell_anew(id);
                Ok(Vec::new())
            }
            api::ANEW_START => {
                let q: api::AnewStart = read(body)?;
                let id = self.claimed(q.claim)?;
                match self.stand(id) {
                    AnewStand::Waiting { left_ms: 0 } => {}
                    AnewStand::Waiting { .. } => return Err(Refusal::TooEarly),
                    AnewStand::Refused => return Err(Refusal::AnewRefused),
                    AnewStand::Done => return Err(Refusal::NotFound),
                }
                let name = self.accounts[&id].username.to_ascii_lowercase();
                let account = &self.accounts[&id];
                Ok(api::AnewStarted {
                    password: self.register(&name, SecretKind::Password, &q.password)?,
                    recovery: self.register(&name, SecretKind::RecoveryKey, &q.recovery)?,
                    keystore_version: account.keystore_version,
                    state_version: account.state_version,
                    statements: account.statements.clone(),
                }
                .to_bytes())
            }
            api::ANEW_FINISH => self.finish_anew(client, body),
            api::EARLIER_START => {
                let id = self.me(client)?;
                let q: api::EarlierStart = read(body)?;
                let record = self.earlier.get(&(id, q.seq)).map(|earlier| earlier.records[&q.kind.number()].0.clone());
                let name = self.accounts[&id].username.to_ascii_lowercase();
                let (login_id, state, ke2) = self.login(&name, q.kind, record.as_deref(), &q.ke1)?;
                self.earlier_logins.insert(login_id, (state, client, q.seq, q.kind));
                Ok(api::LoginStarted { login_id, profile: self.profile, ke2 }.to_bytes())
            }
            api::EARLIER_FINISH => {
                let id = self.me(client)?;
                let q: api::LoginFinish = read(body)?;
                let (state, by, seq, kind) = self.earlier_logins.remove(&q.login_id).ok_or(Refusal::LoginFailed)?;
                finish_login(state, &q.ke3)?;
                let earlier = self.earlier.get(&(id, seq)).filter(|_| by == client).ok_or(Refusal::LoginFailed)?;
                Ok(api::EarlierVault {
                    slot: earlier.records[&kind.number()].1.clone(),
                    keystore_version: earlier.keystore_version,
                    keystore: earlier.keystore.clone(),
                    state_version: earlier.state_version,
                    state: earlier.state.clone(),
                }
                .to_bytes())
            }
            _ => Err(Refusal::NotFound),
        }
    }

    fn finish_anew(&mut self, client: Client, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        let q: api::AnewFinish = read(body)?;
        let id = self.claimed(q.claim)?;
        if self.finished.get(&id).is_some_and(|made| *made == body) {
            self.open_session(client, id, None);
            return self.vault(id, SecretKind::Password);
        }
        match self.stand(id) {
            AnewStand::Waiting { left_ms: 0 } => {}
            AnewStand::Waiting { .. } => return Err(Refusal::TooEarly),
            AnewStand::Refused => return Err(Refusal::AnewRefused),
            AnewStand::Done => return Err(Refusal::NotFound),
        }
        let statement = SignedStatement::parse(&q.statement).map_err(|_| Refusal::Malformed)?.statement;
        let account = self.accounts.get_mut(&id).unwrap();
        let seq = account.statements.len() as u64;
        let follows = statement.seq == seq + 1
            && q.keystore_version == account.keystore_version + 1
            && q.state_version > account.state_version;
        if !follows {
            return Err(Refusal::VersionConflict);
        }
        let records = [(1, keep(&q.password)), (2, keep(&q.recovery))].into_iter().collect();
        let earlier = Earlier {
            records: core::mem::replace(&mut account.records, records),
            keystore: core::mem::replace(&mut account.keystore, q.keystore),
            keystore_version: core::mem::replace(&mut account.keystore_version, q.keystore_version),
            state: core::mem::replace(&mut account.state, q.state),
            state_version: core::mem::replace(&mut account.state_version, q.state_version),
        };
        account.statements.push(q.statement);
        self.earlier.insert((id, seq), earlier);
        self.anew.get_mut(&id).unwrap().done = true;
        self.finished.insert(id, body.to_vec());
        let mine: Vec<Client> = self.sessions.iter().filter(|(_, s)| s.is_of(id)).map(|(client, _)| *client).collect();
        mine.into_iter().for_each(|client| self.end_and_close(client));
        self.open_session(client, id, None);
        self.vault(id, SecretKind::Password)
    }
}
