//! Names and words of all scripts, in the spellings that must be found and those that must not.

use newshound::model::Item;

use super::matching::{compile, hits, item, toml_topics};

/// Names of the world: how they are spelt, and what is spelt like them and is another.
pub(crate) const NAMES: [(&str, &[&str], &[&str]); 28] = [
    ("Xi'an", &["Xi’an", "Xian", "XI'AN", "Xi`an"], &["Xi", "Xi an’an"]),
    ("Sana'a", &["Sanaa", "Sana’a", "Sanaʿa", "SANA'A"], &["Sana"]),
    ("Côte d'Ivoire", &["Cote d’Ivoire", "CÔTE D'IVOIRE", "COTE D’IVOIRE", "Côte d'Ivoire's"], &["Ivoire"]),
    ("São Paulo", &["Sao Paulo", "SÃO PAULO", "Sa\u{303}o\u{a0}Paulo"], &["Paulo"]),
    ("Reykjavík", &["Reykjavik", "REYKJAVÍK"], &[]),
    ("Þór", &["Thor", "þór"], &["Tor"]),
    ("Al-Qaeda", &["al-Qaeda", "Al Qaeda", "AL-QA'EDA", "al‑Qa’eda", "Alqaeda"], &["Qaeda"]),
    ("Jean-Luc", &["Jean Luc", "Jean‑Luc", "JEAN-LUC", "Jeanluc"], &["Jean", "Luc Jean"]),
    ("COVID-19", &["COVID-19", "Covid-19", "covid19", "COVID 19", "COVID–19"], &["COVID", "Covid-18"]),
    ("G20", &["G20", "G-20", "#G20Summit", "g20"], &["G2", "G200"]),
    ("e-mail", &["email", "E-Mail", "e‑mails", "E mail"], &["mail"]),
    ("Williams", &["Williams", "Williams'", "Williams’s", "WILLIAMS"], &["William", "William's"]),
    ("von der Leyen", &["Von der Leyen", "VON DER LEYEN", "von\u{a0}der Leyen's"], &["Leyen"]),
    ("UN Security Council", &["U.N. Security Council", "UN SECURITY COUNCIL"], &["un Security Council"]),
    ("'arms deal'", &["“arms deal”", "arms deals"], &["arm deal"]),
    ("Горбачёв", &["Горбачева", "ГОРБАЧЁВУ", "Горбачев"], &["Горбатый", "Горбач"]),
    ("Киев", &["Киев", "в Киеве", "Киева", "КИЕВОМ", "Киев-Москва"], &["Кий", "Кии"]),
    ("Лавров", &["Лаврова", "Лаврову", "ЛАВРОВЫМ", "Лавров"], &["лавры", "Лавр"]),
    ("Львов", &["Львов", "во Львове"], &["львы"]),
    ("снаряд", &["снарядов", "Снарядов не хватает", "СНАРЯДЫ"], &["наряд"]),
    (
        "Ким Чен Ын",
        &["Ким Чен Ына", "Ким Чен Ыном", "КИМ ЧЕН ЫН", "Ким Чен-Ын", "#КимЧенЫн"],
        &["Ким Чен Ир"],
    ),
    ("Санкт-Петербург", &["Санкт-Петербурге", "Санкт–Петербурга", "САНКТ-ПЕТЕРБУРГ"], &["Петербург"]),
    ("北朝鮮", &["北朝鮮が発射", "対北朝鮮制裁"], &["朝鮮", "北 の朝鮮"]),
    ("ミサイル", &["ﾐｻｲﾙ発射", "弾道ミサイル"], &["ミサ"]),
    ("블라디보스토크", &["블라디보스토크에서", "“블라디보스토크”"], &["블라디"]),
    ("북러", &["북·러 정상", "북ㆍ러", "북-러", "북러"], &["북미"]),
    ("SDS", &["삼성SDS", "SDS는", "SDS·삼성"], &["sds"]),
    ("กรุงเทพ", &["ที่กรุงเทพฯ"], &["กรุง"]),
];

