//! The example's config.yml with pieces taken out, doubled or put in: read or refused, and no secret told.

use proptest::prelude::*;
use proptest::sample::Index;
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;

const EXAMPLE: &str = include_str!("../../../config.example.yml");
const SECRET: &str = "hushHUSH0123456789";

/// Lines and pieces of lines, moved about.
fn edited() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "\n",
            "  ",
            "\t",
            ": ",
            "- ",
            "#",
            "'",
            "\"",
            "{",
            "}",
            "[",
            "]",
            "~",
            "*",
            "&a ",
            "${GLOBUS_CLIENT_ID}",
            "$NONE",
            "-1",
            "1e400",
            "on",
            "yes",
            "globus_endpoints:\n",
            "uuid: x\n",
            "root_path: /\n",
            "root_path: ../..\n",
            "deletion: on\n",
            "stall: 0s\n",
            "client_secret: hushHUSH0123456789\n",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec((any::<Index>(), 0_usize..40, piece), 1..6).prop_map(|edits| {
        let mut chars: Vec<char> = EXAMPLE.chars().collect();
        for (at, length, piece) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + length).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edited_example_is_read_or_refused(text in edited()) {
        let vars = [("GLOBUS_CLIENT_ID", "app"), ("GLOBUS_CLIENT_SECRET", SECRET)];
        let env = Environment::from_vars(vars.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let told = match Config::parse(&text, "config.yml", &env, &splash_flows::SITE_RULES) {
            Ok(config) => {
                for key in ["spot832", "data832", "nersc832"] {
                    if let Ok(endpoint) = config.endpoint(key)
                        && let Ok(joined) = endpoint.join("/raw/scan.h5")
                    {
                        prop_assert!(joined.ends_with("/raw/scan.h5") && !joined.contains("/../"));
                    }
                }
                format!("{config:?} {:?}", config.globus_app())
            }
            Err(error) => error.to_string(),
        };
        prop_assert!(!told.contains(SECRET), "{}", told);
    }
}
