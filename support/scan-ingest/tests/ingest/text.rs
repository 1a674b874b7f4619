//! Search terms, contacts, access: examples, and what holds for any text.

use proptest::prelude::*;
use scan_ingest::{Access, contact_email, search_terms};

#[test]
fn contacts_are_what_the_catalogue_takes_or_none() {
    for (given, kept) in [
        ("user@example.org", Some("user@example.org")),
        ("  user@example.com  ", Some("user@example.com")),
        (" 'user@example.org', ", Some("user@example.org")),
        ("' user@example.org', '", Some("user@example.org")),
        ("user name@ example.org", Some("username@example.org")),
        ("a@x.org; b@y.org", Some("a@x.org;b@y.org")),
        ("josé@example.org", Some("josé@example.org")),
        ("a@x.org, b@y.org", None),
        ("\"q@x\",", None),
        ("@", None),
        ("'@'", None),
        ("NONE", None),
        ("", None),
        (" , '' ", None),
        ("garbage", None),
    ] {
        let email = contact_email(given).map(|email| email.to_string());
        assert_eq!(email.as_deref(), kept, "{given:?}");
    }
}

#[test]
fn terms_are_split_at_everything_but_ascii_letters_and_digits() {
    for (name, terms) in [
        ("20240105_120000_Sample-A_x2", "20240105 120000 sample a x2"),
        ("a--b  c", "a b c"),
        ("", ""),
        ("___", ""),
        ("Ünïcode_x", "n code x"),
        ("A/B\\C.h5", "a b c h5"),
    ] {
        assert_eq!(search_terms(name).join(" "), terms);
    }
}

fn access(beamline: Option<&str>, proposal: Option<&str>) -> (String, String) {
    let access = Access::of("9.9.9", &["bl999".to_owned()], beamline, proposal);
    (access.owner_group, access.access_groups.join("+"))
}

#[test]
fn access_follows_proposal_and_beamline() {
    for (beamline, groups) in [
        (None, ""),
        (Some(""), ""),
        (Some(" ', "), ""),
        (Some("bl999"), "9.9.9"),
        (Some("BL999"), "9.9.9"),
        (Some(" \"bl999\" ,"), "9.9.9"),
        (Some("9.9.9 "), "9.9.9"),
        (Some(" '9.9.9', "), "9.9.9"),
        (Some("bl111"), "bl111+9.9.9"),
        (Some("'a b'"), "a b+9.9.9"),
    ] {
        assert_eq!(access(beamline, None).1, groups, "{beamline:?}");
    }
    for (proposal, owner) in [
        (None, "9.9.9"),
        (Some(""), "9.9.9"),
        (Some("  "), "9.9.9"),
        (Some("None"), "9.9.9"),
        (Some("none"), "none"),
        (Some("ALS-00001"), "ALS-00001"),
        (Some(" ALS-00001 "), "ALS-00001"),
    ] {
        assert_eq!(access(None, proposal).0, owner, "{proposal:?}");
    }
}

/// Texts that are near to what people type.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ '\",a-zA-Z0-9@.;_-]{0,24}",
        "[ '\",]{0,3}[a-z]{1,8}( [a-z]{1,4})?@[a-z]{1,8}\\.[a-z]{2,3}[ '\",]{0,3}",
    ]
}

proptest! {
    #[test]
    fn a_contact_is_one_that_stays_as_it_is(text in typed()) {
        let Some(email) = contact_email(&text) else { return Ok(()) };
        prop_assert!(email.as_str().contains('@') && !email.as_str().contains([' ', ',', '"']), "{email}");
        // What was kept is kept again, and quotes and commas around it change nothing.
        for again in [email.to_string(), format!("'{email}', "), format!(" \"{email}\"")] {
            let kept = contact_email(&again);
            prop_assert_eq!(kept.as_ref(), Some(&email));
        }
        // Nothing is made up: its characters stand in the text, in this order.
        let mut rest = text.chars();
        prop_assert!(email.as_str().chars().all(|c| rest.any(|other| other == c)));
    }

    #[test]
    fn terms_are_plain_words_that_are_their_own_terms(text in typed()) {
        let terms = search_terms(&text);
        for term in &terms {
            prop_assert!(!term.is_empty());
            prop_assert!(term.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        }
        prop_assert_eq!(&search_terms(&terms.join(" ")), &terms);
        let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).count();
        prop_assert_eq!(terms.iter().map(String::len).sum::<usize>(), letters(&text));
    }

    #[test]
    fn somebody_owns_it_and_no_group_is_named_twice(beamline in proptest::option::of(typed()), proposal in proptest::option::of(typed())) {
        let aliases = ["bl999".to_owned()];
        let access = Access::of("9.9.9", &aliases, beamline.as_deref(), proposal.as_deref());
        prop_assert!(!access.owner_group.trim().is_empty());
        let groups = &access.access_groups;
        prop_assert!(groups.len() <= 2 && groups.first() != groups.get(1) || groups.is_empty());
        prop_assert!(groups.is_empty() || groups.contains(&"9.9.9".to_owned()));
        prop_assert!(!groups.contains(&"bl999".to_owned()));
        // Quotes, blanks and commas around a beamline, and its case, say nothing.
        if let Some(beamline) = &beamline {
            let quoted = format!(" '{}', ", beamline.to_uppercase().to_lowercase());
            let plain = beamline.to_uppercase().to_lowercase();
            let of = |text: &str| Access::of("9.9.9", &aliases, Some(text), proposal.as_deref());
            prop_assert_eq!(of(&quoted), of(&plain));
        }
    }
}
