//! Macros for what client crates have in common: the setters of their builders, the builders of requests, and the
//! ways to read a list.

/// Gives a client's builder the setters that all clients share. The builder has a field `rest` of type
/// [`RestClientBuilder`](crate::RestClientBuilder).
///
/// ```
/// /// Sets up a client of the library.
/// #[derive(Clone, Debug)]
/// pub struct ClientBuilder {
///     rest: rest_core::RestClientBuilder,
/// }
///
/// rest_core::client_setters!(ClientBuilder);
///
/// let rest = rest_core::RestClient::builder("library", "https://books.example.org");
/// let builder = ClientBuilder { rest }.timeout(std::time::Duration::from_secs(10));
/// ```
#[macro_export]
macro_rules! client_setters {
    ($builder:ident) => {
        impl $builder {
            /// The connections to use, for proxies and certificates of one's own; default those that all clients of
            /// the process share. Its redirect policy should be `none`.
            pub fn http(mut self, http: $crate::__private::reqwest::Client) -> Self {
                self.rest = self.rest.http(http);
                self
            }

            /// When and how often a request is sent again; default 5 attempts within 120 s.
            pub fn retry(mut self, retry: $crate::RetryPolicy) -> Self {
                self.rest = self.rest.retry(retry);
                self
            }

            /// How long one attempt may take, answer included; default 30 s.
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.rest = self.rest.timeout(timeout);
                self
            }

            /// The `User-Agent` header; default the crate's name and version.
            pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
                self.rest = self.rest.user_agent(user_agent);
                self
            }

            /// Where time comes from, for tests; default the system's.
            pub fn clock(mut self, clock: ::std::sync::Arc<dyn $crate::Clock>) -> Self {
                self.rest = self.rest.clock(clock);
                self
            }

            /// Hosts (`name` or `name:port`) that may be sent tokens and passwords over plain http, besides
            /// loopback. Called again, these too.
            pub fn insecure_http_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
                self.rest = self.rest.insecure_http_hosts(hosts);
                self
            }

            /// Called after each attempt, those for tokens and logins included: counts requests. Must not block.
            pub fn on_request(mut self, hook: $crate::OnRequest) -> Self {
                self.rest = self.rest.on_request(hook);
                self
            }
        }
    };
}

/// Gives a builder `send_opt`: 404 as `None`. It has `call.client` and `into_parts`, and `send` with its answer.
#[macro_export]
macro_rules! optional {
    ($name:ident -> $answer:ty) => {
        impl $name {
            /// As [`send`](Self::send), with `None` if the service does not know it.
            ///
            /// # Errors
            /// As for [`send`](Self::send), but 404 is no error.
            pub async fn send_opt(&self) -> $crate::Result<Option<$answer>> {
                self.call.client.request_opt(self.into_parts()?).await
            }
        }
    };
}

/// Gives the builder of a list the ways to read it to its end. It has a method `pager` that gives a
/// [`Pager`](crate::Pager) of the items.
#[macro_export]
macro_rules! paged {
    ($list:ident, $item:ty) => {
        impl $list {
            /// All pages, as they are asked for. Each is retried.
            pub fn pages(
                &self,
            ) -> impl $crate::Stream<Item = $crate::Result<$crate::Page<$item>>> + Send + 'static {
                self.pager().pages()
            }

            /// All items, as they are asked for. Each page is retried.
            pub fn items(&self) -> impl $crate::Stream<Item = $crate::Result<$item>> + Send + 'static {
                self.pager().items()
            }

            /// All items. Each page is retried.
            ///
            /// # Errors
            /// As for [`send`](Self::send).
            pub async fn collect(&self) -> $crate::Result<Vec<$item>> {
                self.pager().collect().await
            }
        }
    };
}

