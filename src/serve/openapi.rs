//! The HTTP interface, described for machines from the registry and the tables.

use axum::{Json, Router, routing::get};
use leitstand_domain::tables::{self, CORRECTIONS};
use leitstand_projections::{answer::Kind, answers};
use leitstand_reports::OPTIONS;
use serde_json::{Map, Value, json};

/// The route.
pub(super) fn router() -> Router {
    Router::new().route("/api/openapi.json", get(async || Json(openapi())))
}

/// The description.
pub(crate) fn openapi() -> Value {
    let mut paths = Map::new();
    for kind in answers::ALL {
        let own = parameters(|it| kind.takes(it));
        let get = operation(kind.name, kind.title, &own, &answer_schema(kind));
        paths.insert(format!("/api/v1/{}", kind.name), json!({ "get": get }));
    }
    let explained = json!({ "type": "object" });
    let names = [
        ("answer", "Name der Auskunft"),
        (
            "row",
            "wie die Zeile heißt: nach den Feldern, die sie benennen, mit / verbunden; summary für die Zusammenfassung",
        ),
        ("field", "das Feld"),
    ];
    let in_query: Vec<Value> = names
        .map(|(name, doc)| parameter(name, doc, "query", true))
        .into_iter()
        .chain(parameters(|it| it != "format"))
        .collect();
    let in_path: Vec<Value> = names
        .map(|(name, doc)| parameter(name, doc, "path", true))
        .into_iter()
        .chain(parameters(|it| it != "format"))
        .collect();
    paths.insert("/api/v1/explain".to_owned(), json!({ "get": operation("explain", "Warum eine Zahl ist, wie sie ist", &in_query, &explained) }));
    paths.insert("/api/v1/explain/{answer}/{row}/{field}".to_owned(), json!({ "get": operation("explainByPath", "Warum eine Zahl ist, wie sie ist", &in_path, &explained) }));
    let paging = vec![
        parameter(
            "after",
            "nur Ereignisse nach dieser Position",
            "query",
            false,
        ),
        parameter("limit", "höchstens so viele", "query", false),
    ];
    let batch = json!({ "type": "array", "items": { "type": "object" } });
    paths.insert(
        "/api/v1/events".to_owned(),
        json!({ "get": operation("events", "Das Protokoll als CloudEvents", &paging, &batch) }),
    );
    for table in tables::ALL.iter().map(|it| it.name).chain([CORRECTIONS]) {
        paths.insert(
            format!("/api/v1/feed/{table}"),
            json!({ "post": intake(table) }),
        );
    }
    let closing = json!({
        "type": "object",
        "properties": {
            "closing": { "type": "string", "enum": ["provisional", "final"], "description": "ohne Angabe einen Schritt weiter" },
            "as_of": { "type": "string", "format": "date", "description": "ohne Angabe heute" },
        },
        "additionalProperties": false,
    });
    let mut close = operation(
        "closeYear",
        "Schließt das Haushaltsjahr eines Topfes: vorläufig abgegrenzt, dann festgestellt",
        &[parameter("pot", "Topf", "path", true)],
        &explained,
    );
    close["requestBody"] =
        json!({ "required": true, "content": { "application/json": { "schema": closing } } });
    paths.insert(
        "/api/v1/close-year/{pot}".to_owned(),
        json!({ "post": close }),
    );
    for (path, what) in [
        ("/livez", "Ob der Prozess lebt"),
        ("/readyz", "Ob der Server bereit ist"),
        ("/metrics", "Messwerte für Prometheus"),
    ] {
        paths.insert(
            path.to_owned(),
            json!({ "get": { "summary": what, "responses": { "200": { "description": "ja" } } } }),
        );
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Leitstand", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "EUPL-1.2", "identifier": "EUPL-1.2" } },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": problem(), "Undefined": undefined() },
        },
        "security": [{}, { "token": [] }],
    })
}

fn operation(id: &str, summary: &str, parameters: &[Value], body: &Value) -> Value {
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": "die Auskunft", "content": { "application/json": { "schema": body } } },
            "default": refusal(),
        },
    })
}

fn refusal() -> Value {
    json!({
        "description": "ein Nein mit seinem Grund",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn parameters(wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    OPTIONS
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, doc)| parameter(name, doc, "query", false))
        .collect()
}

fn parameter(name: &str, doc: &str, place: &str, required: bool) -> Value {
    json!({ "name": name, "in": place, "required": required, "description": doc, "schema": { "type": "string" } })
}

/// The shape of an answer.
pub(crate) fn answer_schema(kind: &Kind) -> Value {
    let top = kind.fields.iter().filter(|it| !it.name.contains('.'));
    let mut fields: Map<String, Value> = top
        .map(|it| (it.name.to_owned(), json!({ "description": it.formula })))
        .collect();
    fields.insert(
        "events".to_owned(),
        json!({ "type": "array", "items": { "type": "integer" } }),
    );
    json!({
        "type": "object",
        "properties": {
            "as_of": { "type": "string", "format": "date" },
            "known_on": { "type": ["string", "null"], "format": "date" },
            "position": { "type": "integer" },
            "backfilled": { "type": "integer" },
            "rows": { "type": "array", "items": { "type": "object", "properties": fields } },
            "summary": { "type": "object" },
            "cursor": { "type": "string" },
        },
    })
}

fn intake(table: &str) -> Value {
    json!({
        "operationId": format!("feed_{table}"),
        "summary": format!("Zeilen der Tabelle {table}"),
        "requestBody": { "content": {
            "application/json": { "schema": { "type": "object" } },
            "application/x-ndjson": { "schema": { "type": "string" } },
        } },
        "responses": {
            "200": { "description": "aufgezeichnet oder schon bekannt; bei NDJSON der Bericht" },
            "422": refusal(),
            "default": refusal(),
        },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "detail": { "type": "string", "description": "was falsch ist und was richtig wäre" },
            "detail_en": { "type": "string", "description": "dasselbe auf Englisch" },
            "code": { "type": "string" },
        },
        "required": ["type", "title", "status", "code", "detail", "detail_en"],
    })
}

fn undefined() -> Value {
    json!({ "type": "object", "properties": { "undefined": { "type": "string" } }, "required": ["undefined"] })
}
