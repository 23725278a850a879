//! The pages outside the conversations.

mod home;
mod privacy;
mod recovery;
mod settings;
mod sign_in;
mod sign_up;

pub(crate) use home::Home;
pub(crate) use privacy::Privacy;
pub(crate) use settings::Settings;
pub(crate) use sign_in::SignIn;
pub(crate) use sign_up::SignUp;
