//! What the relay hears of a browser: the whole of it, and its outline. Two runs with the same outline are the same to
//! the relay, but for bytes that are random or sealed.

use signet_shared::{
    AccountId, EkId,
    api::{self, Body},
    envelope::Envelope,
    statement::SignedStatement,
    wire::ClientFrame,
};
use signet_vault::machine::{Effect, SocketEffect};

use super::World;

pub enum Said {
    Request(&'static str, Vec<u8>),
    Connect,
    Frame(Vec<u8>),
    Close,
}

/// Every statement that a browser has sent since `said` was cleared.
pub fn statements(w: &World, id: usize) -> Vec<SignedStatement> {
    let own = w.said.iter().filter(|(who, _)| *who == id);
    let keys = own.filter_map(|(_, said)| match said {
        Said::Request(api::KEYS, body) => Some(api::PutKeys::parse(body).unwrap()),
        Said::Request(api::SECRET_FINISH, body) => match api::SecretFinish::parse(body).unwrap().keys {
            api::WithKeys::Next(keys) => Some(keys),
            _ => None,
        },
        _ => None,
    });
    keys.map(|keys| SignedStatement::parse(&keys.statement).unwrap()).collect()
}

impl World {
    pub(super) fn overhear(&mut self, id: usize, effect: &Effect) {
        let said = match effect {
            Effect::Http { path, body, .. } => Said::Request(path, body.clone().unwrap_or_default()),
            Effect::Socket(SocketEffect::Open) => Said::Connect,
            Effect::Socket(SocketEffect::Send(bytes)) => Said::Frame(bytes.clone()),
            Effect::Socket(SocketEffect::Close) => Said::Close,
            _ => return,
        };
        self.said.push((id, said));
    }

    /// What a browser has said since `said` was cleared, each with its length; signs of life are left out.
    pub fn outline(&self, id: usize) -> Vec<String> {
        let own = self.said.iter().filter(|(who, _)| *who == id);
        own.filter_map(|(_, said)| match said {
            Said::Request(path, body) => Some(format!("{path} {}", body.len())),
            Said::Connect => Some("connect".into()),
            Said::Close => Some("close".into()),
            Said::Frame(bytes) => match ClientFrame::parse(bytes).unwrap() {
                ClientFrame::Subscribe { .. } => Some("subscribe".into()),
                ClientFrame::Send { envelope, .. } => Some(format!("send {}", envelope.len())),
                ClientFrame::Keep { record, .. } => Some(format!("keep {}", record.len())),
                ClientFrame::Ping { .. } => None,
            },
        })
        .collect()
    }

    /// For whom, and for which keys, a browser has encrypted anything since then: every envelope that left it is looked at.
    pub fn sealed_for(&self, id: usize) -> Vec<(AccountId, EkId)> {
        let own = self.said.iter().filter(|(who, _)| *who == id);
        let frames = own.filter_map(|(_, said)| match said {
            Said::Frame(bytes) => Some(ClientFrame::parse(bytes).unwrap()),
            _ => None,
        });
        let leaves = frames.flat_map(|frame| match frame {
            ClientFrame::Send { envelope, .. } => Envelope::parse(&envelope).unwrap().leaves,
            _ => Vec::new(),
        });
        let mut readers: Vec<_> = leaves.map(|leaf| (leaf.account_id, leaf.ek_id)).collect();
        readers.sort();
        readers.dedup();
        readers
    }
}
