// An API whose callers send a token of Edge Auth. Copy auth.go.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
)

func main() {
	auth := NewAuthenticator(setting("EDGE_AUTH_URL", "http://localhost:8787"))
	mux := http.NewServeMux()
	mux.Handle("/hello", auth.Require(http.HandlerFunc(hello)))
	address := "127.0.0.1:" + setting("PORT", "8080")
	log.Printf("Listening on http://%s", address)
	log.Fatal(http.ListenAndServe(address, mux))
}

func hello(w http.ResponseWriter, r *http.Request) {
	user := UserOf(r)
	respond(w, http.StatusOK, map[string]string{"message": "Hello, " + user.Username, "role": user.Role})
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
