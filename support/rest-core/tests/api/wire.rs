//! Open enums and ids.

use std::str::FromStr as _;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

rest_core::open_enum! {
    /// How an order stands.
    #[derive(PartialOrd, Ord)]
    pub(crate) enum OrderStatus {
        /// It is being packed.
        Packing = "PACKING",
        /// It was sent.
        Sent = "SENT",
    }
}

rest_core::newtype_id! {
    /// The id of an order.
    pub(crate) struct OrderId;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: OrderId,
    status: Option<OrderStatus>,
}

#[test]
fn known_and_unknown_values() {
    assert_eq!(OrderStatus::from("SENT"), OrderStatus::Sent);
    assert_eq!(
        OrderStatus::from("sent".to_owned()),
        OrderStatus::Unknown("sent".to_owned())
    );
    assert_eq!(OrderStatus::KNOWN, ["PACKING", "SENT"]);
    assert_eq!(OrderStatus::Packing.to_string(), "PACKING");
}

#[test]
fn reading_a_status_never_fails() {
    for (json, text) in [
        ("\"SENT\"", "SENT"),
        ("7", "7"),
        ("-1", "-1"),
        ("1.5", "1.5"),
        ("true", "true"),
        ("null", "null"),
        ("[1,[2]]", "[…]"),
        ("{\"a\":{}}", "{…}"),
    ] {
        assert_eq!(serde_json::from_str::<OrderStatus>(json).unwrap().as_str(), text);
    }
    let order: Order = serde_json::from_str(r#"{"id":17,"status":null,"more":1}"#).unwrap();
    assert_eq!(
        order,
        Order {
            id: OrderId::new("17"),
            status: None
        }
    );
}

#[test]
fn ids_are_text_or_integers() {
    assert_eq!(serde_json::to_string(&OrderId::new("a")).unwrap(), "\"a\"");
    for json in ["1.5", "true", "null", "[]", "{}"] {
        assert!(serde_json::from_str::<OrderId>(json).is_err(), "{json}");
    }
    for text in ["", "a\nb", "a\0"] {
        let error = OrderId::from_str(text).unwrap_err();
        assert!(error.to_string().starts_with("OrderId "), "{error}");
    }
    let id = OrderId::from_str("20.500/ü b").unwrap();
    assert_eq!(
        (id.as_ref(), id.to_string(), id.clone().into_string()),
        ("20.500/ü b", id.to_string(), String::from(id.clone()))
    );
}

proptest! {
    #[test]
    fn every_status_survives_a_round_trip(text in ".*") {
        let status = OrderStatus::from(text.as_str());
        let json = serde_json::to_string(&status).unwrap();
        prop_assert_eq!(&json, &serde_json::to_string(&text).unwrap());
        prop_assert_eq!(serde_json::from_str::<OrderStatus>(&json).unwrap(), status);
    }

    #[test]
    fn every_id_survives_a_round_trip(text in ".*") {
        let id = OrderId::new(text.as_str());
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<OrderId>(&json).unwrap(), id);
        let typed = OrderId::from_str(&text);
        prop_assert_eq!(typed.is_ok(), !text.is_empty() && !text.chars().any(char::is_control));
    }
}
