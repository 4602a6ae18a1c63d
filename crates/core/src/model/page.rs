//! How is a long list read piece by piece?

/// Which piece of a list is wanted. `C` is the key the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<C> {
    /// Only what comes after this key.
    pub after: Option<C>,
    /// At most so many items; 1 to [`MAX_PAGE_ITEMS`].
    pub limit: u32,
}

/// The most items that one page holds.
pub const MAX_PAGE_ITEMS: u32 = 200;

impl<C> PageRequest<C> {
    /// The first page of a list.
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }
}

/// One piece of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items, in the order of their keys.
    pub items: Vec<T>,
    /// The key to ask for the next page with; `None` at the end of the list.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// A page out of up to `limit + 1` items: the extra one only tells that there are more.
    pub fn from_overfull(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> C) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(key) } else { None };
        Self { items, next }
    }
}
