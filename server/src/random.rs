use rand::{TryRng, rngs::SysRng};

/// Fills with the operating system's random bytes.
#[expect(
    clippy::panic,
    reason = "without random numbers nothing here is safe to do, and no caller could do it otherwise"
)]
pub(crate) fn fill(bytes: &mut [u8]) {
    if let Err(error) = SysRng.try_fill_bytes(bytes) {
        panic!("the operating system gives no random numbers: {error}");
    }
}

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}
