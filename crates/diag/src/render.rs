//! Diagnostics as text with carets.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::{Diagnostic, FileId, Files, Label, Severity};

/// Whether the text may hold terminal escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For files, pipes and tests.
    Plain,
    /// With colours.
    Colour,
}

/// The diagnostic as people read it: the message, the source lines with carets, notes and help.
pub fn render(diagnostic: &Diagnostic, files: &Files, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code);
    let mut group = Group::with_title(title);
    let mut shown: Vec<FileId> = Vec::new();
    for label in &diagnostic.labels {
        let file = label.span.file;
        if !shown.contains(&file) {
            shown.push(file);
            group = group.element(snippet(file, &diagnostic.labels, files));
        }
    }
    group = group.elements(
        diagnostic
            .notes
            .iter()
            .map(|note| Level::NOTE.message(note.as_str())),
    );
    group = group.elements(
        diagnostic
            .help
            .iter()
            .map(|help| Level::HELP.message(help.as_str())),
    );
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    renderer.render(&[group])
}

fn snippet<'a>(
    file: FileId,
    labels: &'a [Label],
    files: &'a Files,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = files.text(file);
    let here = labels
        .iter()
        .enumerate()
        .filter(|(_, l)| l.span.file == file);
    let annotations = here.map(|(i, label)| {
        let kind = if i == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        // The renderer panics on offsets that are not between characters of the text.
        let start = text.floor_char_boundary(label.span.range.start as usize);
        let end = text.ceil_char_boundary(label.span.range.end as usize);
        let annotation = kind.span(start..end.max(start));
        if label.text.is_empty() {
            annotation
        } else {
            annotation.label(label.text.as_str())
        }
    });
    Snippet::source(text)
        .path(files.name(file))
        .annotations(annotations)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::{Span, TextRange};

    fn check(text: &str, at: std::ops::Range<usize>, expect: Expect) {
        let mut files = Files::new();
        let file = files.add("rules.yaml", text);
        let span = Span {
            file,
            range: TextRange::new(at.start, at.end),
        };
        let diagnostic = Diagnostic::error("LOAD_ERR_VALIDATE", "undefined macro")
            .label(span, "no macro has this name")
            .note("macros are defined with the key `macro`")
            .help(Some("did you mean `spawned`?".into()));
        expect.assert_eq(&render(&diagnostic, &files, Style::Plain));
    }

    #[test]
    fn a_diagnostic_shows_its_line_with_a_caret() {
        check(
            "- rule: r\n  condition: spwaned\n",
            23..30,
            expect![[r#"
                error[LOAD_ERR_VALIDATE]: undefined macro
                 --> rules.yaml:2:14
                  |
                2 |   condition: spwaned
                  |              ^^^^^^^ no macro has this name
                  |
                  = note: macros are defined with the key `macro`
                  = help: did you mean `spawned`?"#]],
        );
    }

    #[test]
    fn a_place_at_the_end_or_behind_it_or_inside_a_character_is_shown() {
        check(
            "abc",
            3..3,
            expect![[r#"
            error[LOAD_ERR_VALIDATE]: undefined macro
             --> rules.yaml:1:4
              |
            1 | abc
              |    ^ no macro has this name
              |
              = note: macros are defined with the key `macro`
              = help: did you mean `spawned`?"#]],
        );
        check(
            "abc",
            90..99,
            expect![[r#"
            error[LOAD_ERR_VALIDATE]: undefined macro
             --> rules.yaml:1:4
              |
            1 | abc
              |    ^ no macro has this name
              |
              = note: macros are defined with the key `macro`
              = help: did you mean `spawned`?"#]],
        );
        check(
            "ä",
            1..1,
            expect![[r#"
            error[LOAD_ERR_VALIDATE]: undefined macro
             --> rules.yaml:1:1
              |
            1 | ä
              | ^ no macro has this name
              |
              = note: macros are defined with the key `macro`
              = help: did you mean `spawned`?"#]],
        );
        check(
            "",
            0..0,
            expect![[r#"
            error[LOAD_ERR_VALIDATE]: undefined macro
             --> rules.yaml:1:1
              |
            1 |
              | ^ no macro has this name
              |
              = note: macros are defined with the key `macro`
              = help: did you mean `spawned`?"#]],
        );
    }

    #[test]
    fn without_a_place_only_the_words_are_shown() {
        let diagnostic = Diagnostic::warning("LOAD_UNKNOWN_ITEM", "unknown item");
        expect!["warning[LOAD_UNKNOWN_ITEM]: unknown item"].assert_eq(&render(
            &diagnostic,
            &Files::new(),
            Style::Plain,
        ));
    }
}
