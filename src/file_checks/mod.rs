//! What becomes of binary files on their way from hand to hand: line ends behind them, damage, other files; and the commands that take
//! it off, or the text around them. `import`, `wrap` and `diagnose` all ask here.

pub(crate) mod damage;
pub(crate) mod fixes;
pub(crate) mod wrapped_blob;
