//! Work that is finished whatever happens to whoever waits for it: a provider may hang up in the middle of a webhook.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::runtime::Handle;

use super::hub::Hub;
use crate::domain::BoxFuture;

/// Work that is done where it is awaited, as that is quickest, and goes on by itself once it is awaited no more. A stop waits for it.
pub struct Finishing<T: Send + 'static> {
    hub: Arc<Hub>,
    /// `None` once it is done.
    work: Option<BoxFuture<'static, Option<T>>>,
    _held: Arc<()>,
}

impl Hub {
    /// Such work. It comes to `None` where it panics.
    pub fn finishing<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Finishing<T> {
        let work = AssertUnwindSafe(work).catch_unwind().map(Result::ok);
        Finishing { hub: Arc::clone(self), work: Some(Box::pin(work)), _held: self.under_way() }
    }
}

impl<T: Send + 'static> Future for Finishing<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.work else { return Poll::Ready(None) };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Finishing<T> {
    fn drop(&mut self) {
        // Without a runtime the whole process ends.
        if let (Some(work), Ok(_)) = (self.work.take(), Handle::try_current()) {
            self.hub.spawn(work);
        }
    }
}
