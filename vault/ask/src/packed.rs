use core::marker::PhantomData;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What only a part reads that is fetched later: it crosses encoded, so that nothing but that part has the code for it.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Packed<T>(Vec<u8>, PhantomData<fn() -> T>);

impl<T: DeserializeOwned> Packed<T> {
    /// `None` for what nobody has packed.
    pub fn open(self) -> Option<T> {
        crate::decode(&self.0)
    }
}

impl<T: Serialize> From<T> for Packed<T> {
    fn from(value: T) -> Self {
        Self(crate::encode(&value), PhantomData)
    }
}

impl<T> Clone for Packed<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}
