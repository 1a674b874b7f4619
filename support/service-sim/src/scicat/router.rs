//! The service's routes. Their paths are the same in upper and lower case to the real one; here pyscicat's spelling is
//! known beside its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use http::{HeaderMap, StatusCode};

use super::blocks::Block;
use super::filter::Words;
use super::lists::Asked;
use super::operations::Names;
use super::resources::{INSTRUMENTS, JOBS, POLICIES, PROPOSALS, Resource, SAMPLES};
use super::{SciCat, attachments, blocks, dataset_changes, datasets, login, others, replies, resources};
use crate::routes::Routes;
use crate::server::Peer;

type All = Routes<Arc<SciCat>>;
type Sim = State<Arc<SciCat>>;

/// The service's routes.
pub(crate) fn router(state: Arc<SciCat>) -> Router {
    let mut routes = Routes::new(&state.shared, "scicat", replies::error_document)
        .on("scicat.health", "/api/v3/health", get(others::health))
        .on("scicat.login", "/api/v3/auth/login", post(login::login))
        .on("scicat.login", "/api/v3/users/login", post(others::old_login))
        .on("scicat.whoami", "/api/v3/auth/whoami", get(others::whoami))
        .on("scicat.logout", "/api/v3/auth/logout", post(others::logout))
        .on("scicat.user_self", "/api/v3/users/my/self", get(others::whoami))
        .on("scicat.user_list", "/api/v3/users", get(others::users))
        .on("scicat.logbook_list", "/api/v3/logbooks", get(others::none));
    for (root, words) in [
        ("/api/v3/datasets", Words::V3),
        ("/api/v3/Datasets", Words::V3),
        ("/api/v4/datasets", Words::V4),
    ] {
        routes = of_datasets(routes, root, words);
        routes = of_one_dataset(routes, root, words);
    }
    routes = of_parts(routes, "/api/v3/datasets");
    routes = of_parts(routes, "/api/v3/Datasets");
    routes = of_parts_alone(routes);
    for (roots, resource) in [
        (["/api/v3/samples", "/api/v3/Samples"], SAMPLES),
        (["/api/v3/proposals", "/api/v3/Proposals"], PROPOSALS),
        (["/api/v3/instruments", "/api/v3/Instruments"], INSTRUMENTS),
        (["/api/v3/policies", "/api/v3/Policies"], POLICIES),
    ] {
        for root in roots {
            routes = of_resource(routes, root, resource, Words::V3);
        }
    }
    routes = of_resource(routes, "/api/v3/jobs", JOBS, Words::V3);
    routes = of_resource(routes, "/api/v4/jobs", JOBS, Words::V4);
    for root in ["/api/v3/publisheddata", "/api/v3/PublishedData"] {
        let kind = ("publisheddata", "doi");
        routes = list(routes, "scicat.published_data_find", root, kind, Words::V3);
        let count = format!("{root}/count");
        routes = count_of(routes, "scicat.published_data_count", &count, kind.0, Words::V3);
    }
    let alive = from_fn_with_state(Arc::clone(&state), reset_if_dead);
    routes.finish(state).layer(alive)
}

fn of_datasets(routes: All, root: &str, words: Words) -> All {
    let kind = ("datasets", "pid");
    let at = |rest: &str| format!("{root}/{rest}");
    let create = move |scicat: Sim, headers: HeaderMap, body: Bytes| async move {
        datasets::create(words, scicat, &headers, &body)
    };
    let check = move |scicat: Sim, headers: HeaderMap, body: Bytes| async move {
        datasets::is_valid(words, scicat, &headers, &body)
    };
    let mut routes = routes
        .on("scicat.dataset_create", root, post(create))
        .on("scicat.dataset_is_valid", &at("isValid"), post(check))
        .on(
            "scicat.dataset_metadata_keys",
            &at("metadataKeys"),
            get(datasets::metadata_keys),
        );
    routes = list(routes, "scicat.dataset_find", root, kind, words);
    routes = count_of(routes, "scicat.dataset_count", &at("count"), kind.0, words);
    routes = first_of(routes, "scicat.dataset_find_one", &at("findOne"), kind, words);
    if words == Words::V3 {
        routes = search(routes, "scicat.dataset_full_query", &at("fullquery"), kind);
        routes = routes.on("scicat.dataset_facets", &at("fullfacet"), get(datasets::facets));
    }
    routes
}

