//! Macros for what all client crates have: the setters of their builders, and the ways to read a list.

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