/// Whether a term is found in titles of a language.
#[track_caller]
fn check_spellings(lang: Option<&str>, term: &str, found: &[&str], not: &[&str]) {
    let missed = split_by(lang, term, found).1;
    let wrong = split_by(lang, term, not).0;
    assert!(missed.is_empty() && wrong.is_empty(), "{term} missed {missed:?} and hit {wrong:?}");
}

/// Returns the titles in which a term is found, and the others.
pub(crate) fn split_by<'a>(
    lang: Option<&str>,
    term: &str,
    titles: &[&'a str],
) -> (Vec<&'a str>, Vec<&'a str>) {
    let matcher =
        compile(&toml_topics(&format!("[[topic]]\nid = \"t\"\nany = [{}]\n", toml::Value::from(term))));
    titles.iter().partition(|title| !hits(&matcher, &extracted(title, lang)).is_empty())
}

/// An item as it is given in JSON.
pub(crate) fn extracted(title: &str, lang: Option<&str>) -> Item {
    let given = serde_json::json!({"title": title, "lang": lang}).to_string();
    let raw = newshound::extract::item_json(&given, 10_000).unwrap().raw;
    Item { title: raw.title, lang: raw.lang, ..item("", "", None) }
}

#[test]
fn names_are_found_however_they_are_spelt() {
    let kim: [&str; 27] = [
        "Kim Jong-un",
        "Kim Jong Un",
        "Kim Jongun",
        "KimJong Un",
        "Kim-Jong-un",
        "Kim Jong‐un",
        "Kim Jong‑un",
        "Kim Jong–un",
        "Kim Jong—un",
        "Kim Jong−un",
        "Kim Jong－un",
        "Kim Jong\u{a0}Un",
        "Kim\u{202f}Jong\u{2009}Un",
        "Kim\u{3000}Jong Un",
        "Kim  Jong\tUn",
        "Kim Jong\u{ad}un",
        "Kim Jong-\u{200b}un",
        "#KimJongUn",
        "＃KimJongUn",
        "KIM JONG-UN",
        "KIM JONGUN",
        "kim jong-un",
        "Ｋｉｍ Ｊｏｎｇ Ｕｎ",
        "Kim Jong-un's",
        "Kim Jong-un’s",
        "(Kim Jong-un)",
        "Kim Jong&amp;#8209;un&amp;#8217;s",
    ];
    let others = [
        "Kim Jong-il",
        "Kim Jong",
        "Jong-un Kim",
        "Kim Jonguns",
        "Kim and Jong-un",
        "#KimJongIl",
        "Skim Jong-un",
    ];
    for term in ["Kim Jong-un", "Kim Jong Un", "Kim Jong‑un", "#KimJongUn", "=Kim Jong-un"] {
        check_spellings(None, term, &kim, &others);
    }
    check_spellings(
        None,
        "Kim Jongun",
        &["Kim Jong-un", "Kim Jongun", "KIM JONG–UN"],
        &["Kim Jong Il", "Kim"],
    );
}

