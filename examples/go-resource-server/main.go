// An API whose callers send access tokens of OAuth clients: a resource server. Copy verifier.go and keys.go.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
)

func main() {
	// JWT_ISSUER of Edge Auth, and an entry of OAUTH_RESOURCES with one of its scopes.
	verifier := NewVerifier(setting("ISSUER", "http://localhost:8787"), setting("RESOURCE", "https://api.example.com"))
	mux := http.NewServeMux()
	mux.Handle("/hello", verifier.Require(setting("SCOPE", "reports:read"), http.HandlerFunc(hello)))
	address := "127.0.0.1:" + setting("PORT", "8080")
	log.Printf("Listening on http://%s", address)
	log.Fatal(http.ListenAndServe(address, mux))
}

func hello(w http.ResponseWriter, r *http.Request) {
	claims := ClaimsOf(r)
	respond(w, http.StatusOK, map[string]string{"message": "Hello, " + claims.Subject, "client_id": claims.ClientID})
}

func respond(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func setting(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
