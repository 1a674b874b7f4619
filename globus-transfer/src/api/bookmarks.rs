//! Bookmarks.

use super::call::{call, fields, optional};
use super::paging::{Whole, list};
use crate::model::{Bookmark, OperationResult};
use crate::{Client, EndpointId};

impl Client {
    /// The caller's bookmarks.
    pub fn bookmarks(&self) -> Bookmarks {
        Bookmarks { client: self.clone() }
    }
}

/// The caller's bookmarks. Made by [`Client::bookmarks`].
#[derive(Clone, Debug)]
pub struct Bookmarks {
    client: Client,
}

impl Bookmarks {
    /// Lists the bookmarks.
    pub fn list(&self) -> ListBookmarks {
        ListBookmarks::new(&self.client, &[])
    }

    /// Makes a bookmark of a folder, whose path ends with a slash. The name must be new.
    pub fn create(
        &self,
        name: impl Into<String>,
        endpoint: &EndpointId,
        path: impl Into<String>,
    ) -> CreateBookmark {
        let mut create = CreateBookmark::new(&self.client, &[]);
        create.call = create.call.document("bookmark");
        create.call.set("name", name.into());
        create.call.set("endpoint_id", endpoint.as_str());
        create.call.set("path", path.into());
        create
    }

    /// Reads a bookmark.
    pub fn get(&self, bookmark: impl AsRef<str>) -> GetBookmark {
        GetBookmark::new(&self.client, &[("bookmark_id", bookmark.as_ref())])
    }

    /// Changes a bookmark.
    pub fn update(&self, bookmark: impl AsRef<str>) -> UpdateBookmark {
        let mut update = UpdateBookmark::new(&self.client, &[("bookmark_id", bookmark.as_ref())]);
        update.call = update.call.document("bookmark");
        update
    }

    /// Deletes a bookmark.
    pub fn delete(&self, bookmark: impl AsRef<str>) -> DeleteBookmark {
        DeleteBookmark::new(&self.client, &[("bookmark_id", bookmark.as_ref())])
    }
}

list! {
    /// Lists bookmarks. Made by [`Bookmarks::list`].
    ListBookmarks: "globus_transfer.bookmark_list", "/v0.10/bookmark_list" -> Whole<Bookmark>;
}

call! {
    /// Makes a bookmark. Made by [`Bookmarks::create`].
    CreateBookmark: "globus_transfer.create_bookmark", POST "/v0.10/bookmark" -> Bookmark;
    /// The new bookmark. Not repeated once it may have been acted on.
}

fields!(CreateBookmark {
    /// Whether it stands on top.
    pinned: flag;
});

call! {
    /// Reads a bookmark. Made by [`Bookmarks::get`].
    GetBookmark: "globus_transfer.get_bookmark", GET "/v0.10/bookmark/{bookmark_id}" -> Bookmark;
    /// The bookmark. Retried.
}
optional!(GetBookmark -> Bookmark);

call! {
    /// Changes a bookmark. Made by [`Bookmarks::update`].
    UpdateBookmark: "globus_transfer.update_bookmark", PUT "/v0.10/bookmark/{bookmark_id}" -> Bookmark;
    /// The bookmark as it is then. Retried.
}

fields!(UpdateBookmark {
    /// Its name.
    name: text;
    /// Whether it stands on top.
    pinned: flag;
});

call! {
    /// Deletes a bookmark. Made by [`Bookmarks::delete`].
    DeleteBookmark: "globus_transfer.delete_bookmark", DELETE "/v0.10/bookmark/{bookmark_id}" -> OperationResult;
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
