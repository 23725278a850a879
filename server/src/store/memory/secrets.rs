use std::collections::hash_map::Entry;

use signet_shared::{
    AccountId,
    opaque::{PasskeyPlace, SecretKind},
};

use super::{
    super::{
        Answer, EndedSessions, Millis, Object, Pending, PendingId, Replace, ReplaceKeys, Replaced, Rescue, Secrets,
        Session, Stand, StoreError, TokenHash,
    },
    Access, Inner, Memory,
};

impl Secrets for Memory {
    fn put_pending(&self, token: TokenHash, kind: SecretKind, pending: Pending) -> Answer<'_, ()> {
        self.with(|inner| {
            let account = inner.session(token)?.account;
            inner.pending.insert((account, kind), (token, pending));
            Ok(())
        })
    }

    fn pending(&self, token: TokenHash, kind: SecretKind) -> Answer<'_, Option<Pending>> {
        self.with(|inner| {
            let Ok(account) = inner.session(token).map(|session| session.account) else { return Ok(None) };
            let held = inner.pending.get(&(account, kind));
            Ok(held.filter(|(by, _)| *by == token).map(|(_, pending)| pending.clone()))
        })
    }

    fn replace(&self, replace: Replace) -> Answer<'_, EndedSessions> {
        self.with(|inner| inner.replace(replace))
    }

    fn rescue(&self, rescue: Rescue) -> Answer<'_, EndedSessions> {
        self.with(|inner| inner.rescue(rescue))
    }

    fn passkeys(&self, account: AccountId) -> Answer<'_, Vec<(PasskeyPlace, Millis)>> {
        self.with(|inner| {
            let ways = inner.accounts.get(&account).into_iter().flat_map(|account| &account.access);
            let mut found: Vec<_> = ways
                .filter_map(|(kind, way)| match kind {
                    SecretKind::Passkey(place) => Some((*place, way.version)),
                    _ => None,
                })
                .collect();
            found.sort_unstable();
            Ok(found)
        })
    }

    fn remove_passkey(&self, token: TokenHash, passkey: PasskeyPlace) -> Answer<'_, Vec<TokenHash>> {
        self.with(|inner| {
            let session = *inner.session(token)?;
            if session.secret.is_none() {
                return Err(StoreError::SecretReplaced);
            }
            let kind = SecretKind::Passkey(passkey);
            inner.account(session.account)?.access.remove(&kind);
            inner.pending.remove(&(session.account, kind));
            let opened = |other: &Session| other.account == session.account && other.secret == Some(kind);
            let theirs = inner.sessions.iter().filter(|(of, (other, _))| **of != token && opened(other));
            let ended: Vec<TokenHash> = theirs.map(|(of, _)| *of).collect();
            inner.sessions.retain(|of, _| !ended.contains(of));
            if let Some((this, _)) = inner.sessions.get_mut(&token).filter(|(this, _)| opened(this)) {
                this.secret = None;
            }
            Ok(ended)
        })
    }

    fn forget_pending(&self, made_before: Millis) -> Answer<'_, u64> {
        self.with(|inner| {
            let before = inner.pending.len();
            inner.pending.retain(|_, (_, pending)| pending.made >= made_before);
            Ok((before - inner.pending.len()) as u64)
        })
    }
}

impl Inner {
    fn replace(&mut self, replace: Replace) -> Result<EndedSessions, StoreError> {
        let session = *self.session(replace.token)?;
        if let Some(before) = session.replaced
            && before.login == replace.login
        {
            return Ok(EndedSessions { count: before.ended, tokens: Vec::new() });
        }
        if session.secret.is_none() {
            return Err(StoreError::SecretReplaced);
        }

        let (account, kind) = (session.account, replace.kind);
        let held = self.tried(replace.token, kind, replace.pending, replace.made_after)?;
        let of = self.account(account)?;
        if matches!(kind, SecretKind::Passkey(_)) && of.access.contains_key(&kind) {
            return Err(StoreError::VersionConflict);
        }
        // The last that may refuse, before anything has changed.
        match replace.keys {
            ReplaceKeys::Whatever => {}
            ReplaceKeys::Of(version) if of.keystore.version == version => {}
            ReplaceKeys::Of(_) => return Err(StoreError::VersionConflict),
            ReplaceKeys::Next(keys) => drop(of.put_keys(keys)?),
        }
        self.swap(account, replace.token, kind, held)?;
        let ended = if replace.end_others {
            self.end_all(replace.alive, |token, session| session.account == account && token != replace.token)
        } else {
            EndedSessions::default()
        };
        self.session(replace.token)?.replaced = Some(Replaced { login: replace.login, ended: ended.count });
        Ok(ended)
    }

