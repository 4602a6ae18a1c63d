//! How does one test become a test on each database engine?
//!
//! ```text
//! #[every_engine]                  async fn a_login_works() { … }
//! async fn a_login_works() { … } ⟶ mod a_login_works { #[test] fn sqlite() { … }  #[test] fn postgres() { … }  … }
//! ```
//!
//! The function stays as it is written, so that errors and snapshots point to its lines. Beside it stands a module of
//! the same name with a test for each engine, which hands the function to `crate::engine::run` of the test binary.

use proc_macro::{TokenStream, TokenTree};

const SQLITE: (&str, &str) = ("sqlite", "Sqlite");
const POSTGRES: (&str, &str) = ("postgres", "Postgres");
const MARIADB: (&str, &str) = ("mariadb", "MariaDb");

/// Makes a test on each engine of an async function without arguments.
#[proc_macro_attribute]
pub fn every_engine(_: TokenStream, function: TokenStream) -> TokenStream {
    with_tests(function, &[SQLITE, POSTGRES, MARIADB])
}

/// Makes a test on each engine that is a server of an async function without arguments.
#[proc_macro_attribute]
pub fn every_server(_: TokenStream, function: TokenStream) -> TokenStream {
    with_tests(function, &[POSTGRES, MARIADB])
}

fn with_tests(function: TokenStream, engines: &[(&str, &str)]) -> TokenStream {
    let tests = name_of(&function).map(|name| module(&name, engines));
    let tests =
        tests.unwrap_or_else(|| "compile_error!(\"this belongs before an async function\");".to_owned());
    let mut tokens = function;
    tokens.extend(tests.parse::<TokenStream>());
    tokens
}

fn name_of(function: &TokenStream) -> Option<String> {
    let mut tokens = function.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn"))?;
    tokens.next().map(|name| name.to_string())
}

fn module(name: &str, engines: &[(&str, &str)]) -> String {
    let test = |(test, engine): &(&str, &str)| {
        format!(
            "#[test] fn {test}() {{
                crate::engine::run(crate::engine::TestEngine::{engine}, ::std::boxed::Box::pin(super::{name}()));
            }}"
        )
    };
    let tests: String = engines.iter().map(test).collect();
    format!("mod {name} {{ {tests} }}")
}
