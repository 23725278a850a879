use signet_shared::opaque::SecretKind;

use super::{
    super::{Answer, EndedSessions, Millis, Pending, Replace, Replaced, Secrets, StoreError, TokenHash},
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
        let is_tried = |(by, pending): &&(TokenHash, Pending)| {
            *by == replace.token && pending.id == replace.pending && pending.made > replace.made_after
        };
        let held = self.pending.get(&(account, kind)).filter(is_tried).ok_or(StoreError::VersionConflict)?;
        let Pending { profile, record, slot, .. } = held.1.clone();
        self.pending.remove(&(account, kind));
        let old = self.access(account, kind)?;
        *old = Access { version: old.version + 1, profile, record, slot };
        for (token, (other, _)) in &mut self.sessions {
            if other.account == account && other.secret == Some(kind) && *token != replace.token {
                other.secret = None;
            }
        }
        let ended = if replace.end_others {
            self.end_all(replace.alive, |token, session| session.account == account && token != replace.token)
        } else {
            EndedSessions::default()
        };
        self.session(replace.token)?.replaced = Some(Replaced { login: replace.login, ended: ended.count });
        Ok(ended)
    }
}