#[test]
fn apostrophes_and_elisions_do_not_hide_a_name() {
    check_spellings(
        None,
        "Kim",
        &[
            "Kim's",
            "Kim’s",
            "Kim‘s",
            "Kimʼs",
            "Kim`s",
            "KIM'S",
            "KIM’S",
            "‘Kim’",
            "“Kim”",
            "Kim&#39;s",
            "Kim&amp;rsquo;s",
            "Kim’s-era",
        ],
        &["Kims", "Kimchi", "Akim", "K.I.M.P."],
    );
    let neill = [
        "O'Neill",
        "O’Neill",
        "Oneill",
        "O'NEILL",
        "O‘Neill",
        "O´Neill",
        "O'Neill's",
        "O’Neill’s",
        "O&#8217;Neill",
    ];
    check_spellings(None, "O'Neill", &neill, &["Neill", "O Neal", "N'eill"]);
    check_spellings(None, "O’Neill", &neill, &["Neill", "O Neal"]);
    check_spellings(None, "Neill", &["Neill", "Neill’s"], &["O'Neill", "O’Neill"]);
    check_spellings(
        None,
        "Don",
        &["Rostov-on-Don", "the Don’s water"],
        &["Don’t panic", "Don't panic", "DON’T"],
    );
    check_spellings(
        Some("fr"),
        "Ukraine",
        &["l'Ukraine", "L’Ukraine", "d'Ukraine", "d’Ukraine", "qu’Ukraine", "L’UKRAINE"],
        &["Ukrainien", "lUkraine"],
    );
    check_spellings(
        Some("it"),
        "Ucraina",
        &["l'Ucraina", "dell’Ucraina", "all'Ucraina", "sull’Ucraina"],
        &["Ucciso"],
    );
    check_spellings(None, "ONU", &["L’ONU", "l'ONU", "ONU"], &["l'onu", "onu"]);
}

#[test]
fn capitals_initials_and_compounds_are_told() {
    check_spellings(
        None,
        "US",
        &[
            "US",
            "U.S.",
            "the U.S.",
            "US's",
            "U.S.'s",
            "U.S.’s plan",
            "US-led",
            "U.S.-led",
            "#USElection",
            "US WARNS OF WAR",
        ],
        &["us", "Us", "u.s.", "tell us", "USA", "U.S.A.", "bus"],
    );
    check_spellings(
        None,
        "WHO",
        &["WHO", "W.H.O.", "WHO warns", "WHO WARNS"],
        &["who", "Who is it", "whoever"],
    );
    check_spellings(None, "U.N.", &["UN", "U.N.", "UN-backed"], &["un", "Kim Jong-un", "Kim Jong Un"]);
    check_spellings(None, "AI", &["AI", "A.I.", "AI-made"], &["ai", "Ai Weiwei", "AIs"]);
    check_spellings(None, "KHL", &["KHL", "KHL’s"], &["khl", "Khl"]);
    check_spellings(None, "США", &["США", "С.Ш.А."], &["сша"]);
    check_spellings(None, "NASA", &["NASA", "NASA's"], &["Nasa", "nasa"]);
    check_spellings(None, "who", &["who", "WHO", "Who"], &["whom"]);
    check_spellings(None, "UNESCO", &["UNESCO", "Unesco", "unesco"], &["UNESCOs"]);
    check_spellings(
        None,
        "AT&T",
        &["AT&T", "AT&amp;T", "AT&amp;amp;T", "AT&T’s", "ATT"],
        &["at t", "AT", "att"],
    );
    check_spellings(None, "F-16", &["F-16", "F16", "F 16", "F–16", "f-16"], &["F-15", "F-161", "16", "F16s"]);
    check_spellings(None, "1,000", &["1,000", "1000"], &["1,0000", "10,00,1"]);
    check_spellings(
        None,
        "cooperation",
        &["co-operation", "Co‑operation", "cooperation", "CO-OPERATION"],
        &["operation"],
    );
    check_spellings(None, "co-operation", &["cooperation", "co operation", "co-operations"], &["operation"]);
    check_spellings(None, "J. K. Rowling", &["J. K. Rowling", "J.K. Rowling", "JK Rowling"], &["K. Rowling"]);
}

