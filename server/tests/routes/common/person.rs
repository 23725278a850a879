use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, Identifiers, RegistrationResponse, Ristretto255, TripleDh, ksf,
    rand::{CryptoRng, Error, RngCore},
};
use signet_shared::{
    AccountId, StatementHash,
    api::{self, Access, LoginFinish, LoginStart, LoginStarted, RegisterFinish, RegisterStart, RegisterStarted, Vault},
    opaque::{KdfProfile, SecretKind, context},
    statement::{SignedStatement, StatedEk, Statement, derive_account_id},
    wire::Refusal,
};

use super::{Browser, Socket};

/// The browser's suite, but for the stretching, which the relay knows nothing of.
pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = ksf::Identity;
}

pub(crate) struct Person {
    pub(crate) browser: Browser,
    pub(crate) name: String,
    pub(crate) account: AccountId,
}

pub(crate) fn password(name: &str) -> String {
    format!("the password of {name}")
}

pub(crate) fn recovery(name: &str) -> String {
    format!("the recovery key of {name}")
}

pub(crate) fn statement(name: &str) -> SignedStatement {
    let username = name.parse().unwrap();
    let (ik_spki, nonce) = (b"identity key".to_vec(), [3; 32]);
    let statement = Statement {
        account_id: derive_account_id(&username, &ik_spki, &nonce),
        username,
        nonce,
        seq: 1,
        prev: StatementHash([0; 32]),
        flags: 0,
        min_suite: 1,
        ik_spki,
        eks: vec![StatedEk { suite: 1, not_after: 0, spki: b"encryption key".to_vec() }],
    };
    SignedStatement { statement, sig: vec![1; 384], old_sig: Vec::new() }
}

impl Person {
    pub(crate) async fn register(browser: Browser, name: &str) -> Self {
        let (browser, vault) = Self::try_register(browser, name, |_| {}).await.unwrap();
        assert_eq!(vault.slot, b"password slot");
        Self { browser, name: name.to_owned(), account: vault.account_id }
    }

    pub(crate) async fn try_register(
        mut browser: Browser,
        name: &str,
        tweak: impl FnOnce(&mut RegisterFinish),
    ) -> Result<(Browser, Vault), Refusal> {
        let mut finish = registration(&mut browser, name).await?;
        tweak(&mut finish);
        let vault = browser.ask(api::REGISTER_FINISH, &finish).await?;
        Ok((browser, vault))
    }

    /// Signs in with another browser.
    pub(crate) async fn elsewhere(&self, mut browser: Browser) -> Self {
        let vault = login(&mut browser, &self.name, SecretKind::Password, &password(&self.name)).await.unwrap();
        assert_eq!(vault.account_id, self.account);
        Self { browser, name: self.name.clone(), account: self.account }
    }

    pub(crate) async fn socket(&self) -> Socket {
        Socket::open(&self.browser).await
    }

    /// A socket that has its backlog behind it.
    pub(crate) async fn live(&self) -> Socket {
        let mut socket = self.socket().await;
        socket.subscribe(u64::MAX).await;
        socket
    }
}

/// Everything of a registration but its last step.
pub(crate) async fn registration(browser: &mut Browser, name: &str) -> Result<RegisterFinish, Refusal> {
    let secrets = [password(name), recovery(name)];
    let starts =
        secrets.each_ref().map(|secret| ClientRegistration::<Suite>::start(&mut SystemRng, secret.as_bytes()).unwrap());
    let start = RegisterStart {
        username: name.parse().unwrap(),
        password: starts[0].message.serialize().to_vec(),
        recovery: starts[1].message.serialize().to_vec(),
    };
    let started: RegisterStarted = browser.ask(api::REGISTER_START, &start).await?;
    let answers = [started.password, started.recovery];
    let records: Vec<Vec<u8>> = starts
        .into_iter()
        .zip(&secrets)
        .zip(answers)
        .map(|((start, secret), answer)| {
            let answer = RegistrationResponse::deserialize(&answer).unwrap();
            let parameters = ClientRegistrationFinishParameters::default();
            let finished = start.state.finish(&mut SystemRng, secret.as_bytes(), answer, parameters).unwrap();
            finished.message.serialize().to_vec()
        })
        .collect();
    let statement = statement(name);
    Ok(RegisterFinish {
        username: name.parse().unwrap(),
        account_id: statement.statement.account_id,
        profile: KdfProfile::One,
        password: Access { record: records[0].clone(), slot: b"password slot".to_vec() },
        recovery: Access { record: records[1].clone(), slot: b"recovery slot".to_vec() },
        statement: statement.to_bytes(),
        keystore: b"sealed keystore".to_vec(),
        state: b"sealed state".to_vec(),
    })
}

pub(crate) struct Begun {
    pub(crate) state: ClientLogin<Suite>,
    pub(crate) started: LoginStarted,
}

pub(crate) fn login_start(name: &str, kind: SecretKind, secret: &str) -> (ClientLogin<Suite>, LoginStart) {
    let start = ClientLogin::<Suite>::start(&mut SystemRng, secret.as_bytes()).unwrap();
    let message = LoginStart { username: name.parse().unwrap(), kind, ke1: start.message.serialize().to_vec() };
    (start.state, message)
}

pub(crate) async fn login_begin(
    browser: &mut Browser,
    name: &str,
    kind: SecretKind,
    secret: &str,
) -> Result<Begun, Refusal> {
    let (state, start) = login_start(name, kind, secret);
    let started = browser.ask(api::LOGIN_START, &start).await?;
    Ok(Begun { state, started })
}

impl Begun {
    /// `None` where OPAQUE itself sees that the secret is wrong, before anything is sent.
    pub(crate) fn finish(self, secret: &str, origin: &str) -> Option<LoginFinish> {
        let context = context(KdfProfile::One, origin);
        let answer = CredentialResponse::deserialize(&self.started.ke2).unwrap();
        let parameters = ClientLoginFinishParameters::new(Some(&context), Identifiers::default(), None);
        let finished = self.state.finish(&mut SystemRng, secret.as_bytes(), answer, parameters).ok()?;
        Some(LoginFinish { login_id: self.started.login_id, ke3: finished.message.serialize().to_vec() })
    }
}

pub(crate) async fn login(browser: &mut Browser, name: &str, kind: SecretKind, secret: &str) -> Result<Vault, Refusal> {
    let begun = login_begin(browser, name, kind, secret).await?;
    let origin = browser.origin.clone();
    let finish = begun.finish(secret, &origin).expect("the right secret");
    browser.ask(api::LOGIN_FINISH, &finish).await
}

/// The system's random numbers, for opaque-ke's older `rand`.
pub(crate) struct SystemRng;

impl RngCore for SystemRng {
    fn next_u32(&mut self) -> u32 {
        rand::random()
    }

    fn next_u64(&mut self) -> u64 {
        rand::random()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        rand::fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for SystemRng {}
