//! Accounts, each with keys of its own. Whose a request is, its access key id says: twelve digits are the number of an account, and what STS
//! gives out for a role has that of the role's account in it.

use std::collections::BTreeMap;

use super::World;
use super::clock::Millis;
use super::lagging::Lagging;
use super::wrapping_keys::SetNumber;

/// How the access key ids of roles begin.
const OF_A_ROLE: &str = "ASIA";
/// How long they are.
const LENGTH: usize = 20;

pub(crate) struct Accounts {
    /// Under it tokens are sealed and the ids of key material are computed.
    secret: [u8; 32],
    consistency_delay: Millis,
    /// The longest lag of DescribeKey that a fault can show.
    lag: Millis,
    worlds: BTreeMap<Box<str>, World>,
    /// How many parameter sets were asked for.
    sets: SetNumber,
}

impl Accounts {
    pub(crate) fn new(secret: [u8; 32], consistency_delay: Millis, lag: Millis) -> Self {
        Accounts { secret, consistency_delay, lag, worlds: BTreeMap::new(), sets: 0 }
    }

    /// What there is in an account.
    pub(crate) fn world(&mut self, account: &str) -> &mut World {
        let new = || World::new(account.to_owned(), self.secret, self.consistency_delay, Lagging::of(self.lag));
        self.worlds.entry(account.into()).or_insert_with(new)
    }

    /// Keeps what a lag of up to `longest` can show from now on, and no less than before.
    pub(crate) fn keep_lag(&mut self, longest: Millis) {
        self.lag = self.lag.max(longest);
        self.worlds.values_mut().for_each(|world| world.lagging.keep(longest));
    }

    /// Numbers the parameter sets from 0.
    pub(crate) fn next_set(&mut self) -> SetNumber {
        let set = self.sets;
        self.sets = set.wrapping_add(1);
        set
    }
}

/// The account of an access key id; the usual one where it names none.
pub(crate) fn account_of<'a>(access_key_id: &'a str, usual: &'a str) -> &'a str {
    let number = match access_key_id.strip_prefix(OF_A_ROLE) {
        Some(rest) if access_key_id.len() == LENGTH => rest.get(..12),
        _ => Some(access_key_id),
    };
    number.filter(|number| is_account(number)).unwrap_or(usual)
}

/// An access key id of a role in that account; `more` makes it another each time.
pub(crate) fn access_key_id(account: &str, more: &str) -> String {
    let rest: String = more.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    format!("{OF_A_ROLE}{account}{rest:0<4.4}")
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_id_names_an_account_or_none() {
        let usual = "000000000000";
        assert_eq!(account_of("111122223333", usual), "111122223333");
        assert_eq!(account_of(&access_key_id("444455556666", "ab-c"), usual), "444455556666");
        assert_eq!(access_key_id("444455556666", "ab-c"), "ASIA444455556666ABC0");
        for other in
            ["AKIDTEST", "11112222333", "1111222233334", "ASIA11112222333", "ASIAY34FZKBOKMUTVV7A", "", "ÄÄÄÄÄÄ"]
        {
            assert_eq!(account_of(other, usual), usual, "{other}");
        }
    }
}
