use signet_shared::{AccountId, api::AnewId, opaque::SecretKind};

use super::{
    super::{
        Anew, AnewRequest, Answer, BegunAnew, Credential, Earlier, Horizon, Millis, NewIdentity, NewRequest, Right,
        SecretHash, Stand, StoreError, TokenHash,
    },
    Access, Before, Inner, Memory,
};

impl Anew for Memory {
    fn put_code(&self, username: &str, code: SecretHash, expires: Millis) -> Answer<'_, ()> {
        self.with(|inner| {
            let account = *inner.names.get(username).ok_or(StoreError::NoSuchAccount)?;
            inner.account(account)?;
            inner.codes.insert(account, (code, expires));
            Ok(())
        })
    }

    fn ask_anew(&self, new: NewRequest) -> Answer<'_, AnewRequest> {
        self.with(|inner| inner.ask_anew(new))
    }

    fn anew_by_claim(&self, claim: SecretHash) -> Answer<'_, Option<AnewRequest>> {
        self.with(|inner| Ok(inner.by_claim(claim)))
    }

    fn anew_of(&self, account: AccountId) -> Answer<'_, Option<AnewRequest>> {
        self.with(|inner| Ok(inner.anew.get(&account).copied()))
    }

    fn refuse_anew(&self, token: TokenHash, id: AnewId) -> Answer<'_, ()> {
        self.with(|inner| {
            let account = inner.session(token)?.account;
            let request = inner.anew.get_mut(&account).filter(|asked| asked.id == id && asked.stand != Stand::Done);
            request.ok_or(StoreError::NotFound)?.stand = Stand::Refused;
            Ok(())
        })
    }

    fn begin_anew(&self, new: NewIdentity) -> Answer<'_, BegunAnew> {
        self.with(|inner| inner.begin_anew(new))
    }

    fn earlier_credential(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Credential>> {
        self.with(|inner| {
            let found = inner.earlier.get(&(account, seq)).and_then(|before| before.access.get(&kind));
            Ok(found.map(|access| Credential {
                account,
                profile: access.profile,
                record: access.record.clone(),
                version: 0,
            }))
        })
    }

    fn earlier(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Earlier>> {
        self.with(|inner| {
            let Some(Before { access, keystore, state }) = inner.earlier.get(&(account, seq)) else { return Ok(None) };
            let Some(access) = access.get(&kind) else { return Ok(None) };
            Ok(Some(Earlier { slot: access.slot.clone(), keystore: keystore.clone(), state: state.clone() }))
        })
    }

    fn forget_anew(&self, now: Millis, asked_before: Millis) -> Answer<'_, u64> {
        self.with(|inner| {
            let before = inner.codes.len() + inner.anew.len();
            inner.codes.retain(|_, (_, expires)| *expires > now);
            inner.anew.retain(|_, asked| asked.asked >= asked_before);
            Ok((before - inner.codes.len() - inner.anew.len()) as u64)
        })
    }
}

impl Inner {
    fn by_claim(&self, claim: SecretHash) -> Option<AnewRequest> {
        self.anew.values().find(|asked| asked.claim == claim).copied()
    }

    fn ask_anew(&mut self, new: NewRequest) -> Result<AnewRequest, StoreError> {
        let NewRequest { right, id, claim, now } = new;
        let account = match &right {
            Right::Code { username, .. } => *self.names.get(username).ok_or(StoreError::NotFound)?,
            Right::Session(token) => self.session(*token)?.account,
        };
        if let Some(before) = self.by_claim(claim) {
            return if before.account == account { Ok(before) } else { Err(StoreError::NotFound) };
        }
        let waits = self.anew.get(&account).is_some_and(|asked| asked.stand == Stand::Waiting);
        if matches!(right, Right::Session(_)) && waits && self.by_code.contains(&account) {
            return Err(StoreError::PlaceTaken);
        }
        if let Right::Code { hash, .. } = right {
            let good = self.codes.get(&account).is_some_and(|(code, expires)| *code == hash && *expires > now);
            if !good {
                return Err(StoreError::NotFound);
            }
            self.codes.remove(&account);
            self.by_code.insert(account);
        } else {
            self.by_code.remove(&account);
        }
        let asked = AnewRequest { account, id, claim, asked: now, stand: Stand::Waiting };
        self.anew.insert(account, asked);
        Ok(asked)
    }

    fn begin_anew(&mut self, new: NewIdentity) -> Result<BegunAnew, StoreError> {
        let AnewRequest { account, stand, asked, .. } = self.by_claim(new.claim).ok_or(StoreError::NotFound)?;
        let here = self.account(account)?;
        let seq = here.statements.len() as u64;
        let version = |here: &super::Account| here.access.get(&SecretKind::Password).map_or(0, |access| access.version);
        match stand {
            Stand::Done => {
                let record = |kind| here.access.get(&kind).map(|access| &access.record);
                let same = here.keystore.bytes == new.keystore.bytes
                    && here.statements.last() == Some(&new.statement)
                    && seq == new.seq
                    && record(SecretKind::Password) == Some(&new.password.record)
                    && record(SecretKind::RecoveryKey) == Some(&new.recovery.record);
                let again = BegunAnew { account, version: version(here), ended: Vec::new() };
                return if same { Ok(again) } else { Err(StoreError::NotFound) };
            }
            Stand::Refused => return Err(StoreError::Refused),
            Stand::Waiting if asked > new.asked_by => return Err(StoreError::TooEarly),
            Stand::Waiting => {}
        }
        let follows = new.seq == seq + 1
            && new.keystore.version == here.keystore.version + 1
            && new.state.version > here.state.version
            && i64::try_from(new.state.version).is_ok();
        if !follows {
            return Err(StoreError::VersionConflict);
        }
        let access = std::mem::take(&mut here.access);
        for (kind, new_access) in [(SecretKind::Password, new.password), (SecretKind::RecoveryKey, new.recovery)] {
            let version = access.get(&kind).map_or(0, |old| old.version) + 1;
            let (profile, record, slot) = (new.profile, new_access.record, new_access.slot);
            here.access.insert(kind, Access { version, profile, record, slot });
        }
        let keystore = std::mem::replace(&mut here.keystore, new.keystore);
        let state = std::mem::replace(&mut here.state, new.state);
        here.statements.push(new.statement);
        let version = version(here);
        self.earlier.insert((account, seq), Before { access, keystore, state });
        self.codes.remove(&account);
        let all = Horizon { used: 0, created: 0 };
        let ended = self.end_all(all, |_, session| session.account == account);
        if let Some(asked) = self.anew.get_mut(&account) {
            asked.stand = Stand::Done;
        }
        Ok(BegunAnew { account, version, ended: ended.tokens })
    }
}
