//! Shows what anyone may see of a delivery, an uploaded envelope or a key statement: hexadecimal on standard input.
//!
//! `xxd -p delivery.bin | cargo run -p signet-crypto --example inspect`

use std::io::{self, Read};

use signet_crypto::{Incoming, VerifiedAccount};
use signet_shared::{
    envelope::{Delivery, Envelope, Header},
    statement::SignedStatement,
};

fn main() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    text.retain(|c| !c.is_whitespace());
    let Ok(bytes) = hex::decode(&text) else {
        println!("not hexadecimal");
        return Ok(());
    };
    if let Ok(delivery) = Delivery::parse(&bytes) {
        println!("a delivery of {} bytes", bytes.len());
        show_header(&delivery.header);
        let leaf = &delivery.leaf;
        println!("reader      {} (leaf {}, path of {})", leaf.account_id, delivery.index, delivery.path.len());
        println!("for key     {}\nof statement {}", leaf.ek_id, leaf.rcpt_stmt);
        println!("ciphertext  {} bytes", delivery.body.ct.len());
        match Incoming::parse(&bytes) {
            Ok(incoming) => println!("env_id      {}", incoming.env_id()),
            Err(refused) => println!("refused     {}", refused.code()),
        }
    } else if let Ok(envelope) = Envelope::parse(&bytes) {
        println!("an uploaded envelope of {} bytes", bytes.len());
        show_header(&envelope.header);
        for leaf in &envelope.leaves {
            println!("reader      {} with key {}", leaf.account_id, leaf.ek_id);
        }
        println!("ciphertext  {} bytes\nenv_id      {}", envelope.body.ct.len(), envelope.env_id());
    } else if let Ok(signed) = SignedStatement::parse(&bytes) {
        let said = &signed.statement;
        println!("statement {} of {} ({})", said.seq, said.username, said.account_id);
        println!("hash        {}\nidentity    {}", said.hash(), said.ik_hash());
        for ek in &said.eks {
            println!("key         {} in suite {:#06x}, rotate by {}", ek.id(), ek.suite, ek.not_after);
        }
        match VerifiedAccount::verify(&[signed]) {
            Ok(_) => println!("a valid first statement"),
            Err(error) => println!("not by itself: {error}"),
        }
    } else {
        println!("nothing that Signet sends");
    }
    Ok(())
}

fn show_header(header: &Header) {
    let Header { conv_id, group_epoch, sender_id, sender_stmt, stream_id, seq, prev, n_recipients, .. } = header;
    println!("suite       {:?}, {:?}, flags {}", header.suite, header.kind, header.flags);
    println!("conversation {conv_id}, epoch {group_epoch}, {n_recipients} readers");
    println!("sender      {sender_id}\nby statement {sender_stmt}");
    println!("stream      {stream_id}, number {seq}, after {prev}");
}
