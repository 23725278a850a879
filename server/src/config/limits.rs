use super::ConfigError;

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident = $default:expr;)+) => {
        /// Every limit, exact to one unit: the one above it is refused. No address and no account is exempt, but for
        /// `connections_per_address`: a trusted proxy's connections are those of all its clients.
        #[derive(Debug, Clone)]
        pub struct Limits {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl Limits {
            const KEYS: &[&str] = &[$(stringify!($name),)+];

            fn set(&mut self, key: &str, value: u64) -> bool {
                match key {
                    $(stringify!($name) => self.$name = value,)+
                    _ => return false,
                }
                true
            }

            /// The list in `signet serve --help`.
            pub fn help() -> String {
                let defaults = Self::default();
                let mut text = String::from(
                    "Limits: keys under [limits] in the file of --config, or SIGNET_LIMITS_... in the environment:\n",
                );
                $(
                    text += &format!("  {:<28} {:>8} ", stringify!($name), defaults.$name);
                    text += concat!($($doc),+);
                    text += "\n";
                )+
                text
            }
        }
    };
}

limits! {
    /// logins begun for one username in a minute
    login_per_minute = 5;
    /// logins begun for one username in a day
    login_per_day = 50;
    /// logins begun from one address (IPv6: one /64) in a minute
    login_per_address_minute = 30;
    /// registrations from one address in an hour
    register_per_address_hour = 30;
    /// addresses as which one network (IPv6: a /48) is counted at most
    addresses_per_network = 16;
    /// look-ups by one account in a minute
    lookup_per_minute = 60;
    /// states stored by one account in a minute
    state_per_minute = 120;
    /// times that one account's keys are renewed in a day
    keys_per_day = 20;
    /// times that its browsers read what opens one account, in a minute; each state that one stores is read by the others
    vault_per_minute = 600;
    /// shares taken or confirmed by one account in a minute
    share_per_minute = 60;
    /// times that one account's sessions are listed or ended, or ask or refuse to start it anew, in a minute
    sessions_per_minute = 60;
    /// steps of replacing a secret by one account in a minute; a whole change has four
    secret_per_minute = 20;
    /// steps of replacing a secret by one account in a day
    secret_per_day = 100;
    /// requests about starting an account anew from one address in a minute
    anew_per_address_minute = 30;
    /// seconds in which a signed-in browser can refuse that its account starts anew
    anew_wait_seconds = 72 * 3600;
    /// seconds after which a request to start anew is forgotten
    anew_seconds = 30 * 24 * 3600;
    /// tries of earlier secrets by one account in a minute
    earlier_per_minute = 10;
    /// tries of earlier secrets by one account in a day
    earlier_per_day = 100;
    /// messages sent by one account in a second, on average, however many connections it has
    messages_per_second = 20;
    /// messages sent by one account at once
    messages_burst = 60;
    /// pings, and likewise subscriptions, on one connection in a second, on average
    socket_frames_per_second = 20;
    /// pings and subscriptions on one connection at once
    socket_frames_burst = 60;
    /// connections opened by one account in a minute
    sockets_per_minute = 120;
    /// connections of one account
    sockets_per_account = 8;
    /// connections from one address
    sockets_per_address = 64;
    /// HTTP connections and sockets of everybody together, if the system allows as many open files
    connections = 16_384;
    /// HTTP connections and sockets from one address that is no trusted proxy
    connections_per_address = 256;
    /// seconds after which an HTTP connection without requests is closed
    idle_seconds = 120;
    /// seconds after which a connection is closed that takes nothing of what it is sent
    stalled_seconds = 30;
    /// bytes of everybody's messages waiting for a slow disk before more are refused for a while
    waiting_bytes = 64 * 1024 * 1024;
    /// bytes waiting for a slow reader, and 128 for each frame, before it is disconnected
    socket_queue_bytes = 1024 * 1024;
    /// bytes of one WebSocket message
    frame_bytes = signet_shared::limits::FRAME as u64;
    /// bytes of one request body
    body_bytes = signet_shared::limits::BODY as u64;
    /// seconds for a request body to arrive
    body_seconds = 15;
    /// seconds for a request's headers to arrive
    header_seconds = 5;
    /// seconds for a TLS handshake
    handshake_seconds = 10;
    /// seconds between the relay's pings
    ping_seconds = 30;
    /// seconds of silence after which a connection is taken for dead
    dead_seconds = 75;
    /// seconds without use after which a session ends
    session_idle_seconds = 7 * 24 * 3600;
    /// seconds after which a session ends in any case
    session_seconds = 30 * 24 * 3600;
    /// seconds after a login within which its session may replace a secret
    fresh_login_seconds = 600;
    /// seconds that a new secret waits for taking the place of the old one
    pending_seconds = 600;
    /// milliseconds before which the first step of a login is not answered, so that the time does not tell whether anybody
    /// has the name
    login_answer_ms = 10;
    /// seconds between the two steps of a login
    login_step_seconds = 60;
    /// logins between their two steps, of everybody together; beyond it the oldest is forgotten
    login_steps = 10_000;
    /// seconds for connections to finish when the relay stops
    drain_seconds = 10;
}

impl Limits {
    /// Reads `SIGNET_LIMITS_...` through `var`, over a file's table `[limits]`.
    pub(super) fn read(file: Option<&toml::Table>, var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut limits = Self::default();
        for (key, value) in file.into_iter().flatten() {
            let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
            let number =
                number.ok_or_else(|| ConfigError(format!("[limits] {key} must be a whole number, 0 or more.")))?;
            if !limits.set(&key.replace('-', "_"), number) {
                return Err(ConfigError(format!(
                    "[limits] has no key {key}; `signet serve --help` lists those that exist."
                )));
            }
        }
        for key in Self::KEYS {
            let name = format!("SIGNET_LIMITS_{}", key.to_ascii_uppercase());
            if let Some(text) = var(&name) {
                let number = text.parse();
                let number = number.map_err(|_| ConfigError(format!("{name} must be a whole number, 0 or more.")))?;
                limits.set(key, number);
            }
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_over_the_file_and_the_file_over_the_default() {
        let file: toml::Table = toml::from_str("login-per-minute = 7\nlookup_per_minute = 8").unwrap();
        let limits =
            Limits::read(Some(&file), |name| (name == "SIGNET_LIMITS_LOOKUP_PER_MINUTE").then(|| "9".to_owned()))
                .unwrap();
        assert_eq!((limits.login_per_minute, limits.lookup_per_minute, limits.login_per_day), (7, 9, 50));
    }

    #[test]
    fn unknown_keys_and_nonsense_are_named() {
        let read = |text: &str| Limits::read(Some(&toml::from_str(text).unwrap()), |_| None).unwrap_err().to_string();
        assert!(read("logins = 7").contains("logins"));
        assert!(read("login_per_day = -1").contains("login_per_day"));
        let bad = Limits::read(None, |name| (name == "SIGNET_LIMITS_LOGIN_PER_DAY").then(|| "many".to_owned()));
        assert!(bad.unwrap_err().to_string().contains("SIGNET_LIMITS_LOGIN_PER_DAY"));
    }

    #[test]
    fn the_help_names_every_key() {
        let help = Limits::help();
        assert!(Limits::KEYS.iter().all(|key| help.contains(key)));
    }
}
