//! What becomes of a message that was taken for delivery, and who is told of it: the same in all dialects.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;

use super::dialects::{Happening, What};
use super::guard::{LONGEST_HOLD, Refusal};
use super::news::News;
use super::world::{Job, Outgoing};
use super::{Echo, Shared};

/// Take a message for delivery. Its webhooks go before the answer to the call, after it, or never.
pub(super) async fn deliver(
    shared: &Shared,
    conversation: u64,
    what: Outgoing,
    fails: Option<String>,
) -> Result<Job, Refusal> {
    let taken = shared.world().send(conversation, what, fails, shared.now());
    let job = taken.map_err(|why| match why {
        Some(why) => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, why),
        None => Refusal::not_found(),
    })?;
    shared.news.tell(News::Conversation { id: conversation });
    // A later setting is for later jobs.
    let settings = shared.settings();
    if settings.echo == Echo::Before {
        let told = taken_and_ended(shared, job, settings.echo);
        let all = async {
            for one in told {
                drop(one.await);
            }
        };
        drop(tokio::time::timeout(LONGEST_HOLD, all).await);
    } else {
        let shared = shared.clone();
        shared.deliveries.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            tokio::time::sleep(settings.delivery_after).await;
            for one in taken_and_ended(&shared, job, settings.echo) {
                drop(one.await);
            }
            shared.deliveries.fetch_sub(1, Ordering::Relaxed);
        });
    }
    Ok(job)
}

fn taken_and_ended(shared: &Shared, job: Job, echo: Echo) -> Vec<tokio::sync::oneshot::Receiver<Option<u16>>> {
    let taken = Happening::to(job.conversation, What::Taken, job.message);
    // Told as it stands before it has ended.
    let mut told = if echo == Echo::Never { Vec::new() } else { shared.tell(&[taken]) };
    let happenings = shared.world().execute(job.id);
    shared.news.tell(News::Conversation { id: job.conversation });
    if echo != Echo::Never {
        told.extend(shared.tell(&happenings));
    }
    told
}
