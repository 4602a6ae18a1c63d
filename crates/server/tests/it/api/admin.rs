//! What can an administrator do, and who is one?

mod accounts;
mod audit;
mod keys;
mod sessions;
mod throttles;

use portcullis_core::flows::administer::Administrator;
use portcullis_core::model::Role;
use portcullis_every_engine::every_engine;
use serde_json::json;

use super::app::App;
use super::contract::{self, Operation};
use super::persona::Persona;

fn admin_operations() -> impl Iterator<Item = &'static Operation> {
    contract::operations().iter().filter(|operation| operation.path.starts_with("/v1/admin/"))
}

#[every_engine]
async fn an_ordinary_user_can_do_nothing_of_it() {
    let app = App::start().await;
    let (alice, bob) = (app.alice().logged_in().await, app.bob().logged_in().await);
    let in_a_browser = app.alice().logs_in_by_cookie().await;
    assert_eq!(admin_operations().count(), 19);
    for operation in admin_operations() {
        for session in [&alice, &in_a_browser] {
            app.store.take_calls();
            let answer = operation.good_call(session, &bob).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "forbidden"), "{operation:?}");
            assert_eq!(app.store.take_calls(), ["find_account"], "{operation:?}");
        }
    }
    assert_eq!(bob.is_let_in().await.status, 200);
}

#[every_engine]
async fn a_role_is_checked_before_a_body_is_read() {
    let app = App::start().await;
    let alice = app.alice().logged_in().await;
    for operation in admin_operations().filter(|operation| operation.takes_body) {
        let call = alice.call(&operation.method, &operation.path_of(&alice));
        assert_eq!(call.body("text/plain", "{").await.code(), "forbidden", "{operation:?}");
    }
}

#[every_engine]
async fn a_demoted_administrator_is_none_from_that_moment_on() {
    let app = App::start().await;
    let (root, chief) = (app.root().logged_in().await, Persona::admin(&app, "chief").logged_in().await);
    let path = format!("/v1/admin/accounts/{}", root.account_id);
    assert_eq!(chief.patch(&path).json(&json!({"role": "user"})).await.status, 200);
    assert_eq!(root.is_let_in().await.json()["role"], "admin", "the access token still says so");
    for operation in admin_operations() {
        assert_eq!(operation.good_call(&root, &chief).await.code(), "forbidden", "{operation:?}");
    }
    root.refreshes().await;
    assert_eq!(root.is_let_in().await.json()["role"], "user");
}

#[every_engine]
async fn a_promoted_user_is_an_administrator_from_that_moment_on() {
    let app = App::start().await;
    let (root, alice) = (app.root().logged_in().await, app.alice().logged_in().await);
    let path = format!("/v1/admin/accounts/{}", alice.account_id);
    assert_eq!(root.patch(&path).json(&json!({"role": "admin"})).await.status, 200);
    assert_eq!(alice.get("/v1/admin/keys").await.status, 200);
}

#[every_engine]
async fn an_administrator_whom_the_operator_disables_is_none_even_where_the_feed_has_not_arrived() {
    let app = App::start().await;
    let elsewhere = app.second_process().await;
    let root = app.root().logged_in().await;
    let id = root.account_id.parse().unwrap();
    app.auth.disable_account(&Administrator::operator(), id).await.unwrap();
    assert_eq!(root.get("/v1/admin/keys").await.code(), "session_ended");
    assert_eq!(elsewhere.get("/v1/admin/keys").bearer(&root.access()).await.code(), "forbidden");
}

#[every_engine]
async fn an_administrator_who_was_deleted_is_none_even_where_the_feed_has_not_arrived() {
    let app = App::start().await;
    let elsewhere = app.second_process().await;
    let root = app.root().logged_in().await;
    assert_eq!(root.delete("/v1/me").json(&json!({"password": app.root().password()})).await.status, 204);
    assert_eq!(elsewhere.get("/v1/admin/keys").bearer(&root.access()).await.code(), "forbidden");
    assert_eq!(
        app.auth
            .list_accounts(&Administrator::operator(), portcullis_core::model::PageRequest::first(1))
            .await
            .unwrap()
            .items
            .iter()
            .filter(|account| account.role == Role::Admin)
            .count(),
        0
    );
}
