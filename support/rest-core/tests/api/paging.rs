//! Lists in pages.

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt as _, TryStreamExt as _};
use rest_core::{Error, ErrorKind, Page, PageToken, Pager};

/// The tokens that were asked for.
type Asked = Arc<Mutex<Vec<Option<PageToken>>>>;

/// A list of pages; tokens are markers with the page's number. Notes what was asked for.
fn list(contents: Vec<Vec<u32>>) -> (Pager<u32>, Asked) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&asked);
    let pager = Pager::new("shop.list_items", move |token| {
        note.lock().unwrap().push(token.clone());
        let index: usize = match token {
            Some(PageToken::Marker(marker)) => marker.parse().unwrap(),
            _ => 0,
        };
        let next = (index + 1 < contents.len()).then(|| PageToken::Marker((index + 1).to_string()));
        let page = Page {
            items: contents[index].clone(),
            next,
            total: None,
        };
        Box::pin(async move { Ok(page) })
    });
    (pager, asked)
}

fn marker(text: &str) -> PageToken {
    PageToken::Marker(text.to_owned())
}

#[tokio::test]
async fn all_items_over_an_empty_middle_page() {
    let (pager, asked) = list(vec![vec![1, 2], vec![], vec![3], vec![]]);
    assert_eq!(pager.clone().collect().await.unwrap(), [1, 2, 3]);
    assert_eq!(
        *asked.lock().unwrap(),
        [None, Some(marker("1")), Some(marker("2")), Some(marker("3"))]
    );
    let items: Vec<u32> = pager.items().try_collect().await.unwrap();
    assert_eq!(items, [1, 2, 3]);
}

#[tokio::test]
async fn more_than_a_thousand_items_are_not_cut() {
    let (pager, _) = list(
        (0..30)
            .map(|page| (page * 100..(page + 1) * 100).collect())
            .collect(),
    );
    assert_eq!(pager.collect().await.unwrap(), (0..3000).collect::<Vec<_>>());
}

#[tokio::test]
async fn send_asks_for_one_page() {
    let (pager, asked) = list(vec![vec![1, 2], vec![3]]);
    let page = pager.send().await.unwrap();
    assert_eq!((page.items, page.next), (vec![1, 2], Some(marker("1"))));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_resumes_at_a_stored_token() {
    let (pager, _) = list(vec![vec![1, 2], vec![3], vec![4]]);
    let first = pager.clone().pages().next().await.unwrap().unwrap();
    let token = first.next.unwrap();
    let stored = serde_json::to_string(&token).unwrap();
    assert_eq!(stored, r#"{"marker":"1"}"#);
    let token = serde_json::from_str(&stored).unwrap();
    assert_eq!(pager.resume(token).collect().await.unwrap(), [3, 4]);
}

#[tokio::test]
async fn max_items_stops_asking() {
    let (pager, asked) = list(vec![vec![1, 2], vec![3, 4], vec![5]]);
    assert_eq!(pager.clone().max_items(3).collect().await.unwrap(), [1, 2, 3]);
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(pager.clone().max_items(2).collect().await.unwrap(), [1, 2]);
    assert_eq!(
        asked.lock().unwrap().len(),
        3,
        "the page was full; no second one is asked for"
    );
    assert!(pager.max_items(0).collect().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_repeated_token_is_an_error_and_the_end() {
    let turn = Arc::new(Mutex::new(0_u32));
    let pager = Pager::new("shop.list_items", move |_| {
        let mut turn = turn.lock().unwrap();
        *turn += 1;
        let next = Some(PageToken::Offset(if turn.is_multiple_of(2) { 10 } else { 20 }));
        let page = Page {
            items: vec![*turn],
            next,
            total: Some(40),
        };
        Box::pin(async move { Ok(page) })
    });
    let results: Vec<Result<Page<u32>, Error>> = pager.pages().collect().await;
    assert_eq!(results.len(), 3);
    let error = results[2].as_ref().unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Decode, Some("shop.list_items"))
    );
}

#[tokio::test]
async fn a_list_that_resumes_at_its_own_token_is_an_error() {
    let pager = Pager::new("shop.list_items", |token| {
        Box::pin(async move {
            Ok(Page {
                items: vec![1],
                next: token,
                total: None,
            })
        })
    });
    pager.resume(marker("x")).collect().await.unwrap_err();
}

#[tokio::test]
async fn empty_pages_without_end_are_an_error() {
    let pager: Pager<u32> = Pager::new("shop.list_items", |token| {
        let offset = if let Some(PageToken::Offset(offset)) = token {
            offset
        } else {
            0
        };
        let page = Page {
            items: Vec::new(),
            next: Some(PageToken::Offset(offset + 1)),
            total: None,
        };
        Box::pin(async move { Ok(page) })
    });
    let error = pager.collect().await.unwrap_err();
    assert!(error.to_string().contains("empty pages"), "{error}");
}

#[tokio::test]
async fn a_failed_page_ends_the_stream_after_what_was_read() {
    let pager = Pager::new("shop.list_items", |token| {
        Box::pin(async move {
            match token {
                None => Ok(Page {
                    items: vec![1, 2],
                    next: Some(marker("x")),
                    total: None,
                }),
                Some(_) => Err(Error::auth("no longer")),
            }
        })
    });
    let items: Vec<Result<u32, Error>> = pager.items().collect().await;
    assert_eq!(items.len(), 3);
    assert_eq!(*items[1].as_ref().unwrap(), 2);
    assert!(items[2].is_err());
}

#[test]
fn streams_can_be_spawned() {
    fn spawnable<T: Send + 'static>(_: T) {}
    spawnable(list(vec![vec![]]).0.items());
    spawnable(list(vec![vec![]]).0.pages());
}
