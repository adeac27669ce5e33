//! Tests of how blocking pages are recognised.

use super::*;

fn page(title: &str, body: &str) -> String {
    format!("<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>")
}

#[track_caller]
fn check(doc: &str, expect: Option<&str>) {
    let found = recognise(doc).map(|block| block.to_string());
    assert_eq!(found.as_deref(), expect, "of {:.200}", doc);
}

#[test]
fn products_are_known_by_their_marks() {
    let marked = |marks: &[&str]| page("x", &format!("<p>{}</p>", marks.join(" ")));
    for (product, marks) in CHALLENGE_PRODUCTS {
        check(&marked(marks), Some(&format!("a bot challenge ({product})")));
    }
    for (product, marks) in REFUSAL_PRODUCTS {
        check(&marked(marks), Some(&format!("a refusal ({product})")));
    }
    for (_, marks) in CONSENT_PRODUCTS {
        check(&marked(marks), Some("a consent page"));
    }
    for mark in PORTAL {
        check(&marked(&[mark]), Some("the sign-in page of a network"));
    }
}

#[test]
fn marks_are_lower_case_as_the_page_is_read() {
    let products = [CHALLENGE_PRODUCTS, REFUSAL_PRODUCTS, CONSENT_PRODUCTS].concat();
    let marks = products.iter().flat_map(|(_, marks)| marks.iter());
    let words = [PORTAL, WIDGETS, CHALLENGE, REFUSAL, LOGIN, CONSENT, ACCEPT, ENABLE].concat();
    for mark in marks.chain(&words) {
        assert_eq!(**mark, mark.to_lowercase());
    }
}

#[test]
fn a_challenge_says_whose_it_is() {
    check(
        &page(
            "Just a moment...",
            "<script>window._cf_chl_opt={cvId:'3'};</script><noscript>Enable JavaScript and cookies to continue</noscript>",
        ),
        Some("a bot challenge (Cloudflare)"),
    );
    check(
        &page("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"),
        Some("a refusal (Cloudflare)"),
    );
    check(
        "{\"url\":\"https://geo.captcha-delivery.com/captcha/?initialCid=A\"}",
        Some("a bot challenge (DataDome)"),
    );
    check(
        &page(
            "Making sure you're not a bot!",
            "<script src='/.within.website/x/cmd/anubis/static/js/main.mjs'></script>",
        ),
        Some("a bot challenge (Anubis)"),
    );
}

#[test]
fn a_challenge_without_a_name_is_known_by_its_words() {
    for text in [
        "Please verify you are human to continue.",
        "Bitte bestätigen Sie, dass Sie ein Mensch sind.",
        "Vérifiez que vous n'êtes pas un robot.",
        "Confirme que no es un robot: no soy un robot",
        "Подтвердите, что вы не робот",
        "请完成安全验证",
        "私はロボットではありません",
        "로봇이 아닙니다",
    ] {
        check(&page("", text), Some("a bot challenge"));
    }
    check(&page("x", "<div class=\"h-captcha\" data-sitekey=\"1\"></div>"), Some("a bot challenge"));
}

#[test]
fn a_login_is_known_in_several_languages() {
    let form = "<form action='/s' method=post><input name=u><input type='password' name=p></form>";
    for title in
        ["Log in", "Anmelden – Zeitung", "Connexion", "Iniciar sesión", "Вход", "ログイン", "登录", "로그인"]
    {
        check(&page(title, form), Some("a login page"));
        check(&page(title, &format!("{form}{}", "Many words about us. ".repeat(300))), Some("a login page"));
    }
    check(&page("Welcome", form), Some("a login page"));
    check(&page("Sign in to your account", "<form><input type=email></form>"), Some("a login page"));
    check(
        &page(
            "",
            "<form method=post action='https://idp.example/'><input type=hidden name=\"SAMLRequest\" value=x></form>",
        ),
        Some("a login page"),
    );
}

#[test]
fn other_walls_are_told_apart() {
    check(&page("Access Denied", "You don't have permission to access this."), Some("a refusal"));
    check(&page("Доступ ограничен", "Обратитесь к администратору."), Some("a refusal"));
    check(
        &page(
            "Before you continue",
            "<form>We use cookies. <button>Reject</button><button>Accept all</button></form>",
        ),
        Some("a consent page"),
    );
    check(&page("Cookies zustimmen", "Mit Werbung weiterlesen: <a>Akzeptieren</a>"), Some("a consent page"));
    check(
        &page("News", "<noscript>Please enable JavaScript to run this app.</noscript>"),
        Some("a page that asks for JavaScript"),
    );
    check(&page("新闻", "请启用 JavaScript 后继续"), Some("a page that asks for JavaScript"));
    check(
        &page("Hotel", "<!-- <WISPAccessGatewayParam><Redirect/></WISPAccessGatewayParam> --><p>Welcome</p>"),
        Some("the sign-in page of a network"),
    );
}

#[test]
fn an_ordinary_page_is_none_of_these() {
    let story = "The minister said on Tuesday that talks would go on. ".repeat(80);
    check(&page("News", &story), None);
    check(&page("How to log in to the new tax office", &story), None);
    check(&page("Robots at work", &format!("{story} He was asked: are you a robot?")), None);
    check(&page("News", &format!("<form><input type=password></form>{story}")), None);
    check(&page("Cookie recipes", &story), None);
    check(&page("Access denied: how the war changed the port", &story), None);
    check(&page("News", &format!("We use cookies. Accept all. {story}")), None);
    check(&page("Выходит новая книга", "<form></form>Входит в список."), None);
    check("", None);
    check("plain text", None);
}

#[test]
fn the_scripts_of_a_filter_on_an_ordinary_page_do_not_count() {
    let story = "The minister said on Tuesday that talks would go on. ".repeat(80);
    for script in [
        "window['__CF$cv$params']={r:'1'};a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'",
        "(function(){})('https://js.datadome.co/tags.js')",
        "window._pxAppId='PX1';",
        "var s='/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e6fffd425f7e032f3'",
        "grecaptcha.execute('6Lc', {action: 'newsletter'})",
    ] {
        check(&page("News", &format!("<script>{script}</script>{story}")), None);
    }
}

#[test]
fn only_the_beginning_is_looked_at_and_a_cut_letter_does_no_harm() {
    let long = format!("<html>{}_cf_chl_opt", "é".repeat(LOOKED_AT));
    check(&long, None);
    assert_eq!(beginning("é"), "é");
}

proptest::proptest! {
    #[test]
    fn no_page_panics(doc in "[<>/!= a-zA-Zé录İ\"'-]{0,300}") {
        let _ = recognise(&doc);
    }
}
