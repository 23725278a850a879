use crate::{
    browser,
    el::El,
    part::{Field, strength},
    password, text,
    value::Value,
};

/// A new password, typed twice, and how hard it is to guess.
#[derive(Clone, Copy)]
pub(super) struct NewPassword {
    pub(super) error: Value<Option<String>>,
    repeat_error: Value<Option<String>>,
    strength: Value<u8>,
}

impl NewPassword {
    pub(super) const FIELD: &str = "password";
    const REPEAT: &str = "repeat";

    pub(super) fn new() -> Self {
        Self { error: Value::new(None), repeat_error: Value::new(None), strength: Value::new(0) }
    }

    /// `username` is what the password must not hold.
    pub(super) fn fields(
        self,
        labels: [&'static str; 2],
        busy: Value<bool>,
        username: impl Fn() -> String + Send + 'static,
    ) -> [El; 3] {
        let [first, second] = labels;
        let judge = move |_| self.strength.set(password::strength(&browser::typed(Self::FIELD), username().trim()));
        let new = Field::new(Self::FIELD, first, "new-password", busy).secret().hint(text::PASSWORD_HINT);
        let repeat = Field::new(Self::REPEAT, second, "new-password", busy).secret().error(self.repeat_error);
        [new.error(self.error).show(|line| line.on("input", judge)), strength(self.strength), repeat.show(|line| line)]
    }

    /// Says beside each field what is wrong, and names the first of which that is so.
    pub(super) fn objection(self, username: &str) -> Option<&'static str> {
        let new = browser::typed(Self::FIELD);
        let bad = password::objection(&new, username);
        let differs = (browser::typed(Self::REPEAT) != new).then_some(text::PASSWORD_DIFFERS);
        self.error.set(bad.map(str::to_owned));
        self.repeat_error.set(differs.map(str::to_owned));
        bad.and(Some(Self::FIELD)).or(differs.and(Some(Self::REPEAT)))
    }
}