/// Declares the builder of one request around a [`Call`](crate::Call), with `into_parts`, `send` and, after
/// `optional`, `send_opt`. `new` takes the client's [`RestClient`](crate::RestClient) and the path's parameters.
///
/// ```
/// rest_core::call! {
///     /// Reads a book.
///     pub GetBook: "library.get_book", GET "/v1/books/{book_id}" -> serde_json::Value, optional;
///     /// The book. Retried.
/// }
///
/// let rest = rest_core::RestClient::builder("library", "https://books.example.org").build()?;
/// let parts = GetBook::new(&rest, &[("book_id", "a/b")]).into_parts()?;
/// assert_eq!(parts.path()?, "/v1/books/a%2Fb");
/// # Ok::<(), rest_core::Error>(())
/// ```
#[macro_export]
macro_rules! call {
    (
        $(#[$doc:meta])*
        $vis:vis $name:ident: $operation:literal, $method:ident $path:literal -> $answer:ty, optional;
        $(#[$sent:meta])*
    ) => {
        $crate::call! {
            $(#[$doc])*
            $vis $name: $operation, $method $path -> $answer;
            $(#[$sent])*
        }

        impl $name {
            /// As [`send`](Self::send), with `None` if the service does not know it.
            ///
            /// # Errors
            /// As for [`send`](Self::send), but 404 is no error.
            pub async fn send_opt(&self) -> $crate::Result<Option<$answer>> {
                self.call.send_opt().await
            }
        }
    };
    (
        $(#[$doc:meta])*
        $vis:vis $name:ident: $operation:literal, $method:ident $path:literal -> $answer:ty;
        $(#[$sent:meta])*
    ) => {
        $crate::builder! {
            $(#[$doc])*
            $vis $name: $operation, $method $path;
        }

        impl $name {
            $(#[$sent])*
            ///
            /// # Errors
            /// Those of [`into_parts`](Self::into_parts) and of any request.
            pub async fn send(&self) -> $crate::Result<$answer> {
                self.call.send().await
            }
        }
    };
}

/// Declares the builder of one request around a [`Call`](crate::Call), with `into_parts`; how it is sent is written
/// beside it.
#[macro_export]
macro_rules! builder {
    ( $(#[$doc:meta])* $vis:vis $name:ident: $operation:literal, $method:ident $path:literal; ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "a request does nothing until it is sent"]
        $vis struct $name {
            call: $crate::Call,
        }

        impl $name {
            fn new(rest: &$crate::RestClient, params: &[(&'static str, &str)]) -> Self {
                let method = $crate::Method::$method;
                Self { call: $crate::Call::new(rest, $operation, method, $path, params) }
            }

            #[doc = concat!("`", stringify!($method), " ", $path, "`, without sending it.")]
            ///
            /// # Errors
            /// [`ErrorKind::Config`](rest_core::ErrorKind::Config) when a value that was set cannot be sent.
            pub fn into_parts(&self) -> $crate::Result<$crate::RequestParts> {
                self.call.parts()
            }
        }
    };
}

/// Declares setters of a builder's body, one field each, of the kind `text`, `texts`, `flag` or `json`.
#[macro_export]
macro_rules! fields {
    ($name:ident { $( $(#[$doc:meta])* $setter:ident: $kind:ident; )+ }) => {
        impl $name {
            $( $crate::fields!(@one $(#[$doc])* $setter: $kind); )+
        }
    };
    (@one $(#[$doc:meta])* $setter:ident: text) => {
        $(#[$doc])*
        pub fn $setter(mut self, text: impl Into<String>) -> Self {
            self.call.set(stringify!($setter), text.into());
            self
        }
    };
    (@one $(#[$doc:meta])* $setter:ident: texts) => {
        $(#[$doc])*
        pub fn $setter<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
            let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
            self.call.set(stringify!($setter), texts);
            self
        }
    };
    (@one $(#[$doc:meta])* $setter:ident: flag) => {
        $(#[$doc])*
        pub fn $setter(mut self, yes: bool) -> Self {
            self.call.set(stringify!($setter), yes);
            self
        }
    };
    (@one $(#[$doc:meta])* $setter:ident: json) => {
        $(#[$doc])*
        pub fn $setter(mut self, value: impl Into<$crate::__private::serde_json::Value>) -> Self {
            self.call.set(stringify!($setter), value.into());
            self
        }
    };
}
