//! The table on the screen and the JSON for machines.

use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Outcome, io};
use crate::frame::{Aim, Figure};

/// One line a figure, with the bench it is from.
pub fn table(figures: &[(&'static str, Figure)]) -> String {
    let head = ["bench", "figure", "value", "unit", "floor", "peer", "peer's", "ratio", "aim", "met"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(figures.iter().map(|(bench, figure)| row(bench, figure)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width - cell.chars().count());
            let is_number = matches!(column, 2 | 4 | 6 | 7);
            let cell = if is_number { format!("{gap}{cell}") } else { format!("{cell}{gap}") };
            text.push_str(&cell);
            text.push_str("  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// Writes `folder/bench.json`: the first figure's fields on top, all figures below.
///
/// # Errors
/// The folder or the file cannot be written.
pub fn write_json(folder: &Path, bench: &str, figures: &[Figure]) -> Outcome<()> {
    std::fs::create_dir_all(folder).map_err(io(folder.display().to_string()))?;
    let mut page = figures.first().map_or_else(|| json!({}), object);
    if let Some(page) = page.as_object_mut() {
        page.insert("bench".to_owned(), bench.into());
        page.insert("figures".to_owned(), figures.iter().map(object).collect());
    }
    let file = folder.join(format!("{bench}.json"));
    std::fs::write(&file, format!("{page:#}\n")).map_err(io(file.display().to_string()))
}

fn row(bench: &str, figure: &Figure) -> Vec<String> {
    let optional = |value: Option<f64>| value.map(short).unwrap_or_default();
    vec![
        bench.to_owned(),
        figure.name.clone(),
        short(figure.value),
        figure.unit.to_owned(),
        optional(figure.floor),
        figure.peer.as_ref().map(|peer| peer.name.clone()).unwrap_or_default(),
        optional(figure.peer.as_ref().map(|peer| peer.value)),
        figure.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        figure.aim.map(aim).unwrap_or_default(),
        figure.is_met().map_or("", |met| if met { "yes" } else { "no" }).to_owned(),
    ]
}

fn object(figure: &Figure) -> Value {
    json!({
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "floor": figure.floor,
        "peer": figure.peer.as_ref().map(|peer| &peer.name),
        "peer_value": figure.peer.as_ref().map(|peer| peer.value),
        "ratio": figure.ratio(),
        "aim": figure.aim.map(aim),
        "met": figure.is_met(),
    })
}

fn aim(aim: Aim) -> String {
    match aim {
        Aim::AtLeast(least) => format!(">= {}", short(least)),
        Aim::AtMost(most) => format!("<= {}", short(most)),
        Aim::OfPeer(most) => format!("<= {most} of peer"),
    }
}

/// Three digits that matter.
fn short(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::frame::{Aim, Figure};

    #[test]
    fn columns_line_up() {
        let figure =
            Figure::new("CPU a packet", 3.456, "µs").floor(2.5).peer("other", 8.0).aim(Aim::OfPeer(0.5));
        let text = table(&[("relay", figure)]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        let column = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
        assert_eq!(column(lines[0], "unit"), column(lines[1], "µs"));
        assert!(lines[1].ends_with("yes"), "{text}");
    }
}
