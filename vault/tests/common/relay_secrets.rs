//! The honest relay's part in replacing what opens an account.

use signet_shared::{
    AccountId,
    api::{self, Body},
    opaque::SecretKind,
    statement::SignedStatement,
    wire::{Refusal, ServerFrame},
};

use super::relay::{Client, Pending, Relay, Session, finish_login, keep, read};

impl Relay {
    /// Whether these keys are the account's next.
    pub(super) fn follows(&self, id: AccountId, keys: &api::PutKeys) -> Result<(), Refusal> {
        let account = &self.accounts[&id];
        let seq = SignedStatement::parse(&keys.statement).map_err(|_| Refusal::Malformed)?.statement.seq;
        let follows = account.keystore_version == keys.expected && account.statements.len() as u64 + 1 == seq;
        if follows { Ok(()) } else { Err(Refusal::VersionConflict) }
    }

    /// Stores them, unless they are there, and tells the account's other browsers.
    pub(super) fn put_keys(&mut self, client: Client, id: AccountId, keys: api::PutKeys, again: bool) {
        let version = keys.expected + 1;
        if !again {
            let account = self.accounts.get_mut(&id).unwrap();
            (account.keystore_version, account.keystore) = (version, keys.keystore);
            account.statements.push(keys.statement);
        }
        let others = self.sockets.keys().filter(|other| **other != client && self.me(**other) == Ok(id));
        let told: Vec<_> = others.map(|other| (*other, ServerFrame::KeysChanged { version })).collect();
        if !self.no_news {
            self.outgoing.extend(told);
        }
    }