#[test]
fn diacritics_fold_where_they_are_marks() {
    let same: [(&str, &[&str]); 14] = [
        ("Pelé", &["Pele", "PELÉ", "Pele\u{301}"]),
        ("Sørensen", &["Sorensen", "SØRENSEN"]),
        ("Łódź", &["Lodz", "ŁÓDŹ", "Lo\u{301}dz\u{301}"]),
        ("Æsir", &["aesir", "ÆSIR"]),
        ("Erdoğan", &["Erdogan", "ERDOĞAN"]),
        ("Diyarbakır", &["Diyarbakir", "DİYARBAKIR"]),
        ("Straße", &["Strasse", "STRASSE", "STRAẞE"]),
        ("Đoković", &["Dokovic", "ĐOKOVIĆ"]),
        ("Nguyễn", &["Nguyen", "NGUYỄN"]),
        ("Αθήνα", &["Αθηνα", "ΑΘΗΝΑ"]),
        ("Zürich", &["Zurich", "ZÜRICH"]),
        ("Ñuñoa", &["Nunoa"]),
        ("Şimşek", &["Simsek", "ŞIMŞEK"]),
        ("ﬁnance", &["finance", "ＦＩＮＡＮＣＥ"]),
    ];
    for (term, others) in same {
        check_spellings(None, term, others, &[]);
        // A term of a few capitals would ask for capitals.
        let as_terms =
            others.iter().filter(|other| other.to_uppercase() != **other || other.chars().count() > 5);
        as_terms.for_each(|other| check_spellings(None, other, &[term], &[]));
    }
    check_spellings(None, "Королёв", &["Королев", "КОРОЛЁВ", "Короле\u{308}в"], &["Кораблев"]);
    check_spellings(Some("uk"), "Ґданськ", &["Гданськ", "ҐДАНСЬК"], &["Данськ"]);
    check_spellings(None, "Йод", &["ЙОД", "И\u{306}од"], &["Иод"]);
    check_spellings(Some("uk"), "Київ", &["КИЇВ", "Киі\u{308}в"], &["Киив", "Киев"]);
    check_spellings(Some("uk"), "п'ять", &["п’ять", "пʼять", "П'ЯТЬ"], &["ять"]);
}

#[test]
fn inflections_are_those_of_the_language() {
    check_spellings(Some("en"), "arrive", &["arrives", "Arrived", "ARRIVING"], &["rival"]);
    check_spellings(
        Some("en"),
        "weapons deal",
        &["weapon deals", "WEAPONS DEALS", "weapons-deal"],
        &["weapons dealer"],
    );
    check_spellings(
        Some("en"),
        "=arms deal",
        &["arms deal", "ARMS DEAL", "arms-deal"],
        &["arms deals", "arm deal"],
    );
    check_spellings(Some("en"), "Gates", &["Gates", "Bill Gates's", "GATES", "gates"], &["Gate", "gate"]);
    check_spellings(Some("en"), "Jobs", &["Jobs", "Jobs’s"], &["job", "Job"]);
    check_spellings(
        Some("ru"),
        "Владивосток",
        &["Во Владивостоке", "Владивостока", "ВЛАДИВОСТОКУ"],
        &["Владимир"],
    );
    check_spellings(None, "Путин", &["Путина", "Путину", "ПУТИНЫМ", "Путине"], &["путь", "паутина"]);
    check_spellings(
        Some("ru"),
        "поставка оружия",
        &["Поставки оружия", "поставкам оружия"],
        &["оружия поставка"],
    );
    check_spellings(Some("de"), "Waffe", &["Waffen", "WAFFEN"], &["Waffel"]);
    check_spellings(Some("de"), "Haus", &["Häuser", "Hauses", "Haus"], &["Hausherr"]);
    check_spellings(
        Some("fr"),
        "élection",
        &["élections", "ÉLECTIONS", "l’élection", "elections"],
        &["électeur"],
    );
    check_spellings(Some("es"), "misil", &["misiles", "MISILES", "Misil"], &["misa"]);
    check_spellings(Some("es"), "elección", &["elecciones", "ELECCIÓN", "eleccion"], &["elector"]);
    check_spellings(Some("it"), "nave", &["navi", "NAVI"], &["naso"]);
    check_spellings(Some("pt"), "eleição", &["eleição", "eleicao"], &["eleitor"]);
    check_spellings(Some("nl"), "raket", &["raketten", "RAKETTEN"], &["racket"]);
    check_spellings(Some("sv"), "regering", &["regeringen", "REGERINGAR"], &["regn"]);
    check_spellings(Some("pl"), "broń", &["bron", "BROŃ"], &["broni"]);
    let own = "arms goods customs news glasses futures securities spirits premises proceeds damages earnings \
               holdings talks means works savings thanks forces troops politics economics series species";
    for plural in own.split(' ') {
        let single = plural.strip_suffix('s').unwrap();
        check_spellings(Some("en"), plural, &[plural, &plural.to_uppercase()], &[single]);
        check_spellings(Some("en"), single, &[single], &[plural]);
    }
}

