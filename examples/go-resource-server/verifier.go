package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// The length of each of the two numbers of a signature with ES256.
const numberBytes = 32

var errInvalidToken = errors.New("invalid or expired token")

// Claims is the part of the claims that this API needs.
type Claims struct {
	// The id of the user, or of the client if it acts for no user.
	Subject  string  `json:"sub"`
	ClientID string  `json:"client_id"`
	Issuer   string  `json:"iss"`
	Audience string  `json:"aud"`
	Expires  float64 `json:"exp"`
	Scope    string  `json:"scope"`
}

// Verifier verifies access tokens with the public keys of Edge Auth.
type Verifier struct {
	issuer   string
	resource string
	keys     *Keys
}

// NewVerifier returns a Verifier of the access tokens of this issuer for this resource.
func NewVerifier(issuer, resource string) *Verifier {
	return &Verifier{issuer: issuer, resource: resource, keys: NewKeys(issuer)}
}

type claimsKey struct{}

// ClaimsOf returns the claims of a request that went through Require.
func ClaimsOf(r *http.Request) Claims { return r.Context().Value(claimsKey{}).(Claims) }

// Require calls next only for requests with a valid token that has this scope. It refuses all other requests, also if the keys are not
// available.
func (v *Verifier) Require(scope string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, challenge, message string) {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer %sscope="%s"`, challenge, scope))
			respond(w, status, map[string]string{"message": message})
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		token = strings.TrimSpace(token)
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			refuse(http.StatusUnauthorized, "", "no token")
			return
		}
		claims, err := v.Verify(token)
		switch {
		case errors.Is(err, errUnavailable):
			w.Header().Set("Retry-After", "1")
			respond(w, http.StatusServiceUnavailable, map[string]string{"message": err.Error()})
		case err != nil:
			refuse(http.StatusUnauthorized, `error="invalid_token", `, err.Error())
		case !contains(strings.Fields(claims.Scope), scope):
			refuse(http.StatusForbidden, `error="insufficient_scope", `, "not permitted")
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, claims)))
		}
	})
}

// Verify returns the claims of a valid access token. Its error is errInvalidToken or errUnavailable.
func (v *Verifier) Verify(token string) (Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}, errInvalidToken
	}
	var header struct {
		Algorithm string   `json:"alg"`
		KeyID     string   `json:"kid"`
		Type      string   `json:"typ"`
		Critical  []string `json:"crit"`
	}
	if !decode(parts[0], &header) || header.Algorithm != "ES256" || header.Type != "at+jwt" || header.Critical != nil {
		return Claims{}, errInvalidToken
	}
	key, err := v.keys.Get(header.KeyID)
	if err != nil {
		return Claims{}, err
	}
	var claims Claims
	isValid := key != nil && isSigned(key, parts[0]+"."+parts[1], parts[2]) && decode(parts[1], &claims) &&
		claims.Issuer == v.issuer && claims.Audience == v.resource && claims.Expires > float64(time.Now().Unix()) &&
		claims.Subject != "" && claims.ClientID != ""
	if !isValid {
		return Claims{}, errInvalidToken
	}
	return claims, nil
}

// decode reads JSON in base64url.
func decode(part string, value any) bool {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return err == nil && json.Unmarshal(text, value) == nil
}

// isSigned verifies a signature as RFC 7518 section 3.4 encodes it.
func isSigned(key *ecdsa.PublicKey, signed, signature string) bool {
	numbers, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || len(numbers) != 2*numberBytes {
		return false
	}
	digest := sha256.Sum256([]byte(signed))
	r, s := new(big.Int).SetBytes(numbers[:numberBytes]), new(big.Int).SetBytes(numbers[numberBytes:])
	return ecdsa.Verify(key, digest[:], r, s)
}

func contains(words []string, word string) bool {
	for _, other := range words {
		if other == word {
			return true
		}
	}
	return false
}