fn of_one_dataset(routes: All, root: &str, words: Words) -> All {
    let one = format!("{root}/{{pid}}");
    let cycle = format!("{one}/datasetlifecycle");
    let read = move |scicat: Sim, pid: Path<String>, query, headers: HeaderMap| async move {
        datasets::read(words, scicat, pid, query, &headers)
    };
    let update = move |scicat: Sim, pid: Path<String>, headers: HeaderMap, body: Bytes| async move {
        dataset_changes::update(words, scicat, pid, &headers, &body)
    };
    let replace = move |scicat: Sim, pid: Path<String>, headers: HeaderMap, body: Bytes| async move {
        dataset_changes::replace(words, scicat, pid, &headers, &body)
    };
    routes
        .on("scicat.dataset_get", &one, get(read))
        .on("scicat.dataset_update", &one, patch(update))
        .on("scicat.dataset_replace", &one, put(replace))
        .on("scicat.dataset_delete", &one, delete(dataset_changes::delete))
        .on(
            "scicat.dataset_lifecycle_get",
            &cycle,
            get(dataset_changes::lifecycle),
        )
        .on(
            "scicat.dataset_lifecycle_update",
            &cycle,
            patch(dataset_changes::update_lifecycle),
        )
}

/// What hangs below a dataset in version 3.
fn of_parts(routes: All, root: &str) -> All {
    let one = format!("{root}/{{pid}}");
    let at = |rest: &str| format!("{one}/{rest}");
    let make = |block: Block| {
        post(
            move |scicat: Sim, pid: Path<String>, headers: HeaderMap, body: Bytes| async move {
                blocks::create(block, scicat, Some(pid), &headers, &body)
            },
        )
    };
    let held = |kind: &'static str| {
        get(
            move |scicat: Sim, pid: Path<String>, headers: HeaderMap| async move {
                blocks::list(kind, scicat, pid, &headers)
            },
        )
    };
    let attach = |scicat: Sim, pid: Path<String>, headers: HeaderMap, body: Bytes| async move {
        attachments::create(Words::V3, scicat, Some(pid), &headers, &body)
    };
    let originals = at("origdatablocks");
    let original = at("origdatablocks/{id}");
    let copies = at("datablocks");
    let copy = at("datablocks/{id}");
    let pictures = at("attachments");
    let picture = at("attachments/{id}");
    routes
        .on(
            "scicat.dataset_append",
            &at("appendToArrayField"),
            post(dataset_changes::append),
        )
        .on(
            "scicat.dataset_thumbnail",
            &at("thumbnail"),
            get(attachments::thumbnail),
        )
        .on(
            "scicat.origdatablock_create",
            &originals,
            make(blocks::OF_DATASET),
        )
        .on("scicat.origdatablock_list", &originals, held("origdatablocks"))
        .on(
            "scicat.origdatablock_is_valid",
            &at("origdatablocks/isValid"),
            post(blocks::is_valid),
        )
        .on(
            "scicat.origdatablock_update",
            &original,
            patch_block(blocks::CHANGE),
        )
        .on(
            "scicat.origdatablock_delete",
            &original,
            delete_block("origdatablocks"),
        )
        .on("scicat.datablock_create", &copies, make(blocks::ELSEWHERE))
        .on("scicat.datablock_list", &copies, held("datablocks"))
        .on(
            "scicat.datablock_update",
            &copy,
            patch_block(blocks::ELSEWHERE_CHANGE),
        )
        .on("scicat.datablock_delete", &copy, delete_block("datablocks"))
        .on("scicat.attachment_create", &pictures, post(attach))
        .on("scicat.attachment_list", &pictures, get(attachments::list))
        .on(
            "scicat.attachment_update",
            &picture,
            update_attachment(Words::V3, &http::Method::PUT),
        )
        .on("scicat.attachment_delete", &picture, delete(attachments::delete))
}

/// The same parts by themselves.
fn of_parts_alone(mut routes: All) -> All {
    for (root, words) in [
        ("/api/v3/origdatablocks", Words::V3),
        ("/api/v4/origdatablocks", Words::V4),
    ] {
        let create = |scicat: Sim, headers: HeaderMap, body: Bytes| async move {
            blocks::create(blocks::BY_ITSELF, scicat, None, &headers, &body)
        };
        let one = format!("{root}/{{id}}");
        routes = list(
            routes,
            "scicat.origdatablock_find",
            root,
            ("origdatablocks", "_id"),
            words,
        )
        .on("scicat.origdatablock_create", root, post(create))
        .on("scicat.origdatablock_update", &one, patch_block(blocks::CHANGE))
        .on(
            "scicat.origdatablock_delete",
            &one,
            delete_block("origdatablocks"),
        );
    }
    let attach = |scicat: Sim, headers: HeaderMap, body: Bytes| async move {
        attachments::create(Words::V4, scicat, None, &headers, &body)
    };
    let root = "/api/v4/attachments";
    let one = "/api/v4/attachments/{id}";
    routes = list(
        routes,
        "scicat.attachment_find",
        root,
        ("attachments", "aid"),
        Words::V4,
    )
    .on("scicat.attachment_create", root, post(attach))
    .on(
        "scicat.attachment_update",
        one,
        update_attachment(Words::V4, &http::Method::PATCH),
    )
    .on("scicat.attachment_delete", one, delete(attachments::delete));
    let root = "/api/v3/datablocks";
    list(
        routes,
        "scicat.datablock_find",
        root,
        ("datablocks", "_id"),
        Words::V3,
    )
}

