//! Texts of `http` steps that may name secrets: `{{ secret.NAME }}` stands alone between its braces, and nowhere else.

use std::collections::BTreeSet;

use crate::script::{Expr, Piece};
use crate::yaml::{Located, Node, Problem, nearest};

use super::context::Context;
use super::names::is_name;
use super::texts::inner;
use super::{Parts, Revision};

/// The word that secrets are read by.
pub(super) const SECRET: &str = "secret";

/// A text with places for secrets, as written.
#[derive(Clone, Debug)]
pub struct SealedText(pub Vec<SealedPiece>);

/// A part of it.
#[derive(Clone, Debug)]
pub enum SealedPiece {
    /// As it is.
    Literal(String),
    /// A value of the turn.
    Expr(Expr),
    /// A secret of `frontdesk.yaml`, filled in when the call is made.
    Secret(String),
}

/// A use of a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretUse {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Located,
}

impl Context {
    /// A text with `{{ }}`, secrets among them.
    pub fn sealed_text(&mut self, node: &Node) -> Option<SealedText> {
        let written = self.scalar(node, "a text")?;
        let text = self.scripts.text(&written, &inner(node));
        for problem in text.problems() {
            self.report(problem.clone());
        }
        self.fields.extend(text.fields().cloned());
        let pieces: Vec<_> = text.pieces().map(|piece| self.sealed_piece(piece)).collect();
        Some(SealedText(pieces))
    }

    fn sealed_piece(&mut self, piece: Piece<'_>) -> SealedPiece {
        let expr = match piece {
            Piece::Literal(text) => return SealedPiece::Literal(text.to_owned()),
            Piece::Expr(expr) => expr,
        };
        let named = expr.source().strip_prefix("secret.").filter(|name| is_name(name));
        if let (Some(name), Some((_, at))) = (named, expr.names().first()) {
            self.secrets.push(SecretUse { name: name.to_owned(), at: at.clone() });
            return SealedPiece::Secret(name.to_owned());
        }
        for (name, at) in expr.names() {
            self.reads(name, at);
        }
        SealedPiece::Expr(expr.clone())
    }

    /// A secret is read where it must not be.
    pub(super) fn secret_misplaced(&mut self, at: &Located) {
        let problem = Problem::error("misplaced-secret", at, "a secret cannot stand here");
        self.report(
            problem
                .help("`{{ secret.NAME }}`, alone between its braces, stands in the address and the headers of `http`"),
        );
    }
}

/// The secrets that a revision uses and the configuration does not have.
pub fn unknown_secrets<P: Parts>(revision: &Revision<P>, known: &BTreeSet<String>) -> Vec<Problem> {
    let unknown = revision.secrets.iter().filter(|used| !known.contains(&used.name));
    let problem = |used: &SecretUse| {
        let message = format!("`secrets` of the configuration has no `{}`", used.name);
        let problem = Problem::error("unknown-secret", &used.at, message);
        match nearest(&used.name, known.iter().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => {
                problem.help(format!("write it into `frontdesk.yaml`: `secrets: {{{}: \"${{VARIABLE}}\"}}`", used.name))
            }
        }
    };
    unknown.map(problem).collect()
}
