//! Lists that come in pages.

use std::collections::VecDeque;
use std::fmt;

use crate::blocking;
use crate::error::Error;
use crate::request::Request;

/// Items of a page, unless asked otherwise.
pub const DEFAULT_PAGE_SIZE: u32 = 100;

type Fetch<T> = Box<dyn Fn(u64, u32) -> Request<Vec<T>> + Send + Sync>;

/// A list that is read page by page, while it is used.
///
/// ```no_run
/// # async fn f(client: wats_client::Client) -> Result<(), wats_client::Error> {
/// let mut changes = client.production().unit_changes(None, Some("LAMP-7")).page_size(50);
/// while let Some(change) = changes.next().await? {
///     println!("{:?} is to become {:?}", change.unit_serial_number, change.new_part_number);
/// }
/// # Ok(()) }
/// ```
///
/// The end is a page that is not full, of large pages (over [`DEFAULT_PAGE_SIZE`]) one that is empty. What is added or removed on the server meanwhile may come twice or not at all: the API
/// counts from the beginning each time.
///
/// # Cancel safety
/// Dropping [`next`](Self::next) before its end loses nothing: the same page is read again.
#[must_use = "pages are not read until they are asked for"]
pub struct Pages<T> {
    fetch: Fetch<T>,
    size: u32,
    read: u64,
    left: VecDeque<T>,
    is_over: bool,
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, read, is_over, .. } = self;
        f.debug_struct("Pages")
            .field("size", size)
            .field("read", read)
            .field("is_over", is_over)
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Pages<T> {
    /// `fetch` gets how many to leave out and how many to give.
    pub(crate) fn new(fetch: impl Fn(u64, u32) -> Request<Vec<T>> + Send + Sync + 'static) -> Self {
        Self { fetch: Box::new(fetch), size: DEFAULT_PAGE_SIZE, read: 0, left: VecDeque::new(), is_over: false }
    }

    /// Items in a page, 1 to 10,000.
    pub fn page_size(mut self, items: u32) -> Self {
        self.size = items.clamp(1, 10_000);
        self
    }

    /// Leaves out the first ones.
    pub fn skip(mut self, items: u64) -> Self {
        self.read = items;
        self
    }

    /// The first page alone, as one call.
    pub fn first_page(self) -> Request<Vec<T>> {
        (self.fetch)(self.read, self.size)
    }

    /// The next page, none when there are no more.
    ///
    /// # Errors
    /// Those of the call; the same page can be asked for again.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>, Error> {
        if !self.left.is_empty() {
            return Ok(Some(self.left.drain(..).collect()));
        }
        if self.is_over {
            return Ok(None);
        }
        let page = (self.fetch)(self.read, self.size).await?;
        self.read += page.len() as u64;
        // A server may give fewer than it is asked for when that is many: then the end is a page of none.
        self.is_over = page.is_empty() || (page.len() < self.size as usize && self.size <= DEFAULT_PAGE_SIZE);
        Ok((!page.is_empty()).then_some(page))
    }

    /// The next item, none when there are no more.
    ///
    /// # Errors
    /// As [`next_page`](Self::next_page).
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        if self.left.is_empty()
            && let Some(page) = self.next_page().await?
        {
            self.left.extend(page);
        }
        Ok(self.left.pop_front())
    }

    /// All that are left. Mind their number.
    ///
    /// # Errors
    /// As [`next_page`](Self::next_page); what was read before is lost then.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            all.extend(page);
        }
        Ok(all)
    }

    /// [`all`](Self::all), blocking this thread: see [`Request::wait`].
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub fn wait_all(self) -> Result<Vec<T>, Error> {
        blocking::wait(self.all())
    }

    /// Each item, blocking this thread for each page: see [`Request::wait`]. Ends after the first error.
    pub fn wait_each(self) -> impl Iterator<Item = Result<T, Error>> {
        let mut rest = Some(self);
        std::iter::from_fn(move || {
            let mut pages = rest.take()?;
            if let Some(item) = pages.left.pop_front() {
                rest = Some(pages);
                return Some(Ok(item));
            }
            let next = blocking::wait(async move {
                let item = pages.next().await?;
                Ok((item, pages))
            });
            match next {
                Ok((item, pages)) => {
                    rest = Some(pages);
                    item.map(Ok)
                }
                Err(error) => Some(Err(error)),
            }
        })
    }

    /// As a stream of items, which ends after the first error.
    pub fn into_stream(self) -> impl futures_util::Stream<Item = Result<T, Error>> + Send {
        futures_util::stream::try_unfold(
            self,
            |mut pages| async move { Ok(pages.next().await?.map(|item| (item, pages))) },
        )
    }
}
