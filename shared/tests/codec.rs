//! Every decoder gives back what its encoder took, refuses every shorter and longer form, and never panics.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::{collection::vec, prelude::*};
use signet_shared::{
    AccountId, ConvId, DecodeError, EkId, EnvId, MembersHash, StatementHash, StreamId, Username,
    api::{
        About, Access, AnewAsk, AnewClaim, AnewFinish, AnewRefuse, AnewStand, AnewStart, AnewStarted, Body as _,
        BrowserFamily, EarlierStart, EarlierVault, EndSessions, Ended, LastStep, LoginFinish, LoginStart, LoginStarted,
        Lookup, PasskeyInfo, Passkeys, PutKeys, PutState, RegisterFinish, RegisterStart, RegisterStarted,
        RemovePasskey, Rescue, SecretFinish, SecretPending, SecretStart, SecretStarted, SecretTried, SecretTry,
        SessionInfo, Sessions, Shares, Statements, Stored, SystemFamily, TakeShare, Vault, WhichSessions, Who,
        WithKeys,
    },
    envelope::{Body, Delivery, Envelope, FLAG_WAKE, Header, Kind, Leaf, Suite},
    limits,
    opaque::{KdfProfile, SecretKind},
    statement::{SignedStatement, StatedEk, Statement},
    wire::{AnewAsked, ClientFrame, Refusal, ServerFrame},
};

fn name() -> impl Strategy<Value = Username> {
    "[a-zA-Z][a-zA-Z0-9_]{2,31}".prop_map(|name| name.parse().unwrap())
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=most)
}

prop_compose! {
    fn envelope()(
        readers in vec(any::<[u8; 16]>(), 1..9), at in any::<prop::sample::Index>(), wake in any::<bool>(),
        ids in any::<[[u8; 32]; 4]>(), stream in any::<[u8; 16]>(), seq in 1..=u64::MAX, epoch in any::<u64>(),
        iv in any::<[u8; 16]>(), ct in bytes(600), sig in bytes(384), fill in any::<u8>(),
    ) -> Envelope {
        let mut readers = readers;
        readers.sort_unstable();
        readers.dedup();
        let header = Header {
            suite: Suite::Rsa3072, kind: Kind::Chained, flags: if wake { FLAG_WAKE } else { 0 }, conv_id: ConvId(ids[0]),
            group_epoch: epoch, members_hash: MembersHash(ids[1]), sender_id: AccountId(*at.get(&readers)),
            sender_stmt: StatementHash(ids[2]), stream_id: StreamId(stream), seq, prev: EnvId(ids[3]), iv,
            n_recipients: u16::try_from(readers.len()).unwrap(),
        };
        let leaves = readers.iter().map(|reader| Leaf {
            account_id: AccountId(*reader), ek_id: EkId([fill; 32]), rcpt_stmt: StatementHash([fill ^ 1; 32]),
            wrap: vec![fill; 384],
        });
        Envelope { header, leaves: leaves.collect(), body: Body { ct, tag: ids[0], sig } }
    }
}

prop_compose! {
    fn statement()(
        username in name(), account in any::<[u8; 16]>(), nonce in any::<[u8; 32]>(), seq in any::<u64>(),
        prev in any::<[u8; 32]>(), flags in any::<u16>(), min_suite in any::<u16>(), ik_spki in bytes(450),
        eks in vec((any::<u16>(), any::<u64>(), bytes(450)), 1..=4), sig in bytes(384), old_sig in bytes(384),
    ) -> SignedStatement {
        let eks = eks.into_iter().map(|(suite, not_after, spki)| StatedEk { suite, not_after, spki }).collect();
        let statement = Statement {
            account_id: AccountId(account), username, nonce, seq, prev: StatementHash(prev), flags, min_suite, ik_spki, eks,
        };
        SignedStatement { statement, sig, old_sig }
    }
}

