//! An account's sessions, listed and ended.

use serde::{Deserialize, Serialize};

use super::{Body, read_bool};
use crate::{DecodeError, Reader, Writer};

/// The account's sessions that live, the one used last first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    pub sessions: Vec<SessionInfo>,
}

/// Names a session to its account's other ones: random, made with it, and nothing that anybody could sign in with.
pub type SessionHandle = [u8; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionInfo {
    pub handle: SessionHandle,
    /// Milliseconds since 1970, by the relay's clock, as is `used`.
    pub created: u64,
    /// Noted now and then only: the last use may be up to an hour later.
    pub used: u64,
    pub browser: BrowserFamily,
    pub system: SystemFamily,
    /// Whether this is the session that asks.
    pub current: bool,
}

/// Which sessions to end. One that is not there, or is another account's, is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndSessions {
    pub which: WhichSessions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichSessions {
    One(SessionHandle),
    /// All but the one that asks.
    Others,
}

/// How many sessions were alive and are no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub ended: u32,
}

macro_rules! family {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $number:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum $name {
            Other = 0,
            $($variant = $number,)+
        }

        impl $name {
            pub const ALL: &[Self] = &[Self::Other, $(Self::$variant,)+];

            pub fn number(self) -> u8 {
                self as u8
            }

            pub fn from_number(number: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|family| family.number() == number)
            }
        }
    };
}

family!(
    /// As a browser calls itself at login; nothing finer is kept.
    BrowserFamily { Firefox = 1, Chrome = 2, Edge = 3, Safari = 4, SamsungInternet = 5, }
);
family!(
    /// As a browser calls it at login. An iPad calls itself a Mac, unless it is told not to.
    SystemFamily { Windows = 1, MacOs = 2, Linux = 3, Android = 4, Ios = 5, }
);

impl Body for Sessions {
    fn write(&self, w: &mut Writer) {
        w.u16(u16::try_from(self.sessions.len()).unwrap_or(u16::MAX));
        for session in self.sessions.iter().take(u16::MAX.into()) {
            session.write(w);
        }
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let n = r.u16()?;
        Ok(Self { sessions: (0..n).map(|_| SessionInfo::read(r)).collect::<Result<_, _>>()? })
    }
}

impl Body for SessionInfo {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.handle).u64(self.created).u64(self.used);
        w.u8(self.browser.number()).u8(self.system.number()).u8(self.current.into());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            handle: r.array()?,
            created: r.u64()?,
            used: r.u64()?,
            browser: BrowserFamily::from_number(r.u8()?).ok_or(DecodeError::Invalid)?,
            system: SystemFamily::from_number(r.u8()?).ok_or(DecodeError::Invalid)?,
            current: read_bool(r)?,
        })
    }
}

impl Body for EndSessions {
    fn write(&self, w: &mut Writer) {
        match &self.which {
            WhichSessions::One(handle) => w.u8(1).raw(handle),
            WhichSessions::Others => w.u8(2),
        };
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let which = match r.u8()? {
            1 => WhichSessions::One(r.array()?),
            2 => WhichSessions::Others,
            _ => return Err(DecodeError::Invalid),
        };
        Ok(Self { which })
    }
}

impl Body for Ended {
    fn write(&self, w: &mut Writer) {
        w.u32(self.ended);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { ended: r.u32()? })
    }
}
