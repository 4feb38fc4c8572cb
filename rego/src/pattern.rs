//! Regular expressions as Go reads them, written for the engine's.

/// Perl's classes and word boundaries mean ASCII to Go, and Unicode or nothing to the engine; inside brackets
/// the engine gives a meaning to `[`, `&` and `~` that Go does not.
pub fn translate(go: &str) -> String {
    let mut out = String::with_capacity(go.len() + 16);
    let mut chars = go.chars().peekable();
    let mut class = Class::Outside;
    while let Some(char) = chars.next() {
        match (char, &class) {
            ('\\', _) => match chars.next() {
                Some(escaped) => push_escape(&mut out, escaped, class != Class::Outside),
                None => out.push('\\'),
            },
            ('[', Class::Outside) => {
                out.push('[');
                if let Some(caret) = chars.next_if_eq(&'^') {
                    out.push(caret);
                }
                class = Class::First;
                continue;
            }
            ('[', _) if chars.peek() == Some(&':') => push_posix(&mut out, &mut chars),
            (']', Class::First) => out.push_str("\\]"),
            (']', Class::Inside) => {
                out.push(']');
                class = Class::Outside;
            }
            ('[' | '&' | '~', Class::First | Class::Inside) => out.extend(['\\', char]),
            _ => out.push(char),
        }
        if class == Class::First {
            class = Class::Inside;
        }
    }
    out
}

#[derive(PartialEq)]
enum Class {
    Outside,
    /// Before the first member, where `]` is a literal.
    First,
    Inside,
}

fn push_escape(out: &mut String, escaped: char, in_class: bool) {
    match escaped {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        's' => out.push_str("[\\t\\n\\f\\r ]"),
        'S' => out.push_str("[^\\t\\n\\f\\r ]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'b' | 'B' if !in_class => out.extend(["(?-u:\\", escaped.encode_utf8(&mut [0; 4]), ")"]),
        _ => out.extend(['\\', escaped]),
    }
}

/// Copies `[:alpha:]` up to its end.
fn push_posix(out: &mut String, chars: &mut impl Iterator<Item = char>) {
    out.push('[');
    for char in chars {
        out.push(char);
        if char == ']' {
            return;
        }
    }
}
