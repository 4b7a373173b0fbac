//! The trial page, for the situations that begin with it.

use ramal_tests::site::password;
use ramal_tests::{Browser, Node, Page};

/// The page of an extension, registered, its seat up.
pub async fn signed_in(browser: &Browser, node: &Node, number: &str) -> Page {
    let page = open(browser, node, number).await;
    sign_in(&page, number, &node.site.domain, &password(number)).await;
    page.sees("#state[data-state=connected]", number).await;
    page
}

/// The page, nobody signed in.
pub async fn open(browser: &Browser, node: &Node, name: &str) -> Page {
    browser.open(name, &format!("http://{}/trial/", node.web)).await
}

pub async fn sign_in(page: &Page, number: &str, domain: &str, password: &str) {
    page.fill("#extension", number).await;
    page.fill("#domain", domain).await;
    page.fill("#password", password).await;
    page.click("#sign-in button").await;
}

/// Dials by the form.
pub async fn dial(page: &Page, number: &str) {
    page.fill("#number", number).await;
    page.click("#dial").await;
}
