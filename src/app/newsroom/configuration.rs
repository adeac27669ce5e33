//! Writes the configuration that the demo runs with: the newsroom's feeds, the shipped topics,
//! the console.

use std::{fmt::Write, net::SocketAddr, path::Path};

use super::{FeedName, Newsroom};

const TOPICS: &str = include_str!("../../../config/watchlists/mission.toml");

/// Returns the configuration, in TOML, of a daemon that reads the newsroom at `address`, serves
/// its status page at `listen` and keeps its state in the file `store`.
pub fn configuration(address: SocketAddr, listen: SocketAddr, store: &Path) -> String {
    let mut toml = format!(
        "[store]\nurl = {}\n\n\
         [server]\nlisten = {}\n\n\
         [fetch]\nper_host = {{ concurrency = 1, gap = \"10ms\" }}\nallow_networks = [{}]\n",
        quoted(&format!("sqlite:{}", store.display())),
        quoted(&listen.to_string()),
        quoted(&ipnet::IpNet::from(address.ip()).to_string()),
    );
    for feed in Newsroom::feeds() {
        let interval = if feed.feed == FeedName::Broken { "2s" } else { "1s" };
        let tags: Vec<_> = feed.tags.iter().map(|tag| quoted(tag)).collect();
        write!(
            toml,
            "\n[[source]]\nid = {}\nname = {}\nurl = {}\nkind = \"feed\"\ninterval = \"{interval}\"\n\
             lang = \"{}\"\ntags = [{}]\n",
            quoted(feed.id),
            quoted(feed.name),
            quoted(&format!("http://{address}{}", feed.path)),
            feed.lang,
            tags.join(", "),
        )
        .expect("writing to a string cannot fail");
    }
    toml.push_str("\n[[channel]]\nname = \"console\"\nkind = \"console\"\n\n");
    toml.push_str(TOPICS);
    toml
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(store: &str) -> toml::Table {
        let address = "127.0.0.1:8643".parse().unwrap();
        configuration(address, "127.0.0.1:8642".parse().unwrap(), Path::new(store)).parse().unwrap()
    }

    #[test]
    fn it_names_every_feed_and_the_three_topics() {
        let table = written("/tmp/x.db");
        let sources = table["source"].as_array().unwrap();
        assert_eq!(sources.len(), 7);
        assert_eq!(sources[0]["url"].as_str(), Some("http://127.0.0.1:8643/feeds/harbour-wire.rss"));
        let topics: Vec<_> =
            table["topic"].as_array().unwrap().iter().map(|topic| topic["id"].as_str().unwrap()).collect();
        assert_eq!(topics, ["kim-travel", "vladivostok", "arms-deal"]);
        assert_eq!(table["server"]["listen"].as_str(), Some("127.0.0.1:8642"));
        assert_eq!(table["fetch"]["allow_networks"][0].as_str(), Some("127.0.0.1/32"));
    }

    #[test]
    fn any_path_of_a_store_survives_the_quoting() {
        let table = written("/tmp/a \"b\"\\c/é.db");
        assert_eq!(table["store"]["url"].as_str(), Some("sqlite:/tmp/a \"b\"\\c/é.db"));
    }
}