/// Comes back alike, and no shorter or longer form is read.
macro_rules! exact {
    ($value:expr, $parse:expr) => {{
        let value = $value;
        let bytes = value.to_bytes();
        let back = $parse(&bytes);
        prop_assert_eq!(back.as_ref(), Ok(&value));
        for cut in 0..bytes.len() {
            prop_assert!($parse(&bytes[..cut]).is_err(), "cut to {} of {}", cut, bytes.len());
        }
        let mut longer = bytes;
        longer.push(0);
        prop_assert!($parse(&longer).is_err());
    }};
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn envelopes_and_deliveries(envelope in envelope()) {
        exact!(envelope.clone(), Envelope::parse);
        for (reader, delivery) in envelope.deliveries() {
            prop_assert_eq!(reader, delivery.leaf.account_id);
            prop_assert_eq!(delivery.env_id(), Some(envelope.env_id()));
            exact!(delivery, Delivery::parse);
        }
    }

    #[test]
    fn an_envelope_with_two_leaves_exchanged_or_doubled_or_without_its_sender_is_refused(envelope in envelope()) {
        let mut swapped = envelope.clone();
        swapped.leaves.reverse();
        prop_assert_eq!(Envelope::parse(&swapped.to_bytes()).is_ok(), envelope.leaves.len() == 1);
        let mut doubled = envelope.clone();
        doubled.leaves.push(envelope.leaves[envelope.leaves.len() - 1].clone());
        doubled.header.n_recipients += 1;
        prop_assert!(Envelope::parse(&doubled.to_bytes()).is_err());
        let mut stranger = envelope;
        for byte in &mut stranger.header.sender_id.0 {
            *byte = !*byte;
        }
        let known = stranger.recipients().any(|reader| reader == stranger.header.sender_id);
        prop_assert_eq!(Envelope::parse(&stranger.to_bytes()).is_ok(), known);
    }

    #[test]
    fn statements(signed in statement()) {
        exact!(signed.statement.clone(), Statement::parse);
        exact!(signed, SignedStatement::parse);
    }

    #[test]
    fn frames_of_the_browser(seq in any::<u64>(), req in any::<u32>(), data in bytes(900)) {
        exact!(ClientFrame::Subscribe { after: seq }, ClientFrame::parse);
        exact!(ClientFrame::Send { req, envelope: data.clone() }, ClientFrame::parse);
        exact!(ClientFrame::Keep { seq, record: data }, ClientFrame::parse);
        exact!(ClientFrame::Ping { nonce: seq }, ClientFrame::parse);
    }

    #[test]
    fn frames_of_the_relay(
        seq in any::<u64>(), req in any::<u32>(), ms in any::<u64>(), record in proptest::option::of(bytes(400)),
        delivery in bytes(900), refusal in proptest::sample::select(&Refusal::ALL[..]),
    ) {
        exact!(ServerFrame::Subscribed { head: seq, keystore: seq, state: seq }, ServerFrame::parse);
        exact!(ServerFrame::Deliver { seq, received_ms: ms, record, delivery }, ServerFrame::parse);
        exact!(ServerFrame::CaughtUp { seq }, ServerFrame::parse);
        exact!(ServerFrame::Sent { req, seq, received_ms: ms }, ServerFrame::parse);
        exact!(ServerFrame::Refused { req, refusal, retry_after_s: req }, ServerFrame::parse);
        exact!(ServerFrame::Kept { seq }, ServerFrame::parse);
        exact!(ServerFrame::Pong { nonce: seq }, ServerFrame::parse);
        exact!(ServerFrame::StateChanged { version: seq }, ServerFrame::parse);
        exact!(ServerFrame::KeysChanged { version: seq }, ServerFrame::parse);
        exact!(ServerFrame::Anew(None), ServerFrame::parse);
        let asked = AnewAsked { id: [req as u8; 16], asked_ms: ms, left_ms: seq };
        exact!(ServerFrame::Anew(Some(asked)), ServerFrame::parse);
    }

    #[test]
    fn bodies_of_the_api(
        username in name(), account in any::<[u8; 16]>(), id in any::<[u8; 32]>(), n in any::<u64>(), data in bytes(300),
        list in vec(bytes(200), 0..4), url in "https://[a-z.]{1,40}", open in any::<bool>(), profile in any::<u8>(),
        kind in proptest::sample::select((1..=6).filter_map(SecretKind::from_number).collect::<Vec<_>>()),
    ) {
        let access = Access { record: data.clone(), slot: data.clone() };
        let account_id = AccountId(account);
        exact!(About { public_url: url, registration_open: open }, About::parse);
        exact!(
            RegisterStart { username: username.clone(), password: data.clone(), recovery: data.clone() },
            RegisterStart::parse
        );
        exact!(RegisterStarted { password: data.clone(), recovery: data.clone() }, RegisterStarted::parse);
        let finish = RegisterFinish {
            username: username.clone(), account_id, profile: KdfProfile::NEWEST, password: access.clone(), recovery: access,
            statement: data.clone(), keystore: data.clone(), state: data.clone(),
        };
        exact!(finish, RegisterFinish::parse);
        exact!(LoginStart { username: username.clone(), kind, ke1: data.clone() }, LoginStart::parse);
        exact!(LoginStarted { login_id: id, profile, ke2: data.clone() }, LoginStarted::parse);
        exact!(LoginFinish { login_id: id, ke3: data.clone() }, LoginFinish::parse);
        let vault = Vault {
            account_id, slot: data.clone(), keystore_version: n, keystore: data.clone(), state_version: n,
            state: data.clone(), statements: list.clone(),
        };
        exact!(vault, Vault::parse);
        exact!(PutState { expected: n, state: data }, PutState::parse);
        exact!(Stored { version: n }, Stored::parse);
        exact!(TakeShare { next: id }, TakeShare::parse);
        exact!(Shares { shares: vec![id, [0; 32]] }, Shares::parse);
        exact!(Lookup { who: Who::Name(username), after: n }, Lookup::parse);
        exact!(Lookup { who: Who::Id(account_id), after: n }, Lookup::parse);
        exact!(Statements { statements: list }, Statements::parse);
    }

    #[test]
    fn bodies_about_secrets_and_sessions(
        id in any::<[u8; 32]>(), handle in any::<[u8; 16]>(), n in any::<u64>(), ended in any::<u32>(), data in bytes(300),
        yes in any::<bool>(), kind in proptest::sample::select((1..=6).filter_map(SecretKind::from_number).collect::<Vec<_>>()),
        browser in proptest::sample::select(BrowserFamily::ALL), system in proptest::sample::select(SystemFamily::ALL),
    ) {
        let access = Access { record: data.clone(), slot: data.clone() };
        exact!(SecretStart { kind, request: data.clone() }, SecretStart::parse);
        exact!(SecretStarted { response: data.clone() }, SecretStarted::parse);
        exact!(SecretPending { kind, profile: KdfProfile::NEWEST, access }, SecretPending::parse);
        exact!(SecretTry { kind, ke1: data.clone() }, SecretTry::parse);
        exact!(
            SecretTried { login_id: id, profile: 1, ke2: data.clone(), slot: data.clone() },
            SecretTried::parse
        );
        let last = LastStep { login_id: id, ke3: data.clone() };
        let keys = PutKeys { expected: n, keystore: data.clone(), statement: data.clone() };
        for keys in [WithKeys::Whatever, WithKeys::Of(n), WithKeys::Next(keys.clone())] {
            exact!(SecretFinish { login_id: id, ke3: data.clone(), end_others: yes, keys }, SecretFinish::parse);
        }
        let state = PutState { expected: !n, state: data };
        exact!(Rescue { password: last.clone(), recovery: last, keys, state }, Rescue::parse);
        if let SecretKind::Passkey(place) = kind {
            exact!(RemovePasskey { place }, RemovePasskey::parse);
            exact!(Passkeys { passkeys: vec![PasskeyInfo { place, added: n }; 3] }, Passkeys::parse);
        }
        let session = SessionInfo { handle, created: n, used: !n, browser, system, current: yes };
        exact!(session, SessionInfo::parse);
        exact!(Sessions { sessions: vec![session; 3] }, Sessions::parse);
        exact!(EndSessions { which: WhichSessions::One(handle) }, EndSessions::parse);
        exact!(EndSessions { which: WhichSessions::Others }, EndSessions::parse);
        exact!(Ended { ended }, Ended::parse);
    }

    #[test]
    fn bodies_about_starting_anew(
        username in name(), id in any::<[u8; 32]>(), handle in any::<[u8; 16]>(), code in any::<[u8; 15]>(),
        n in any::<u64>(), data in bytes(300), list in vec(bytes(200), 0..4),
        kind in proptest::sample::select(vec![SecretKind::Password, SecretKind::RecoveryKey]),
    ) {
        let access = Access { record: data.clone(), slot: data.clone() };
        exact!(AnewAsk { username, code, claim: id }, AnewAsk::parse);
        exact!(AnewClaim { claim: id }, AnewClaim::parse);
        for stand in [AnewStand::Waiting { left_ms: n }, AnewStand::Refused, AnewStand::Done] {
            exact!(stand, AnewStand::parse);
        }
        exact!(AnewStart { claim: id, password: data.clone(), recovery: data.clone() }, AnewStart::parse);
        let started = AnewStarted {
            password: data.clone(), recovery: data.clone(), keystore_version: n, state_version: !n, statements: list,
        };
        exact!(started, AnewStarted::parse);
        let finish = AnewFinish {
            claim: id, profile: KdfProfile::NEWEST, password: access.clone(), recovery: access, statement: data.clone(),
            keystore_version: n, keystore: data.clone(), state_version: !n, state: data.clone(),
        };
        exact!(finish, AnewFinish::parse);
        exact!(AnewRefuse { id: handle }, AnewRefuse::parse);
        exact!(EarlierStart { seq: n, kind, ke1: data.clone() }, EarlierStart::parse);
        let earlier = EarlierVault {
            slot: data.clone(), keystore_version: n, keystore: data.clone(), state_version: !n, state: data,
        };
        exact!(earlier, EarlierVault::parse);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(data in bytes(1200)) {
        let _ = Envelope::parse(&data);
        let _ = Delivery::parse(&data);
        let _ = SignedStatement::parse(&data);
        let _ = ClientFrame::parse(&data);
        let _ = ServerFrame::parse(&data);
        let _ = RegisterFinish::parse(&data);
        let _ = Vault::parse(&data);
        let _ = SecretPending::parse(&data);
        let _ = SecretTried::parse(&data);
        let _ = Sessions::parse(&data);
        let _ = AnewFinish::parse(&data);
        let _ = AnewStarted::parse(&data);
        let _ = EarlierVault::parse(&data);
        // Beginning as the real thing does, so that the first checks are passed.
        let _ = Envelope::parse(&[b"SGN1\x00\x01\x01\x00", &data[..]].concat());
        let _ = Delivery::parse(&[b"SGN1\x00\x01\x01\x01", &data[..]].concat());
    }
}

#[test]
fn a_family_that_does_not_exist_is_not_read() {
    let (browser, system) = (BrowserFamily::SamsungInternet, SystemFamily::Ios);
    let session = SessionInfo { handle: [7; 16], created: 1, used: 2, browser, system, current: true }.to_bytes();
    for (at, beyond) in [(32, 6), (33, 6), (34, 2)] {
        let mut bytes = session.clone();
        assert_eq!(bytes[at] + 1, beyond, "the last one that exists");
        bytes[at] = beyond;
        assert_eq!(SessionInfo::parse(&bytes), Err(DecodeError::Invalid), "{at}");
    }
}

#[test]
fn a_slot_may_have_its_limit_and_not_one_byte_more() {
    let tried = |n: usize| SecretTried { login_id: [0; 32], profile: 1, ke2: vec![], slot: vec![0; n] };
    assert!(SecretTried::parse(&tried(limits::SLOT).to_bytes()).is_ok());
    assert_eq!(SecretTried::parse(&tried(limits::SLOT + 1).to_bytes()), Err(DecodeError::TooLong));
}
