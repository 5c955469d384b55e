//! A key in several hands: 2 to 9 components whose XOR is the key, each with one custodian (ANSI X9.24-1, PCI PIN).
//!
//! Fewer than all components say nothing about the key, and XOR to a key as valid as the right one. So components that [`make`] makes
//! know their set, their number and the check value of the whole, and [`combine`] takes nothing less than a whole set. A threshold
//! scheme, where some of the components are enough, is out of scope.

mod check_value;
mod cmac;
mod combine;
mod component;
mod composition;
mod error;
mod made;
mod text;

pub use self::check_value::CheckValue;
pub use self::combine::{Combined, Expected, combine};
pub use self::component::Component;
pub use self::composition::{Composition, Custodian, MOST};
pub use self::error::ComponentError;
pub use self::made::{Custody, Made, Part, make};
