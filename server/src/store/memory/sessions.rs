use signet_shared::{
    AccountId,
    api::{self, WhichSessions},
};

use super::{
    super::{Answer, EndedSessions, Horizon, Millis, NewSession, Session, Sessions, Share, StoreError, TokenHash},
    Inner, Memory,
};

impl Inner {
    pub(super) fn session(&mut self, token: TokenHash) -> Result<&mut Session, StoreError> {
        self.sessions.get_mut(&token).map(|(session, _)| session).ok_or(StoreError::NoSession)
    }

    pub(super) fn end(&mut self, token: TokenHash) {
        self.sessions.remove(&token);
        self.pending.retain(|_, (by, _)| *by != token);
    }

    pub(super) fn end_all(&mut self, alive: Horizon, is_meant: impl Fn(TokenHash, Session) -> bool) -> EndedSessions {
        let mut ended = EndedSessions::default();
        for (token, (session, _)) in &self.sessions {
            if is_meant(*token, *session) {
                ended.add(*token, alive.is_behind(session));
            }
        }
        for token in &ended.tokens {
            self.end(*token);
        }
        ended
    }
}

impl Sessions for Memory {
    fn open(&self, new: NewSession, instead: Option<TokenHash>) -> Answer<'_, ()> {
        self.with(|inner| {
            let way = inner.account(new.account)?.access.get(&new.secret);
            if way.is_none_or(|way| way.version != new.version) {
                return Err(StoreError::VersionConflict);
            }
            if let Some(old) = instead {
                inner.end(old);
            }
            let session = Session {
                account: new.account,
                handle: new.handle,
                created: new.now,
                used: new.now,
                secret: Some(new.secret),
                by_login: new.by_login,
                browser: new.browser,
                system: new.system,
                replaced: None,
            };
            inner.sessions.insert(new.token, (session, Vec::new()));
            Ok(())
        })
    }

    fn session(&self, token: TokenHash) -> Answer<'_, Option<Session>> {
        self.with(|inner| Ok(inner.session(token).ok().copied()))
    }

    fn sessions(&self, account: AccountId) -> Answer<'_, Vec<(TokenHash, Session)>> {
        self.with(|inner| {
            let all = inner.sessions.iter().map(|(token, (session, _))| (*token, *session));
            Ok(all.filter(|(_, session)| session.account == account).collect())
        })
    }

    fn touch(&self, token: TokenHash, now: Millis) -> Answer<'_, ()> {
        self.with(|inner| {
            if let Some((session, _)) = inner.sessions.get_mut(&token) {
                session.used = now;
            }
            Ok(())
        })
    }

    fn end(&self, token: TokenHash) -> Answer<'_, ()> {
        self.with(|inner| {
            inner.end(token);
            Ok(())
        })
    }

    fn end_which(&self, by: TokenHash, which: WhichSessions, alive: Horizon) -> Answer<'_, EndedSessions> {
        self.with(|inner| {
            let account = inner.session(by)?.account;
            Ok(inner.end_all(alive, |token, session| {
                session.account == account
                    && match which {
                        WhichSessions::One(handle) => session.handle == handle,
                        WhichSessions::Others => token != by,
                    }
            }))
        })
    }

    fn expire(&self, used_before: Millis, created_before: Millis) -> Answer<'_, u64> {
        self.with(|inner| {
            let none = Horizon { used: 0, created: 0 };
            let old = |session: Session| session.used < used_before || session.created < created_before;
            Ok(inner.end_all(none, |_, session| old(session)).tokens.len() as u64)
        })
    }

    fn take_shares(&self, token: TokenHash, next: Share) -> Answer<'_, Vec<Share>> {
        self.with(|inner| {
            let (_, shares) = inner.sessions.get_mut(&token).ok_or(StoreError::NotFound)?;
            let held: Vec<Share> = shares.iter().filter(|share| **share != next).copied().collect();
            if held.len() == shares.len() {
                if shares.len() >= api::MAX_SHARES {
                    return Err(StoreError::TooMany);
                }
                shares.push(next);
            }
            Ok(held)
        })
    }

    fn confirm_share(&self, token: TokenHash, keep: Share) -> Answer<'_, ()> {
        self.with(|inner| {
            let (_, shares) = inner.sessions.get_mut(&token).ok_or(StoreError::NotFound)?;
            if !shares.contains(&keep) {
                return Err(StoreError::NotFound);
            }
            *shares = vec![keep];
            Ok(())
        })
    }
}
