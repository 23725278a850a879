//! The browser's half of replacing a secret, one function a step.

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, Identifiers, RegistrationResponse,
};
use signet_shared::{
    api::{
        self, Access, Body, Ended, SecretFinish, SecretPending, SecretStart, SecretStarted, SecretTried, SecretTry,
        WithKeys,
    },
    opaque::{KdfProfile, SecretKind, context},
    wire::Refusal,
};

use super::{
    Browser,
    person::{Suite, SystemRng},
};

/// Registers the secret, and seals a slot under it, so to speak.
pub(crate) async fn start(browser: &mut Browser, kind: SecretKind, secret: &str) -> Result<Access, Refusal> {
    let begun = ClientRegistration::<Suite>::start(&mut SystemRng, secret.as_bytes()).unwrap();
    let start = SecretStart { kind, request: begun.message.serialize().to_vec() };
    let started: SecretStarted = browser.ask(api::SECRET_START, &start).await?;
    let answer = RegistrationResponse::deserialize(&started.response).unwrap();
    let parameters = ClientRegistrationFinishParameters::default();
    let finished = begun.state.finish(&mut SystemRng, secret.as_bytes(), answer, parameters).unwrap();
    Ok(Access { record: finished.message.serialize().to_vec(), slot: format!("slot of {secret}").into() })
}

pub(crate) async fn put(browser: &mut Browser, kind: SecretKind, access: &Access) -> Result<(), Refusal> {
    let pending = SecretPending { kind, profile: KdfProfile::One, access: access.clone() };
    let answer = browser.post(api::SECRET_PENDING, pending.to_bytes()).await;
    match answer.refusal() {
        Some(refusal) => Err(refusal),
        None => {
            assert!(answer.status == 200 && answer.body.is_empty());
            Ok(())
        }
    }
}

/// Signs in with the secret that is pending, up to the last message; the slot must be the one that was put there.
pub(crate) async fn try_it(browser: &mut Browser, kind: SecretKind, secret: &str) -> Result<SecretFinish, Refusal> {
    let begun = ClientLogin::<Suite>::start(&mut SystemRng, secret.as_bytes()).unwrap();
    let ke1 = begun.message.serialize().to_vec();
    let tried: SecretTried = browser.ask(api::SECRET_TRY, &SecretTry { kind, ke1 }).await?;
    assert_eq!((tried.profile, tried.slot), (1, format!("slot of {secret}").into()));
    let context = context(KdfProfile::One, &browser.origin);
    let answer = CredentialResponse::deserialize(&tried.ke2).unwrap();
    let parameters = ClientLoginFinishParameters::new(Some(&context), Identifiers::default(), None);
    let finished = begun.state.finish(&mut SystemRng, secret.as_bytes(), answer, parameters).unwrap();
    let ke3 = finished.message.serialize().to_vec();
    Ok(SecretFinish { login_id: tried.login_id, ke3, end_others: false, keys: WithKeys::Whatever })
}

pub(crate) async fn finish(browser: &mut Browser, finish: &SecretFinish) -> Result<u32, Refusal> {
    browser.ask::<Ended>(api::SECRET_FINISH, finish).await.map(|ended| ended.ended)
}

/// Everything but the last step.
pub(crate) async fn up_to_the_last(
    browser: &mut Browser,
    kind: SecretKind,
    secret: &str,
) -> Result<SecretFinish, Refusal> {
    let access = start(browser, kind, secret).await?;
    put(browser, kind, &access).await?;
    try_it(browser, kind, secret).await
}
