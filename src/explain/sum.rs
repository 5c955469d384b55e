//! Errors that may stand for an error of another room.

use super::Hint;

/// What a sum of errors says itself; what it only holds is said by the error that it holds.
pub(crate) trait OwnWords {
    /// The id of a variant of its own.
    fn own_id(&self) -> &'static str;

    /// The fix of a variant of its own.
    fn own_hint(&self) -> Option<Hint>;

    /// The inner reason of a variant of its own.
    fn own_because(&self) -> Option<String> {
        None
    }

    /// KMS's error code, of a variant of its own.
    fn own_aws_code(&self) -> Option<&str> {
        None
    }
}

/// Makes `Explain` for a sum of errors: the named variants hold the error of another room, all others have `OwnWords`.
macro_rules! explain_sum {
    ($sum:ty { $($(#[$only:meta])* $held:ident),+ $(,)? } $(or $own:ident)?) => {
        impl $crate::explain::Explain for $sum {
            fn id(&self) -> &'static str {
                match self {
                    $($(#[$only])* Self::$held(error) => error.id(),)+
                    $(own => $own::own_id(own),)?
                }
            }

            fn hint(&self) -> Option<$crate::explain::Hint> {
                match self {
                    $($(#[$only])* Self::$held(error) => error.hint(),)+
                    $(own => $own::own_hint(own),)?
                }
            }

            fn because(&self) -> Option<String> {
                match self {
                    $($(#[$only])* Self::$held(error) => error.because(),)+
                    $(own => $own::own_because(own),)?
                }
            }

            fn aws_code(&self) -> Option<&str> {
                match self {
                    $($(#[$only])* Self::$held(error) => error.aws_code(),)+
                    $(own => $own::own_aws_code(own),)?
                }
            }
        }
    };
}
pub(crate) use explain_sum;
