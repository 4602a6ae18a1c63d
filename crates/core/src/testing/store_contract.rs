//! What must every engine of the store do?
//!
//! Each case is a sentence and gets an empty, migrated store of its own. An engine signs up for all of them
//! with [`store_contract!`](crate::store_contract); a test here checks that none is missing from the list.

#![allow(missing_docs, reason = "the name of a case says all there is to say")]

pub mod accounts;
pub mod adoption;
pub mod audit;
pub mod deletion;
pub mod email;
pub mod keys;
pub mod mails;
pub mod one_time_tokens;
pub mod passwords;
pub mod races;
pub mod reauthentication;
pub mod revocations;
pub mod rotation;
pub mod session_limits;
pub mod sessions;

use std::sync::Arc;

use super::{NOW, Personas};
use crate::model::{
    Account, AccountId, AuditEvent, AuditKind, NewAccount, NewSession, PageRequest, RevokeReason, Session,
    SessionId, Timestamp,
};
use crate::ports::Store;
use crate::ports::audit_store::AuditFilter;
use crate::ports::store::{AccountCreation, RotationOutcome, SessionCreation, SessionRotation};

/// Makes a test of every case. `$open` is an async function without arguments that answers an empty, migrated
/// `Arc<dyn Store>` and a guard that is dropped after the test.
#[macro_export]
macro_rules! store_contract {
    ($open:ident) => {
        $crate::store_contract_tests! { $open;
            accounts {
                an_account_is_found_again_as_it_was_created
                an_account_needs_neither_identifier_nor_password
                numbers_grow_and_are_never_given_twice
                any_spelling_of_an_identifier_finds_the_account
                every_name_of_an_account_finds_it
                what_is_unknown_is_not_found
                an_email_address_belongs_to_one_account
                a_username_belongs_to_one_account
                an_external_id_belongs_to_one_account
                accents_keep_accounts_apart_and_every_script_comes_back_unchanged
                the_first_session_begins_with_the_account
                a_profile_changes_where_it_is_told_to_and_nowhere_else
                accounts_are_listed_by_number_in_pages
                an_account_is_only_deleted_while_the_password_that_was_checked_is_current
                deleting_an_account_deletes_all_of_it_but_the_feed_and_the_log
                disabling_an_account_ends_its_sessions_and_keeps_the_first_date
                enabling_an_account_lets_it_have_sessions_again
                a_role_is_given
            }
            adoption {
                a_session_is_adopted_once
                an_adopted_session_goes_on_like_any_other
                what_was_adopted_is_known_when_its_session_and_its_account_are_gone
                nobody_and_a_disabled_account_adopt_nothing_and_nothing_of_it_is_remembered
                an_adopted_id_is_forgotten_after_its_time_and_no_sooner
                a_heap_of_adopted_ids_is_forgotten_at_once
                what_was_issued_before_all_sessions_were_ended_is_not_adopted
                a_foreign_session_that_was_ended_stays_ended_whether_it_was_adopted_or_not
            }
            audit {
                entries_come_back_as_they_were_written
                entries_are_listed_newest_first_in_pages
                entries_of_one_account_are_listed_alone
                entries_are_found_by_kind_and_time
                entries_that_are_written_again_are_there_once
                entries_are_sealed_once_and_in_order
                many_entries_are_sealed_and_walked_through_in_pages
                whoever_seals_at_the_same_time_makes_one_chain
                what_is_over_is_removed_and_the_chain_goes_on
                the_first_entry_alone_may_be_over
                what_a_sealer_refuses_is_not_done
                a_kind_of_a_newer_release_keeps_its_word
                a_young_entry_stays_with_all_that_were_sealed_after_it
            }
            deletion {
                an_account_is_disabled_until_it_is_deleted
                a_deletion_needs_the_account_and_the_password_that_was_checked
                an_account_that_is_kept_can_be_used_again
                an_account_that_was_disabled_meanwhile_stays_so_when_it_is_kept
                an_account_that_is_enabled_is_kept
                whoever_gets_the_address_back_keeps_the_account
                of_many_who_delete_and_one_who_keeps_one_side_wins
            }
            email {
                an_address_is_verified_by_a_token_once
                an_administrator_verifies_the_address_that_they_saw
                an_address_is_changed_by_a_token_once_and_what_undoes_stays
                a_change_of_the_address_that_is_refused_leaves_all_as_it_was
                an_owner_gets_the_address_back_and_nobody_else_stays
                an_address_that_somebody_else_has_by_now_is_not_given_back
                of_many_changes_to_one_address_one_happens
                an_address_that_an_owner_may_get_back_is_taken_for_strangers
                another_address_is_asked_for_with_the_password_as_it_is_now
            }
            keys {
                keys_come_back_as_they_were_added
                first_keys_are_added_once
                a_rotation_retires_one_key_promotes_the_next_and_adds_another
                a_rotation_of_a_key_that_is_not_active_any_more_changes_nothing
                a_rotation_that_cannot_promote_fails_as_a_whole
                an_emergency_revokes_the_retired_keys_as_well
                a_new_key_takes_over_from_the_active_and_the_next_one
                a_next_key_gives_way_to_another_once
                all_keys_are_resealed_or_none
                a_rotation_by_somebody_who_has_missed_a_resealing_changes_nothing
                keys_are_forgotten_by_purpose_and_time
            }
            mails {
                a_mail_is_found_again_as_it_was_caused
                a_mail_to_an_account_goes_to_its_address_in_its_language
                a_mail_is_claimed_by_one_node_until_the_claim_is_over
                no_more_mails_are_claimed_than_wanted
                a_claim_by_a_clock_that_ran_ahead_is_none_for_ever
                what_became_of_a_mail_is_noted
                mails_are_listed_counted_and_tried_again_by_state
                sent_mails_are_counted_to_one_address_of_one_kind_and_in_all
                what_not_everybody_can_cause_is_claimed_first
                finished_mails_are_forgotten_after_their_time
                a_login_from_a_new_place_is_told_unless_it_is_the_first
                a_reused_refresh_token_is_told_once
                of_many_nodes_one_gets_a_mail
            }
            one_time_tokens {
                a_token_is_found_again_as_it_was_kept
                a_token_takes_the_place_of_those_for_the_same_purpose
                nobody_gets_no_token
                of_the_tokens_of_an_address_the_newest_that_is_alive_is_found
                a_token_is_found_by_its_code_however_many_were_sent_after_it
                a_token_gets_its_code_later
                invitations_are_listed_in_pages_and_one_address_has_one
                a_token_is_forgotten_once_and_that_is_written_down
                tokens_go_with_their_account_and_with_their_time
                an_account_comes_to_be_by_a_token_once
                a_password_is_set_by_a_token_and_all_that_do_not_undo_die
                of_many_uses_of_one_token_one_happens
                of_many_accounts_by_one_token_one_is_created
            }
            passwords {
                a_password_is_replaced_and_all_other_sessions_end
                a_password_that_is_not_current_any_more_is_not_replaced
                an_operator_sets_a_password_whatever_it_was
                nobody_has_no_password_to_replace
                a_hash_is_upgraded_only_while_it_is_current
                hashes_are_listed_in_pages
            }
            races {
                of_many_accounts_with_one_email_address_one_is_created
                of_many_exchanges_of_one_refresh_token_one_happens_and_all_get_the_same_generation
                a_revoked_session_stays_revoked_whatever_is_exchanged_meanwhile
                a_session_is_ended_once
                of_many_replacements_of_one_password_one_happens
                no_login_with_the_old_password_outlives_its_replacement
                no_login_outlives_the_disabling_of_its_account
                no_login_outlives_the_deletion_of_its_account
                of_many_adoptions_of_one_session_one_happens
                no_adoption_outlives_the_disabling_of_its_account
                of_many_revocations_of_one_foreign_session_the_longest_is_fed
                of_many_processes_one_adds_the_first_keys
                of_many_processes_one_rotates_the_keys
                of_a_resealing_and_many_rotations_one_happens
                changes_to_different_fields_of_a_profile_are_all_kept
                of_many_logins_at_once_no_more_sessions_are_left_than_may_be
                a_proof_is_kept_whatever_is_exchanged_meanwhile
            }
            reauthentication {
                a_proof_is_noted_and_makes_the_next_generation_current
                a_refresh_token_of_before_a_proof_has_been_exchanged_by_it
                a_proof_of_a_password_that_was_replaced_is_none
                a_session_that_is_over_or_somebody_elses_takes_no_proof
                nobody_and_a_disabled_account_prove_nothing
            }
            revocations {
                a_session_is_ended_once_and_fed
                a_session_of_somebody_else_is_not_ended
                all_sessions_but_one_are_ended_and_named
                sessions_without_a_live_access_token_are_ended_but_not_fed
                the_feed_begins_where_asked_and_leaves_out_what_has_expired
                nobody_has_no_sessions_to_end
                a_foreign_session_is_fed_and_only_ever_for_longer
            }
            rotation {
                the_current_generation_is_exchanged
                a_session_never_lives_beyond_its_absolute_end
                the_end_of_the_access_token_never_moves_back
                the_parent_within_the_grace_gets_the_current_generation_again
                a_late_retry_of_the_same_client_is_answered_and_written_down
                a_reused_token_ends_the_session_feeds_it_and_is_written_down
                a_reused_token_without_a_live_access_token_is_not_fed
                what_is_over_ended_or_never_was_is_told_apart
                a_disabled_account_is_told_apart
            }
            session_limits {
                one_session_too_many_ends_the_one_that_was_used_least_recently
                sessions_that_are_over_do_not_count
                an_adopted_session_counts_and_makes_room
                a_limit_that_was_lowered_is_reached_in_steps
                a_login_that_gets_no_session_ends_none
            }
            sessions {
                a_session_is_found_again_as_it_began
                nobody_and_a_disabled_account_get_no_session
                a_replaced_password_gets_no_session
                live_sessions_are_listed_newest_first_in_pages
                sessions_that_ended_before_a_time_are_forgotten
                a_heap_of_ended_sessions_is_forgotten_at_once
                a_store_in_order_answers_a_ping
            }
        }
    };
}

