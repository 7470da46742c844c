package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	timeout = 3 * time.Second
	// A revoked token is accepted for this much longer than by Edge Auth itself.
	cacheTTL        = 10 * time.Second
	maxCachedTokens = 10_000
)

// User is the part of the user that this API needs.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Role     string `json:"role"`
}

var errInvalidToken = errors.New("invalid or expired token")

// unavailable means that Edge Auth could not verify the token.
type unavailable struct{ retryAfter string }

func (unavailable) Error() string { return "authentication is unavailable" }

type cachedUser struct {
	user  User
	until time.Time
}

// Authenticator verifies tokens by asking Edge Auth, and keeps valid results for a short time.
type Authenticator struct {
	url    string
	client *http.Client
	mutex  sync.Mutex
	cache  map[string]cachedUser
}

// NewAuthenticator returns an Authenticator that asks the Edge Auth at this URL.
func NewAuthenticator(url string) *Authenticator {
	client := &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Authenticator{url: url, client: client, cache: map[string]cachedUser{}}
}

type userKey struct{}

// UserOf returns the user of a request that went through Require.
func UserOf(r *http.Request) User { return r.Context().Value(userKey{}).(User) }

// Require calls next for requests with a valid token only: it fails closed.
func (a *Authenticator) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		token = strings.TrimSpace(token)
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			respond(w, http.StatusUnauthorized, map[string]string{"message": errInvalidToken.Error()})
			return
		}
		user, err := a.authenticate(r.Context(), token)
		var outage unavailable
		switch {
		case err == nil:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
		case errors.As(err, &outage):
			w.Header().Set("Retry-After", outage.retryAfter)
			respond(w, http.StatusServiceUnavailable, map[string]string{"message": err.Error()})
		default:
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			respond(w, http.StatusUnauthorized, map[string]string{"message": err.Error()})
		}
	})
}

func (a *Authenticator) authenticate(ctx context.Context, token string) (User, error) {
	a.mutex.Lock()
	cached, found := a.cache[token]
	a.mutex.Unlock()
	if found && time.Now().Before(cached.until) {
		return cached.user, nil
	}
	user, err := a.validate(ctx, token)
	if err == nil {
		a.keep(token, user)
	}
	return user, err
}

func (a *Authenticator) validate(ctx context.Context, token string) (User, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url+"/api/auth/validate", nil)
	if err != nil {
		return User{}, unavailable{"1"}
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := a.client.Do(request)
	if err != nil {
		return User{}, unavailable{"1"}
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		var body struct{ User User }
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil || body.User.ID == "" {
			return User{}, unavailable{"1"}
		}
		return body.User, nil
	case http.StatusUnauthorized:
		return User{}, errInvalidToken
	}
	// 429 and 503 say when to try again. Any other status means that the URL is wrong.
	if after := response.Header.Get("Retry-After"); after != "" {
		return User{}, unavailable{after}
	}
	return User{}, unavailable{"1"}
}

func (a *Authenticator) keep(token string, user User) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	now := time.Now()
	if len(a.cache) >= maxCachedTokens {
		for other, cached := range a.cache {
			if now.After(cached.until) {
				delete(a.cache, other)
			}
		}
	}
	// All of them are fresh: this token is not kept.
	if len(a.cache) < maxCachedTokens {
		a.cache[token] = cachedUser{user, now.Add(cacheTTL)}
	}
}
