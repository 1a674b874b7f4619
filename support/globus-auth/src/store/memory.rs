//! Tokens in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{TokenStore, key};
use crate::{IssuedToken, Result};

/// Keeps tokens until the process ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tokens: Mutex<BTreeMap<String, IssuedToken>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn tokens(&self) -> MutexGuard<'_, BTreeMap<String, IssuedToken>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn load_all(&self) -> Result<Vec<IssuedToken>> {
        Ok(self.tokens().values().cloned().collect())
    }

    async fn save(&self, tokens: &[IssuedToken]) -> Result<()> {
        let named = tokens
            .iter()
            .map(|token| Ok((key(token)?.to_owned(), token.clone())));
        let named = named.collect::<Result<Vec<_>>>()?;
        self.tokens().extend(named);
        Ok(())
    }

    async fn remove(&self, resource_server: &str) -> Result<bool> {
        Ok(self.tokens().remove(resource_server).is_some())
    }
}