    fn rescue(&mut self, rescue: Rescue) -> Result<EndedSessions, StoreError> {
        let Rescue { token, password, recovery, made_after, login, keys, expected, state, alive } = rescue;
        let session = *self.session(token)?;
        if let Some(before) = session.replaced
            && before.login == login
        {
            return Ok(EndedSessions { count: before.ended, tokens: Vec::new() });
        }
        if session.secret.is_none() {
            return Err(StoreError::SecretReplaced);
        }

        let account = session.account;
        let ways = [(SecretKind::Password, password), (SecretKind::RecoveryKey, recovery)];
        let held = ways.map(|(kind, pending)| Ok((kind, self.tried(token, kind, pending, made_after)?)));
        let of = self.account(account)?;
        if of.state.version != expected {
            return Err(StoreError::VersionConflict);
        }
        let held: Result<Vec<_>, StoreError> = held.into_iter().collect();
        let held = held?;
        let of = self.account(account)?;
        // The last that may refuse, before it has changed anything.
        of.put_keys(keys)?;
        of.state = Object { version: expected + 1, bytes: state };
        of.access.retain(|kind, _| ways.iter().any(|(kept, _)| kept == kind));
        for (kind, pending) in held {
            self.swap(account, token, kind, pending)?;
        }
        self.pending.retain(|(of, _), _| *of != account);
        self.codes.remove(&account);
        if let Some(asked) = self.anew.get_mut(&account).filter(|asked| asked.stand == Stand::Waiting) {
            asked.stand = Stand::Refused;
        }
        let ended = self.end_all(alive, |other, session| session.account == account && other != token);
        let (session, shares) = self.sessions.get_mut(&token).ok_or(StoreError::NoSession)?;
        shares.clear();
        session.replaced = Some(Replaced { login, ended: ended.count });
        Ok(ended)
    }

    /// What this session left pending and tried.
    fn tried(
        &mut self,
        token: TokenHash,
        kind: SecretKind,
        id: PendingId,
        made_after: Millis,
    ) -> Result<Pending, StoreError> {
        let account = self.session(token)?.account;
        let is_it =
            |(by, pending): &&(TokenHash, Pending)| *by == token && pending.id == id && pending.made > made_after;
        let held = self.pending.get(&(account, kind)).filter(is_it).ok_or(StoreError::VersionConflict)?;
        Ok(held.1.clone())
    }

    fn swap(
        &mut self,
        account: AccountId,
        token: TokenHash,
        kind: SecretKind,
        pending: Pending,
    ) -> Result<(), StoreError> {
        let Pending { made, profile, record, slot, .. } = pending;
        match (kind, self.account(account)?.access.entry(kind)) {
            (SecretKind::Passkey(_), Entry::Occupied(_)) => return Err(StoreError::VersionConflict),
            (_, Entry::Occupied(mut old)) => {
                let version = old.get().version + 1;
                old.insert(Access { version, profile, record, slot });
            }
            (SecretKind::Passkey(_), Entry::Vacant(free)) => {
                free.insert(Access { version: made, profile, record, slot });
            }
            (_, Entry::Vacant(_)) => return Err(StoreError::Corrupt),
        }
        self.pending.remove(&(account, kind));
        for (other, (session, _)) in &mut self.sessions {
            if session.account == account && session.secret == Some(kind) && *other != token {
                session.secret = None;
            }
        }
        Ok(())
    }
}
