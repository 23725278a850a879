use std::sync::Arc;

use bytes::Bytes;
use signet_shared::{envelope::Delivery, wire::ServerFrame};
use tokio::sync::mpsc;

use super::Hub;
use crate::store::{Committed, OnCommit};

/// Hands what is committed to whoever is connected, in the order of the commits, beside the writer and not in its way.
pub(crate) struct Deliver {
    batches: mpsc::UnboundedSender<Vec<Committed>>,
}

impl Deliver {
    pub(crate) fn start(hub: Arc<Hub>) -> Arc<Self> {
        let (batches, mut queue) = mpsc::unbounded_channel::<Vec<Committed>>();
        tokio::spawn(async move {
            while let Some(batch) = queue.recv().await {
                batch.iter().for_each(|committed| publish(&hub, committed));
            }
        });
        Arc::new(Self { batches })
    }
}

impl OnCommit for Deliver {
    fn committed(&self, batch: Vec<Committed>) {
        self.batches.send(batch).ok();
    }
}

fn publish(hub: &Hub, Committed { letter, received, seqs }: &Committed) {
    for ((reader, slip), seq) in letter.slips.iter().zip(seqs) {
        hub.publish(*reader, *seq, || frame(*seq, *received, None, &letter.header, slip, &letter.body));
    }
}

pub(super) fn frame(
    seq: u64,
    received_ms: u64,
    record: Option<Vec<u8>>,
    header: &[u8],
    slip: &[u8],
    body: &[u8],
) -> Bytes {
    let delivery = Delivery::join(header, slip, body);
    ServerFrame::Deliver { seq, received_ms, record, delivery }.to_bytes().into()
}

/// For a number whose message is damaged.
pub(super) fn unreadable(seq: u64) -> Bytes {
    ServerFrame::Deliver { seq, received_ms: 0, record: None, delivery: Vec::new() }.to_bytes().into()
}
