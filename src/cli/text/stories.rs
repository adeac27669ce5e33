//! Stories for people: a list, and one with its timeline.

use newshound::model::{Decision, SourceId, Timestamp};
use newshound::store::{AlertSheet, StoryArticle, StoryEvent, StoryRow, StorySheet};
use newshound::story::EventKind;

use super::grid::{Column, Row, cell, grid};
use super::ink::{Style, Terminal};
use super::words::{counted, cut, plain, time};

/// Under a row.
const INDENT: &str = "  ";

/// Returns the stories.
pub(in crate::cli) fn list(stories: &[StoryRow], terminal: Terminal, now: Timestamp) -> String {
    const COLUMNS: &[Column] =
        &[Column::whole("latest"), Column::whole("outlets"), Column::headline("story")];
    let row = |row: &StoryRow| {
        let topics: Vec<&str> = row.topics.iter().map(newshound::model::TopicId::as_str).collect();
        let topics = if topics.is_empty() { "no topic".to_owned() } else { topics.join(", ") };
        let below = cut(&format!("{INDENT}{}  {topics}", row.story.id), terminal.columns);
        Row {
            cells: vec![
                cell(time(row.last_seen, now)),
                cell(carried(row)),
                (Style::Bold, plain(&row.story.title)),
            ],
            below: vec![terminal.style(Style::Dim, &below)],
        }
    };
    let rows: Vec<Row> = stories.iter().map(row).collect();
    let mut lines = grid(COLUMNS, &rows, terminal);
    lines.push(counted(stories.len() as u64, "story", "stories"));
    lines.join("\n")
}

/// Says by how many outlets a story is carried: `3 independent, 17 copies`.
fn carried(row: &StoryRow) -> String {
    let copies = row.story.outlets.saturating_sub(row.story.independent);
    let independent = format!("{} independent", row.story.independent);
    if copies == 0 {
        independent
    } else {
        format!("{independent}, {}", counted(copies.into(), "copy", "copies"))
    }
}

/// One story, and what is needed to show it.
pub(in crate::cli) struct Timeline<'a> {
    pub(in crate::cli) sheet: &'a StorySheet,
    /// Returns a source's name.
    pub(in crate::cli) name: &'a dyn Fn(&SourceId) -> String,
    pub(in crate::cli) terminal: Terminal,
    pub(in crate::cli) now: Timestamp,
}

impl Timeline<'_> {
    /// Returns the story with its articles in the order of time, each with the alerts it made.
    pub(in crate::cli) fn shown(&self) -> String {
        let StorySheet { row, goes_on_as, articles, events, .. } = self.sheet;
        let mut lines = vec![self.terminal.style(Style::Bold, &cut(&row.story.title, self.terminal.columns))];
        let (first, last) = (time(row.story.first_seen, self.now), time(row.last_seen, self.now));
        lines.push(format!("{}, seen from {first} to {last}", row.story.id));
        let articles_told = counted(row.story.articles.into(), "article", "articles");
        let outlets = counted(row.story.outlets.into(), "outlet", "outlets");
        lines.push(format!("{articles_told} by {outlets}: {}", carried(row)));
        if let Some(next) = goes_on_as {
            lines.push(format!("goes on as {next}: `newshound stories show {next}`"));
        }
        lines.push(String::new());
        lines.extend(self.grid(articles));
        let shown = articles.len() as u64;
        let more = u64::from(row.story.articles).saturating_sub(shown);
        if more > 0 && !articles.is_empty() {
            lines.push(format!("and {}", counted(more, "more article", "more articles")));
        }
        lines.extend(events.iter().map(|each| self.event(each)));
        lines.join("\n")
    }

    fn grid(&self, articles: &[StoryArticle]) -> Vec<String> {
        const COLUMNS: &[Column] =
            &[Column::whole(""), Column::text("", 12), Column::text("", 10), Column::headline("")];
        let rows: Vec<Row> = articles.iter().map(|article| self.article(article)).collect();
        grid(COLUMNS, &rows, self.terminal)
    }

    fn article(&self, article: &StoryArticle) -> Row {
        let mark = match &article.copy_of {
            Some((_, source)) if article.source == *source => "once more".to_owned(),
            Some((_, source)) => format!("copy of {}", plain(&(self.name)(source))),
            None => {
                article.agency.as_deref().map(|agency| format!("after {}", plain(agency))).unwrap_or_default()
            }
        };
        let style = if article.copy_of.is_some() { Style::Dim } else { Style::Plain };
        let told =
            self.sheet.alerts.iter().filter(|sheet| !article.is_echo() && sheet.item.id == article.item);
        Row {
            cells: vec![
                cell(time(article.seen, self.now)),
                cell(plain(&(self.name)(&article.source))),
                (Style::Dim, mark),
                (style, plain(&article.title)),
            ],
            below: told.map(|sheet| self.alert(sheet)).collect(),
        }
    }

    fn alert(&self, AlertSheet { alert, deliveries, .. }: &AlertSheet) -> String {
        let kind = match alert.decision {
            Decision::FollowUp => "follow-up",
            Decision::Silenced => "silenced",
            Decision::Excluded
            | Decision::Vetoed
            | Decision::Below
            | Decision::Baseline
            | Decision::Duplicate
            | Decision::SameStory
            | Decision::Alert => "alert",
        };
        let states: Vec<String> =
            deliveries.iter().map(|delivery| format!("{} {}", delivery.channel, delivery.state)).collect();
        let states = if states.is_empty() { "no route took it".to_owned() } else { states.join(", ") };
        let told = format!(
            "{INDENT}{kind} {}  {} {:.2}  {}; {states}  {}",
            alert.revision, alert.topic_name, alert.score, alert.reason, alert.id
        );
        self.terminal.style(Style::Bold, &cut(&told, self.terminal.columns))
    }

    fn event(&self, event: &StoryEvent) -> String {
        let what = match event.kind {
            EventKind::Merged => format!("{} was merged into {}", event.other, event.story),
            EventKind::Split => format!("{} was full and goes on as {}", event.other, event.story),
        };
        format!("{}  {what}", time(event.time, self.now))
    }
}
