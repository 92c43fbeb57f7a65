//! Labels as steps name them: one or several, with expressions in them.

use super::Core;
use super::show::shown;
use super::turn::Turning;
use crate::bot::{StepReader, ValueExpr};
use crate::domain::Value;

/// Characters of a label; longer ones no provider shows.
const LONGEST_LABEL: usize = 100;

/// Labels, as written.
#[derive(Debug)]
pub struct Labels(ValueExpr);

impl Labels {
    /// Read the step's main argument: a label or a list of labels.
    pub fn read(r: &mut StepReader<'_, Core>) -> Option<Self> {
        let node = r.argument()?;
        if node.one_or_many().iter().any(|label| label.scalar().is_none_or(|text| text.trim().is_empty())) {
            r.wrong_type(&node, "a label or a list of labels");
            return None;
        }
        r.value(&node).map(Self)
    }

    /// What they are now: trimmed, none empty, none twice.
    pub fn now(&self, t: &mut Turning<'_>) -> Vec<String> {
        let value = t.value(&self.0);
        let mut labels: Vec<String> = Vec::new();
        let items = if let Value::List(items) = value { items } else { vec![value] };
        for item in items {
            let label: String = shown(&item, t.zone()).trim().chars().take(LONGEST_LABEL).collect();
            if !label.is_empty() && !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }
}
