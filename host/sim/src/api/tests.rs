use super::{Found, decode, find, fit};

#[test]
fn paths_are_found_in_any_letter_case_and_keep_the_case_of_their_values() {
    let Found::Route(route, parameters) = find("GET", "/API/product/Ab%2FC%20d") else { panic!("not found") };
    assert_eq!((route.path, parameters[0].as_str()), ("api/Product/{}", "Ab/C d"));
    assert!(matches!(find("GET", "/api/Product/Query"), Found::Route(route, _) if route.path == "api/Product/Query"));
    assert!(matches!(find("DELETE", "/api/report/wsjf"), Found::OtherMethod));
    assert!(matches!(find("GET", "/api/nothing"), Found::Nothing));
    assert!(matches!(find("GET", "/api/Product/Query/"), Found::Nothing));
}

#[test]
fn a_path_fits_only_as_a_whole() {
    assert_eq!(fit("api/A/{}", "/api/a/b"), Some(vec!["b".to_owned()]));
    assert_eq!(fit("api/A/{}", "/api/a/b/c"), None);
    assert_eq!(fit("api/A/{}", "/api/a"), None);
    assert_eq!(fit("api/A/{}", "api/a/b"), None);
}

#[test]
fn a_query_is_form_encoded() {
    assert_eq!(decode("a+b%2Bc"), "a b+c");
}

#[test]
fn no_route_stands_behind_one_that_takes_its_path() {
    for route in super::TABLES.iter().copied().flatten() {
        let path = format!("/{}", route.path.replace("{}", "x"));
        let Found::Route(found, _) = find(route.method, &path) else { panic!("{path} is not found") };
        assert!(std::ptr::eq(found, route), "{path} leads to {}", found.path);
    }
}