/// Makes the tests of a list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! store_contract_tests {
    ($open:ident; $($module:ident { $($case:ident)* })*) => {
        $(mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let (store, _guard) = super::$open().await;
                    let world = $crate::testing::store_contract::World::new(store);
                    $crate::testing::store_contract::$module::$case(world).await;
                }
            )*
        })*
    };
}

/// An empty store and the people who are about to use it.
#[derive(Clone)]
pub struct World {
    store: Arc<dyn Store>,
    personas: Arc<Personas>,
}

impl World {
    /// The world around an empty, migrated store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, personas: Arc::new(Personas::default()) }
    }

    /// Creates an account of that name.
    async fn account(&self, name: &str) -> NewAccount {
        let account = self.personas.account(name);
        let created = self.create(&account).await;
        assert!(matches!(created, AccountCreation::Created { .. }), "{created:?}");
        account
    }

    async fn create(&self, account: &NewAccount) -> AccountCreation {
        let event = self.event(AuditKind::AccountCreated, account.id, account.created_at);
        self.store.create_account(account, None, &event).await.unwrap()
    }

    /// Begins a session now.
    async fn session(&self, account_id: AccountId) -> NewSession {
        self.session_at(account_id, NOW).await
    }

    async fn session_at(&self, account_id: AccountId, at: Timestamp) -> NewSession {
        let session = self.personas.session(account_id, at);
        assert_eq!(self.begin(&session).await, SessionCreation::Created);
        session
    }

    async fn begin(&self, session: &NewSession) -> SessionCreation {
        let event = self.event(AuditKind::LoggedIn, session.account_id, session.created_at);
        self.store.create_session(session, None, &event).await.unwrap()
    }

    /// An account named alice with one session.
    async fn alice_logged_in(&self) -> (NewAccount, NewSession) {
        let alice = self.account("alice").await;
        let session = self.session(alice.id).await;
        (alice, session)
    }

    fn event(&self, kind: AuditKind, account_id: AccountId, at: Timestamp) -> AuditEvent {
        self.personas.event(kind, account_id, at)
    }

    async fn rotate(&self, rotation: &SessionRotation) -> RotationOutcome {
        self.store.rotate_session(rotation).await.unwrap()
    }

    /// Exchanges the refresh token of that generation; answers the session after it.
    async fn exchange(&self, session_id: SessionId, generation: u32, now: Timestamp) -> Session {
        match self.rotate(&self.personas.rotation(session_id, generation, now)).await {
            RotationOutcome::Continued { session, .. } => *session,
            other => panic!("not continued: {other:?}"),
        }
    }

    async fn log_out(&self, session: &NewSession, at: Timestamp) -> bool {
        let event = self.event(AuditKind::SessionRevoked, session.account_id, at);
        let reason = RevokeReason::LoggedOut;
        self.store.revoke_session(session.account_id, session.id, reason, &event).await.unwrap()
    }

    async fn stored_account(&self, id: AccountId) -> Account {
        self.store.find_account(id).await.unwrap().expect("the account exists")
    }

    async fn stored_session(&self, id: SessionId) -> Session {
        self.store.find_session(id).await.unwrap().expect("the session exists")
    }

    async fn live_sessions(&self, account_id: AccountId, now: Timestamp) -> Vec<SessionId> {
        let page = self.store.list_sessions(account_id, now, PageRequest::first(100)).await.unwrap();
        page.items.into_iter().map(|session| session.id).collect()
    }

    /// What is in the feed at `now`.
    async fn fed(&self, now: Timestamp) -> Vec<SessionId> {
        let feed = self.store.list_revocations(Timestamp::from_millis(0), now).await.unwrap();
        feed.into_iter().map(|entry| entry.session_id).collect()
    }

    /// What the log says about an account, newest first.
    async fn logged(&self, account_id: AccountId) -> Vec<AuditKind> {
        let filter = AuditFilter::of(account_id);
        let page = self.store.list_audit_events(&filter, PageRequest::first(100)).await.unwrap();
        page.items.into_iter().map(|event| event.kind).collect()
    }
}

