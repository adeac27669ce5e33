//! The whole of the loader: a text in, valid settings or every problem out.

use super::*;

fn probe(text: &str) {
    let environment = Environment::of("/here", &[("SET", "value")]);
    let loaded = parse_str("n.toml", text, &environment);
    for problem in &loaded.problems {
        println!("{}\n", problem.render());
    }
}

#[test]
fn probe_all() {
    probe(
        r#"
watch = true
timezone = "Europe/Berlni"
interval = "5m"
[fetch]
contact = "a@b.c"
interval = 5
timeout = "10"
max_body = "10 pounds"
concurency = 4
concurrency = "many"
max_depth = 99999
allow_networks = ["10.0.0.0/8", "lan"]
[store]
url = "postgres://news:geheim@db/n"
[smtp]
url = "smtp://mail.example.org"
tls = "none"
username = "a"
password = "hunter2"
passwort = "hunter3"
[server]
listen = "0.0.0.0:8642"
public_url = "https://news.example.org/"
[[source]]
url = "https://user:pw@feeds.example/a.xml?key=1"
kind = "fede"
headers = { Authorization = "Bearer x", Host = "a" }
[[source]]
url = "https://feeds.example/a.xml"
lang = "english"
[[source]]
url = "gopher://x/"
[[source]]
name = "x"
[[topic]]
name = "Kim travel"
treshold = 0.6
threshold = 1
sources = ["tag:word", "feeds-example-a-xm"]
route = "desk2"
near = [{ a = ["x"], b = ["y"], within = 1000 },
  { a = ["x"] }]
[[topic]]
id = "Kim Travel"
[[topic]]
id = "kim-travel"
any = [1, "x"]
[topic.example]
text = "x"
[[channel]]
name = "desk-mail"
kind = "email"
to = ["nobody"]
[[channel]]
name = "hook"
kind = "webhook"
url = { env = "UNSET" }
secrets = ["whsec_abc"]
rate = "1/year"
[[channel]]
name = "s"
kind = "slack"
webhook = "x"
[[route]]
name = "desk"
channels = ["desk-mial", "hook"]
when = { topics = ["kim-travl"], min_scor = 2 }
"#,
    );
    probe("a = \n[b\nc = 1\n[[topic]]\nnear = { a = [\"x\"],\n b = [\"y\"] }\nx = \"abc\npassword = \"abc\n");
    probe("[topic]\nid='x'\n[[fetch]]\n[sources]\n");
}
