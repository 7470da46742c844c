package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"sync"
	"time"
)

const (
	timeout = 3 * time.Second
	// A key that Edge Auth no longer publishes is accepted for at most this long.
	keysTTL = 5 * time.Minute
	// An unknown key id causes a request for the keys at most this often, because anyone can invent key ids.
	keysCooldown = 30 * time.Second
	// After a failure, requests fail at once for this time, instead of waiting for each other.
	failurePause = time.Second
	maxKeysBytes = 1 << 20
)

var errUnavailable = errors.New("authentication is unavailable")

// Keys are the public keys of Edge Auth.
type Keys struct {
	url     string
	client  *http.Client
	mutex   sync.Mutex
	keys    map[string]*ecdsa.PublicKey
	fetched time.Time
	failed  time.Time
}

// NewKeys returns the keys of this issuer.
func NewKeys(issuer string) *Keys {
	client := &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Keys{url: issuer + "/oauth/jwks.json", client: client}
}

// Get returns the key with this id, and nil if there is none. Its error is errUnavailable.
func (k *Keys) Get(id string) (*ecdsa.PublicKey, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	age := time.Since(k.fetched)
	if age > keysTTL || (k.keys[id] == nil && age > keysCooldown) {
		if time.Since(k.failed) < failurePause {
			return nil, errUnavailable
		}
		keys, err := k.fetch()
		if err != nil {
			k.failed = time.Now()
			return nil, errUnavailable
		}
		k.keys, k.fetched = keys, time.Now()
	}
	return k.keys[id], nil
}

func (k *Keys) fetch() (map[string]*ecdsa.PublicKey, error) {
	response, err := k.client.Get(k.url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	var set struct {
		Keys []struct {
			ID    string `json:"kid"`
			Curve string `json:"crv"`
			X     string `json:"x"`
			Y     string `json:"y"`
		} `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxKeysBytes)).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, key := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(key.X)
		y, errY := base64.RawURLEncoding.DecodeString(key.Y)
		public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if errX != nil || errY != nil || key.Curve != "P-256" || !public.Curve.IsOnCurve(public.X, public.Y) {
			return nil, errors.New("not a key of P-256")
		}
		keys[key.ID] = public
	}
	return keys, nil
}