#[cfg(test)]
mod tests {
    const LIST: &str = include_str!("store_contract.rs");
    const FILES: [(&str, &str); 15] = [
        ("accounts", include_str!("store_contract/accounts.rs")),
        ("adoption", include_str!("store_contract/adoption.rs")),
        ("audit", include_str!("store_contract/audit.rs")),
        ("deletion", include_str!("store_contract/deletion.rs")),
        ("email", include_str!("store_contract/email.rs")),
        ("keys", include_str!("store_contract/keys.rs")),
        ("mails", include_str!("store_contract/mails.rs")),
        ("one_time_tokens", include_str!("store_contract/one_time_tokens.rs")),
        ("passwords", include_str!("store_contract/passwords.rs")),
        ("races", include_str!("store_contract/races.rs")),
        ("reauthentication", include_str!("store_contract/reauthentication.rs")),
        ("revocations", include_str!("store_contract/revocations.rs")),
        ("rotation", include_str!("store_contract/rotation.rs")),
        ("session_limits", include_str!("store_contract/session_limits.rs")),
        ("sessions", include_str!("store_contract/sessions.rs")),
    ];

    #[test]
    fn every_case_is_in_the_list() {
        for (module, source) in FILES {
            let listed = LIST.split(&format!("            {module} {{\n")).nth(1).unwrap();
            let listed: Vec<&str> = listed.split('}').next().unwrap().split_whitespace().collect();
            let written = source.split("pub async fn ").skip(1).map(|rest| rest.split('(').next().unwrap());
            assert_eq!(listed, written.collect::<Vec<_>>(), "{module}");
        }
    }
}
