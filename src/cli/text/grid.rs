//! Rows in columns that fit the terminal: numbers to the right, the rightmost cut first, a
//! headline last, an id never.

use super::ink::{Style, Terminal};
use super::words::{cut, width};

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    head: &'static str,
    right: bool,
    /// The columns it keeps when there is no room; `None` where it is never cut.
    least: Option<usize>,
    last: bool,
}

impl Column {
    /// Text that is never cut.
    pub(super) const fn whole(head: &'static str) -> Self {
        Column { head, right: false, least: None, last: false }
    }

    /// A number.
    pub(super) const fn number(head: &'static str) -> Self {
        Column { head, right: true, least: None, last: false }
    }

    /// Text that keeps so many columns.
    pub(super) const fn text(head: &'static str, least: usize) -> Self {
        Column { head, right: false, least: Some(least), last: false }
    }

    /// Text that is cut last.
    pub(super) const fn headline(head: &'static str) -> Self {
        Column { head, right: false, least: Some(12), last: true }
    }
}

/// A cell: what it says, and how it stands out.
pub(super) type Cell = (Style, String);

/// Returns a cell that does not stand out.
pub(super) fn cell(text: impl Into<String>) -> Cell {
    (Style::Plain, text.into())
}

/// A row, and what stands under it.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) below: Vec<String>,
}

/// Between two columns.
const GAP: &str = "  ";

/// Returns the lines of a table.
pub(super) fn grid(columns: &[Column], rows: &[Row], terminal: Terminal) -> Vec<String> {
    let widths = widths(columns, rows, terminal.columns);
    let mut lines = Vec::new();
    if columns.iter().any(|column| !column.head.is_empty()) {
        let heads: Vec<Cell> = columns.iter().map(|column| (Style::Dim, column.head.to_owned())).collect();
        lines.push(line(columns, &widths, &heads, terminal));
    }
    for row in rows {
        lines.push(line(columns, &widths, &row.cells, terminal));
        lines.extend(row.below.iter().cloned());
    }
    lines
}

fn line(columns: &[Column], widths: &[usize], cells: &[Cell], terminal: Terminal) -> String {
    let mut line = String::new();
    for (at, (column, (style, text))) in columns.iter().zip(cells).enumerate() {
        let text = cut(text, widths[at]);
        let fill = " ".repeat(widths[at].saturating_sub(width(&text)));
        let shown = terminal.style(*style, &text);
        let gap = if at == 0 { "" } else { GAP };
        line.push_str(gap);
        line.push_str(&if column.right { fill + &shown } else { shown + &fill });
    }
    line.truncate(line.trim_end().len());
    line
}

fn widths(columns: &[Column], rows: &[Row], room: usize) -> Vec<usize> {
    // A row may know more than is shown of it.
    let widest = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(at)).map(|(_, text)| width(text));
        cells.max().unwrap_or(0).max(width(columns[at].head))
    };
    let mut widths: Vec<usize> = (0..columns.len()).map(widest).collect();
    let gaps = GAP.len() * columns.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
    for last in [false, true] {
        for at in (0..columns.len()).rev().filter(|at| columns[*at].last == last) {
            let Some(least) = columns[at].least else { continue };
            let least = least.max(width(columns[at].head));
            let given = over.min(widths[at].saturating_sub(least));
            widths[at] -= given;
            over -= given;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::whole("id"),
        Column::number("items"),
        Column::headline("headline"),
        Column::text("class", 4),
    ];

    fn shown(columns: usize, colour: bool) -> Vec<String> {
        let row = |id: &str, items: &str, headline: &str, class: &str| Row {
            cells: vec![cell(id), cell(items), cell(headline), (Style::Red, class.to_owned())],
            below: Vec::new(),
        };
        let rows = [
            row("dl_w2sq8a06rnd5cyknzgdp", "1,204", "Kim Jong-un’s train leaves Pyongyang", "timeout"),
            row("dl_1", "3", "金正恩乘专列访问俄罗斯", ""),
        ];
        grid(COLUMNS, &rows, Terminal { columns, colour, utf8: true })
    }

    #[test]
    fn what_fits_is_shown_whole_with_numbers_to_the_right() {
        insta::assert_snapshot!(shown(90, false).join("\n"), @"
        id                       items  headline                              class
        dl_w2sq8a06rnd5cyknzgdp  1,204  Kim Jong-un’s train leaves Pyongyang  timeout
        dl_1                         3  金正恩乘专列访问俄罗斯
        ");
    }

    #[test]
    fn the_right_is_cut_first_a_headline_last_and_an_id_never() {
        insta::assert_snapshot!(shown(60, false).join("\n"), @"
        id                       items  headline               class
        dl_w2sq8a06rnd5cyknzgdp  1,204  Kim Jong-un’s train…   time…
        dl_1                         3  金正恩乘专列访问俄罗…
        ");
        assert!(shown(60, false).iter().all(|line| width(line) <= 60));
        assert!(shown(20, false)[1].starts_with("dl_w2sq8a06rnd5cyknzgdp  1,204  "));
    }

    #[test]
    fn colour_takes_no_room() {
        let coloured = shown(60, true)[1].replace("\x1b[31m", "").replace("\x1b[0m", "");
        assert_eq!(coloured, shown(60, false)[1]);
    }
}