    pub(super) fn answer_secrets(&mut self, client: Client, path: &str, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        match path {
            api::SECRET_START => {
                let id = self.fresh(client)?;
                let q: api::SecretStart = read(body)?;
                let name = self.accounts[&id].username.to_ascii_lowercase();
                Ok(api::SecretStarted { response: self.register(&name, q.kind, &q.request)? }.to_bytes())
            }
            api::SECRET_PENDING => {
                let id = self.fresh(client)?;
                let q: api::SecretPending = read(body)?;
                let handle = self.sessions[&client].handle;
                let mut access = keep(&q.access);
                if self.swap_pending_slot {
                    access.1 = self.accounts[&id].records[&q.kind.number()].1.clone();
                }
                self.pending.insert((id, q.kind.number()), Pending { client, handle, access });
                Ok(Vec::new())
            }
            api::SECRET_TRY => {
                let id = self.fresh(client)?;
                let q: api::SecretTry = read(body)?;
                let name = self.accounts[&id].username.to_ascii_lowercase();
                let handle = self.sessions[&client].handle;
                let pending = self.pending.get(&(id, q.kind.number()));
                let (record, slot) = pending
                    .filter(|pending| (pending.client, pending.handle) == (client, handle))
                    .map(|pending| pending.access.clone())
                    .ok_or(Refusal::NotFound)?;
                let (login_id, state, ke2) = self.login(&name, q.kind, Some(&record), &q.ke1)?;
                self.logins.insert(login_id, (state, id, q.kind));
                Ok(api::SecretTried { login_id, profile: self.profile, ke2, slot }.to_bytes())
            }
            api::SECRET_FINISH => {
                let q: api::SecretFinish = read(body)?;
                self.me(client)?;
                if let Some((_, ended)) = self.sessions[&client].finished.filter(|(login, _)| *login == q.login_id) {
                    return Ok(api::Ended { ended }.to_bytes());
                }
                let id = self.fresh(client)?;
                let (state, _, kind) = self.logins.remove(&q.login_id).ok_or(Refusal::LoginFailed)?;
                finish_login(state, &q.ke3)?;
                let keys = match q.keys {
                    api::WithKeys::Next(keys) => Some(keys),
                    api::WithKeys::Of(version) if self.accounts[&id].keystore_version != version => {
                        return Err(Refusal::VersionConflict);
                    }
                    _ => None,
                };
                if let Some(keys) = &keys {
                    self.follows(id, keys)?;
                }
                let pending = self.pending.remove(&(id, kind.number())).ok_or(Refusal::VersionConflict)?;
                if pending.client != client {
                    return Err(Refusal::VersionConflict);
                }
                let records = &mut self.accounts.get_mut(&id).unwrap().records;
                if matches!(kind, SecretKind::Passkey(_)) && records.contains_key(&kind.number()) {
                    return Err(Refusal::VersionConflict);
                }
                records.insert(kind.number(), pending.access);
                if let Some(keys) = keys {
                    self.put_keys(client, id, keys, false);
                }
                let others = self.others(client);
                for other in &others {
                    let session = self.sessions.get_mut(other).unwrap();
                    session.stale |= session.by.is_none_or(|by| by == kind);
                    if q.end_others {
                        self.end_and_close(*other);
                    }
                }
                let ended = if q.end_others { others.len() as u32 } else { 0 };
                let session = self.sessions.get_mut(&client).unwrap();
                (session.by, session.finished) = (Some(kind), Some((q.login_id, ended)));
                Ok(api::Ended { ended }.to_bytes())
            }
            api::PASSKEYS => {
                let id = self.me(client)?;
                let ways = self.accounts[&id].records.keys();
                let mut passkeys: Vec<_> = ways
                    .filter_map(|kind| match SecretKind::from_number(*kind) {
                        Some(SecretKind::Passkey(place)) => Some(api::PasskeyInfo { place, added: 1 }),
                        _ => None,
                    })
                    .collect();
                passkeys.sort_by_key(|passkey| passkey.place);
                Ok(api::Passkeys { passkeys }.to_bytes())
            }
            api::PASSKEYS_REMOVE => {
                let id = self.fresh(client)?;
                let q: api::RemovePasskey = read(body)?;
                let kind = SecretKind::Passkey(q.place);
                self.accounts.get_mut(&id).unwrap().records.remove(&kind.number());
                let opened = |(of, session): (&Client, &Session)| {
                    (*of != client && session.is_of(id) && session.by == Some(kind)).then_some(*of)
                };
                let ended: Vec<Client> = self.sessions.iter().filter_map(opened).collect();
                ended.into_iter().for_each(|of| self.end_and_close(of));
                for session in self.sessions.values_mut().filter(|session| session.is_of(id)) {
                    session.stale |= session.by == Some(kind);
                }
                Ok(Vec::new())
            }
            api::RESCUE => {
                let q: api::Rescue = read(body)?;
                self.me(client)?;
                let login = q.password.login_id;
                if let Some((_, ended)) = self.sessions[&client].finished.filter(|(done, _)| *done == login) {
                    return Ok(api::Ended { ended }.to_bytes());
                }
                let id = self.fresh(client)?;
                let mut ways = Vec::new();
                for (kind, last) in [(SecretKind::Password, q.password), (SecretKind::RecoveryKey, q.recovery)] {
                    let (state, _, tried) = self.logins.remove(&last.login_id).ok_or(Refusal::LoginFailed)?;
                    // It stays, so that the same again finds it.
                    self.logins.insert(last.login_id, (state.clone(), id, tried));
                    finish_login(state, &last.ke3)?;
                    let pending = self.pending.get(&(id, kind.number())).filter(|pending| pending.client == client);
                    ways.push((kind.number(), pending.ok_or(Refusal::VersionConflict)?.access.clone()));
                }
                let statement = SignedStatement::parse(&q.keys.statement).map_err(|_| Refusal::Malformed)?.statement;
                let account = self.accounts.get_mut(&id).unwrap();
                let newest = SignedStatement::parse(account.statements.last().unwrap()).unwrap().statement;
                let follows = account.keystore_version == q.keys.expected
                    && account.state_version == q.state.expected
                    && (newest.seq + 1, newest.hash()) == (statement.seq, statement.prev);
                if !follows {
                    return Err(Refusal::VersionConflict);
                }
                (account.keystore_version, account.keystore) = (q.keys.expected + 1, q.keys.keystore);
                (account.state_version, account.state) = (q.state.expected + 1, q.state.state);
                account.statements.push(q.keys.statement);
                account.records = ways.into_iter().collect();
                self.pending.retain(|(of, _), _| *of != id);
                let others = self.others(client);
                others.iter().for_each(|other| self.end_and_close(*other));
                let session = self.sessions.get_mut(&client).unwrap();
                session.shares.clear();
                session.finished = Some((login, others.len() as u32));
                Ok(api::Ended { ended: others.len() as u32 }.to_bytes())
            }
            _ => self.answer_anew(client, path, body),
        }
    }
}