fn of_resource(routes: All, root: &str, resource: &'static Resource, words: Words) -> All {
    let one = format!("{root}/{{id}}");
    let kind = (resource.kind, resource.id);
    let names = Names::of(resource);
    let create = move |scicat: Sim, headers: HeaderMap, body: Bytes| async move {
        resources::create(resource, scicat, &headers, &body)
    };
    let read = move |scicat: Sim, id: Path<String>, headers: HeaderMap| async move {
        resources::read(resource, scicat, id, &headers)
    };
    let update = move |scicat: Sim, id: Path<String>, headers: HeaderMap, body: Bytes| async move {
        resources::update(resource, scicat, id, &headers, &body)
    };
    let remove = move |scicat: Sim, id: Path<String>, headers: HeaderMap| async move {
        resources::delete(resource, scicat, id, &headers)
    };
    let mut routes = routes
        .on(names.create, root, post(create))
        .on(names.get, &one, get(read))
        .on(names.update, &one, patch(update))
        .on(names.delete, &one, delete(remove));
    routes = list(routes, names.find, root, kind, words);
    if let Some(count) = names.count {
        routes = count_of(routes, count, &format!("{root}/count"), kind.0, words);
    }
    if let Some(first) = names.find_one {
        routes = first_of(routes, first, &format!("{root}/findOne"), kind, words);
    }
    if let Some(query) = names.full_query {
        routes = search(routes, query, &format!("{root}/fullquery"), kind);
    }
    routes
}

type Kind = (&'static str, &'static str);

fn list(routes: All, operation: &'static str, path: &str, kind: Kind, words: Words) -> All {
    let page = move |State(scicat): Sim, Query(asked): Query<Asked>, headers: HeaderMap| async move {
        scicat.page(&scicat.caller(&headers), &asked, kind, words)
    };
    routes.on(operation, path, get(page))
}

fn first_of(routes: All, operation: &'static str, path: &str, kind: Kind, words: Words) -> All {
    let first = move |State(scicat): Sim, Query(asked): Query<Asked>, headers: HeaderMap| async move {
        scicat.first(&scicat.caller(&headers), &asked, kind, words)
    };
    routes.on(operation, path, get(first))
}

fn count_of(routes: All, operation: &'static str, path: &str, kind: &'static str, words: Words) -> All {
    let count = move |State(scicat): Sim, Query(asked): Query<Asked>, headers: HeaderMap| async move {
        scicat.count(&scicat.caller(&headers), &asked, kind, words)
    };
    routes.on(operation, path, get(count))
}

fn search(routes: All, operation: &'static str, path: &str, kind: Kind) -> All {
    let search = move |State(scicat): Sim, Query(asked): Query<Asked>, headers: HeaderMap| async move {
        scicat.search(&scicat.caller(&headers), &asked, kind)
    };
    routes.on(operation, path, get(search))
}

fn patch_block(block: Block) -> axum::routing::MethodRouter<Arc<SciCat>> {
    patch(
        move |scicat: Sim, path, headers: HeaderMap, body: Bytes| async move {
            blocks::update(block, scicat, &path, &headers, &body)
        },
    )
}

fn delete_block(kind: &'static str) -> axum::routing::MethodRouter<Arc<SciCat>> {
    delete(move |scicat: Sim, path, headers: HeaderMap| async move {
        blocks::delete(kind, scicat, &path, &headers)
    })
}

fn update_attachment(words: Words, method: &http::Method) -> axum::routing::MethodRouter<Arc<SciCat>> {
    let update = move |scicat: Sim, path, headers: HeaderMap, body: Bytes| async move {
        attachments::update(words, scicat, &path, &headers, &body)
    };
    if *method == http::Method::PUT {
        put(update)
    } else {
        patch(update)
    }
}

/// A dead service answers nobody, and writes no journal.
async fn reset_if_dead(State(scicat): Sim, request: Request, next: Next) -> Response {
    if !scicat.dead.load(Ordering::SeqCst) {
        return next.run(request).await;
    }
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<Peer>>() {
        peer.cut.reset();
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
