//! The macro by which an error type cannot have a variant without a sample.

/// Makes the function that gives the samples of an error type. Variants that are not named do not compile.
macro_rules! one_of_each {
    ($($function:ident: $type:ident { $($variant:ident $fields:tt)* })*) => {
        $(
            fn $function() -> Vec<Sample> {
                #[allow(unreachable_patterns, clippy::match_same_arms)]
                fn _each_variant_has_a_sample(error: &$type) {
                    match error {
                        $($type::$variant { .. } => {})*
                    }
                }
                vec![$((concat!(stringify!($type), "::", stringify!($variant)), Box::new($type::$variant $fields) as Box<dyn Explain>)),*]
            }
        )*
    };
}