#[test]
fn scripts_without_spaces_are_read_by_characters() {
    check_spellings(
        None,
        "金正恩",
        &["金正恩氏が訪露", "朝鲜金正恩", "「金正恩」"],
        &["金正日", "正恩", "金恩正"],
    );
    check_spellings(None, "佐々木", &["佐々木朗希"], &["佐木"]);
    check_spellings(None, "ガス", &["天然ガス", "ｶﾞｽ", "カ\u{3099}ス"], &["カス"]);
    check_spellings(
        None,
        "キムジョンウン",
        &["キム・ジョンウン総書記", "キムジョンウン", "ｷﾑ･ｼﾞｮﾝｳﾝ"],
        &["キムジョンイル"],
    );
    check_spellings(None, "ไทย", &["ประเทศไทย"], &["ไท"]);
    check_spellings(
        None,
        "김정은",
        &["김정은이", "김정은은", "'김정은'", "金·김정은", "북한 김정은의"],
        &["북한김정은", "김정일", "김정"],
    );
    check_spellings(
        None,
        "김정은",
        &["\u{1100}\u{1175}\u{11b7}\u{110c}\u{1165}\u{11bc}\u{110b}\u{1173}\u{11ab}"],
        &[],
    );
    check_spellings(
        None,
        "푸틴",
        &["김정은·푸틴 회담", "김정은ㆍ푸틴", "김정은-푸틴", "김정은・푸틴"],
        &["김푸틴"],
    );
    check_spellings(None, "=김정은", &["김정은", "김정은, 방문"], &["김정은이"]);
    check_spellings(None, "무기 거래", &["무기 거래", "무기거래", "무기를 거래했다"], &["거래 무기", "무기"]);
}

#[test]
fn markup_entities_and_invisible_signs_hide_nothing() {
    let kim: [&str; 12] = [
        "<b>Kim</b> Jong-un",
        "Kim&nbsp;Jong&nbsp;Un",
        "Kim Jong&ndash;un",
        "Kim Jong&#x2011;un",
        "Kim Jong&amp;ndash;un",
        "Kim Jong&shy;un",
        "Kim\u{2060} Jong-un",
        "\u{200e}Kim Jong-un\u{200f}",
        "\u{feff}Kim Jong\u{200b}-\u{200b}un",
        "𝐊𝐢𝐦 𝐉𝐨𝐧𝐠-𝐮𝐧",
        "\"Kim Jong-un\"",
        "Kim Jong-un\u{2026}",
    ];
    check_spellings(None, "Kim Jong-un", &kim, &["Kim &lt;Jong&gt; il"]);
    check_spellings(
        None,
        "Kim",
        &["Kim&amp;#8217;s", "Kim&#x27;s", "Kim&apos;s", "Kim\u{2060}’s", "Kim’\u{200b}s"],
        &[],
    );
    check_spellings(None, "R&D", &["R&amp;D", "R&amp;amp;D", "R&D’s"], &["RB"]);
}

#[test]
fn names_of_the_world_are_found() {
    for (term, found, not) in NAMES {
        check_spellings(None, term, found, not);
    }
}
